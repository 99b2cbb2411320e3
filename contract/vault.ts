import Type from 'typebox'
import { FieldName, Instant, PersonId, Problem, Receipt, RecordId, Slug } from './common.ts'
import { Snapshot } from './notices.ts'
import { route } from './route.ts'

const closed = { additionalProperties: false } as const
const fieldValue = Type.String({ minLength: 1, maxLength: 4000 })
const OnBehalfOf = Type.String({
  pattern: '^[A-Za-z0-9._:-]{1,64}$',
  description: 'the provider’s own reference for the clerk; not a name',
})
const CaseReference = Type.String({
  pattern: '^[A-Za-z0-9._:#/-]{1,64}$',
  description: 'the provider’s own reference for the order or ticket',
})

const collectItem = {
  person: Type.Optional(PersonId),
  consent: Type.Optional(
    Type.Object(
      { snapshot: Snapshot, purposes: Type.Array(Slug, { minItems: 1, maxItems: 20, uniqueItems: true }) },
      closed,
    ),
  ),
  record: Type.Optional(RecordId),
  replace: Type.Optional(Type.Boolean({ description: 'true: correct what the record already holds' })),
  fields: Type.Record(FieldName, fieldValue, { minProperties: 1, maxProperties: 50 }),
}
const collectReply = { person: PersonId, record: RecordId, receipt: Receipt }
const lookItem = {
  person: PersonId,
  purpose: Slug,
  fields: Type.Array(FieldName, { minItems: 1, maxItems: 50, uniqueItems: true }),
  record: Type.Optional(RecordId),
  onBehalfOf: Type.Optional(OnBehalfOf),
  case: Type.Optional(CaseReference),
}
const lookReply = {
  person: PersonId,
  record: RecordId,
  fields: Type.Record(Type.String(), Type.String()),
  receipt: Receipt,
}
const vaultErrors = [
  'field_not_covered',
  'person_unknown',
  'person_erased',
  'grant_missing',
  'key_unavailable',
  'ledger_behind',
] as const

export const collect = route({
  name: 'collect',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/collect',
  callers: ['client'],
  ability: 'collect',
  idempotency: 'required',
  status: 201,
  body: Type.Object(collectItem, closed),
  reply: Type.Object(collectReply),
  errors: ['seal_broken', ...vaultErrors, 'snapshot_altered', 'snapshot_stale', 'purpose_unknown', 'record_exists'],
  summary: 'Seals what a live notice covers; a new person brings their consent along',
  summaryZh: '密封告知所涵盖的信息；新人员须附同意',
  article: '1, 2',
})
export const collectBatch = route({
  name: 'collectBatch',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/collect/batch',
  callers: ['client'],
  ability: 'collect',
  idempotency: 'required',
  body: Type.Object({ items: Type.Array(Type.Object(collectItem, closed), { minItems: 1, maxItems: 1000 }) }, closed),
  reply: Type.Object({ items: Type.Array(Type.Union([Type.Object(collectReply), Type.Object({ problem: Problem })])) }),
  errors: ['seal_broken', ...vaultErrors, 'snapshot_altered', 'snapshot_stale', 'purpose_unknown', 'record_exists'],
  summary: 'Collects many, with a result for each',
  summaryZh: '批量收集，逐项返回结果',
  article: '1, 2',
})
export const look = route({
  name: 'look',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/look',
  callers: ['client', 'staff'],
  ability: 'look',
  idempotency: 'none',
  body: Type.Object(lookItem, closed),
  reply: Type.Object(lookReply),
  errors: [
    ...vaultErrors,
    'purpose_unknown',
    'field_not_allowed',
    'purpose_not_bound',
    'record_unknown',
    'seal_broken',
  ],
  summary: 'Opens fields for one stated purpose; leaves a ledger entry even when refused',
  summaryZh: '为一个载明的目的查看信息；即使被拒绝也留下账本条目',
  article: '2',
})
export const lookBatch = route({
  name: 'lookBatch',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/look/batch',
  callers: ['client', 'staff'],
  ability: 'look',
  idempotency: 'none',
  body: Type.Object({ items: Type.Array(Type.Object(lookItem, closed), { minItems: 1, maxItems: 100 }) }, closed),
  reply: Type.Object({ items: Type.Array(Type.Union([Type.Object(lookReply), Type.Object({ problem: Problem })])) }),
  errors: [
    ...vaultErrors,
    'purpose_unknown',
    'field_not_allowed',
    'purpose_not_bound',
    'record_unknown',
    'seal_broken',
  ],
  summary: 'Looks at many named people, with a result and an entry for each',
  summaryZh: '批量查看指定人员，逐项返回结果并逐项留痕',
  article: '2',
})
export const find = route({
  name: 'find',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/find',
  callers: ['client', 'staff'],
  ability: 'find',
  idempotency: 'none',
  body: Type.Object(
    {
      purpose: Slug,
      field: FieldName,
      value: fieldValue,
      onBehalfOf: Type.Optional(OnBehalfOf),
      case: Type.Optional(CaseReference),
    },
    closed,
  ),
  reply: Type.Object({ items: Type.Array(Type.Object({ person: PersonId, record: RecordId, receipt: Receipt })) }),
  errors: [
    'purpose_unknown',
    'purpose_not_bound',
    'field_not_covered',
    'field_not_allowed',
    'field_not_searchable',
    'find_quota_exceeded',
  ],
  summary: 'Finds by equality through the blind index; each hit is an entry for the person found',
  summaryZh: '通过盲索引精确查找；每次命中都为被查到的人留痕',
  article: '2',
})
export const erase = route({
  name: 'erase',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/erase',
  callers: ['client', 'person'],
  ability: 'erase',
  idempotency: 'required',
  body: Type.Object({ person: PersonId }, closed),
  reply: Type.Object({
    person: PersonId,
    erasedAt: Instant,
    drawers: Type.Integer(),
    keys: Type.Integer(),
    unrecoverableAfter: Type.Object({ at: Instant, meaning: Type.String() }),
    receipt: Receipt,
  }),
  errors: ['person_unknown', 'person_erased'],
  summary: 'Shreds the person’s keys and removes what they sealed',
  summaryZh: '销毁该人员的密钥并删除其密封的信息',
  article: '8',
})
export const mine = route({
  name: 'mine',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/mine',
  callers: ['person'],
  idempotency: 'none',
  body: Type.Object(
    {
      categories: Type.Optional(
        Type.Array(Slug, {
          minItems: 1,
          maxItems: 30,
          uniqueItems: true,
          description: 'only these drawers; all when left out',
        }),
      ),
    },
    closed,
  ),
  reply: Type.Object({
    records: Type.Array(
      Type.Object({
        record: RecordId,
        category: Slug,
        collectedAt: Instant,
        fields: Type.Record(Type.String(), Type.String()),
      }),
    ),
    receipt: Receipt,
  }),
  errors: ['ledger_behind', 'seal_broken', 'person_erased', 'key_unavailable'],
  summary: 'What is known about me (my own look, logged like any other)',
  summaryZh: '关于我的信息（本人查看同样留痕）',
  article: '1, 8',
})

import Type from 'typebox'
import {
  ApprovalId,
  Cursor,
  EntryId,
  FieldName,
  Instant,
  PersonId,
  Problem,
  Receipt,
  RecordId,
  Slug,
} from './common.ts'
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
/**
 * A field, or less than the field: a mask (`phone.last4`) or an answer derived from it (`idNumber.over18`, which is `true`
 * or `false`). Which forms a field has depends on its kind (docs/formats/kinds.md).
 */
export const AskedField = Type.String({
  pattern: '^[a-z][A-Za-z0-9]{0,39}(\\.[a-z][A-Za-z0-9]{0,19})?$',
  description: 'a field, or a masked or derived form of it: phone, phone.last4, idNumber.over18',
})
const lookItem = {
  person: PersonId,
  purpose: Slug,
  fields: Type.Array(AskedField, { minItems: 1, maxItems: 50, uniqueItems: true }),
  equals: Type.Optional(
    Type.Record(FieldName, fieldValue, {
      maxProperties: 10,
      description: 'what the forms `<field>.equals` compare with; the answer is true or false',
    }),
  ),
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
const collectErrors = [
  'seal_broken',
  ...vaultErrors,
  'snapshot_altered',
  'snapshot_stale',
  'purpose_unknown',
  'record_exists',
  'field_invalid',
] as const
const lookErrors = [
  ...vaultErrors,
  'purpose_unknown',
  'field_not_allowed',
  'form_unknown',
  'purpose_not_bound',
  'record_unknown',
  'seal_broken',
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
  errors: collectErrors,
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
  errors: collectErrors,
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
  errors: [...lookErrors, 'find_quota_exceeded'],
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
  errors: [...lookErrors, 'find_quota_exceeded'],
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
    'field_invalid',
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
  errors: ['person_unknown', 'person_erased', 'held'],
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

export const TokenForm = Type.Union([
  Type.Literal('random', { description: 'keeps the value as it was when the token was made' }),
  Type.Literal('deterministic', { description: 'equal for equal values of this field' }),
  Type.Literal('one-way', { description: 'equal for equal values, and never resolves' }),
  Type.Literal('pointer', { description: 'follows later corrections' }),
  Type.Literal('fpe', { description: 'digits of the same length (FF1)' }),
])
export type TokenForm = Type.Static<typeof TokenForm>
/** `tok_` and 32 hex digits; a format-preserving token is digits as long as the value. */
export const Token = Type.String({ pattern: '^(tok_[0-9a-f]{32}|[0-9]{6,40})$', description: 'tok_… or digits' })
const tokenItem = {
  person: PersonId,
  field: FieldName,
  form: TokenForm,
  record: Type.Optional(RecordId),
}
const tokenReply = { person: PersonId, field: FieldName, form: TokenForm, token: Token, receipt: Receipt }
const resolveItem = {
  token: Token,
  purpose: Slug,
  as: Type.Optional(
    Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,19}$', description: 'a form of the value, for example last4' }),
  ),
  person: Type.Optional(PersonId),
  onBehalfOf: Type.Optional(OnBehalfOf),
  case: Type.Optional(CaseReference),
}
const resolveReply = { person: PersonId, field: FieldName, value: Type.String(), receipt: Receipt }
const tokenErrors = [...vaultErrors, 'record_unknown', 'seal_broken', 'field_invalid', 'domain_too_small'] as const
const perItem = <const R extends Parameters<typeof Type.Object>[0]>(reply: R) =>
  Type.Object({ items: Type.Array(Type.Union([Type.Object(reply), Type.Object({ problem: Problem })])) })

export const makeToken = route({
  name: 'makeToken',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/tokens',
  callers: ['client'],
  ability: 'collect',
  idempotency: 'required',
  status: 201,
  body: Type.Object(tokenItem, closed),
  reply: Type.Object(tokenReply),
  errors: tokenErrors,
  summary: 'A token that stands for one field of a person in the provider’s own tables',
  summaryZh: '以令牌代替某人的一项信息，供提供者存入自己的数据表',
  article: '2, 4',
})
export const makeTokens = route({
  name: 'makeTokens',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/tokens/batch',
  callers: ['client'],
  ability: 'collect',
  idempotency: 'required',
  body: Type.Object({ items: Type.Array(Type.Object(tokenItem, closed), { minItems: 1, maxItems: 100 }) }, closed),
  reply: perItem(tokenReply),
  errors: tokenErrors,
  summary: 'Many tokens, with a result for each',
  summaryZh: '批量生成令牌，逐项返回结果',
  article: '2, 4',
})
export const resolveToken = route({
  name: 'resolveToken',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/tokens/resolve',
  callers: ['client', 'staff'],
  ability: 'look',
  idempotency: 'none',
  body: Type.Object(resolveItem, closed),
  reply: Type.Object(resolveReply),
  errors: [...lookErrors, 'token_unknown'],
  summary: 'Opens what a token stands for: a look like any other',
  summaryZh: '解析令牌：与任何查看一样留痕',
  article: '2',
})
export const resolveTokens = route({
  name: 'resolveTokens',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/tokens/resolve/batch',
  callers: ['client', 'staff'],
  ability: 'look',
  idempotency: 'none',
  body: Type.Object({ items: Type.Array(Type.Object(resolveItem, closed), { minItems: 1, maxItems: 100 }) }, closed),
  reply: perItem(resolveReply),
  errors: [...lookErrors, 'token_unknown'],
  summary: 'Resolves many tokens, with a result and an entry for each',
  summaryZh: '批量解析令牌，逐项返回结果并逐项留痕',
  article: '2',
})

const Contract = Type.String({
  pattern: '^[A-Za-z0-9._:#/-]{1,100}$',
  description: 'the provider’s own reference of the contract with the recipient',
})
export const release = route({
  name: 'release',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/release',
  callers: ['client'],
  ability: 'look',
  idempotency: 'none',
  body: Type.Object(
    {
      person: PersonId,
      purpose: Slug,
      recipient: Slug,
      fields: Type.Array(AskedField, { minItems: 1, maxItems: 50, uniqueItems: true }),
      record: Type.Optional(RecordId),
      contract: Type.Optional(Contract),
      case: Type.Optional(CaseReference),
    },
    closed,
  ),
  reply: Type.Object({ ...lookReply, recipient: Slug, keptUntil: Instant }),
  errors: [...lookErrors, 'recipient_unknown', 'recipient_not_agreed'],
  // Like a look: asked twice it is two releases, each with its entry. An answer kept for replays would outlive the consent.
  summary: 'A look whose answer goes to a recipient that the notice names; kept on record for three years',
  summaryZh: '向告知所列的接收方提供信息；记录保存三年',
  article: '2, 4',
})
export const Release = Type.Object({
  person: PersonId,
  recipient: Slug,
  purpose: Slug,
  contract: Type.Union([Type.String(), Type.Null()]),
  fields: Type.Array(Type.String()),
  entry: EntryId,
  at: Instant,
  keptUntil: Instant,
})
export const releases = route({
  name: 'releases',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/releases',
  callers: ['client', 'person'],
  ability: 'look',
  idempotency: 'none',
  body: Type.Object({ person: PersonId, cursor: Type.Optional(Cursor) }, closed),
  reply: Type.Object({ items: Type.Array(Release), next: Type.Union([Cursor, Type.Null()]) }),
  errors: ['person_unknown', 'cursor_malformed'],
  summary: 'To whom, for what and by which contract a person’s information was released',
  summaryZh: '某人的信息曾提供给谁、为何目的、依据何合同',
  article: '2',
})
export const Correction = Type.Object({
  record: RecordId,
  fields: Type.Array(Type.String()),
  by: Type.Object({ kind: Type.String(), id: Type.String() }),
  entry: EntryId,
  at: Instant,
})
export const history = route({
  name: 'history',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/history',
  callers: ['client', 'person'],
  ability: 'look',
  idempotency: 'none',
  body: Type.Object({ person: PersonId, cursor: Type.Optional(Cursor) }, closed),
  reply: Type.Object({ items: Type.Array(Correction), next: Type.Union([Cursor, Type.Null()]) }),
  errors: ['person_unknown', 'cursor_malformed'],
  summary: 'Who corrected which fields and when; earlier values are not kept',
  summaryZh: '何人于何时更正了哪些信息；不保存旧值',
  article: '8',
})

export const HoldReason = Type.Union([
  Type.Literal('litigation'),
  Type.Literal('investigation'),
  Type.Literal('legal-duty'),
  Type.Literal('dispute'),
])
export const Hold = Type.Object({
  person: PersonId,
  reason: HoldReason,
  case: CaseReference,
  since: Instant,
  until: Instant,
})
export const hold = route({
  name: 'hold',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/hold',
  callers: ['client', 'staff'],
  ability: 'erase',
  idempotency: 'required',
  status: 201,
  body: Type.Object(
    {
      person: PersonId,
      reason: HoldReason,
      case: CaseReference,
      until: Instant,
      approval: Type.Optional(ApprovalId),
    },
    closed,
  ),
  reply: Type.Object({ hold: Hold, receipt: Receipt }),
  errors: ['person_unknown', 'person_erased', 'approval_needed', 'approval_expired', 'hold_too_long'],
  summary: 'Keeps a person’s information from erasure until a date, with the approval of a second person',
  summaryZh: '经第二人审批，在规定日期前保全某人的信息，不予删除',
  article: '8',
})
export const endHold = route({
  name: 'endHold',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/hold/end',
  callers: ['client', 'staff'],
  ability: 'erase',
  idempotency: 'required',
  body: Type.Object({ person: PersonId, case: CaseReference, approval: Type.Optional(ApprovalId) }, closed),
  reply: Type.Object({ person: PersonId, case: CaseReference, endedAt: Instant, receipt: Receipt }),
  errors: ['person_unknown', 'hold_unknown', 'approval_needed', 'approval_expired'],
  summary: 'Ends a hold before its date, with the approval of a second person',
  summaryZh: '经第二人审批，提前解除保全',
  article: '8',
})
export const holds = route({
  name: 'holds',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/holds',
  callers: ['client', 'staff', 'person'],
  ability: 'erase',
  idempotency: 'none',
  body: Type.Object({ person: PersonId }, closed),
  reply: Type.Object({ items: Type.Array(Hold) }),
  errors: ['person_unknown'],
  summary: 'What keeps a person’s information from erasure, and until when',
  summaryZh: '某人的信息因何保全、保全至何时',
  article: '8',
})

/** Bytes of a file at most: 5 MB. */
export const fileLimit = 5_000_000
export const storeFile = route({
  name: 'storeFile',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/files',
  callers: ['client'],
  ability: 'collect',
  idempotency: 'required',
  status: 201,
  upload: true,
  query: Type.Object({ person: PersonId, field: FieldName, record: Type.Optional(RecordId) }, closed),
  reply: Type.Object({ ...collectReply, field: FieldName, bytes: Type.Integer() }),
  errors: [...vaultErrors, 'record_unknown', 'record_exists', 'seal_broken', 'field_invalid', 'file_too_large'],
  summary: 'Seals a file of up to 5 MB as it comes, under the key of the person’s category',
  summaryZh: '边接收边密封文件（不超过 5 MB）',
  article: '1, 2',
})
export const lookFile = route({
  name: 'lookFile',
  room: 'vault',
  method: 'POST',
  path: '/v1/vault/files/look',
  callers: ['client', 'staff'],
  ability: 'look',
  idempotency: 'none',
  download: true,
  body: Type.Object(
    {
      person: PersonId,
      purpose: Slug,
      field: FieldName,
      record: Type.Optional(RecordId),
      onBehalfOf: Type.Optional(OnBehalfOf),
      case: Type.Optional(CaseReference),
    },
    closed,
  ),
  reply: Type.Unknown(),
  errors: lookErrors,
  summary: 'Opens a file for one stated purpose: a look, whose entry is durable before the first byte leaves',
  summaryZh: '为一个载明的目的查看文件；首个字节送出之前条目已写入',
  article: '2',
})

import Type from 'typebox'
import {
  Bilingual,
  ConsentId,
  Cursor,
  FieldName,
  Instant,
  Language,
  NoticeId,
  OrganisationId,
  PersonId,
  Receipt,
  Slug,
} from './common.ts'
import { route } from './route.ts'

const closed = { additionalProperties: false } as const

export const LegalBasis = Type.Union([
  Type.Literal('consent'),
  Type.Literal('separate-consent'),
  Type.Literal('contract'),
  Type.Literal('legal-duty'),
  Type.Literal('vital-interest'),
  Type.Literal('public-task'),
])
/** ISO 3166-1 alpha-2. */
export const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' })
export const NoticePurpose = Type.Object(
  {
    id: Slug,
    title: Bilingual,
    basis: LegalBasis,
    retentionDays: Type.Integer({ minimum: 1, maximum: 36500 }),
    consentDays: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3650, description: 'a consent to this expires after so many days' }),
    ),
    automatedDecision: Type.Optional(Bilingual),
  },
  closed,
)
/** What a value is: decides how it is checked, folded for search, masked, and what may be derived from it. */
export const FieldKind = Type.Union([
  Type.Literal('text'),
  Type.Literal('name'),
  Type.Literal('resident-id'),
  Type.Literal('phone'),
  Type.Literal('email'),
  Type.Literal('bank-card'),
  Type.Literal('address'),
  Type.Literal('date'),
  Type.Literal('file'),
])
export type FieldKind = Type.Static<typeof FieldKind>
export const NoticeField = Type.Object(
  {
    name: FieldName,
    title: Bilingual,
    kind: Type.Optional(FieldKind),
    search: Type.Optional(Type.Boolean({ description: 'may be found by equality, through a blind index' })),
  },
  closed,
)
export const NoticeCategory = Type.Object(
  {
    id: Slug,
    term: Type.String({
      pattern: '^[a-z][a-z0-9-]*:[A-Za-z0-9-]+$',
      description: 'W3C DPV term, for example pd:Contact',
    }),
    title: Bilingual,
    sensitive: Type.Boolean(),
    fields: Type.Array(NoticeField, { minItems: 1, maxItems: 50 }),
    purposes: Type.Array(Slug, { minItems: 1, maxItems: 20, uniqueItems: true }),
  },
  closed,
)
/** Who receives what leaves the provider; with a `slug` it can be released to, each person agreeing separately (PIPL article 23). */
export const NoticeRecipient = Type.Object(
  {
    slug: Type.Optional(Slug),
    name: Bilingual,
    purpose: Slug,
    categories: Type.Optional(Type.Array(Slug, { minItems: 1, maxItems: 30, uniqueItems: true })),
    country: Type.Optional(Country),
    contract: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'reference of the contract' })),
  },
  closed,
)
/** What a provider says it collects, why, and for how long. Articles 1 and 2. */
export const NoticeDraft = Type.Object(
  {
    slug: Slug,
    title: Bilingual,
    contact: Bilingual,
    purposes: Type.Array(NoticePurpose, { minItems: 1, maxItems: 20 }),
    categories: Type.Array(NoticeCategory, { minItems: 1, maxItems: 30 }),
    recipients: Type.Array(NoticeRecipient, { maxItems: 50 }),
    manner: Type.Optional(Bilingual),
    processors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Bilingual,
            purpose: Slug,
            country: Type.Optional(Country),
            contract: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
          },
          closed,
        ),
        { maxItems: 50 },
      ),
    ),
    crossBorder: Type.Optional(
      Type.Object(
        { countries: Type.Array(Country, { minItems: 1, maxItems: 50, uniqueItems: true }), safeguards: Bilingual },
        closed,
      ),
    ),
    minors: Type.Optional(
      Type.Object(
        {
          guardianBelow: Type.Integer({
            minimum: 0,
            maximum: 18,
            description: 'a guardian consents below this age; 14 by PIPL article 31',
          }),
          rule: Bilingual,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type NoticeDraft = Type.Static<typeof NoticeDraft>
export const Notice = Type.Object({
  id: NoticeId,
  provider: OrganisationId,
  version: Type.Integer({ minimum: 1 }),
  hash: Type.String({
    pattern: '^[0-9a-f]{64}$',
    description: 'SHA-256 of the canonical JSON of `content`, as in the ledger',
  }),
  publishedAt: Instant,
  live: Type.Boolean(),
  content: NoticeDraft,
})
export type Notice = Type.Static<typeof Notice>
/** Signed by the server over the exact notice shown; consent without it is refused. */
export const Snapshot = Type.String({ minLength: 40, maxLength: 4000, pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$' })
export const Grant = Type.Object({ category: Slug, purpose: Slug, basis: LegalBasis, since: Instant })
export const ConsentReceipt = Type.Object({
  document: Type.Record(Type.String(), Type.Unknown(), { description: 'ISO/IEC TS 27560 receipt' }),
  signature: Type.String(),
  key: Type.String(),
})

export const publishNotice = route({
  name: 'publishNotice',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices',
  callers: ['client', 'staff'],
  ability: 'publish',
  idempotency: 'required',
  status: 201,
  body: NoticeDraft,
  reply: Type.Object({ notice: Notice, receipt: Receipt }),
  errors: ['notice_invalid'],
  summary: 'Publishes a notice; its hash becomes a public leaf',
  summaryZh: '发布告知规则，其哈希写入公开账本',
  article: '2',
})
export const listNotices = route({
  name: 'listNotices',
  room: 'notices',
  method: 'GET',
  path: '/v1/notices',
  callers: ['anyone'],
  query: Type.Object({ provider: Type.Optional(OrganisationId), cursor: Type.Optional(Cursor) }),
  reply: Type.Object({ items: Type.Array(Notice), next: Type.Union([Cursor, Type.Null()]) }),
  errors: ['cursor_malformed'],
  summary: 'The live notices',
  summaryZh: '生效中的告知规则',
})
export const getNotice = route({
  name: 'getNotice',
  room: 'notices',
  method: 'GET',
  path: '/v1/notices/:notice',
  callers: ['anyone'],
  crossOrigin: true,
  params: Type.Object({ notice: NoticeId }),
  query: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  reply: Notice,
  errors: ['notice_unknown'],
  summary: 'One notice, the live version or an older one',
  summaryZh: '一份告知规则（现行或历史版本）',
})
export const takeSnapshot = route({
  name: 'takeSnapshot',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/snapshots',
  callers: ['anyone'],
  crossOrigin: true,
  body: Type.Object({ notice: NoticeId, language: Language }, closed),
  reply: Type.Object({ snapshot: Snapshot, notice: Notice, expiresAt: Instant }),
  errors: ['notice_unknown'],
  summary: 'A signed snapshot of the exact notice to be shown',
  summaryZh: '所展示告知的签名快照',
})
export const giveConsent = route({
  name: 'giveConsent',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/consents',
  callers: ['client'],
  ability: 'consent',
  idempotency: 'required',
  status: 201,
  body: Type.Object(
    {
      person: Type.Optional(PersonId),
      snapshot: Snapshot,
      purposes: Type.Array(Slug, { minItems: 1, maxItems: 20, uniqueItems: true }),
    },
    closed,
  ),
  reply: Type.Object({
    consent: ConsentId,
    person: PersonId,
    grants: Type.Array(Grant),
    consentReceipt: ConsentReceipt,
    receipt: Receipt,
  }),
  errors: [
    'seal_broken',
    'key_unavailable',
    'snapshot_altered',
    'snapshot_stale',
    'purpose_unknown',
    'person_unknown',
    'person_erased',
  ],
  summary: 'Records consent: wraps the person’s keys for the purposes agreed to',
  summaryZh: '记录同意：为同意的目的封装密钥',
  article: '2',
})
export const withdrawConsent = route({
  name: 'withdrawConsent',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/consents/withdraw',
  callers: ['client', 'person'],
  ability: 'consent',
  idempotency: 'required',
  body: Type.Object({ person: PersonId, purpose: Slug }, closed),
  reply: Type.Object({
    person: PersonId,
    purpose: Slug,
    destroyed: Type.Integer({ description: 'how many wrapped keys were destroyed' }),
    receipt: Receipt,
  }),
  errors: ['person_unknown', 'consent_unknown'],
  summary: 'Withdraws consent for one purpose; acts at once',
  summaryZh: '撤回对某一目的的同意，立即生效',
  article: '2',
})
export const listGrants = route({
  name: 'listGrants',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/grants',
  callers: ['client', 'person'],
  ability: 'consent',
  idempotency: 'none',
  body: Type.Object({ person: PersonId }, closed),
  reply: Type.Object({ items: Type.Array(Grant) }),
  errors: ['person_unknown'],
  summary: 'A person’s live grants',
  summaryZh: '某人的有效授权',
})

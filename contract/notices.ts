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
export const Grant = Type.Object({
  category: Slug,
  purpose: Slug,
  basis: LegalBasis,
  since: Instant,
  until: Type.Optional(Instant),
})
/** Who the person is by age, as the provider states it. A date of birth is never asked for. */
export const AgeBand = Type.Union([Type.Literal('under14'), Type.Literal('14to17'), Type.Literal('adult')])
export const GuardianRelation = Type.Union([
  Type.Literal('parent'),
  Type.Literal('relative'),
  Type.Literal('appointed'),
])
/** Who consents for a child, and the day from which the child is asked. Personal Information Protection Law, article 31. */
export const Guardian = Type.Object(
  {
    person: PersonId,
    relation: GuardianRelation,
    handOver: Type.String({
      pattern: '^\\d{4}-\\d\\d-\\d\\d$',
      description: 'the day on which the guardian ceases to act, UTC',
    }),
  },
  closed,
)
const purposeList = { maxItems: 20, uniqueItems: true } as const
const consentBody = {
  snapshot: Snapshot,
  purposes: Type.Array(Slug, {
    ...purposeList,
    description: 'agreed to together; those whose basis needs no consent count as told',
  }),
  separately: Type.Optional(
    Type.Array(Slug, { ...purposeList, description: 'purposes with a box of their own, each ticked by itself' }),
  ),
  informed: Type.Optional(
    Type.Array(Slug, { ...purposeList, description: 'purposes that need no consent, of which the person was told' }),
  ),
  recipients: Type.Optional(
    Type.Array(Slug, { maxItems: 50, uniqueItems: true, description: 'recipients, each agreed to by itself' }),
  ),
  ageBand: Type.Optional(AgeBand),
  guardian: Type.Optional(Guardian),
} as const
/** What became of a consent to one purpose or recipient. Terms of ISO/IEC TS 27560. */
export const ConsentState = Type.Union([
  Type.Literal('given'),
  Type.Literal('renewed'),
  Type.Literal('withdrawn'),
  Type.Literal('expired'),
  Type.Literal('superseded'),
])
export const NoticeChange = Type.Object({
  path: Type.String({ description: 'what changed, by names: /purposes/delivery/retentionDays' }),
  kind: Type.Union([Type.Literal('widens'), Type.Literal('narrows'), Type.Literal('same')]),
  purposes: Type.Array(Slug, { description: 'purposes whose people are touched by it' }),
  en: Type.String(),
  zh: Type.String(),
})
export type NoticeChange = Type.Static<typeof NoticeChange>
/** A notice as a person reads it: sentences under headings, in both languages. */
export const NoticeSection = Type.Object({
  heading: Bilingual,
  lines: Type.Array(Type.Object({ en: Type.String(), zh: Type.String() })),
})
export type NoticeSection = Type.Static<typeof NoticeSection>
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
export const previewNotice = route({
  name: 'previewNotice',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/preview',
  callers: ['client', 'staff'],
  ability: 'publish',
  idempotency: 'none',
  body: NoticeDraft,
  reply: Type.Object({
    problems: Type.Array(Type.Object({ field: Type.String(), rule: Type.String() }), {
      description: 'why it would be refused, each with its place; empty when it may be published',
    }),
    live: Type.Union([Type.Object({ notice: NoticeId, version: Type.Integer() }), Type.Null()]),
    changes: Type.Array(NoticeChange),
    widens: Type.Boolean(),
    shown: Type.Array(NoticeSection, { description: 'as the person will read it' }),
    askedAnew: Type.Integer({ description: 'people who would have to be asked again' }),
  }),
  errors: [],
  summary: 'What publishing this would mean: contradictions, changes, the person’s view, who must be asked again',
  summaryZh: '预览发布的后果：矛盾之处、变更、本人所见、需重新征得同意的人数',
  article: '2',
})
export const diffNotice = route({
  name: 'diffNotice',
  room: 'notices',
  method: 'GET',
  path: '/v1/notices/:notice/diff',
  callers: ['anyone'],
  params: Type.Object({ notice: NoticeId }),
  query: Type.Object({ from: Type.Integer({ minimum: 1 }), to: Type.Optional(Type.Integer({ minimum: 1 })) }),
  reply: Type.Object({
    notice: NoticeId,
    from: Type.Integer(),
    to: Type.Integer(),
    widens: Type.Boolean(),
    changes: Type.Array(NoticeChange),
  }),
  errors: ['notice_unknown'],
  summary: 'What changed between two versions, and whether it widens or narrows',
  summaryZh: '两个版本之间的变更，以及是扩大还是缩小',
  article: '2',
})
export const noticeDpv = route({
  name: 'noticeDpv',
  room: 'notices',
  method: 'GET',
  path: '/v1/notices/:notice/dpv',
  callers: ['anyone'],
  params: Type.Object({ notice: NoticeId }),
  query: Type.Object({ version: Type.Optional(Type.Integer({ minimum: 1 })) }),
  reply: Type.Record(Type.String(), Type.Unknown(), { description: 'JSON-LD in terms of W3C DPV and dpv-cn' }),
  media: 'application/ld+json',
  errors: ['notice_unknown'],
  summary: 'The notice as machines read it: W3C DPV in JSON-LD',
  summaryZh: '机器可读的告知规则（W3C DPV，JSON-LD）',
  article: '2',
})
export const dpvExtension = route({
  name: 'dpvExtension',
  room: 'notices',
  method: 'GET',
  path: '/v1/notices/dpv-cn',
  callers: ['anyone'],
  reply: Type.Record(Type.String(), Type.Unknown(), { description: 'SKOS concepts in JSON-LD' }),
  media: 'application/ld+json',
  errors: [],
  summary: 'An extension of W3C DPV for the law of mainland China, in English and Chinese',
  summaryZh: 'W3C DPV 的中国大陆法律扩展词表（中英双语）',
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
  body: Type.Object(
    {
      notice: NoticeId,
      language: Language,
      person: Type.Optional(PersonId),
      purposes: Type.Optional(
        Type.Array(Slug, { ...purposeList, description: 'what this person is to be asked for; all when left out' }),
      ),
    },
    closed,
  ),
  reply: Type.Object({ snapshot: Snapshot, notice: Notice, expiresAt: Instant }),
  errors: ['notice_unknown', 'credentials_missing', 'person_unknown', 'asked_too_soon'],
  summary: 'A signed snapshot of the exact notice to be shown',
  summaryZh: '所展示告知的签名快照',
})
const ConsentGiven = Type.Object({
  consent: ConsentId,
  person: PersonId,
  grants: Type.Array(Grant),
  recipients: Type.Array(Slug),
  consentReceipt: ConsentReceipt,
  receipt: Receipt,
})
const consentErrors = [
  'seal_broken',
  'key_unavailable',
  'snapshot_altered',
  'snapshot_stale',
  'purpose_unknown',
  'recipient_unknown',
  'separate_consent_bundled',
  'asked_too_soon',
  'guardian_needed',
  'guardian_not_theirs',
  'person_unknown',
  'person_erased',
] as const
export const giveConsent = route({
  name: 'giveConsent',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/consents',
  callers: ['client', 'person'],
  ability: 'consent',
  idempotency: 'required',
  status: 201,
  body: Type.Object(
    {
      person: Type.Optional(PersonId),
      ...consentBody,
      asGuardian: Type.Optional(
        Type.Boolean({ description: 'the person agrees to act for a child under this notice; no purpose is needed' }),
      ),
    },
    closed,
  ),
  reply: ConsentGiven,
  errors: consentErrors,
  summary: 'Records consent: wraps the person’s keys for the purposes agreed to',
  summaryZh: '记录同意：为同意的目的封装密钥',
  article: '2',
})
export type ConsentBody = Type.Static<(typeof giveConsent)['body']>
export const renewConsent = route({
  name: 'renewConsent',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/consents/renew',
  callers: ['client', 'person'],
  ability: 'consent',
  idempotency: 'required',
  status: 201,
  body: Type.Object({ person: PersonId, ...consentBody }, closed),
  reply: ConsentGiven,
  errors: [...consentErrors, 'consent_unknown'],
  summary: 'Renews consents that still stand, under the live notice: their time begins anew',
  summaryZh: '按现行告知续期仍有效的同意，期限重新计算',
  article: '2',
})
export const refuseConsent = route({
  name: 'refuseConsent',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/consents/refuse',
  callers: ['client', 'person'],
  ability: 'consent',
  idempotency: 'required',
  body: Type.Object(
    {
      person: PersonId,
      snapshot: Snapshot,
      purposes: Type.Array(Slug, { ...purposeList, description: 'what the person said no to' }),
      recipients: Type.Optional(Type.Array(Slug, { maxItems: 50, uniqueItems: true })),
    },
    closed,
  ),
  reply: Type.Object({ person: PersonId, askAgainAt: Instant, receipt: Receipt }),
  errors: [
    'snapshot_altered',
    'snapshot_stale',
    'purpose_unknown',
    'recipient_unknown',
    'basis_not_consent',
    'person_unknown',
    'person_erased',
  ],
  summary: 'Records that the person refused; until the date in the answer nobody asks them again',
  summaryZh: '记录本人拒绝；在答复所载日期之前不得再次询问',
  article: '2',
})
export const listConsents = route({
  name: 'listConsents',
  room: 'notices',
  method: 'POST',
  path: '/v1/notices/consents/mine',
  callers: ['client', 'person'],
  ability: 'consent',
  idempotency: 'none',
  body: Type.Object(
    { person: Type.Optional(PersonId), cursor: Type.Optional(Type.Union([ConsentId, Type.Null()])) },
    closed,
  ),
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        consent: ConsentId,
        notice: NoticeId,
        version: Type.Integer(),
        liveVersion: Type.Integer(),
        title: Bilingual,
        givenAt: Instant,
        guardian: Type.Optional(PersonId),
        asGuardian: Type.Boolean(),
        purposes: Type.Array(
          Type.Object({
            purpose: Slug,
            title: Bilingual,
            basis: LegalBasis,
            state: ConsentState,
            until: Type.Optional(Instant),
            endedAt: Type.Optional(Instant),
          }),
        ),
        recipients: Type.Array(
          Type.Object({
            recipient: Slug,
            name: Bilingual,
            purpose: Slug,
            state: ConsentState,
            until: Type.Optional(Instant),
            endedAt: Type.Optional(Instant),
          }),
        ),
        asksAnew: Type.Array(NoticeChange, {
          description: 'what the live version widened beyond this consent; it is closed until there is fresh consent',
        }),
        consentReceipt: ConsentReceipt,
      }),
    ),
    refusals: Type.Array(
      Type.Object({ purpose: Slug, recipient: Type.Optional(Slug), refusedAt: Instant, askAgainAt: Instant }),
    ),
    guardians: Type.Array(
      Type.Object({ person: PersonId, relation: GuardianRelation, handOver: Instant, ended: Type.Boolean() }),
    ),
    wards: Type.Array(Type.Object({ person: PersonId, relation: GuardianRelation, handOver: Instant })),
    next: Type.Union([ConsentId, Type.Null()]),
  }),
  errors: ['person_unknown', 'person_erased'],
  summary: 'A person’s consents, newest first, each with its receipt and what became of it',
  summaryZh: '某人的同意记录（最新在前），附回执与状态',
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
  body: Type.Object(
    {
      person: PersonId,
      purpose: Slug,
      recipient: Type.Optional(Slug),
    },
    closed,
  ),
  reply: Type.Object({
    person: PersonId,
    purpose: Slug,
    recipient: Type.Optional(Slug),
    destroyed: Type.Integer({ description: 'how many wrapped keys were destroyed' }),
    receipt: Receipt,
  }),
  errors: ['person_unknown', 'consent_unknown', 'basis_not_consent'],
  summary: 'Withdraws consent for one purpose, or for one recipient of it; acts at once',
  summaryZh: '撤回对某一目的或其某一接收方的同意，立即生效',
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

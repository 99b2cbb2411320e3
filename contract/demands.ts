import Type from 'typebox'
import {
  Bilingual,
  Cursor,
  DemandId,
  FieldName,
  Instant,
  Language,
  NoticeId,
  OrganisationId,
  PersonId,
  Receipt,
  Slug,
} from './common.ts'
import { LegalBasis, NoticeDraft } from './notices.ts'
import { route } from './route.ts'

const closed = { additionalProperties: false } as const
const nullable = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description })
const LocalDate = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description: 'a date in the clock’s zone' })

export const DemandKind = Type.Union([
  Type.Literal('see'),
  Type.Literal('copy'),
  Type.Literal('correct'),
  Type.Literal('delete'),
  Type.Literal('stop'),
  Type.Literal('explain'),
])
export type DemandKind = Type.Static<typeof DemandKind>
export const DemandState = Type.Union([
  Type.Literal('pending'),
  Type.Literal('open'),
  Type.Literal('fulfilling'),
  Type.Literal('fulfilled'),
  Type.Literal('refused'),
  Type.Literal('escalated'),
  Type.Literal('withdrawn'),
])
export type DemandState = Type.Static<typeof DemandState>
export const DemandAct = Type.Union([
  Type.Literal('confirm'),
  Type.Literal('fulfil'),
  Type.Literal('refuse'),
  Type.Literal('extend'),
  Type.Literal('escalate'),
  Type.Literal('withdraw'),
])
/** The closed list of law/refusals.ts, which cites the law for each. */
export const RefusalReason = Type.Union([
  Type.Literal('identity-unproven'),
  Type.Literal('nothing-held'),
  Type.Literal('secrecy-required'),
  Type.Literal('would-impede-duty'),
  Type.Literal('legal-duty-to-keep'),
  Type.Literal('technically-impossible'),
  Type.Literal('other-legal-basis'),
  Type.Literal('already-accurate'),
  Type.Literal('legal-claims'),
  Type.Literal('rights-of-others'),
  Type.Literal('manifestly-unfounded'),
])
export type RefusalReason = Type.Static<typeof RefusalReason>
export const Regime = Type.Union([Type.Literal('cn'), Type.Literal('eu')])

/** One line of the shown computation. */
export const ClockStep = Type.Object({
  date: LocalDate,
  counted: nullable(Type.Integer({ description: 'the number that this day has in the period' })),
  why: Bilingual,
})
/** The clock that decides, which law it comes from, and how it was counted. */
export const DemandClock = Type.Object({
  id: Type.String(),
  regime: Regime,
  instrument: Bilingual,
  version: Type.String(),
  article: Type.String(),
  rank: Type.String(),
  source: Type.String(),
  secondHand: Type.Boolean({ description: 'the official text was not at hand when the clock was written down' }),
  note: nullable(Bilingual),
  event: Bilingual,
  zone: Type.String({ description: 'IANA time zone in which days are counted' }),
  startedAt: Instant,
  dueAt: Instant,
  lastDay: LocalDate,
  assumed: Type.Boolean({ description: 'a calendar that it needs is not yet published; it will be counted again' }),
  extended: Type.Boolean(),
  steps: Type.Optional(Type.Array(ClockStep)),
})
export type DemandClock = Type.Static<typeof DemandClock>
export const Demand = Type.Object({
  id: DemandId,
  provider: OrganisationId,
  person: PersonId,
  kind: DemandKind,
  state: DemandState,
  identity: Type.Union([Type.Literal('proven'), Type.Literal('pending')], {
    description: 'pending: the clock starts once it is established who asks',
  }),
  purpose: nullable(Slug),
  fields: Type.Array(FieldName),
  text: nullable(Type.String()),
  madeAt: Instant,
  madeBy: Type.Union([Type.Literal('person'), Type.Literal('client'), Type.Literal('staff')]),
  clock: nullable(DemandClock),
  /** While there is no clock: what will start it. */
  clockStarts: nullable(Bilingual),
  overdue: Type.Boolean(),
  extension: nullable(Type.Object({ text: Type.String(), at: Instant })),
  answer: nullable(
    Type.Object({
      outcome: Type.Union([Type.Literal('fulfilled'), Type.Literal('refused')]),
      reason: nullable(RefusalReason),
      title: nullable(Bilingual),
      law: nullable(Type.String({ description: 'the provision that allows the refusal' })),
      text: nullable(Type.String()),
      at: Instant,
      by: Type.Union([Type.Literal('provider'), Type.Literal('software')]),
    }),
  ),
  escalated: nullable(Type.Object({ at: Instant, by: Type.Union([Type.Literal('person'), Type.Literal('clock')]) })),
  ready: Type.Boolean({ description: 'a copy, or an explanation, can be fetched now' }),
  can: Type.Array(DemandAct, { description: 'what whoever asks may do now' }),
})
export type Demand = Type.Static<typeof Demand>
const Done = Type.Object({ demand: Demand, receipt: Receipt })
const params = Type.Object({ demand: DemandId })
const Evidence = Type.String({
  pattern: '^[A-Za-z0-9._:#/-]{1,64}$',
  description: 'the provider’s own reference for how the asker’s identity was checked',
})
const provider = ['client', 'staff'] as const
const acting = { room: 'demands', method: 'POST', idempotency: 'required', reply: Done } as const
const stateErrors = ['demand_unknown', 'demand_state'] as const

export const makeDemand = route({
  ...acting,
  name: 'makeDemand',
  path: '/v1/demands',
  callers: ['person', ...provider],
  ability: 'consent',
  status: 201,
  body: Type.Object(
    {
      person: Type.Optional(PersonId),
      kind: DemandKind,
      purpose: Type.Optional(Slug),
      fields: Type.Optional(Type.Array(FieldName, { maxItems: 50, uniqueItems: true })),
      text: Type.Optional(text(2000, 'in the person’s own words')),
      evidence: Type.Optional(Evidence),
    },
    closed,
  ),
  errors: ['person_unknown', 'person_erased'],
  summary: 'Makes a demand; see, copy, explain and stop are fulfilled at once where software can',
  summaryZh: '提出请求；查阅、复制、解释和停止在软件可完成时立即满足',
  article: '8',
})
export const getDemand = route({
  name: 'getDemand',
  room: 'demands',
  method: 'GET',
  path: '/v1/demands/:demand',
  callers: ['person', ...provider],
  ability: 'consent',
  params,
  reply: Demand,
  errors: ['demand_unknown'],
  summary: 'A demand with its clock and how it was counted',
  summaryZh: '一项请求及其时限与计算过程',
  article: '8',
})
export const listDemands = route({
  name: 'listDemands',
  room: 'demands',
  method: 'GET',
  path: '/v1/demands',
  callers: ['person', ...provider],
  ability: 'consent',
  query: Type.Object(
    {
      which: Type.Optional(
        Type.Union([Type.Literal('waiting'), Type.Literal('all')], {
          description: 'waiting (for providers unless said otherwise): soonest due first; all: newest first',
        }),
      ),
      cursor: Type.Optional(Cursor),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    },
    closed,
  ),
  reply: Type.Object({ items: Type.Array(Demand), next: nullable(Cursor) }),
  errors: ['cursor_malformed'],
  summary: 'My demands, or those that this provider must answer, by clock',
  summaryZh: '我的请求，或本提供者须按时限答复的请求',
  article: '8',
})
export const answerDemand = route({
  ...acting,
  name: 'answerDemand',
  path: '/v1/demands/:demand/answer',
  callers: provider,
  ability: 'consent',
  params,
  body: Type.Object(
    {
      outcome: Type.Union([Type.Literal('fulfilled'), Type.Literal('refused')]),
      reason: Type.Optional(RefusalReason),
      text: Type.Optional(text(2000, 'what was done, or why not, for the person; a refusal needs it')),
    },
    closed,
  ),
  errors: [...stateErrors, 'identity_pending', 'refusal_reason_unfit'],
  summary: 'Fulfils a demand, or refuses it with a reason from the closed list; deleting needs the ability to erase',
  summaryZh: '满足请求，或依封闭理由清单拒绝；删除须有删除权限',
  article: '8',
})
export const extendDemand = route({
  ...acting,
  name: 'extendDemand',
  path: '/v1/demands/:demand/extend',
  callers: provider,
  ability: 'consent',
  params,
  body: Type.Object({ text: text(2000, 'why more time is needed, for the person') }, closed),
  errors: [...stateErrors, 'extension_not_allowed'],
  summary: 'Extends the clock once, where the law allows it, before it has run out',
  summaryZh: '在法律允许且期限届满前延长一次期限',
})
export const escalateDemand = route({
  ...acting,
  name: 'escalateDemand',
  path: '/v1/demands/:demand/escalate',
  callers: ['person'],
  params,
  body: Type.Object({}, closed),
  errors: [...stateErrors, 'demand_not_overdue'],
  summary: 'Takes a refused or overdue demand to the authority',
  summaryZh: '将被拒绝或逾期的请求提交主管部门',
  article: '9',
})
export const withdrawDemand = route({
  ...acting,
  name: 'withdrawDemand',
  path: '/v1/demands/:demand/withdraw',
  callers: ['person'],
  params,
  body: Type.Object({}, closed),
  errors: stateErrors,
  summary: 'Takes a demand back',
  summaryZh: '撤回请求',
})
export const confirmDemand = route({
  ...acting,
  name: 'confirmDemand',
  path: '/v1/demands/:demand/confirm',
  callers: ['person', ...provider],
  ability: 'consent',
  params,
  body: Type.Object({ evidence: Type.Optional(Evidence) }, closed),
  errors: [...stateErrors, 'evidence_needed'],
  summary: 'Establishes who asks, which starts the clock; the person’s own session is proof',
  summaryZh: '确认请求人身份并启动期限；本人会话即为证明',
})
export const copyDemand = route({
  name: 'copyDemand',
  room: 'demands',
  method: 'POST',
  path: '/v1/demands/:demand/copy',
  callers: ['person'],
  idempotency: 'none',
  params,
  body: Type.Object({ language: Type.Optional(Language) }, closed),
  reply: Type.String({ description: 'a zip of JSON and CSV files' }),
  media: 'application/zip',
  errors: [...stateErrors, 'ledger_behind', 'key_unavailable', 'seal_broken'],
  summary: 'Everything held and logged about me, as JSON and CSV in a zip; this look is logged too',
  summaryZh: '以 JSON 和 CSV 压缩包取得关于我的全部信息与留痕；本次查看同样留痕',
  article: '8',
})
export const explainDemand = route({
  name: 'explainDemand',
  room: 'demands',
  method: 'GET',
  path: '/v1/demands/:demand/explanation',
  callers: ['person'],
  params,
  reply: Type.Object({
    notices: Type.Array(
      Type.Object({
        notice: NoticeId,
        version: Type.Integer(),
        live: Type.Boolean(),
        publishedAt: Instant,
        hash: Type.String(),
        content: NoticeDraft,
      }),
    ),
    grants: Type.Array(Type.Object({ category: Slug, purpose: Slug, basis: LegalBasis, since: Instant })),
    consents: Type.Array(
      Type.Object({
        consent: Type.String(),
        notice: NoticeId,
        version: Type.Integer(),
        purposes: Type.Array(Type.String()),
        language: Language,
        at: Instant,
      }),
    ),
    entries: Type.Object({
      total: Type.Integer(),
      byKind: Type.Record(Type.String(), Type.Integer()),
      byPurpose: Type.Record(Type.String(), Type.Integer()),
    }),
  }),
  errors: [...stateErrors, 'seal_broken'],
  summary: 'Under which rules, on which basis and how often my information was used',
  summaryZh: '依据何种规则、何种授权以及使用次数的说明',
  article: '2',
})
export const RegimeLine = Type.Object(
  {
    regime: Regime,
    zone: Type.Optional(Type.String({ maxLength: 64, pattern: '^[A-Za-z0-9_+/-]+$', description: 'IANA time zone' })),
  },
  closed,
)
export const stateRegimes = route({
  name: 'stateRegimes',
  room: 'demands',
  method: 'POST',
  path: '/v1/demands/regimes',
  callers: provider,
  ability: 'administer',
  idempotency: 'required',
  body: Type.Object({ regimes: Type.Array(RegimeLine, { minItems: 1, maxItems: 2 }) }, closed),
  reply: Type.Object({ regimes: Type.Array(RegimeLine), receipt: Receipt }),
  errors: ['zone_unknown'],
  summary: 'States by which laws’ clocks this provider answers; a public leaf. The soonest of all clocks decides',
  summaryZh: '公示本提供者适用哪些法律的期限（公开叶子）；以最早到期者为准',
})
export const getRegimes = route({
  name: 'getRegimes',
  room: 'demands',
  method: 'GET',
  path: '/v1/demands/regimes',
  callers: ['person', ...provider],
  reply: Type.Object({
    regimes: Type.Array(RegimeLine),
    reasons: Type.Array(
      Type.Object({
        id: RefusalReason,
        title: Bilingual,
        demands: Type.Array(DemandKind),
        law: Type.Record(Type.String(), Type.String()),
      }),
      { description: 'the closed list of reasons for refusing' },
    ),
  }),
  errors: [],
  summary: 'By which laws’ clocks my provider answers, and the only reasons for which it may refuse',
  summaryZh: '提供者适用的期限法律及可拒绝的封闭理由清单',
})

/** An RFC 3339 instant with any offset, as the Data Tracker's callers send it. */
const When = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$',
  maxLength: 40,
})
const tracker = { room: 'demands', method: 'GET' } as const
/** Estonia's Data Tracker (Andmejälgija), usage service 2.1.0: the same paths, members and meanings, with `proof` added. */
export const findUsage = route({
  ...tracker,
  name: 'findUsage',
  path: '/v1/demands/tracker/v2/findUsage',
  callers: ['person', 'client'],
  ability: 'consent',
  query: Type.Object(
    {
      userCode: PersonId,
      periodStart: Type.Optional(When),
      periodEnd: Type.Optional(When),
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1000 })),
    },
    closed,
  ),
  reply: Type.Object({
    totalUsages: Type.Integer(),
    usages: Type.Array(
      Type.Object({
        logtime: Instant,
        action: Type.String({ description: 'in the provider’s own words, English; `kind` and `purpose` as logged' }),
        receiverCode: Type.String(),
        receiverName: Type.String(),
        receiverSystem: Type.String(),
        proof: Type.Object({
          entry: Type.String(),
          n: Type.Integer({ description: 'place in the person’s own chain' }),
          index: Type.Integer({ description: 'leaf index in the ledger' }),
          href: Type.String({ description: 'where the proof and the opening are served to the person' }),
        }),
      }),
    ),
  }),
  errors: ['person_unknown', 'viewer_needed', 'period_invalid', 'seal_broken'],
  summary: 'Data Tracker: who used my information, newest first. A representative names themselves in X-Road-UserId',
  summaryZh: '数据追踪：谁使用过我的信息，最新在前；代理人须在 X-Road-UserId 中表明身份',
  article: '2',
})
export const usagePeriod = route({
  ...tracker,
  name: 'usagePeriod',
  path: '/v1/demands/tracker/v2/usagePeriod',
  callers: ['anyone'],
  reply: Type.Object({ periodStart: Instant, periodEnd: Type.Optional(Instant) }),
  errors: [],
  summary: 'Data Tracker: since when usages are kept',
  summaryZh: '数据追踪：留痕起始时间',
})
export const heartbeat = route({
  ...tracker,
  name: 'heartbeat',
  path: '/v1/demands/tracker/v2/heartbeat',
  callers: ['anyone'],
  reply: Type.Object({ status: Type.Union([Type.Literal('OK'), Type.Literal('FAIL')]), message: Type.String() }),
  errors: [],
  summary: 'Data Tracker: is it alive?',
  summaryZh: '数据追踪：服务是否正常',
})

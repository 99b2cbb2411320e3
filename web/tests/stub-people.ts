import { createHash } from 'node:crypto'

/** Invented, and looking invented. */
const id = (prefix: string, n: number) => `${prefix}_0198c2f0${n.toString(16).padStart(24, '0')}`

export const person = id('per', 42)
export const organisation = {
  id: id('org', 1),
  kind: 'provider',
  name: { en: 'Lanting Shop', zh: '兰亭小铺' },
  area: null,
  level: null,
  createdAt: '2026-03-01T08:00:00Z',
} as const
const content = {
  slug: 'shop-orders',
  title: { en: 'Orders and delivery', zh: '订单与配送' },
  contact: { en: 'privacy@lanting.example, weekdays 9 to 18', zh: 'privacy@lanting.example，工作日 9 时至 18 时' },
  purposes: [
    {
      id: 'delivery',
      title: { en: 'Delivering your order', zh: '配送您的订单' },
      basis: 'contract',
      retentionDays: 180,
    },
    {
      id: 'support',
      title: { en: 'Answering your questions', zh: '解答您的问题' },
      basis: 'consent',
      retentionDays: 90,
    },
    {
      id: 'newsletter',
      title: { en: 'Sending our newsletter', zh: '发送小铺通讯' },
      basis: 'consent',
      retentionDays: 365,
      consentDays: 180,
      automatedDecision: {
        en: 'A program picks which letters you get, by what you ordered before.',
        zh: '由程序按您过去的订单挑选发送给您的通讯。',
      },
    },
    {
      id: 'nearby',
      title: { en: 'Showing shops near your home', zh: '显示您家附近的店铺' },
      basis: 'separate-consent',
      retentionDays: 30,
      consentDays: 90,
    },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: { en: 'How to reach you', zh: '联系方式' },
      sensitive: false,
      fields: [
        { name: 'name', title: { en: 'Name', zh: '姓名' } },
        { name: 'phone', title: { en: 'Phone number', zh: '手机号码' }, search: true },
      ],
      purposes: ['delivery', 'support', 'newsletter'],
    },
    {
      id: 'delivery-address',
      term: 'pd:PhysicalAddress',
      title: { en: 'Where you live', zh: '住址' },
      sensitive: true,
      fields: [{ name: 'address', title: { en: 'Delivery address', zh: '收货地址' } }],
      purposes: ['delivery', 'nearby'],
    },
  ],
  recipients: [
    { name: { en: 'Swift Heron Couriers', zh: '飞鹭快递' }, purpose: 'delivery', country: 'CN' },
    {
      slug: 'lighthouse',
      name: { en: 'Lighthouse Letters', zh: '灯塔通讯' },
      purpose: 'newsletter',
      categories: ['contact'],
      country: 'SG',
      contract: 'LH-2026-03',
    },
  ],
  manner: {
    en: 'You type it in when you order. It is kept sealed and opened only for what is stated here.',
    zh: '由您下单时填写，密封保存，只为这里载明的目的开启。',
  },
  processors: [{ name: { en: 'Stone Bridge Hosting', zh: '石桥托管' }, purpose: 'delivery', country: 'CN' }],
  crossBorder: {
    countries: ['SG'],
    safeguards: { en: 'By the standard contract filed with the authority.', zh: '依据已向主管部门备案的标准合同。' },
  },
  minors: {
    guardianBelow: 14,
    rule: { en: 'Children cannot order here by themselves.', zh: '儿童不能自行下单。' },
  },
} as const
export const notice = {
  id: id('ntc', 1),
  provider: organisation.id,
  version: 2,
  hash: createHash('sha256').update(JSON.stringify(content)).digest('hex'),
  publishedAt: '2026-03-10T02:00:00Z',
  live: true,
  content,
} as const
export const held = [
  {
    record: id('rec', 1),
    category: 'contact',
    collectedAt: '2026-03-14T02:07:13Z',
    fields: { name: 'Test Willow 柳试', phone: '+86 000 0000 0042' },
  },
  {
    record: id('rec', 1),
    category: 'delivery-address',
    collectedAt: '2026-03-14T02:07:13Z',
    fields: { address: '7 Imagined Lane, Nowhere 乌有乡虚构巷七号' },
  },
] as const
export const grants = [
  { category: 'contact', purpose: 'self', basis: 'consent', since: '2026-03-14T02:07:13Z' },
  { category: 'delivery-address', purpose: 'self', basis: 'consent', since: '2026-03-14T02:07:13Z' },
  { category: 'contact', purpose: 'delivery', basis: 'contract', since: '2026-03-14T02:07:13Z' },
  { category: 'delivery-address', purpose: 'delivery', basis: 'contract', since: '2026-03-14T02:07:13Z' },
  { category: 'contact', purpose: 'support', basis: 'consent', since: '2026-03-14T02:07:13Z' },
  {
    category: 'contact',
    purpose: 'newsletter',
    basis: 'consent',
    since: '2026-03-14T02:07:13Z',
    until: '2027-09-10T02:07:13Z',
  },
] as const
export const staff = {
  id: id('stf', 7),
  organisation: organisation.id,
  displayName: 'Test Plum 梅试',
  abilities: ['administer', 'publish', 'consent', 'approve', 'look', 'find'],
  purposes: ['support', 'delivery'],
  createdAt: '2026-03-01T08:00:00Z',
} as const
export const clients = [
  {
    id: id('cli', 1),
    organisation: organisation.id,
    name: 'Order desk',
    abilities: ['collect', 'consent', 'look'],
    purposes: ['delivery'],
    createdAt: '2026-03-01T08:00:00Z',
    revokedAt: null,
  },
  {
    id: id('cli', 2),
    organisation: organisation.id,
    name: 'Old newsletter sender',
    abilities: ['look'],
    purposes: ['newsletter'],
    createdAt: '2026-03-02T08:00:00Z',
    revokedAt: '2026-03-12T08:00:00Z',
  },
] as const
export const approvals = [
  {
    id: id('apr', 1),
    act: 'invite-staff',
    subject: id('stf', 9),
    reason: 'A second administrator for the night shift',
    state: 'waiting',
    requestedBy: id('stf', 8),
    decidedBy: null,
    expiresAt: '2027-03-15T08:00:00Z',
  },
  {
    id: id('apr', 2),
    act: 'bulk-export',
    subject: id('org', 1),
    reason: 'Yearly copy for the auditor',
    state: 'declined',
    requestedBy: id('stf', 7),
    decidedBy: id('stf', 8),
    expiresAt: '2026-03-13T08:00:00Z',
  },
] as const

export const consents = {
  items: [
    {
      consent: id('cns', 1),
      notice: notice.id,
      version: 1,
      liveVersion: 2,
      title: content.title,
      givenAt: '2026-03-14T02:07:13Z',
      asGuardian: false,
      purposes: [
        { purpose: 'support', title: content.purposes[1].title, basis: 'consent', state: 'given' },
        {
          purpose: 'newsletter',
          title: content.purposes[2].title,
          basis: 'consent',
          state: 'given',
          until: '2027-09-10T02:07:13Z',
        },
        {
          purpose: 'nearby',
          title: content.purposes[3].title,
          basis: 'separate-consent',
          state: 'withdrawn',
          endedAt: '2026-03-20T02:07:13Z',
        },
      ],
      recipients: [
        {
          recipient: 'lighthouse',
          name: content.recipients[1].name,
          purpose: 'newsletter',
          state: 'given',
          until: '2027-09-10T02:07:13Z',
        },
      ],
      asksAnew: [
        {
          path: '/purposes/newsletter/retentionDays',
          kind: 'widens',
          purposes: ['newsletter'],
          en: '“Sending our newsletter” keeps for 365 days instead of 180.',
          zh: '“发送小铺通讯”的保存期限由 180 天改为 365 天。',
        },
      ],
      consentReceipt: { document: { type: 'invented receipt' }, signature: 'c2ln', key: 'a2V5' },
    },
  ],
  refusals: [{ purpose: 'nearby', refusedAt: '2026-03-20T02:07:13Z', askAgainAt: '2027-04-19T02:07:13Z' }],
  guardians: [{ person: id('per', 77), relation: 'parent', handOver: '2027-06-01T00:00:00Z', ended: false }],
  wards: [],
  next: null,
} as const

const clock = {
  id: 'cn-gbt-35273-8.7',
  regime: 'cn',
  instrument: { en: 'Personal information security specification', zh: '个人信息安全规范' },
  version: 'GB/T 35273-2020',
  article: '8.7 b)',
  rank: 'standard',
  source: 'openstd.samr.gov.cn',
  secondHand: false,
  note: { en: 'Thirty days, or as the law says.', zh: '三十天内或法律法规规定的期限内。' },
  event: { en: 'the demand was received', zh: '收到请求' },
  zone: 'Asia/Shanghai',
  startedAt: '2026-11-20T02:00:00Z',
  dueAt: '2027-12-20T16:00:00Z',
  lastDay: '2027-12-20',
  assumed: false,
  extended: false,
  steps: [
    {
      date: '2026-11-20',
      counted: null,
      why: { en: 'the day of the event is not counted', zh: '事件当日不计入' },
    },
    { date: '2026-11-21', counted: 1, why: { en: 'first day', zh: '第一天' } },
    { date: '2027-12-20', counted: 30, why: { en: 'last day, a working day', zh: '最后一天，为工作日' } },
  ],
} as const
const demandBase = {
  provider: organisation.id,
  person,
  identity: 'proven',
  purpose: null,
  fields: [] as readonly string[],
  text: null as string | null,
  madeAt: '2026-11-20T02:00:00Z',
  madeBy: 'person',
  clock: null as typeof clock | null,
  clockStarts: null,
  overdue: false,
  extension: null,
  answer: null as object | null,
  escalated: null,
  ready: false,
  can: [] as readonly string[],
}
export interface StubDemand extends Omit<typeof demandBase, 'answer'> {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly answer: object | null
}
export const demands: readonly StubDemand[] = [
  {
    ...demandBase,
    id: id('dem', 3),
    kind: 'correct',
    state: 'open',
    fields: ['phone'],
    text: 'My number ends in 43, not in 42.',
    clock,
    can: ['fulfil', 'refuse', 'extend', 'withdraw'],
  },
  {
    ...demandBase,
    id: id('dem', 2),
    kind: 'delete',
    state: 'refused',
    answer: {
      outcome: 'refused',
      reason: 'legal-duty-to-keep',
      title: { en: 'A law requires that it be kept until a stated day', zh: '法律规定的保存期限未届满' },
      law: 'PIPL 47(2)',
      text: 'Invoices are kept until 2031.',
      at: '2026-11-22T02:00:00Z',
      by: 'provider',
    },
    clock,
    can: ['escalate'],
  },
  {
    ...demandBase,
    id: id('dem', 1),
    kind: 'explain',
    state: 'fulfilled',
    answer: {
      outcome: 'fulfilled',
      reason: null,
      title: null,
      law: null,
      text: null,
      at: '2026-11-20T02:00:01Z',
      by: 'software',
    },
    ready: true,
  },
]
export const explanation = {
  notices: [
    {
      notice: notice.id,
      version: 2,
      live: true,
      publishedAt: notice.publishedAt,
      hash: notice.hash,
      content: notice.content,
    },
  ],
  grants: grants.map(({ category, purpose, basis, since }) => ({ category, purpose, basis, since })),
  consents: [],
  entries: { total: 23, byKind: { look: 19, collect: 1, find: 1 }, byPurpose: { delivery: 16, support: 2, self: 1 } },
}
export const refusalReasons = [
  {
    id: 'already-accurate',
    title: { en: 'It is accurate as it is', zh: '信息本身准确' },
    demands: ['correct'],
    law: { cn: 'PIPL 46' },
  },
  {
    id: 'legal-duty-to-keep',
    title: { en: 'A law requires that it be kept until a stated day', zh: '法律规定的保存期限未届满' },
    demands: ['delete', 'stop'],
    law: { cn: 'PIPL 47(2)' },
  },
]
export const keysStatus = {
  epoch: 692,
  epochEndsAt: '2027-01-10T00:00:00Z',
  oldKeys: 12,
  oldestEpoch: 691,
  dueAt: '2027-01-20T00:00:00Z',
  backupDays: 35,
  running: true,
  rotation: {
    epoch: 692,
    state: 'rewrapping',
    expected: 90_000,
    seen: 41_500,
    rewrapped: 41_000,
    skipped: 500,
    damaged: 0,
    destroyed: 0,
    startedAt: '2026-11-24T00:00:00Z',
    movedAt: '2026-11-24T00:10:00Z',
    finishedAt: null,
  },
}

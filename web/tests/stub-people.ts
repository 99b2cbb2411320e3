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
  { category: 'contact', purpose: 'delivery', basis: 'consent', since: '2026-03-14T02:07:13Z' },
  { category: 'delivery-address', purpose: 'delivery', basis: 'consent', since: '2026-03-14T02:07:13Z' },
  { category: 'contact', purpose: 'newsletter', basis: 'consent', since: '2026-03-14T02:07:13Z' },
] as const
export const staff = {
  id: id('stf', 7),
  organisation: organisation.id,
  displayName: 'Test Plum 梅试',
  abilities: ['administer', 'publish', 'approve', 'look'],
  purposes: ['support'],
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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId, Refusal } from '#kernel'
import type { NoticeContent, PublishedNotice } from './model.ts'
import { agreementOf, assertCoherent, compileRules, grantsOf, judgeSnapshot, reaches } from './rules.ts'

const words = (en: string) => ({ en, zh: `${en}（中文）` })
const field = (name: string, search = false) => ({ name, title: words(name), ...(search ? { search } : {}) })
const category = (id: string, purposes: string[], fields: ReturnType<typeof field>[]) => ({
  id,
  term: 'pd:Contact',
  title: words(id),
  sensitive: false,
  purposes,
  fields,
})
const purpose = (id: string, basis: NoticeContent['purposes'][number]['basis'] = 'consent') => ({
  id,
  title: words(id),
  basis,
  retentionDays: 30,
})
const orders: NoticeContent = {
  slug: 'orders',
  title: words('Orders'),
  contact: words('desk'),
  recipients: [{ name: words('courier'), purpose: 'delivery' }],
  purposes: [purpose('delivery'), purpose('accounting', 'legal-duty')],
  categories: [
    category('contact', ['delivery', 'accounting'], [field('name'), field('phone', true)]),
    category('place', ['delivery'], [field('address')]),
  ],
}
const published = (content: NoticeContent, version = 1): PublishedNotice => ({
  id: newId(),
  tenant: newId(),
  version,
  live: true,
  hash: Buffer.alloc(32, version),
  publishedAt: new Date(0),
  content,
})
const told = (content: NoticeContent, others: readonly PublishedNotice[] = []) => {
  try {
    assertCoherent(content, others)
    return 'coherent'
  } catch (error) {
    assert.ok(error instanceof Refusal && error.code === 'notice_invalid', String(error))
    return error.details.field
  }
}

test('article 2: a notice that contradicts itself is refused, and the place is named', () => {
  const [delivery, accounting] = orders.purposes as [NoticeContent['purposes'][0], NoticeContent['purposes'][0]]
  const [contact, place] = orders.categories as [NoticeContent['categories'][0], NoticeContent['categories'][0]]
  assert.equal(told(orders), 'coherent')
  for (const reserved of ['self', 'ledger', 'index', 'once'])
    assert.equal(told({ ...orders, purposes: [delivery, accounting, purpose(reserved)] }), '/purposes/2/id')
  assert.equal(told({ ...orders, purposes: [delivery, accounting, delivery] }), '/purposes/2/id')
  assert.equal(told({ ...orders, purposes: [delivery, accounting, purpose('unused')] }), '/purposes/2/id')
  assert.equal(told({ ...orders, categories: [contact, contact] }), '/categories/1/id')
  assert.equal(
    told({ ...orders, categories: [{ ...contact, purposes: ['resale'] }, place] }),
    '/categories/0/purposes/0',
  )
  assert.equal(
    told({ ...orders, categories: [{ ...contact, fields: [field('name'), field('name')] }, place] }),
    '/categories/0/fields/1/name',
  )
  assert.equal(
    told({ ...orders, categories: [contact, { ...place, fields: [field('phone')] }] }),
    '/categories/1/fields/0/name',
  )
  assert.equal(told({ ...orders, recipients: [{ name: words('x'), purpose: 'resale' }] }), '/recipients/0/purpose')
  assert.equal(told({ ...orders, title: { en: 'a', zh: '\0' } }), '/title/zh')
})
test('article 2: what is said of recipients, processors, countries and consent must fit the rest', () => {
  const abroad = { name: words('Lab'), purpose: 'delivery', country: 'SG' }
  const safeguards = words('standard contract')
  assert.equal(told({ ...orders, processors: [abroad] }), '/processors/0/country')
  assert.equal(told({ ...orders, processors: [abroad], crossBorder: { countries: ['SG'], safeguards } }), 'coherent')
  assert.equal(told({ ...orders, crossBorder: { countries: ['CN'], safeguards } }), '/crossBorder/countries/0')
  const courier = { slug: 'courier', name: words('courier'), purpose: 'delivery' }
  assert.equal(told({ ...orders, recipients: [courier, courier] }), '/recipients/1/slug')
  assert.equal(told({ ...orders, recipients: [{ ...courier, categories: ['place'] }] }), 'coherent')
  assert.equal(
    told({ ...orders, recipients: [{ ...courier, purpose: 'accounting', categories: ['place'] }] }),
    '/recipients/0/categories/0',
  )
  const [delivery, accounting] = orders.purposes as [NoticeContent['purposes'][0], NoticeContent['purposes'][0]]
  const lasting = { ...accounting, consentDays: 3 }
  assert.equal(told({ ...orders, purposes: [delivery, lasting] }), '/purposes/1/consentDays')
  const [contact, place] = orders.categories as [NoticeContent['categories'][0], NoticeContent['categories'][0]]
  const sensitive = { ...orders, categories: [contact, { ...place, sensitive: true }] }
  assert.equal(told(sensitive), '/categories/1/purposes/0')
  const separate = { ...delivery, basis: 'separate-consent' as const }
  assert.equal(told({ ...sensitive, purposes: [separate, accounting] }), 'coherent')
})
test('a grant reaches what its version stated, and what later versions kept without a gap', () => {
  const at = (version: number, content: NoticeContent, id = orderNotice) => ({ ...published(content, version), id })
  const orderNotice = newId<'ntc'>()
  const holding = (...names: string[]) => ({
    ...orders,
    purposes: [purpose('delivery')],
    recipients: [],
    categories: [
      category(
        'contact',
        ['delivery'],
        names.map((name) => field(name)),
      ),
    ],
  })
  const rulesOf = (...contents: NoticeContent[]) => {
    const versions = contents.map((content, index) => at(index + 1, content))
    return compileRules(
      versions.slice(-1),
      versions.slice(0, -1).map((each) => ({ ...each, notice: each.id })),
    )
  }
  const since = (rules: ReturnType<typeof compileRules>, ...fields: string[]) =>
    agreementOf(rules, 'contact', 'delivery', fields)?.[orderNotice]
  const widened = rulesOf(holding('name'), holding('name', 'phone'))
  assert.deepEqual([since(widened, 'name'), since(widened, 'phone'), since(widened, 'name', 'phone')], [1, 2, 2])
  assert.equal(
    since(rulesOf(holding('name', 'phone'), holding('name')), 'name'),
    undefined,
    'narrowed: any grant will do',
  )
  const gap = rulesOf(holding('name', 'phone'), holding('name'), holding('name', 'phone'))
  assert.deepEqual([since(gap, 'name'), since(gap, 'phone')], [1, 3])
  const decided = holding('name')
  const machine = { ...decided, purposes: [{ ...purpose('delivery'), automatedDecision: words('a machine') }] }
  assert.equal(since(rulesOf(decided, machine), 'name'), 2, 'a machine that newly decides is agreed to anew')
  assert.equal(since(rulesOf(decided, machine, decided), 'name'), undefined, 'and when it stops, any grant will do')
  const rules = compileRules([at(1, holding('name')), { ...at(1, holding('name', 'phone')), id: newId<'ntc'>() }])
  const agreement = agreementOf(rules, 'contact', 'delivery', ['phone'])
  assert.equal(reaches(agreement, orderNotice, 1), false, 'another notice’s field is not opened by this one’s grant')
})
test('a field means one category at a provider, in all its notices', () => {
  const other = published({ ...orders, slug: 'news', categories: [category('taste', ['delivery'], [field('name')])] })
  assert.equal(told(orders, [other]), '/categories/0/fields/0/name')
  const news = purpose('news')
  const same = {
    ...orders,
    slug: 'news',
    purposes: [news],
    categories: [category('contact', ['news'], [field('name')])],
  }
  assert.equal(told(orders, [published(same)]), 'coherent')
})
test('the rules of several notices are their sum', () => {
  const news = published({
    ...orders,
    slug: 'news',
    purposes: [purpose('news')],
    recipients: [],
    categories: [category('contact', ['news'], [field('email', true)])],
  })
  const rules = compileRules([published(orders), news])
  assert.deepEqual([...rules.purposes.keys()].sort(), ['accounting', 'delivery', 'news'])
  assert.deepEqual([...rules.purposesOf.get('contact')!].sort(), ['accounting', 'delivery', 'news'])
  assert.deepEqual([rules.categoryOf.get('email'), rules.categoryOf.get('address')], ['contact', 'place'])
  assert.deepEqual([...rules.searchable].sort(), ['email', 'phone'])
})
test('article 2: consent opens exactly the categories that the notice shown names for the purposes agreed to', () => {
  const notice = published(orders)
  assert.deepEqual(grantsOf(notice, ['accounting']), [
    { category: 'contact', purpose: 'accounting', basis: 'legal-duty', days: 30 },
  ])
  assert.deepEqual(
    grantsOf(notice, ['delivery']).map((grant) => grant.category),
    ['contact', 'place'],
  )
  assert.throws(() => grantsOf(notice, ['delivery', 'resale']), { code: 'purpose_unknown' })
})
test('what was shown counts as long as it is what is live, and for its hour', () => {
  const notice = published(orders, 3)
  const rules = compileRules([notice])
  const expiresAt = '2026-11-23T02:00:00.000Z'
  const shown = {
    notice: notice.id,
    version: 3,
    hash: notice.hash.toString('hex'),
    language: 'en' as const,
    shownAt: '2026-11-23T01:00:00.000Z',
    expiresAt,
  }
  assert.equal(judgeSnapshot(shown, rules, new Date(expiresAt)), notice)
  const stale = { code: 'snapshot_stale' }
  assert.throws(() => judgeSnapshot(shown, rules, new Date(Date.parse(expiresAt) + 1)), stale)
  assert.throws(() => judgeSnapshot({ ...shown, version: 2 }, rules, new Date(0)), stale)
  assert.throws(() => judgeSnapshot({ ...shown, hash: '00' }, rules, new Date(0)), stale)
  assert.throws(() => judgeSnapshot({ ...shown, notice: newId() }, rules, new Date(0)), stale)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId, Refusal } from '#kernel'
import type { NoticeContent, PublishedNotice } from './model.ts'
import { assertCoherent, compileRules, grantsOf, judgeSnapshot } from './rules.ts'

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
  const twice = published({ ...orders, slug: 'news' })
  assert.equal(told(orders, [twice]), '/categories/0/purposes/0', 'what was agreed to is read from one notice')
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

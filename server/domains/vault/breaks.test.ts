import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newId } from '#kernel'
import { type Answer, type Break, notice, openWorld } from './test-world.ts'

/** The database goes away at each write: before it took effect, or after. A repeated request has the one effect. */
const world = await openWorld()
after(() => world.close())
const shop = await world.shop()

const breaks: readonly Break[] = ['before it took effect', 'after it took effect']
const read = { name: 'Invented Person', phone: '13800000000' }
/** What is kept about all people of the shop: rows that an act done twice would have doubled. */
async function kept() {
  const [row] = await world.steal<Record<string, number>>(
    `select (select count(*) from parties.person) as people, (select count(*) from vault.drawer) as drawers,
      (select count(*) from vault.blind_index) as tokens, (select count(*) from notices.live_grant) as grants,
      (select count(*) from notices.consent) as consents, (select count(*) from notices.refusal) as refusals, (select count(*) from notices.version) as versions,
      (select coalesce(sum(count), 0) from ledger.outbox) as entries`,
  )
  return row!
}

interface Act {
  readonly name: string
  /** Makes what the act needs and answers how to do it. */
  readonly prepare: () => Promise<(once: string) => Promise<Answer>>
  /** What changes when it has been done once. */
  readonly effect: Partial<Record<string, number>>
}
const acts: readonly Act[] = [
  {
    name: 'collecting a new person',
    prepare: async () => {
      const body = { consent: { snapshot: await shop.snapshot(), purposes: ['delivery'] }, fields: read }
      return (once) => shop.post('/vault/collect', body, once)
    },
    effect: { people: 1, drawers: 1, tokens: 1, grants: 4, consents: 1, entries: 1 },
  },
  {
    name: 'collecting another record of a known person',
    prepare: async () => {
      const body = { person: await shop.person(), record: `rec_${newId()}`, fields: read }
      return (once) => shop.post('/vault/collect', body, once)
    },
    effect: { drawers: 1, tokens: 1, entries: 1 },
  },
  {
    name: 'collecting a batch',
    prepare: async () => {
      const consent = { snapshot: await shop.snapshot(), purposes: ['support'] }
      const items = ['one', 'two', 'three'].map((name) => ({ consent, fields: { name } }))
      return (once) => shop.post('/vault/collect/batch', { items }, once)
    },
    effect: { people: 3, drawers: 3, grants: 6, consents: 3, entries: 3 },
  },
  {
    name: 'correcting',
    prepare: async () => {
      const body = { person: await shop.person(), replace: true, fields: { phone: '13911119999' } }
      return (once) => shop.post('/vault/collect', body, once)
    },
    effect: { entries: 1 },
  },
  {
    name: 'consenting as a new person',
    prepare: async () => {
      const body = { snapshot: await shop.snapshot(), purposes: ['support'] }
      return (once) => shop.post('/notices/consents', body, once)
    },
    effect: { people: 1, grants: 2, consents: 1, entries: 1 },
  },
  {
    name: 'consenting to one purpose more',
    prepare: async () => {
      const person = await shop.person({ name: 'Invented' }, ['support'])
      const body = { person, snapshot: await shop.snapshot(), purposes: ['delivery'] }
      return (once) => shop.post('/notices/consents', body, once)
    },
    effect: { grants: 3, consents: 1, entries: 1 },
  },
  {
    name: 'renewing a consent',
    prepare: async () => {
      const body = { person: await shop.person(), snapshot: await shop.snapshot(), purposes: ['support'] }
      return (once) => shop.post('/notices/consents/renew', body, once)
    },
    effect: { grants: 0, consents: 1, entries: 1 },
  },
  {
    name: 'refusing a consent',
    prepare: async () => {
      const person = await shop.person({ name: 'Invented' }, ['support'])
      const body = { person, snapshot: await shop.snapshot(), purposes: ['delivery'] }
      return (once) => shop.post('/notices/consents/refuse', body, once)
    },
    effect: { refusals: 1, entries: 1 },
  },
  {
    name: 'withdrawing',
    prepare: async () => {
      const body = { person: await shop.person(), purpose: 'support' }
      return (once) => shop.post('/notices/consents/withdraw', body, once)
    },
    effect: { grants: -1, entries: 1 },
  },
  {
    name: 'erasing',
    prepare: async () => {
      const body = { person: await shop.person() }
      return (once) => shop.post('/vault/erase', body, once)
    },
    effect: { drawers: -1, tokens: -1, grants: -5, consents: -1, entries: 1 },
  },
  {
    name: 'publishing',
    prepare: async () => {
      const body = { ...notice, slug: `s${newId().slice(-8)}` }
      return (once) => shop.post('/notices', body, once)
    },
    effect: { versions: 1, entries: 1 },
  },
]

for (const { name, prepare, effect } of acts) {
  for (const when of breaks)
    test(`${name}: a request that broke ${when} has the one effect when it is repeated`, async () => {
      const act = await prepare()
      const before = await kept()
      const once = newId()
      world.breakNext(when)
      const broken = await act(once)
      assert.deepEqual([broken.status, broken.body.code], [503, 'unavailable'])
      const between = await kept()
      const done = (now: Record<string, number>) =>
        Object.fromEntries(Object.keys(effect).map((what) => [what, now[what]! - before[what]!]))
      const nothing = Object.fromEntries(Object.keys(effect).map((what) => [what, 0]))
      assert.deepEqual(done(between), when === 'before it took effect' ? nothing : effect)
      const repeated = await act(once)
      assert.ok(repeated.status < 300, repeated.text)
      assert.deepEqual(done(await kept()), effect)
      const again = await act(once)
      assert.deepEqual(done(await kept()), effect)
      assert.deepEqual(withoutReceipts(again.body), withoutReceipts(repeated.body))
      assert.deepEqual(entriesIn(again.body), entriesIn(repeated.body))
    })
}
/** A receipt is signed anew each time; the entry that it promises is the same. */
const withoutReceipts = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body, (name, value) => (name === 'receipt' ? undefined : value)))
const entriesIn = (body: unknown): string[] =>
  [...JSON.stringify(body).matchAll(/"entry":"([^"]+)"/g)].map(([, e]) => e!)

test('a correction that is repeated leaves the record as the first one left it', async () => {
  const person = await shop.person(read)
  const once = newId()
  const correct = () => shop.post('/vault/collect', { person, replace: true, fields: { name: 'Corrected' } }, once)
  const first = await correct()
  const second = await correct()
  assert.deepEqual(withoutReceipts(second.body), withoutReceipts(first.body))
  assert.deepEqual((await shop.look(person, 'delivery', ['name', 'phone'])).body.fields, { ...read, name: 'Corrected' })
  assert.ok((await shop.find(read.phone)).includes(person))
})

test('a collect, a correction or a consent that is repeated after the notice has moved on hears its first answer', async () => {
  const mine = await world.shop()
  const snapshot = await mine.snapshot()
  const consent = { snapshot, purposes: ['delivery'] }
  const [byCollect, byConsent, byCorrection, byWithdrawal] = [newId(), newId(), newId(), newId()]
  const collect = () => mine.post('/vault/collect', { consent, fields: { ...read, address: 'x' } }, byCollect)
  const agree = () => mine.post('/notices/consents', consent, byConsent)
  const collected = await collect()
  const agreed = await agree()
  const { person } = collected.body
  const correct = () => mine.post('/vault/collect', { person, replace: true, fields: { address: 'y' } }, byCorrection)
  const corrected = await correct()
  const [contact] = notice.categories
  await world.good(mine.post('/notices', { ...notice, categories: [contact] }))
  assert.deepEqual(withoutReceipts((await collect()).body), withoutReceipts(collected.body))
  assert.deepEqual(withoutReceipts((await agree()).body), withoutReceipts(agreed.body))
  assert.deepEqual(withoutReceipts((await correct()).body), withoutReceipts(corrected.body))
  const withdraw = () => mine.post('/notices/consents/withdraw', { person, purpose: 'delivery' }, byWithdrawal)
  const withdrawn = await withdraw()
  await world.good(mine.post('/vault/erase', { person }))
  assert.deepEqual(withoutReceipts((await collect()).body), withoutReceipts(collected.body))
  assert.deepEqual(withoutReceipts((await withdraw()).body), withoutReceipts(withdrawn.body))
})

test('a correction under a narrower notice keeps what the notice no longer covers, and still names what is new', async () => {
  const mine = await world.shop()
  const person = await mine.person(read)
  const [contact, place] = notice.categories
  const narrower = { ...contact!, fields: [contact!.fields[0]!] }
  await world.good(mine.post('/notices', { ...notice, categories: [narrower, place] }))
  const corrected = await mine.post('/vault/collect', { person, replace: true, fields: { name: 'Corrected' } })
  assert.equal(corrected.status, 201, corrected.text)
  const refused = await mine.post('/vault/collect', { person, replace: true, fields: { phone: '1' } })
  assert.deepEqual([refused.body.code, refused.body.field], ['field_not_covered', '/fields/phone'])
  const { records } = await world.good(world.call('/vault/mine', {}, { session: await mine.visit(person) }))
  assert.deepEqual(records[0].fields, { ...read, name: 'Corrected' })
})

for (const when of breaks)
  test(`a look that broke ${when} opens nothing, and its repetition has an entry of its own`, async () => {
    const person = await shop.person()
    world.breakNext(when)
    const broken = await shop.look(person, 'delivery', ['name'])
    assert.deepEqual([broken.status, broken.body.code, broken.text.includes(read.name)], [503, 'unavailable', false])
    const between = (await world.logged(person)).filter((kind) => kind.startsWith('look')).length
    assert.equal(between, when === 'before it took effect' ? 0 : 1)
    assert.equal((await shop.look(person, 'delivery', ['name'])).status, 200)
    assert.equal((await world.logged(person)).filter((kind) => kind.startsWith('look')).length, between + 1)
  })

for (const when of breaks)
  test(`a find and a person’s own look that broke ${when} answer nothing`, async () => {
    const phone = when === 'before it took effect' ? '13822220001' : '13822220002'
    const person = await shop.person({ ...read, phone })
    const session = await shop.visit(person)
    world.breakNext(when)
    const found = await shop.post('/vault/find', { purpose: 'delivery', field: 'phone', value: phone })
    assert.equal(found.status, 503)
    world.breakNext(when)
    const mine = await world.call('/vault/mine', {}, { session })
    assert.equal(mine.status, 503)
    assert.equal(
      [found.text, mine.text].some((text) => text.includes(person) || text.includes(phone)),
      false,
    )
  })

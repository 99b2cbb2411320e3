import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newId } from '#kernel'
import { type Answer, notice, openWorld } from './test-world.ts'

/** Requests that race. Whatever order they come in, the end is one that some order would have given. */
const world = await openWorld()
after(() => world.close())
const shop = await world.shop()
const rounds = 12

const codes = (answers: readonly Answer[]) => answers.map(({ status, body }) => body.code ?? status).sort()
const collect = (body: object, once?: string) => shop.post('/vault/collect', body, once)
const leftOf = async (person: string) => {
  const [row] = await world.steal<{ drawers: number; grants: number; tokens: number }>(
    `select (select count(*) from vault.drawer where subject = $1) as drawers,
      (select count(*) from notices.live_grant where subject = $1) as grants,
      (select count(*) from vault.blind_index where subject = $1) as tokens`,
    [person.slice(4)],
  )
  return row!
}

test('a look that races a withdrawal is answered in full or refused, and afterwards nothing opens', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = await shop.person()
    const looks = [1, 2, 3, 4].map(() => shop.look(person, 'support', ['name']))
    const withdrawn = shop.post('/notices/consents/withdraw', { person, purpose: 'support' })
    const answers = await Promise.all([...looks, shop.look(person, 'support', ['name'])])
    assert.equal((await withdrawn).status, 200)
    for (const { status, body } of answers)
      if (status === 200) assert.deepEqual(body.fields, { name: 'Invented Person' })
      else assert.equal(body.code, 'grant_missing')
    assert.equal((await shop.look(person, 'support', ['name'])).body.code, 'grant_missing')
    const logged = await world.logged(person)
    assert.equal(logged.filter((kind) => kind.startsWith('look')).length, 6, 'each look has its entry')
  }
})

test('of two withdrawals at once, one destroys the key and the other finds none', async () => {
  const person = await shop.person()
  const withdraw = () => shop.post('/notices/consents/withdraw', { person, purpose: 'support' })
  assert.deepEqual(codes(await Promise.all([withdraw(), withdraw(), withdraw()])), [
    200,
    'consent_unknown',
    'consent_unknown',
  ])
})

test('of several erasures at once, one erases and the others are told that it is done', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = await shop.person()
    const answers = await Promise.all([1, 2, 3].map(() => shop.post('/vault/erase', { person })))
    assert.deepEqual(codes(answers), [200, 'person_erased', 'person_erased'])
    assert.equal((await world.logged(person)).filter((kind) => kind === 'erase').length, 1)
  }
})

test('nothing that is collected while a person is erased survives the erasure', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = await shop.person({ name: 'Invented Person' })
    const more = Array.from({ length: 4 }, (_, at) =>
      collect({ person, record: `rec_${newId()}`, fields: { name: 'More', phone: `1390000${round}${at}` } }),
    )
    const erased = shop.post('/vault/erase', { person })
    const late = collect({ person, record: `rec_${newId()}`, fields: { phone: '13900009999' } })
    const answers = await Promise.all([...more, late])
    assert.equal((await erased).status, 200)
    for (const { status, body } of answers)
      assert.ok(status === 201 || ['person_erased', 'person_unknown'].includes(body.code), body.code)
    assert.deepEqual(await leftOf(person), { drawers: 0, grants: 0, tokens: 0 })
  }
})

test('a consent that races an erasure does not bring the person’s keys back', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = await shop.person({ name: 'Invented Person' }, ['support'])
    const snapshot = await shop.snapshot()
    const [consent, erased] = await Promise.all([
      shop.post('/notices/consents', { person, snapshot, purposes: ['delivery'] }),
      shop.post('/vault/erase', { person }),
    ])
    assert.equal(erased.status, 200)
    assert.ok(consent.status === 201 || consent.body.code === 'person_erased', consent.text)
    assert.deepEqual(await leftOf(person), { drawers: 0, grants: 0, tokens: 0 })
  }
})

test('a correction that races an erasure leaves nothing behind', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = await shop.person()
    const [corrected, erased] = await Promise.all([
      collect({ person, replace: true, fields: { name: 'Corrected' } }),
      shop.post('/vault/erase', { person }),
    ])
    assert.equal(erased.status, 200)
    assert.ok(
      corrected.status === 201 || ['person_erased', 'person_unknown'].includes(corrected.body.code),
      corrected.text,
    )
    assert.deepEqual(await leftOf(person), { drawers: 0, grants: 0, tokens: 0 })
  }
})

test('two corrections of different fields at once both stand', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = await shop.person()
    const answers = await Promise.all([
      collect({ person, replace: true, fields: { name: 'Corrected' } }),
      collect({ person, replace: true, fields: { phone: '13911110000' } }),
    ])
    assert.deepEqual(codes(answers), [201, 201])
    assert.deepEqual((await shop.look(person, 'delivery', ['name', 'phone'])).body.fields, {
      name: 'Corrected',
      phone: '13911110000',
    })
  }
})

test('of two collects of the same record at once, one is kept and the other is told that the record exists', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = await shop.person({ name: 'Invented Person' })
    const record = `rec_${newId()}`
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((name) => collect({ person, record, fields: { name } })),
    )
    assert.deepEqual(codes(answers), [201, 'record_exists', 'record_exists'])
    const kept = ['one', 'two', 'three'][answers.findIndex(({ status }) => status === 201)]
    assert.deepEqual((await shop.look(person, 'delivery', ['name'], record)).body.fields, { name: kept })
  }
})

test('batches that take the same records in opposite orders do not lock each other out', async () => {
  const person = await shop.person({ name: 'Invented Person' })
  for (let round = 0; round < rounds; round++) {
    const items = Array.from({ length: 20 }, () => ({ person, record: `rec_${newId()}`, fields: { name: 'x' } }))
    const answers = await Promise.all([
      shop.post('/vault/collect/batch', { items }),
      shop.post('/vault/collect/batch', { items: [...items].reverse() }),
    ])
    const made = answers.flatMap(({ body, status, text }) => {
      assert.equal(status, 200, text)
      return body.items.map((item: { problem?: { code: string } }) => item.problem?.code ?? 'collected')
    })
    assert.deepEqual(made.sort(), [...Array(20).fill('collected'), ...Array(20).fill('record_exists')])
  }
})

test('the same Idempotency-Key many times at once collects one person', async () => {
  for (let round = 0; round < rounds; round++) {
    const once = newId()
    const body = { consent: { snapshot: await shop.snapshot(), purposes: ['delivery'] }, fields: { name: 'Once' } }
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => collect(body, once)))
    assert.deepEqual(codes(answers), [201, 201, 201, 201, 201])
    const people = new Set(answers.map((answer) => answer.body.person))
    assert.equal(people.size, 1)
    assert.equal(new Set(answers.map((answer) => answer.body.receipt.entry)).size, 1)
    assert.deepEqual(await world.logged([...people][0]), ['collect: collected'])
    assert.equal((await leftOf([...people][0])).drawers, 1)
  }
})

test('the same Idempotency-Key with two bodies at once acts for one of them', async () => {
  for (let round = 0; round < rounds; round++) {
    const once = newId()
    const consent = { snapshot: await shop.snapshot(), purposes: ['delivery'] }
    const answers = await Promise.all(['one', 'two'].map((name) => collect({ consent, fields: { name } }, once)))
    assert.deepEqual(codes(answers), [201, 'idempotency_key_reused'])
  }
})

test('consents given at once, to a category that is new to the person, open the same drawer', async () => {
  for (let round = 0; round < rounds; round++) {
    const person = (
      await world.good(shop.post('/notices/consents', { snapshot: await wideSnapshot(), purposes: ['newsletter'] }))
    ).person
    const snapshot = await shop.snapshot()
    const answers = await Promise.all(
      ['delivery', 'support'].map((purpose) =>
        shop.post('/notices/consents', { person, snapshot, purposes: [purpose] }),
      ),
    )
    assert.deepEqual(codes(answers), [201, 201])
    assert.equal((await collect({ person, fields: { name: 'Shared' } })).status, 201)
    for (const purpose of ['delivery', 'support'])
      assert.deepEqual((await shop.look(person, purpose, ['name'])).body.fields, { name: 'Shared' })
  }
})
const wide = {
  ...notice,
  slug: 'news',
  purposes: [{ id: 'newsletter', title: { en: 'News', zh: '新闻' }, basis: 'consent', retentionDays: 30 }],
  categories: [
    {
      ...notice.categories[1]!,
      id: 'taste',
      purposes: ['newsletter'],
      fields: [{ name: 'likes', title: { en: 'Likes', zh: '喜好' } }],
    },
  ],
}
let wideNotice: Promise<string> | undefined
async function wideSnapshot(): Promise<string> {
  wideNotice ??= world.good(shop.post('/notices', wide)).then(({ notice: made }) => made.id as string)
  const body = { notice: await wideNotice, language: 'en' }
  return (await world.good(world.call('/notices/snapshots', body))).snapshot
}

test('consent that races a new version of its notice is either to the version shown or refused as stale', async () => {
  const mine = await world.shop()
  for (let round = 0; round < rounds; round++) {
    const snapshot = await mine.snapshot()
    const [byCollect, byConsent, published] = await Promise.all([
      mine.post('/vault/collect', { consent: { snapshot, purposes: ['delivery'] }, fields: { name: 'x' } }),
      mine.post('/notices/consents', { snapshot, purposes: ['delivery'] }),
      mine.post('/notices', { ...notice, title: { en: `Orders ${round}`, zh: `订单 ${round}` } }),
    ])
    assert.equal(published.status, 201)
    for (const answer of [byCollect, byConsent])
      assert.ok(answer.status === 201 || answer.body.code === 'snapshot_stale', answer.text)
    const late = await mine.post('/notices/consents', { snapshot, purposes: ['delivery'] })
    assert.equal(late.body.code, 'snapshot_stale')
  }
  const rows = await world.steal<{ n: number }>(
    `select count(*) as n from notices.consent c join notices.version v on v.notice = c.notice and v.version = c.version
      join notices.version later on later.notice = v.notice and later.version = v.version + 1
      where c.tenant = $1 and later.published_at < c.given_at`,
    [mine.tenant],
  )
  assert.deepEqual(rows, [{ n: 0 }])
})

test('versions of one notice published at once follow one another', async () => {
  const mine = await world.shop()
  const answers = await Promise.all(
    ['b', 'c', 'd'].map((word) => mine.post('/notices', { ...notice, title: { en: word, zh: word } })),
  )
  assert.deepEqual(answers.map(({ body }) => body.notice?.version).sort(), [2, 3, 4])
})

test('notices published at once cannot contradict one another', async () => {
  for (let round = 0; round < rounds; round++) {
    const mine = await world.shop()
    const claiming = (slug: string, id: string) => ({
      ...wide,
      slug,
      categories: [{ ...wide.categories[0]!, id, fields: [{ name: 'motto', title: { en: 'Motto', zh: '座右铭' } }] }],
    })
    const answers = await Promise.all([
      mine.post('/notices', claiming('one', 'first')),
      mine.post('/notices', claiming('two', 'second')),
    ])
    assert.deepEqual(codes(answers), [201, 'notice_invalid'])
  }
})

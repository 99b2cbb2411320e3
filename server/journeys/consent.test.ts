import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { base64Decode, canonicalJsonBytes, concat, type Json, utf8Encode, verifyEd25519 } from '@bailee/proof'
import { type Answer, fromWire, startTestServer } from '../testing.ts'
import { visit } from './test-person.ts'

/** Consent, from the notice to its end: PIPL articles 14, 15, 23, 29 and 31; the Decision’s article 2. */
const day = 86_400_000
let ahead = 0
const clock = { now: () => new Date(Date.now() + ahead) }
const server = await startTestServer({}, undefined, { clock })
after(() => server.stop())
const { call } = server
const shop = await server.provider(['delivery', 'support', 'care', 'offers', 'lessons'])

const words = (en: string, zh: string) => ({ en, zh })
const field = (name: string) => ({ name, title: words(name, `${name}（中文）`) })
const category = (id: string, purposes: string[], fields: string[], sensitive = false) => ({
  id,
  term: 'pd:Contact',
  title: words(id, `${id}（中文）`),
  sensitive,
  purposes,
  fields: fields.map(field),
})
const purpose = (id: string, basis = 'consent', more: object = {}) => ({
  id,
  title: words(id, `${id}（中文）`),
  basis,
  retentionDays: 400,
  ...more,
})
const base = { contact: words('desk', '专员'), title: words('A notice', '告知'), recipients: [] as object[] }
const good = async (answer: Promise<Answer>) => {
  const { status, json } = await answer
  assert.ok(status < 300, JSON.stringify(json))
  return json
}
const told = ({ status, json }: Answer) => [status, json.code, json.field]
const post = (path: string, body: object, more: object = {}) => call('POST', path, { key: shop.key, body, ...more })
async function publish(content: object): Promise<{ id: string; snapshot: () => Promise<string> }> {
  const { notice } = await good(post('/v1/notices', { ...base, ...content }))
  return {
    id: notice.id,
    snapshot: async () => (await good(post('/v1/notices/snapshots', { notice: notice.id, language: 'en' }))).snapshot,
  }
}
const consent = async (notice: { snapshot: () => Promise<string> }, body: object) =>
  post('/v1/notices/consents', { snapshot: await notice.snapshot(), purposes: [], ...body })
const look = (person: string, why: string, fields: string[]) => post('/v1/vault/look', { person, purpose: why, fields })
const fill = (person: string, fields: object) => good(post('/v1/vault/collect', { person, fields }))
const entriesOf = async (person: string) => (await visit(server, shop, person)).entries()

test('widening needs fresh consent, narrowing needs nothing', async () => {
  const first = {
    slug: 'widening',
    purposes: [purpose('care')],
    categories: [category('body', ['care'], ['height', 'weight'])],
  }
  const notice = await publish(first)
  const { person } = await good(consent(notice, { purposes: ['care'] }))
  await fill(person, { height: '170 cm', weight: '60 kg' })
  const wider = { ...first, categories: [category('body', ['care'], ['height', 'weight', 'pulse'])] }

  const preview = await good(post('/v1/notices/preview', { ...base, ...wider }))
  assert.deepEqual([preview.problems, preview.widens, preview.askedAnew], [[], true, 1])
  assert.deepEqual(
    preview.changes.map((change: { path: string; kind: string }) => [change.path, change.kind]),
    [['/categories/body/fields/pulse', 'widens']],
  )
  await publish(wider)
  assert.equal((await look(person, 'care', ['height'])).status, 200, 'what was agreed to goes on')
  const refused = await look(person, 'care', ['height', 'pulse'])
  assert.deepEqual(
    [refused.status, refused.json.code, refused.json.missing.categories],
    [403, 'grant_missing', ['body']],
  )
  const fields = { pulse: '60' }
  const another = { record: `rec_${'0'.repeat(31)}1`, person }
  assert.equal(
    (await post('/v1/vault/collect', { ...another, fields })).json.code,
    'grant_missing',
    'nor is it collected',
  )
  const cookie = (await visit(server, shop, person)).cookie
  const mine = await good(call('POST', '/v1/notices/consents/mine', { cookie, body: {} }))
  assert.deepEqual([mine.items[0].version, mine.items[0].liveVersion], [1, 2])
  assert.deepEqual(
    mine.items[0].asksAnew.map((change: { path: string }) => change.path),
    ['/categories/body/fields/pulse'],
  )

  await good(consent(notice, { person, purposes: ['care'] }))
  assert.equal((await look(person, 'care', ['height', 'pulse'])).status, 200)
  assert.equal((await post('/v1/vault/collect', { ...another, fields })).status, 201)

  await publish({ ...first, categories: [category('body', ['care'], ['height'])] })
  assert.deepEqual((await look(person, 'care', ['height'])).json.fields, { height: '170 cm' })
  assert.equal(
    (await look(person, 'care', ['weight'])).json.code,
    'field_not_covered',
    'what was dropped is closed at once',
  )
  const { changes, widens } = await good(call('GET', `/v1/notices/${notice.id}/diff?from=2&to=3`))
  assert.equal(widens, false)
  assert.deepEqual(
    changes.map((change: { kind: string }) => change.kind),
    ['narrows', 'narrows'],
  )
  // Stated again after a gap: the person has not agreed to this since.
  await publish(wider)
  assert.equal((await look(person, 'care', ['weight'])).json.code, 'grant_missing')
})

const orders = {
  slug: 'lessons',
  purposes: [
    purpose('lessons'),
    purpose('offers', 'separate-consent', { consentDays: 90 }),
    purpose('billing', 'contract'),
  ],
  categories: [category('pupil', ['lessons', 'billing'], ['pupilName']), category('mood', ['offers'], ['mood'], true)],
  recipients: [
    { slug: 'printer', name: words('Invented Printer', '虚构印刷厂'), purpose: 'lessons', contract: 'C-1' },
    { slug: 'analyst', name: words('Invented Analyst', '虚构分析公司'), purpose: 'offers' },
  ],
  minors: { guardianBelow: 14, rule: words('A parent decides.', '由父母决定。') },
}
const lessons = await publish(orders)
const adult = { ageBand: 'adult' }

test('a notice with a sensitive category under plain consent is refused by name', async () => {
  const bad = {
    ...orders,
    slug: 'sloppy',
    purposes: [purpose('offers')],
    recipients: [],
    categories: [orders.categories[1]!],
  }
  const { problems } = await good(post('/v1/notices/preview', { ...base, ...bad }))
  assert.deepEqual(
    problems.map((problem: { field: string }) => problem.field),
    ['/categories/0/purposes/0'],
  )
  assert.equal((await post('/v1/notices', { ...base, ...bad })).json.code, 'notice_invalid')
})

test('separate consent is never bundled, and each recipient is agreed to by itself', async () => {
  const bundled = await consent(lessons, { ...adult, purposes: ['lessons', 'offers'] })
  assert.deepEqual(told(bundled), [422, 'separate_consent_bundled', '/purposes/1'])
  assert.deepEqual(told(await consent(lessons, { ...adult, informed: ['lessons'] })), [
    422,
    'schema_violation',
    '/informed/0',
  ])
  assert.deepEqual(told(await consent(lessons, { ...adult, separately: ['billing'] })), [
    422,
    'schema_violation',
    '/separately/0',
  ])
  assert.deepEqual(told(await consent(lessons, adult)), [422, 'schema_violation', '/purposes'])
  assert.deepEqual(told(await consent(lessons, { ...adult, purposes: ['lessons'], recipients: ['analyst'] })), [
    422,
    'recipient_unknown',
    '/recipients/0',
  ])
  const body = {
    snapshot: await lessons.snapshot(),
    ...adult,
    purposes: ['lessons'],
    separately: ['offers'],
    informed: ['billing'],
    recipients: ['printer', 'analyst'],
  }
  const idempotencyKey = 'consent-of-everything'
  const given = await good(post('/v1/notices/consents', body, { idempotencyKey }))
  const again = await good(post('/v1/notices/consents', body, { idempotencyKey }))
  assert.deepEqual(
    [again.person, again.consentReceipt],
    [given.person, given.consentReceipt],
    'a repeated request acts once',
  )
  const { document, signature, key } = given.consentReceipt
  const message = concat(utf8Encode('bailee/consent-receipt/v1\n'), canonicalJsonBytes(document as Json))
  assert.equal(verifyEd25519(base64Decode(key), message, base64Decode(signature)), true)
  assert.deepEqual(
    document['separate-recipients'].map((each: { recipient: string }) => each.recipient),
    ['printer', 'analyst'],
  )
  const { person } = given
  const [entry] = (await entriesOf(person)).filter(({ kind }) => kind === 'consent')
  assert.deepEqual([entry.fields.separately, entry.fields.recipients], [['offers'], ['printer', 'analyst']])

  // Withdrawal of one recipient leaves the purpose and the other recipient.
  const withdraw = (more: object) => post('/v1/notices/consents/withdraw', { person, ...more })
  assert.equal((await withdraw({ purpose: 'lessons', recipient: 'printer' })).status, 200)
  assert.deepEqual(told(await withdraw({ purpose: 'lessons', recipient: 'printer' })), [
    404,
    'consent_unknown',
    '/recipient',
  ])
  assert.deepEqual(told(await withdraw({ purpose: 'billing' })), [409, 'basis_not_consent', '/purpose'])
  assert.equal((await withdraw({ purpose: 'offers' })).json.destroyed, 1)
  const { items } = await good(post('/v1/notices/consents/mine', { person }))
  const states = (list: { purpose: string; recipient?: string; state: string }[]) =>
    Object.fromEntries(list.map((each) => [each.recipient ?? each.purpose, each.state]))
  assert.deepEqual(states(items[0].purposes), { lessons: 'given', offers: 'withdrawn', billing: 'given' })
  assert.deepEqual(states(items[0].recipients), { printer: 'withdrawn', analyst: 'withdrawn' })
  assert.deepEqual(items[0].consentReceipt, given.consentReceipt, 'the receipt can be had again, to the letter')
})

test('a refusal is not asked again, unless the person comes back', async () => {
  const { person } = await good(consent(lessons, { ...adult, purposes: ['lessons'] }))
  const refusal = { person, snapshot: await lessons.snapshot(), purposes: ['offers'] }
  const idempotencyKey = 'refusal-of-offers'
  const refused = await good(post('/v1/notices/consents/refuse', refusal, { idempotencyKey }))
  assert.deepEqual(
    await good(post('/v1/notices/consents/refuse', refusal, { idempotencyKey })).then((json) => json.askAgainAt),
    refused.askAgainAt,
  )
  assert.deepEqual(told(await post('/v1/notices/consents/refuse', { ...refusal, purposes: ['billing'] })), [
    409,
    'basis_not_consent',
    '/purposes/0',
  ])
  const asked = await consent(lessons, { ...adult, person, separately: ['offers'] })
  assert.deepEqual(
    [asked.status, asked.json.code, asked.json.missing.askAgainAt],
    [409, 'asked_too_soon', refused.askAgainAt],
  )
  const ask = { notice: lessons.id, language: 'en', person }
  assert.equal((await post('/v1/notices/snapshots', { ...ask, purposes: ['offers'] })).json.code, 'asked_too_soon')
  assert.equal((await post('/v1/notices/snapshots', { ...ask, purposes: ['lessons'] })).status, 200)
  assert.equal((await call('POST', '/v1/notices/snapshots', { body: ask })).json.code, 'credentials_missing')

  const { cookie } = await visit(server, shop, person)
  const body = { snapshot: await lessons.snapshot(), ...adult, purposes: [], separately: ['offers'] }
  assert.equal((await call('POST', '/v1/notices/consents', { cookie, body })).status, 201)
  assert.deepEqual((await good(post('/v1/notices/consents/mine', { person }))).refusals, [])
  const kinds = (await entriesOf(person)).map(({ kind }) => kind)
  assert.ok(kinds.includes('refuse'))
})

test('a child is spoken for by their guardian, by nobody else’s, and by themself from the day of the hand-over', async () => {
  const handOver = new Date(clock.now().getTime() + 20 * day).toISOString().slice(0, 10)
  assert.deepEqual(told(await consent(lessons, { purposes: ['lessons'] })), [403, 'guardian_needed', '/ageBand'])
  assert.deepEqual(told(await consent(lessons, { ageBand: 'under14', purposes: ['lessons'] })), [
    403,
    'guardian_needed',
    '/guardian',
  ])
  const collected = await post('/v1/vault/collect', {
    consent: { snapshot: await lessons.snapshot(), purposes: ['lessons'] },
    fields: { pupilName: 'Invented Child' },
  })
  assert.equal(collected.json.code, 'guardian_needed', 'collecting is no way around it')

  const { person: stranger } = await good(consent(lessons, { ...adult, purposes: ['lessons'] }))
  const by = (person: string, more: object = {}) => ({ guardian: { person, relation: 'parent', handOver, ...more } })
  const child = { purposes: ['lessons'], recipients: ['printer'] }
  assert.deepEqual(told(await consent(lessons, { ...child, ...by(stranger) })), [
    403,
    'guardian_not_theirs',
    '/guardian/person',
  ])
  const { person: parent } = await good(consent(lessons, { asGuardian: true }))
  assert.equal(
    (await look(parent, 'lessons', ['pupilName'])).json.code,
    'grant_missing',
    'to act for a child is all they did',
  )
  const given = { person: parent, fields: { pupilName: 'Invented Parent' } }
  assert.equal((await post('/v1/vault/collect', given)).json.code, 'grant_missing')
  const { person: other } = await good(consent(lessons, { asGuardian: true }))
  for (const wrong of ['2020-01-01', '2026-02-30', '2099-01-01'])
    assert.deepEqual(told(await consent(lessons, { ...child, ...by(parent, { handOver: wrong }) })), [
      422,
      'schema_violation',
      '/guardian/handOver',
    ])
  const { person, consentReceipt } = await good(consent(lessons, { ...child, ...by(parent) }))
  assert.deepEqual([consentReceipt.document.event.by, consentReceipt.document.guardian.id], ['guardian', parent])
  assert.deepEqual(told(await consent(lessons, { person, purposes: ['lessons'], ...by(other) })), [
    403,
    'guardian_not_theirs',
    '/guardian/person',
  ])
  assert.deepEqual(told(await consent(lessons, { person, ageBand: '14to17', purposes: ['lessons'] })), [
    403,
    'guardian_needed',
    '/guardian',
  ])
  assert.deepEqual(told(await consent(lessons, { person: stranger, purposes: ['lessons'], ...by(parent) })), [
    403,
    'guardian_not_theirs',
    '/guardian/person',
  ])
  await fill(person, { pupilName: 'Invented Child' })

  const acting = (cookie: string) => call('POST', '/v1/notices/consents/mine', { cookie, body: { person } })
  assert.equal((await acting((await visit(server, shop, parent)).cookie)).json.items.length, 1)
  assert.equal((await acting((await visit(server, shop, other)).cookie)).json.code, 'person_unknown')
  // In a session of their own the guardian acts for the child and for nobody else; the child may withdraw alone.
  const { cookie: parents } = await visit(server, shop, parent)
  const withGuardian = { snapshot: await lessons.snapshot(), person, ...child, ...by(parent) }
  assert.equal((await call('POST', '/v1/notices/consents', { cookie: parents, body: withGuardian })).status, 201)
  const notMine = { ...withGuardian, person: stranger }
  assert.equal(
    (await call('POST', '/v1/notices/consents', { cookie: parents, body: notMine })).json.code,
    'person_unknown',
  )
  const { cookie: own } = await visit(server, shop, person)
  const less = { person, purpose: 'lessons', recipient: 'printer' }
  assert.equal((await call('POST', '/v1/notices/consents/withdraw', { cookie: own, body: less })).status, 200)
  const alone = { snapshot: await lessons.snapshot(), purposes: ['lessons'], ageBand: 'adult' }
  assert.equal((await call('POST', '/v1/notices/consents', { cookie: own, body: alone })).json.code, 'guardian_needed')
  assert.deepEqual(
    (await entriesOf(parent)).filter(({ kind }) => kind === 'guardian-consent').map(({ fields }) => fields.person),
    [person, person],
  )

  ahead += 21 * day
  assert.equal(
    (await acting((await visit(server, shop, parent)).cookie)).json.code,
    'person_unknown',
    'the day itself ends it',
  )
  assert.deepEqual(await server.running.app.notices.sweep(), { expired: 0, handedOver: 1 })
  for (const each of [person, parent]) assert.ok((await entriesOf(each)).some(({ kind }) => kind === 'hand-over'))
  assert.equal((await look(person, 'lessons', ['pupilName'])).status, 200, 'time to ask the child')
  assert.deepEqual(
    told(await consent(lessons, { person, purposes: ['lessons'], ...by(parent, { handOver: '2030-01-01' }) })),
    [403, 'guardian_not_theirs', '/guardian/person'],
  )
  ahead += 30 * day
  assert.equal(
    (await look(person, 'lessons', ['pupilName'])).json.code,
    'grant_missing',
    'nobody agreed in their place for ever',
  )
  await good(consent(lessons, { person, ageBand: '14to17', purposes: ['lessons'] }))
  assert.equal((await look(person, 'lessons', ['pupilName'])).status, 200)
})

test('a consent ends by itself when its days are over, and renewing it begins them anew', async () => {
  const give = { ...adult, separately: ['offers'], recipients: ['analyst'] }
  const { person: kept } = await good(consent(lessons, give))
  const { person, grants } = await good(consent(lessons, give))
  assert.equal(Math.round((Date.parse(grants[0].until) - clock.now().getTime()) / day), 90)
  for (const each of [kept, person]) await fill(each, { mood: 'calm' })
  ahead += 60 * day
  const renewal = { person: kept, ...give, purposes: [] }
  const renew = async (more: object = {}) =>
    post('/v1/notices/consents/renew', { ...renewal, snapshot: await lessons.snapshot(), ...more })
  const { consentReceipt } = await good(renew())
  assert.equal(consentReceipt.document.event.state, 'renewed')
  assert.deepEqual(told(await renew({ purposes: ['lessons'] })), [404, 'consent_unknown', '/purposes'])
  ahead += 31 * day
  assert.equal((await look(kept, 'offers', ['mood'])).status, 200)
  assert.equal((await look(person, 'offers', ['mood'])).json.code, 'grant_missing', 'before any sweep')
  assert.deepEqual((await good(post('/v1/notices/grants', { person }))).items, [])
  const { expired } = await server.running.app.notices.sweep()
  assert.ok(expired >= 1)
  assert.deepEqual(await server.running.app.notices.sweep(), { expired: 0, handedOver: 0 })
  const entry = (await entriesOf(person)).find(({ kind }) => kind === 'expire')
  assert.deepEqual(
    [entry.fields.purposes, entry.fields.recipients, entry.fields.keysDestroyed],
    [['offers'], ['analyst'], 1],
  )
  const { items } = await good(post('/v1/notices/consents/mine', { person }))
  assert.equal(items[0].purposes[0].state, 'expired')
  assert.equal((await renew({ person })).json.code, 'consent_unknown', 'what is over is asked anew, not renewed')
})

test('the same consent many times at once is one consent, and another organisation’s key reaches none of it', async () => {
  const body = { snapshot: await lessons.snapshot(), ...adult, purposes: ['lessons'], recipients: ['printer'] }
  const idempotencyKey = 'consent-many-times'
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => good(post('/v1/notices/consents', body, { idempotencyKey }))),
  )
  assert.equal(new Set(answers.map((answer) => answer.person)).size, 1)
  const reused = await post('/v1/notices/consents', { ...body, recipients: [] }, { idempotencyKey })
  assert.deepEqual(told(reused), [422, 'idempotency_key_reused', 'Idempotency-Key'])
  const { person } = answers[0]!
  assert.equal((await entriesOf(person)).filter(({ kind }) => kind === 'consent').length, 1)

  const rival = await server.provider(['lessons'])
  const theirs = { key: rival.key }
  for (const [path, more] of [
    ['consents/mine', {}],
    ['consents/withdraw', { purpose: 'lessons' }],
    ['grants', {}],
  ] as const)
    assert.equal(
      (await call('POST', `/v1/notices/${path}`, { ...theirs, body: { person, ...more } })).json.code,
      'person_unknown',
    )
  const ask = { notice: lessons.id, language: 'en', person }
  assert.equal((await call('POST', '/v1/notices/snapshots', { ...theirs, body: ask })).json.code, 'person_unknown')
  const refusal = { person, snapshot: body.snapshot, purposes: ['lessons'] }
  assert.equal(
    (await call('POST', '/v1/notices/consents/refuse', { ...theirs, body: refusal })).json.code,
    'snapshot_stale',
  )
  assert.deepEqual(told(await post('/v1/notices/consents/mine', {})), [422, 'schema_violation', '/person'])

  for (let n = 0; n < 21; n++) await good(consent(lessons, { ...adult, person, purposes: ['lessons'] }))
  const first = await good(post('/v1/notices/consents/mine', { person }))
  const second = await good(post('/v1/notices/consents/mine', { person, cursor: first.next }))
  assert.deepEqual([first.items.length, second.items.length, second.next], [20, 2, null])
  assert.equal(second.items[1].purposes[0].state, 'superseded')
})
test('erasing takes what was agreed to, refused and said of guardians with it', async () => {
  const { person } = await good(consent(lessons, { ...adult, purposes: ['lessons'], recipients: ['printer'] }))
  await good(post('/v1/notices/consents/refuse', { person, snapshot: await lessons.snapshot(), purposes: ['offers'] }))
  await good(post('/v1/notices/consents/withdraw', { person, purpose: 'lessons', recipient: 'printer' }))
  await good(post('/v1/vault/erase', { person }))
  const { foundation } = server.running.app
  for (const table of ['consent', 'live_grant', 'recipient_consent', 'consent_end', 'refusal', 'guardian']) {
    const text = `select 1 from notices.${table} where subject = $1`
    const rows = await foundation.db.as('notices').query({ text, values: [fromWire('per', person)] })
    assert.equal(rows.length, 0, table)
  }
  assert.equal((await post('/v1/notices/consents/mine', { person })).json.code, 'person_erased')
})

test('article 2: the notice stands in W3C DPV at an address of its own, with the hash of the ledger', async () => {
  const { hash } = await good(call('GET', `/v1/notices/${lessons.id}`))
  const answer = await call('GET', `/v1/notices/${lessons.id}/dpv?version=1`)
  assert.equal(answer.headers.get('content-type'), 'application/ld+json; charset=utf-8')
  assert.equal(answer.json['dct:identifier'], `sha256:${hash}`)
  assert.equal(answer.json['dpv:hasProcess'].length, 3)
  const extension = await call('GET', '/v1/notices/dpv-cn')
  const ids = extension.json['@graph'].map((node: { '@id': string }) => node['@id'])
  const used = JSON.stringify(answer.json).match(/dpv-cn:[A-Z]\w+/g)!
  for (const term of used) assert.ok(ids.includes(term), term)
})

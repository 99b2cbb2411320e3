import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { EntryId, OrganisationId, PersonId } from '#kernel'
import { fromWire, newId, startTestServer } from '../testing.ts'
import { visit } from './test-person.ts'

/** Estonia's Data Tracker, usage service 2.1.0: its three calls as they are, with a proof beside each usage. Article 2. */
const server = await startTestServer()
after(() => server.stop())
const { call } = server
const shop = await server.provider()
const rival = await server.provider()
const base = '/v1/demands/tracker/v2'
const find = (query: Record<string, string>, as: object) =>
  call('GET', `${base}/findUsage?${new URLSearchParams(query)}`, as)

const person = await shop.person()
const visitor = await visit(server, shop, person)
const { cookie } = visitor
await call('POST', '/v1/vault/look', {
  key: shop.key,
  body: { person, purpose: 'delivery', fields: ['name', 'phone'] },
})
await server.settle()

test('a person sees who used their information, newest first, each with its proof', async () => {
  const { status, json } = await find({ userCode: person }, { cookie })
  assert.equal(status, 200, JSON.stringify(json))
  assert.equal(json.totalUsages, json.usages.length)
  const [newest] = json.usages
  assert.deepEqual(Object.keys(newest).sort(), [
    'action',
    'logtime',
    'proof',
    'receiverCode',
    'receiverName',
    'receiverSystem',
  ])
  assert.equal(newest.action, 'look for delivery: name, phone (opened)')
  assert.deepEqual([newest.receiverCode, newest.receiverName], [shop.organisation, 'Test Shop'])
  assert.match(newest.receiverSystem, /^cli_/)
  assert.match(newest.logtime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const times = json.usages.map((usage: { logtime: string }) => usage.logtime)
  assert.deepEqual(times, [...times].sort().reverse())
  const proof = await call('GET', newest.proof.href, { cookie })
  assert.deepEqual([proof.status, proof.json.index], [200, newest.proof.index])
})
test('period, offset and limit choose, and the total does not depend on them', async () => {
  const all = (await find({ userCode: person }, { cookie })).json
  const second = (await find({ userCode: person, offset: '1', limit: '1' }, { cookie })).json
  assert.deepEqual(second.usages, [all.usages[1]])
  assert.equal(second.totalUsages, all.totalUsages)
  const later = await find({ userCode: person, periodStart: '2099-01-01T00:00:00+02:00' }, { cookie })
  assert.deepEqual(later.json, { totalUsages: 0, usages: [] })
  const until = await find({ userCode: person, periodEnd: '2020-01-01T00:00:00Z' }, { cookie })
  assert.equal(until.json.totalUsages, 0)
  const today = { periodStart: '2020-01-01T00:00:00Z', periodEnd: '2099-01-01T00:00:00Z' }
  assert.equal((await find({ userCode: person, ...today }, { cookie })).json.totalUsages, all.totalUsages)
  for (const query of [{ limit: '1001' }, { offset: '-1' }, { periodStart: 'yesterday' }])
    assert.equal((await find({ userCode: person, ...query }, { cookie })).status, 422, JSON.stringify(query))
  const backwards = await find(
    { userCode: person, periodStart: today.periodEnd, periodEnd: today.periodStart },
    { cookie },
  )
  assert.equal(backwards.json.code, 'period_invalid')
})
test('a representative names themselves, and the person sees that somebody looked for them', async () => {
  assert.equal((await find({ userCode: person }, { key: shop.key })).json.code, 'viewer_needed')
  const headers = { 'x-road-userid': 'EE12345678901' }
  const answer = await find({ userCode: person }, { key: shop.key, headers })
  assert.equal(answer.status, 200)
  const [entry] = await visitor.entries()
  assert.deepEqual([entry.kind, entry.fields.viewer, entry.fields.actor.kind], ['tracker', 'EE12345678901', 'client'])
  const odd = await find({ userCode: person }, { key: shop.key, headers: { 'x-road-userid': 'a b' } })
  assert.deepEqual([odd.status, odd.json.field], [422, 'X-Road-UserId'])
})
test('a representative’s portal sees what its provider did, and the person alone who else asked in vain', async () => {
  await call('POST', '/v1/vault/look', { key: rival.key, body: { person, purpose: 'delivery', fields: ['name'] } })
  await server.settle()
  const codes = (usages: { receiverCode: string }[]) => new Set(usages.map((usage) => usage.receiverCode))
  const own = (await find({ userCode: person }, { cookie })).json
  assert.deepEqual(codes(own.usages), new Set([shop.organisation, rival.organisation]))
  const headers = { 'x-road-userid': 'EE12345678901' }
  const shown = (await find({ userCode: person }, { key: shop.key, headers })).json
  assert.deepEqual(codes(shown.usages), new Set([shop.organisation]))
  assert.equal(shown.totalUsages, shown.usages.length)
})
test('nobody sees a stranger’s usages', async () => {
  const other = await visit(server, shop, await shop.person())
  assert.equal((await find({ userCode: person }, { cookie: other.cookie })).json.code, 'person_unknown')
  const foreign = await find({ userCode: person }, { key: rival.key, headers: { 'x-road-userid': 'EE12345678901' } })
  assert.equal(foreign.json.code, 'person_unknown')
  assert.equal((await find({ userCode: person }, {})).status, 401)
})
test('usagePeriod says since when, and heartbeat that it is alive', async () => {
  const period = await call('GET', `${base}/usagePeriod`)
  assert.ok(Date.parse(period.json.periodStart) <= Date.now())
  assert.deepEqual((await call('GET', `${base}/heartbeat`)).json, { status: 'OK', message: 'the ledger keeps up' })
})
test('a page of a thousand of several thousand usages comes quickly and in order', async () => {
  const { db } = server.running.app.foundation
  const drafts = Array.from({ length: 3000 }, (_, at) => ({
    entry: newId() as EntryId,
    subject: fromWire('per', person) as PersonId,
    tenant: fromWire('org', shop.organisation) as OrganisationId,
    kind: 'look',
    at: Date.now(),
    fields: [
      ['actor', { kind: 'client', id: `cli_${'0'.repeat(32)}` }],
      ['purpose', 'delivery'],
      ['fields', ['name']],
      ['nth', at],
      ['outcome', 'opened'],
    ] as const,
  }))
  for (let from = 0; from < drafts.length; from += 500)
    await db.transaction('vault', (tx) => server.running.app.ledger.append(tx, drafts.slice(from, from + 500)))
  await server.settle()
  await find({ userCode: person }, { cookie })
  const begun = performance.now()
  const { json } = await find({ userCode: person, offset: '1000' }, { cookie })
  const milliseconds = performance.now() - begun
  assert.equal(json.usages.length, 1000)
  assert.ok(json.totalUsages > 3000)
  const numbers = json.usages.map((usage: { proof: { n: number } }) => usage.proof.n)
  assert.deepEqual(
    numbers,
    Array.from({ length: 1000 }, (_, at) => numbers[0] - at),
  )
  // The bench measures; this only notices when a page has become a scan of everything.
  assert.ok(milliseconds < 2000, `${milliseconds.toFixed(0)} ms`)
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fixedClock } from '#kernel'
import { startTestServer } from '../testing.ts'
import { visit } from './test-person.ts'

/** The days of the law, as they go by: half past midnight on Saturday 19 September 2026 in Shanghai, before two holidays. */
const clock = fixedClock(new Date('2026-09-18T16:30:00Z'))
const server = await startTestServer({}, undefined, { clock })
after(() => server.stop())
const { call } = server
const room = server.running.app.demands
const { db } = server.running.app.foundation
const shop = await server.provider()
const person = await shop.person()
const events = async () =>
  db.as('platform').query<{ payload: { demand: string; by: string; clock: string } }>({
    text: `select payload from platform.event where type = 'demand.escalated' order by id`,
  })
const signIn = async () => (await visit(server, shop, person)).cookie
const make = async (kind: string, cookie: string) =>
  (await call('POST', '/v1/demands', { cookie, body: { kind } })).json.demand
const stateOf = async (id: string) => (await call('GET', `/v1/demands/${id}`, { key: shop.key })).json.state

test('fifteen days and fifteen working days run past the holidays, and each escalates by itself to the second', async () => {
  const cookie = await signIn()
  const toDelete = await make('delete', cookie)
  const toCorrect = await make('correct', cookie)
  assert.deepEqual(
    [toDelete, toCorrect].map((demand) => [demand.clock.id, demand.clock.lastDay, demand.clock.dueAt]),
    [
      ['cn-order24-12', '2026-10-08', '2026-10-08T16:00:00.000Z'],
      ['cn-191-6', '2026-10-15', '2026-10-15T16:00:00.000Z'],
    ],
  )
  const of = (date: string) => toCorrect.clock.steps.find((step: { date: string }) => step.date === date)
  assert.deepEqual(of('2026-09-20'), {
    date: '2026-09-20',
    counted: 1,
    why: { en: 'weekend worked in exchange for a holiday', zh: '调休上班日' },
  })
  assert.equal(of('2026-10-01').counted, null)

  clock.set(new Date('2026-10-08T15:59:59.999Z'))
  assert.equal(await room.escalateOverdue(), 0)
  assert.equal(await stateOf(toDelete.id), 'open')
  clock.set(new Date('2026-10-08T16:00:00.000Z'))
  // The server's own minute may have come first: either way it has happened once.
  await room.escalateOverdue()
  assert.equal(await stateOf(toDelete.id), 'escalated')
  assert.equal(await stateOf(toCorrect.id), 'open')
  clock.set(new Date('2026-10-15T16:00:00.000Z'))
  await room.escalateOverdue()
  assert.equal(await stateOf(toCorrect.id), 'escalated')
})

test('an answer in the last second is in time, and stops the clock', async () => {
  clock.set(new Date('2026-11-02T02:00:00Z'))
  const { id, clock: shown } = await make('correct', await signIn())
  clock.set(new Date(Date.parse(shown.dueAt) - 1))
  const answered = await call('POST', `/v1/demands/${id}/answer`, { key: shop.key, body: { outcome: 'fulfilled' } })
  assert.deepEqual([answered.json.demand.state, answered.json.demand.overdue], ['fulfilled', false])
  clock.set(new Date(Date.parse(shown.dueAt) + 86_400_000))
  await room.escalateOverdue()
  assert.equal(await stateOf(id), 'fulfilled')
})

test('supervision hears of an escalation once, by id and clock alone', async () => {
  clock.set(new Date('2026-11-24T02:00:00Z'))
  const cookie = await signIn()
  const { id, clock: shown } = await make('correct', cookie)
  // Nobody delivers while this lock is held, so that what was emitted can be read.
  const heard = await db.transaction('platform', async (tx) => {
    await tx.query({ text: "select pg_advisory_xact_lock(hashtext('bailee/events'))" })
    clock.set(new Date(shown.dueAt))
    await room.escalateOverdue()
    await room.escalateOverdue()
    return events()
  })
  const own = heard.filter(({ payload }) => payload.demand === id)
  assert.deepEqual(
    own.map(({ payload }) => payload),
    [{ demand: id, provider: shop.organisation, kind: 'correct', clock: 'cn-191-6', by: 'clock', refusedFor: null }],
  )
})

test('a demand that reaches into a year without a published calendar says that it is an assumption', async () => {
  clock.set(new Date('2026-12-20T02:00:00Z'))
  const { clock: shown } = await make('correct', await signIn())
  assert.deepEqual([shown.assumed, shown.lastDay], [true, '2027-01-08'])
})

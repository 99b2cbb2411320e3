import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '#kernel'
import { openDatabase } from './db/database.ts'
import { migrate } from './db/migrate.ts'
import { createEvents, type Event, emit } from './events.ts'
import { createJobs, enqueue, type Jobs } from './jobs.ts'
import { createLog } from './log.ts'
import { platformMigrations } from './migrations.ts'
import { startTestDatabase } from './test-database.ts'

const database = await startTestDatabase()
await migrate(database.connection, [platformMigrations])
const db = openDatabase({ connection: database.connection, applicationName: 'jobs-test' })
const log = createLog('silent')
after(async () => {
  await db.close()
  await database.close()
})
beforeEach(() =>
  db.query({ text: 'delete from platform.job' }).then(() => db.query({ text: 'delete from platform.event' })),
)

const newJobs = () => createJobs({ db, log, clock: systemClock })
const add = (payload: object, options?: Parameters<typeof enqueue>[3]) =>
  db.transaction('vault', (tx) => enqueue(tx, 'test', payload, options))
const waiting = () =>
  db.query<{ payload: { n: number }; attempts: number; last_error: string | null; due: boolean }>({
    text: 'select payload, attempts, last_error, due_at <= now() as due from platform.job order by id',
  })
async function until(isDone: () => boolean | Promise<boolean>) {
  for (let at = 0; at < 200; at++) {
    if (await isDone()) return
    await pause(25)
  }
  assert.fail('did not happen')
}
async function working<T>(jobs: Jobs, act: () => Promise<T>): Promise<T> {
  jobs.start()
  try {
    return await act()
  } finally {
    await jobs.stop()
  }
}

test('a job exists exactly when the act that needs it does', async () => {
  await assert.rejects(
    db.transaction('vault', async (tx) => {
      await enqueue(tx, 'test', { n: 1 })
      throw new Error('the act failed')
    }),
  )
  assert.equal((await waiting()).length, 0)
  await add({ n: 2 })
  assert.deepEqual(
    (await waiting()).map(({ payload }) => payload),
    [{ n: 2 }],
  )
})
test('a job that is done goes away, and each is done by one of several workers', async () => {
  for (let n = 0; n < 20; n++) await add({ n })
  const done: number[] = []
  const workers = [newJobs(), newJobs(), newJobs()]
  for (const jobs of workers) {
    jobs.handle('test', async (payload) => {
      await pause(5)
      done.push((payload as { n: number }).n)
    })
    jobs.start()
  }
  await until(async () => (await waiting()).length === 0)
  for (const jobs of workers) await jobs.stop()
  assert.deepEqual(
    done.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  )
})
test('a job that fails is tried again later, and what is kept of the error is its name alone', async () => {
  await add({ n: 1 })
  const jobs = newJobs()
  jobs.handle('test', () => Promise.reject(new TypeError('about MARKER 13800000000')))
  await working(jobs, () => until(async () => (await waiting())[0]?.last_error !== null))
  const [job] = await waiting()
  assert.deepEqual([job?.attempts, job?.last_error, job?.due], [1, 'TypeError', false])
  await db.query({ text: 'update platform.job set due_at = now()' })
  let calls = 0
  const mended = newJobs()
  mended.handle('test', async () => void calls++)
  await working(mended, () => until(async () => (await waiting()).length === 0))
  assert.equal(calls, 1)
})
test('a job whose worker died is taken again when the lease is over, and not before', async () => {
  await add({ n: 1 })
  await db.query({ text: `update platform.job set attempts = 1, locked_until = now() + interval '5 minutes'` })
  let calls = 0
  const jobs = newJobs()
  jobs.handle('test', async () => void calls++)
  await working(jobs, async () => {
    await pause(300)
    assert.equal(calls, 0)
    await db.query({ text: `update platform.job set locked_until = now() - interval '1 second'` })
    await until(() => calls === 1)
    await until(async () => (await waiting()).length === 0)
  })
})
test('a job is not done before it is due, and not tried more than twenty times', async () => {
  await add({ n: 1 }, { dueAt: new Date(Date.now() + 60_000) })
  await add({ n: 2 })
  await db.query({ text: `update platform.job set attempts = 20 where payload->>'n' = '2'` })
  let calls = 0
  const jobs = newJobs()
  jobs.handle('test', async () => void calls++)
  await working(jobs, () => pause(200))
  assert.equal(calls, 0)
  assert.equal((await waiting()).length, 2)
})
test('of jobs with one unique key, one waits', async () => {
  for (let n = 0; n < 3; n++) await add({ n }, { uniqueKey: 'same' })
  await add({ n: 9 })
  await add({ n: 9 })
  assert.deepEqual(
    (await waiting()).map(({ payload }) => payload.n),
    [0, 9, 9],
  )
})
test('what is done now and then is done by one server, and again when its time comes', async () => {
  let calls = 0
  const workers = [newJobs(), newJobs()]
  for (const jobs of workers) {
    jobs.every('test/tidy', 3600, async () => void calls++)
    jobs.start()
  }
  await until(() => calls === 1)
  await pause(100)
  assert.equal(calls, 1)
  await db.query({ text: 'update platform.job set due_at = now()' })
  await until(() => calls === 2)
  for (const jobs of workers) await jobs.stop()
})

const say = (n: number) => db.transaction('notices', (tx) => emit(tx, 'test/said', { n }))
const left = async () => (await db.query<{ n: number }>({ text: 'select count(*) as n from platform.event' }))[0]!.n

test('an event is told exactly when the act happened, in order', async () => {
  const heard: unknown[] = []
  const events = createEvents({ db, log })
  events.on('test/said', async (event: Event) => void heard.push(event.payload.n))
  for (let n = 0; n < 120; n++) await say(n)
  await assert.rejects(
    db.transaction('notices', async (tx) => {
      await emit(tx, 'test/said', { n: 999 })
      throw new Error('the act failed')
    }),
  )
  events.start()
  await until(async () => (await left()) === 0)
  await events.stop()
  assert.deepEqual(
    heard,
    Array.from({ length: 120 }, (_, n) => n),
  )
})
test('a listener that fails is told again, and the others may hear it twice', async () => {
  let failures = 2
  const heard: string[] = []
  const events = createEvents({ db, log })
  events.on('test/said', async () => void heard.push('first'))
  events.on('test/said', async () => {
    if (failures-- > 0) throw new Error('not now')
    heard.push('second')
  })
  await say(1)
  events.start()
  await until(async () => (await left()) === 0)
  await events.stop()
  assert.deepEqual(heard, ['first', 'first', 'first', 'second'])
})
test('an event that nobody listens to goes away', async () => {
  await say(1)
  const events = createEvents({ db, log })
  events.start()
  await until(async () => (await left()) === 0)
  await events.stop()
})

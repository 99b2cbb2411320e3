import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog, prepareDatabases, startEmbeddedPostgres } from '#platform'
import { startTestServer } from '../testing.ts'

const folder = await mkdtemp(join(tmpdir(), 'bailee-two-'))
await chmod(folder, 0o711)
const postgres = await startEmbeddedPostgres({ dataDirectory: join(folder, 'database'), log: createLog('silent') })
await prepareDatabases({ ...postgres.connection }, 'keys')
const { host, user, password, database } = postgres.connection
const urlOf = (name: string) => `postgres://${user}:${password}@localhost/${name}?host=${encodeURIComponent(host)}`
const environment = {
  DATABASE_URL: urlOf(database),
  BAILEE_KEYSTORE_URL: urlOf('keys'),
  BAILEE_LEDGER_ORIGIN: 'two.example/ledger',
  BAILEE_WITNESSES: 'none',
}
const first = await startTestServer(environment, folder)
const shop = await first.provider()
const secondStarted = performance.now()
const second = await startTestServer(environment, folder)
const startedAfter = performance.now() - secondStarted
let firstRuns = true
after(async () => {
  await second.stop()
  if (firstRuns) await first.stop()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})
const status = async (server: typeof first) => (await server.call('GET', '/v1/ledger/status')).json
const until = async (what: string, holds: () => Promise<boolean>) => {
  for (const deadline = Date.now() + 15_000; !(await holds()); ) {
    assert.ok(Date.now() < deadline, what)
    await sleep(50)
  }
}

test('a second server on the same database waits for the office, serves, and says the truth about the ledger', async () => {
  assert.ok(
    startedAfter < 5_000,
    `it started in ${Math.round(startedAfter)} ms, without waiting for what it will not hear`,
  )
  const person = await shop.person()
  await first.settle()
  const look = await second.call('POST', '/v1/vault/look', {
    key: shop.key,
    body: { person, purpose: 'delivery', fields: ['name'] },
  })
  assert.equal(look.status, 200)
  await first.settle()
  let [held, watched] = [await status(first), await status(second)]
  await until('both say the same of the newest checkpoint', async () => {
    ;[held, watched] = [await status(first), await status(second)]
    return held.backlog === 0 && held.checkpoint === watched.checkpoint
  })
  for (const member of ['origin', 'size', 'root', 'checkpoint', 'behind', 'epoch', 'backlog'] as const)
    assert.deepEqual(watched[member], held[member], member)
  assert.equal(watched.behind, false)
  assert.ok(watched.lagSeconds < 5)
})

test('when the first server goes, the second takes the office and goes on with the same ledger', async () => {
  const before = await status(first)
  firstRuns = false
  const stopping = performance.now()
  await first.stop()
  const collected = await second.call('POST', '/v1/vault/collect', {
    key: shop.key,
    body: {
      consent: {
        snapshot: (
          await second.call('POST', '/v1/notices/snapshots', { body: { notice: shop.notice, language: 'en' } })
        ).json.snapshot,
        purposes: ['delivery'],
      },
      fields: { name: 'Later Invented' },
    },
  })
  assert.equal(collected.status, 201)
  await until('the second server sequences', async () => (await status(second)).size > before.size)
  assert.ok(performance.now() - stopping < 12_000)
  const { json } = await second.call(
    'GET',
    `/v1/ledger/consistency?from=${before.size}&to=${(await status(second)).size}`,
  )
  assert.equal(json.from, before.size)
})

test('a server that waits for the office stops at once', async () => {
  const third = await startTestServer(environment, folder)
  const stopping = performance.now()
  await third.stop()
  assert.ok(performance.now() - stopping < 3_000, 'it does not wait for a lock that another one holds')
})

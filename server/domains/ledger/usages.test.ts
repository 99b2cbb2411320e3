import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { newId } from '#kernel'
import {
  createLog,
  migrate,
  openDatabase,
  platformMigrations,
  type Query,
  type Statement,
  startEmbeddedPostgres,
} from '#platform'
import { ledgerMigrations } from './index.ts'
import { countUsages, readUsages } from './store.ts'

/** A person's entries of a period: found by the key alone, however many other people have. */
const directory = await mkdtemp(join(tmpdir(), 'bailee-usages-'))
// As root, PostgreSQL runs as somebody else: where they cannot pass through, the cluster would lie elsewhere and stay.
await chmod(directory, 0o711)
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), log: createLog('silent') })
await migrate(postgres.connection, [platformMigrations, ledgerMigrations])
const db = openDatabase({ connection: postgres.connection, applicationName: 'usages-test' })
after(async () => {
  await db.close()
  await postgres.stop()
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
})
const subject = newId()
const period = { from: '0'.repeat(32), to: 'f'.repeat(32) }
await db.transaction('ledger', async (tx) => {
  await tx.query({
    text: `insert into ledger.opening (subject, entry, tenant, n, leaf_index, sealed)
      select case when n % 10 = 0 then $1::uuid else gen_random_uuid() end, gen_random_uuid(), $1, n, n, '' from generate_series(1, 20000) n`,
    values: [subject],
  })
  await tx.query({ text: 'set local role none' })
  await tx.query({ text: 'analyze ledger.opening' })
})

for (const [what, run] of [
  ['a page of usages', (query: Query) => readUsages(query, subject, period, 0, 1000)],
  ['their number', (query: Query) => countUsages(query, subject, period).catch(() => undefined)],
] as const)
  test(`${what} is found by index alone`, async () => {
    let caught: Statement | undefined
    await run({
      query: async (statement) => {
        caught = statement
        return []
      },
    })
    const rows = await db
      .as('ledger')
      .query<{ 'QUERY PLAN': string }>({ text: `explain (generic_plan) ${caught!.text}` })
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    assert.match(plan, /(Index|Index Only|Bitmap Heap) Scan/)
    assert.doesNotMatch(plan, /Seq Scan/)
  })
test('newest first, in the period, by offset and limit', async () => {
  const all = await readUsages(db.as('ledger'), subject, period, 0, 5000)
  assert.equal(all.length, 2000)
  assert.equal(await countUsages(db.as('ledger'), subject, period), 2000)
  const ids = all.map((row) => row.entry)
  assert.deepEqual(ids, [...ids].sort().reverse())
  const page = await readUsages(db.as('ledger'), subject, period, 10, 5)
  assert.deepEqual(
    page.map((row) => row.entry),
    ids.slice(10, 15),
  )
  const since = await readUsages(db.as('ledger'), subject, { from: ids[9]!, to: ids[4]! }, 0, 100)
  assert.deepEqual(
    since.map((row) => row.entry),
    ids.slice(5, 10),
  )
})

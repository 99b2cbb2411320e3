import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { newId, type OrganisationId, type PersonId } from '#kernel'
import { ledgerMigrations } from '#ledger'
import { noticesMigrations } from '#notices'
import { partiesMigrations } from '#parties'
import {
  createLog,
  migrate,
  openDatabase,
  platformMigrations,
  type Query,
  type Statement,
  startEmbeddedPostgres,
} from '#platform'
import { vaultMigrations } from '#vault'
import { demandsMigrations } from './index.ts'
import * as store from './store.ts'

/** No list of demands, and no job over them, may read a whole table. */
const directory = await mkdtemp(join(tmpdir(), 'bailee-demands-'))
// As root, PostgreSQL runs as somebody else: where they cannot pass through, the cluster would lie elsewhere and stay.
await chmod(directory, 0o711)
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), log: createLog('silent') })
const rooms = [
  platformMigrations,
  ledgerMigrations,
  partiesMigrations,
  noticesMigrations,
  vaultMigrations,
  demandsMigrations,
]
await migrate(postgres.connection, rooms)
const db = openDatabase({ connection: postgres.connection, applicationName: 'demands-plans' })
after(async () => {
  await db.close()
  await postgres.stop()
  await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
})
const tenant = newId<'org'>() as OrganisationId
const [busy] = [newId<'per'>() as PersonId]
await db.transaction('demands', async (tx) => {
  await tx.query({ text: 'set local role none' })
  await tx.query({
    text: `insert into parties.organisation (id, kind, name_en, name_zh, founder, created_at) values ($1, 'provider', 'Test', '测试', true, now())`,
    values: [tenant],
  })
  await tx.query({
    text: `insert into demands.demand (tenant, id, subject, kind, state, fields, made_at, made_by, started_at, clock, due_at, regimes, assumed)
      select $1, gen_random_uuid(), case when n % 100 = 0 then $2::uuid else gen_random_uuid() end, 'correct',
        case when n % 50 = 0 then 'open' else 'fulfilled' end, '{}', now(), 'person', now(), 'cn-191-6', now() + make_interval(mins => n), '[]', n % 500 = 0
      from generate_series(1, 20000) n`,
    values: [tenant, busy],
  })
  await tx.query({ text: 'analyze demands.demand' })
})

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly Plan[]
}
const scansOf = (plan: Plan): string[] => [
  ...(plan['Relation Name'] === 'demand' ? [plan['Node Type']] : []),
  ...(plan.Plans ?? []).flatMap(scansOf),
]
async function scans(run: (query: Query) => Promise<unknown>): Promise<string[]> {
  let caught: Statement | undefined
  await run({
    query: async (statement) => {
      caught = statement
      return []
    },
  })
  // As the plan that is kept for any values once a statement has been prepared.
  const [row] = await db
    .as('demands')
    .query<{ 'QUERY PLAN': [{ Plan: Plan }] }>({ text: `explain (generic_plan, format json) ${caught!.text}` })
  return scansOf(row!['QUERY PLAN'][0].Plan)
}
const now = new Date()
const lists: Readonly<Record<string, (query: Query) => Promise<unknown>>> = {
  'a person’s demands': (query) => store.demandsOfPerson(query, tenant, busy, null, 20),
  'a provider’s demands by clock': (query) => store.demandsByClock(query, tenant, null, 20),
  'a provider’s demands, newest first': (query) => store.demandsOfTenant(query, tenant, null, 20),
  'demands whose asker is unknown': (query) => store.pendingDemands(query, tenant, 20),
  'what is overdue': (query) => store.overdueDemands(query, now, 100),
  'what is unfinished': (query) => store.unfinishedDemands(query, now, 100),
  'what rests on an assumption': (query) => store.assumedDemands(query, null, 100),
}
for (const [what, run] of Object.entries(lists))
  test(`${what} are found by index alone`, async () => {
    const ways = await scans(run)
    assert.ok(ways.length > 0)
    for (const way of ways) assert.match(way, /^(Index Scan|Index Only Scan|Bitmap Heap Scan)$/)
  })

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newId, type OrganisationId } from '#kernel'
import type { Query, Statement } from '#platform'
import { type Ask, fetchAndLog, findByTokens } from './store.ts'
import { correctionsOf, deleteOldReleases, holdsOf, releasesOf } from './store-records.ts'
import { drawersAfter } from './store-retention.ts'
import { findTokens } from './store-tokens.ts'
import { openWorld } from './test-world.ts'

/** The statements of the hot paths must cost the same in a table of millions: by index, never by reading it through. */
const world = await openWorld()
after(() => world.close())
const tenant = newId<'org'>() as OrganisationId
const people = 30_000
await world.steal(
  `insert into notices.live_grant (subject, category, purpose, tenant, basis, wrap, consent, since)
    select md5(n::text)::uuid, c, p, $1, 'consent', sha256('x'), md5(n::text)::uuid, now()
    from generate_series(1, ${people}) n, unnest(array['contact', 'place']) c, unnest(array['self', 'delivery', 'support']) p`,
  [tenant],
)
await world.steal(
  `insert into vault.drawer (subject, category, record, tenant, schema_version, sealed, tokens, collected_at)
    select md5(n::text)::uuid, c, md5(n::text)::uuid, $1, 1, sha256('x'), '{}', now()
    from generate_series(1, ${people}) n, unnest(array['contact', 'place']) c`,
  [tenant],
)
await world.steal(
  `insert into vault.blind_index (token, subject, record, normaliser)
    select substr(sha256(n::text::bytea), 1, 16), md5(n::text)::uuid, md5(n::text)::uuid, 1 from generate_series(1, ${people}) n`,
)
await world.steal(
  `insert into parties.person (tenant, id, state, created_at)
    select $1, md5(n::text)::uuid, 'live', now() from generate_series(1, ${people}) n`,
  [tenant],
)
await world.steal(
  `insert into vault.token (tenant, token, subject, category, record, field, form, made_at)
    select $1, 'tok_' || md5(n::text), md5(n::text)::uuid, 'contact', md5(n::text)::uuid, 'phone', 'pointer', now() from generate_series(1, ${people}) n`,
  [tenant],
)
await world.steal(
  `insert into vault.release (subject, entry, tenant, recipient, purpose, fields, at, kept_until)
    select md5(n::text)::uuid, md5(n::text)::uuid, $1, 'courier', 'delivery', '{name}', now(), now() + interval '3 years' from generate_series(1, ${people}) n`,
  [tenant],
)
await world.steal(
  `insert into vault.correction (subject, entry, tenant, record, fields, actor_kind, actor, at)
    select md5(n::text)::uuid, md5(n::text)::uuid, $1, md5(n::text)::uuid, '{name}', 'client', md5(n::text)::uuid, now() from generate_series(1, ${people}) n`,
  [tenant],
)
await world.steal(
  `insert into vault.hold (subject, case_reference, tenant, reason, since, until)
    select md5(n::text)::uuid, 'C', $1, 'dispute', now(), now() + interval '1 year' from generate_series(1, ${people}) n`,
  [tenant],
)
await world.steal('analyze vault.token, vault.release, vault.correction, vault.hold')
await world.steal('analyze parties.person, notices.live_grant, vault.drawer, vault.blind_index')

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Operation?: string
  readonly Plans?: readonly Plan[]
}
/** How each table is reached, as "table: way". */
function waysOf(plan: Plan): string[] {
  const table = plan['Relation Name']
  const own = table === undefined || plan['Node Type'] === 'ModifyTable' ? [] : [`${table}: ${plan['Node Type']}`]
  return [...own, ...(plan.Plans ?? []).flatMap(waysOf)]
}
async function statementOf(run: (db: Query) => Promise<unknown>): Promise<Statement> {
  let caught: Statement | undefined
  await run({
    async query(statement) {
      caught = statement
      return []
    },
  })
  return caught!
}
/** With these values, and as the plan that is kept for any values once a statement has been prepared. */
async function plans({ text, values = [] }: Statement): Promise<string[]> {
  const [bound] = await world.steal<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (format json) ${text}`, values)
  const [kept] = await world.steal<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (generic_plan, format json) ${text}`)
  return [bound!, kept!].flatMap((row) => waysOf(row['QUERY PLAN'][0].Plan))
}
const byIndexOnly = (ways: readonly string[], tables: readonly string[]) => {
  for (const way of ways) assert.match(way, /: (Index|Index Only|Bitmap Heap) Scan$/)
  assert.deepEqual([...new Set(ways.map((way) => way.split(':')[0]))].sort(), [...tables].sort())
}

for (const size of [1, 16, 128])
  test(`${size} looks in one statement reach grants, consents, drawers and people by index alone`, async () => {
    const asks = Array.from({ length: size }, (_, item): Ask => {
      const subject = newId()
      return { item, tenant, subject, category: 'contact', purpose: 'delivery', record: subject }
    })
    const presets = asks.map(() => null)
    const appended = { id: newId(), at: 0, entries: asks.map(() => ({ entry: newId<'ent'>(), line: '{}' })) }
    const statement = await statementOf((db) => fetchAndLog(db, asks, presets, appended))
    byIndexOnly(await plans(statement), ['consent', 'drawer', 'live_grant', 'person'])
  })

test('a find reaches the blind index and the grants by index alone', async () => {
  const token = Buffer.alloc(16)
  const statement = await statementOf((db) =>
    findByTokens(db, [{ item: 0, token, tenant, category: 'contact', purpose: 'delivery' }], 20, new Date()),
  )
  byIndexOnly(await plans(statement), ['blind_index', 'consent', 'live_grant'])
})

const someone = newId<'per'>()
const now = new Date()
for (const [title, run, tables] of [
  ['resolving a token', (db: Query) => findTokens(db, tenant, 'tok_1', null), ['token']],
  ['the releases of a person', (db: Query) => releasesOf(db, tenant, someone, null, 51), ['release']],
  ['the corrections of a person', (db: Query) => correctionsOf(db, tenant, someone, newId(), 51), ['correction']],
  ['the holds of a person', (db: Query) => holdsOf(db, tenant, someone, now), ['hold']],
  ['deleting old releases', (db: Query) => deleteOldReleases(db, now), ['release']],
  [
    'a stretch of the retention sweep',
    (db: Query) => drawersAfter(db, undefined, now, 100),
    ['drawer', 'hold', 'live_grant'],
  ],
] as const)
  test(`${title} goes by index alone`, async () => {
    byIndexOnly(await plans(await statementOf(run)), tables)
  })

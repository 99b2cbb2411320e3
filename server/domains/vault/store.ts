import type { OrganisationId, PersonId, RecordId } from '#kernel'
import type { Appended } from '#ledger'
import type { Agreement } from '#notices'
import { byteaArray, int4Array, int8Array, type Query, type Tx, textArray, uuidArray } from '#platform'

export interface Ask {
  /** Which item of the batch asks, from 0. */
  readonly item: number
  readonly tenant: string
  readonly subject: string
  readonly category: string
  readonly purpose: string
  readonly record: string
  /** Where some grants do not reach what is asked for: by notice, the version that the grant must be to, or a later. */
  readonly agreed?: Agreement | undefined
}
export interface Answer {
  readonly item: number
  readonly category: string | null
  readonly sealed: Buffer | null
  readonly wrap: Buffer | null
  readonly version: number | null
  readonly outcome: string
}

/**
 * The hot path: every drawer and every wrap that a batch of looks needs, and the entry of each look, refused ones
 * included, in one statement and one commit. The statement decides each outcome and logs it; nothing can be opened
 * before that is durable. `presets` holds the outcomes that were refused from memory already.
 *
 * Outcome `-` voids an entry: the id belongs to nobody, so there is no chain to log to. A person of another organisation
 * sees that somebody else asked; whoever asked learns no more than that they know no such person.
 */
export async function fetchAndLog(
  db: Query,
  asks: readonly Ask[],
  presets: readonly (string | null)[],
  appended: Appended,
): Promise<readonly Answer[]> {
  return db.query<Answer>({
    name: 'vault/fetch-and-log',
    text: `
      with ask as (
        select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $12::jsonb[]) as a (item, tenant, subject, category, purpose, record, agreed)
      ), got as materialized (
        select a.item, a.category, a.subject, a.tenant, d.sealed, d.schema_version as version, g.wrap
        from ask a
        left join notices.live_grant g on g.subject = a.subject and g.category = a.category and g.purpose = a.purpose and g.tenant = a.tenant
          and (g.until is null or g.until > to_timestamp($9::float8 / 1000))
          and (a.agreed is null or coalesce((select c.version >= (a.agreed ->> replace(c.notice::text, '-', ''))::int
            from notices.consent c where c.subject = g.subject and c.id = g.consent), false))
        left join vault.drawer d on d.subject = a.subject and d.category = a.category and d.record = a.record and d.tenant = a.tenant
      ), judged as materialized (
        select p.item::int - 1 as item, case
            when p.preset is null and bool_and(g.wrap is not null and g.sealed is not null) then 'opened'
            else (
              select case min(case when l.tenant = (array_agg(g.tenant))[1] then 1 else 2 end)
                when 1 then coalesce(p.preset, case when bool_or(g.wrap is null) then 'refused: grant_missing' else 'refused: record_unknown' end)
                when 2 then 'refused: another organisation'
                else coalesce((select coalesce(p.preset, case q.state when 'live' then 'refused: grant_missing' else 'refused: person_erased' end)
                  from parties.person q where q.tenant = (array_agg(g.tenant))[1] and q.id = (array_agg(g.subject))[1]), '-') end
              from notices.live_grant l where l.subject = (array_agg(g.subject))[1]) end as outcome
        from unnest($7::text[]) with ordinality as p (preset, item) left join got g on g.item = p.item - 1
        group by p.item, p.preset
      ), logged as (
        insert into ledger.outbox (id, at, count, entries, outcomes)
        select $8, to_timestamp($9::float8 / 1000), $10, $11, (select array_agg(outcome order by item) from judged)
      )
      select j.item, g.category, g.sealed, g.wrap, g.version, j.outcome from judged j left join got g using (item)`,
    values: [
      int4Array(asks.map((ask) => ask.item)),
      uuidArray(asks.map((ask) => ask.tenant)),
      uuidArray(asks.map((ask) => ask.subject)),
      textArray(asks.map((ask) => ask.category)),
      textArray(asks.map((ask) => ask.purpose)),
      uuidArray(asks.map((ask) => ask.record)),
      textArray(presets),
      appended.id,
      appended.at,
      appended.entries.length,
      appended.entries.map((entry) => entry.line).join('\n'),
      asks.map((ask) => (ask.agreed ? JSON.stringify(ask.agreed) : null)),
    ],
  })
}

export interface CollectRows {
  readonly items: readonly {
    readonly scope: Buffer
    readonly digest: Buffer
    readonly answer: Buffer
    readonly tenant: string
    readonly subject: string
    /** A person who comes with this request, and the notice they were shown. */
    readonly fresh: boolean
    readonly notice: string | null
    readonly version: number | null
    readonly consent: string | null
    readonly language: string | null
    readonly purposes: string | null
    readonly snapshotHash: Buffer | null
  }[]
  readonly drawers: readonly {
    readonly item: number
    readonly category: string
    readonly record: string
    readonly sealed: Buffer
    readonly tokens: readonly Buffer[]
  }[]
  readonly grants: readonly {
    readonly item: number
    readonly category: string
    readonly purpose: string
    readonly basis: string
    readonly wrap: Buffer
    readonly until: Date | null
  }[]
  readonly tokens: readonly {
    readonly item: number
    readonly token: Buffer
    readonly record: string
    readonly normaliser: number
  }[]
  readonly at: Date
  readonly schemaVersion: number
}

/**
 * A batch of collects in one statement: idempotency key, person, consent, wraps, drawers, blind index and ledger entry
 * of each, or nothing of it. Answers the items that took effect; the others were replays (two of one key may stand in a
 * batch), or their notice or person moved on meanwhile.
 */
export async function insertCollected(db: Query, rows: CollectRows, appended: Appended): Promise<ReadonlySet<number>> {
  const { items, drawers, grants, tokens } = rows
  const answer = await db.query<{ item: number }>({
    name: 'vault/insert-collected',
    text: `
      with item as materialized (
        select i.*, ord::int - 1 as item from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::uuid[], $5::uuid[], $6::bool[], $7::uuid[], $8::int[], $9::uuid[], $10::text[], $11::text[], $12::bytea[])
          with ordinality as i (scope, digest, answer, tenant, subject, fresh, notice, version, consent, language, purposes, snapshot_hash, ord)
      ), held as materialized (
        select i.item from item i join parties.person p on p.tenant = i.tenant and p.id = i.subject and p.state = 'live' where not i.fresh for share of p
      ), lawful as materialized (
        select i.* from item i join notices.notice n on n.id = i.notice and n.tenant = i.tenant and n.live_version = i.version where i.fresh
        union all
        select i.* from item i join held h on h.item = i.item where not i.fresh
      ), claimed as (
        insert into platform.once (scope, digest, answer) select distinct on (scope) scope, digest, answer from lawful order by scope, item
        on conflict (scope) do nothing returning scope
      ), done as materialized (
        select distinct on (l.scope) l.* from lawful l join claimed c on c.scope = l.scope order by l.scope, l.item
      ), person as (
        insert into parties.person (tenant, id, state, created_at) select tenant, subject, 'live', $13 from done where fresh
      ), consent as (
        insert into notices.consent (subject, id, tenant, notice, version, language, purposes, snapshot_hash, given_at)
        select subject, consent, tenant, notice, version, language, string_to_array(purposes, ','), snapshot_hash, $13 from done where fresh
      ), wrapped as (
        insert into notices.live_grant (subject, category, purpose, tenant, basis, wrap, consent, since, until)
        select d.subject, g.category, g.purpose, d.tenant, g.basis, g.wrap, d.consent, $13, case when g.until > 0 then to_timestamp(g.until::float8 / 1000) end
        from unnest($14::int[], $15::text[], $16::text[], $17::text[], $18::bytea[], $32::int8[]) as g (item, category, purpose, basis, wrap, until) join done d on d.item = g.item
      ), drawer as (
        insert into vault.drawer (subject, category, record, tenant, schema_version, sealed, tokens, collected_at)
        select d.subject, w.category, w.record, d.tenant, $19, w.sealed, w.tokens, $13
        from unnest($20::int[], $21::text[], $22::uuid[], $23::bytea[], $24::bytea[]) as w (item, category, record, sealed, tokens) join done d on d.item = w.item
      ), indexed as (
        insert into vault.blind_index (token, subject, record, normaliser)
        select t.token, d.subject, t.record, t.normaliser from unnest($25::int[], $26::bytea[], $27::uuid[], $28::int[]) as t (item, token, record, normaliser) join done d on d.item = t.item
      ), logged as (
        insert into ledger.outbox (id, at, count, entries, outcomes)
        select $29, $13, $30, $31, (select array_agg(case when d.item is null then '-' else 'collected' end order by i.item) from item i left join done d on d.item = i.item)
        where exists (select from done)
      )
      select item from done`,
    values: [
      byteaArray(items.map((item) => item.scope)),
      byteaArray(items.map((item) => item.digest)),
      byteaArray(items.map((item) => item.answer)),
      uuidArray(items.map((item) => item.tenant)),
      uuidArray(items.map((item) => item.subject)),
      items.map((item) => item.fresh),
      uuidArray(items.map((item) => item.notice)),
      items.map((item) => item.version),
      uuidArray(items.map((item) => item.consent)),
      textArray(items.map((item) => item.language)),
      textArray(items.map((item) => item.purposes)),
      byteaArray(items.map((item) => item.snapshotHash)),
      rows.at,
      int4Array(grants.map((grant) => grant.item)),
      textArray(grants.map((grant) => grant.category)),
      textArray(grants.map((grant) => grant.purpose)),
      textArray(grants.map((grant) => grant.basis)),
      byteaArray(grants.map((grant) => grant.wrap)),
      rows.schemaVersion,
      int4Array(drawers.map((drawer) => drawer.item)),
      textArray(drawers.map((drawer) => drawer.category)),
      uuidArray(drawers.map((drawer) => drawer.record)),
      byteaArray(drawers.map((drawer) => drawer.sealed)),
      byteaArray(drawers.map((drawer) => Buffer.concat(drawer.tokens))),
      int4Array(tokens.map((token) => token.item)),
      byteaArray(tokens.map((token) => token.token)),
      uuidArray(tokens.map((token) => token.record)),
      int4Array(tokens.map((token) => token.normaliser)),
      appended.id,
      appended.entries.length,
      appended.entries.map((entry) => entry.line).join('\n'),
      // 0 stands for never: an array of dates would travel as text.
      int8Array(grants.map((grant) => grant.until?.getTime() ?? 0)),
    ],
  })
  return new Set(answer.map((row) => row.item))
}

export async function findReplays(
  db: Query,
  scopes: readonly Buffer[],
): Promise<readonly { scope: Buffer; digest: Buffer; answer: Buffer }[]> {
  return db.query({
    name: 'vault/find-replays',
    text: 'select scope, digest, answer from platform.once where scope = any($1::bytea[])',
    values: [byteaArray(scopes)],
  })
}

export interface KnownPerson {
  readonly subject: string
  readonly category: string
  readonly wrap: Buffer
  /** Is there any basis but the person's own access? Without one nothing more may be collected. */
  readonly granted: boolean
}
/** The person's own wraps of what these people agreed to, from which their drawers can be added to. */
export async function ownWraps(
  db: Query,
  tenant: OrganisationId,
  subjects: readonly PersonId[],
  at: Date,
): Promise<readonly KnownPerson[]> {
  return db.query<KnownPerson>({
    name: 'vault/own-wraps',
    text: `select s.subject, s.category, s.wrap, exists (select from notices.live_grant g where g.subject = s.subject and g.category = s.category and g.purpose <> 'self' and (g.until is null or g.until > $3)) as granted
      from notices.live_grant s where s.subject = any($1::uuid[]) and s.purpose = 'self' and s.tenant = $2`,
    values: [uuidArray(subjects), tenant, at],
  })
}
export interface GrantVersion {
  readonly subject: PersonId
  readonly category: string
  readonly purpose: string
  readonly notice: string
  readonly version: number
}
/** Under which version of which notice these people's live grants were given. */
export async function grantVersions(
  db: Query,
  tenant: OrganisationId,
  subjects: readonly PersonId[],
  at: Date,
): Promise<readonly GrantVersion[]> {
  return db.query<GrantVersion>({
    name: 'vault/grant-versions',
    text: `select g.subject, g.category, g.purpose, c.notice, c.version
      from notices.live_grant g join notices.consent c on c.subject = g.subject and c.id = g.consent
      where g.subject = any($1::uuid[]) and g.tenant = $2 and g.purpose <> 'self' and (g.until is null or g.until > $3)`,
    values: [uuidArray(subjects), tenant, at],
  })
}
/** Takes away what a correction will write anew, and its tokens with it. */
export async function clearDrawers(
  tx: Tx,
  subject: PersonId,
  record: RecordId,
  categories: readonly string[],
): Promise<void> {
  await tx.query({
    name: 'vault/clear-drawers',
    text: `with gone as (delete from vault.drawer where subject = $1 and record = $2 and category = any($3::text[]) returning subject, record, tokens)
      delete from vault.blind_index b using gone, generate_series(1, length(gone.tokens), 16) as start
        where b.token = substr(gone.tokens, start, 16) and b.subject = gone.subject and b.record = gone.record`,
    values: [subject, record, textArray(categories)],
  })
}
export async function drawersOfPerson(db: Query, tenant: OrganisationId, subject: PersonId) {
  return db.query<{
    category: string
    record: RecordId
    sealed: Buffer
    version: number
    collectedAt: Date
    wrap: Buffer | null
  }>({
    name: 'vault/drawers-of-person',
    text: `select d.category, d.record, d.sealed, d.schema_version as version, d.collected_at as "collectedAt", g.wrap
      from vault.drawer d left join notices.live_grant g on g.subject = d.subject and g.category = d.category and g.purpose = 'self' and g.tenant = d.tenant
      where d.subject = $1 and d.tenant = $2 order by d.collected_at, d.category`,
    values: [subject, tenant],
  })
}
export async function eraseDrawers(tx: Tx, tenant: OrganisationId, subject: PersonId): Promise<number> {
  const rows = await tx.query({
    name: 'vault/erase-drawers',
    text: `with gone as (delete from vault.drawer where subject = $1 and tenant = $2 returning subject, record, tokens), unindexed as (
        delete from vault.blind_index b using gone, generate_series(1, length(gone.tokens), 16) as start
          where b.token = substr(gone.tokens, start, 16) and b.subject = gone.subject
      ), tokens as (delete from vault.token where subject = $1), files as (delete from vault.file where subject = $1), chunks as (delete from vault.file_chunk where subject = $1), corrections as (delete from vault.correction where subject = $1), holds as (delete from vault.hold where subject = $1)
      select 1 from gone`,
    values: [subject, tenant],
  })
  return rows.length
}
export interface FindAsk {
  readonly item: number
  readonly token: Buffer
  readonly tenant: string
  readonly category: string
  readonly purpose: string
  readonly agreed?: Agreement | undefined
}
/** Who has these tokens, and whether the purpose may see them at all: without a live grant a hit is none. */
export async function findByTokens(db: Query, asks: readonly FindAsk[], limit: number, at: Date) {
  return db.query<{ item: number; subject: PersonId; record: RecordId }>({
    name: 'vault/find-by-tokens',
    text: `select distinct a.item, h.subject, h.record
      from unnest($1::int[], $2::bytea[], $3::uuid[], $4::text[], $5::text[], $8::text[]) as a (item, token, tenant, category, purpose, agreed)
      cross join lateral (
        select b.subject, b.record from vault.blind_index b
        join notices.live_grant g on g.subject = b.subject and g.category = a.category and g.purpose = a.purpose and g.tenant = a.tenant
          and (g.until is null or g.until > $7)
          and (a.agreed is null or coalesce((select c.version >= (a.agreed::jsonb ->> replace(c.notice::text, '-', ''))::int
            from notices.consent c where c.subject = g.subject and c.id = g.consent), false))
        where b.token = a.token order by b.subject limit $6) h
      order by a.item, h.subject, h.record`,
    values: [
      int4Array(asks.map((ask) => ask.item)),
      byteaArray(asks.map((ask) => ask.token)),
      uuidArray(asks.map((ask) => ask.tenant)),
      textArray(asks.map((ask) => ask.category)),
      textArray(asks.map((ask) => ask.purpose)),
      limit,
      at,
      textArray(asks.map((ask) => (ask.agreed ? JSON.stringify(ask.agreed) : null))),
    ],
  })
}
export async function logFound(db: Query, appended: Appended): Promise<void> {
  await db.query({
    name: 'vault/log-found',
    text: 'insert into ledger.outbox (id, at, count, entries) values ($1, to_timestamp($2::float8 / 1000), $3, $4)',
    values: [appended.id, appended.at, appended.entries.length, appended.entries.map((entry) => entry.line).join('\n')],
  })
}

/** The state of people without a grant of their own: erased, or known only as somebody's guardian. Others were never anybody. */
export async function statesOf(
  db: Query,
  tenant: OrganisationId,
  subjects: readonly PersonId[],
): Promise<ReadonlyMap<string, 'live' | 'erased'>> {
  const rows = await db.query<{ id: string; state: 'live' | 'erased' }>({
    name: 'vault/states-of',
    text: 'select id, state from parties.person where tenant = $1 and id = any($2::uuid[])',
    values: [tenant, uuidArray(subjects)],
  })
  return new Map(rows.map((row) => [row.id, row.state]))
}

import type { Query } from '#platform'
import { byteaArray, int4Array, int8Array, textArray, uuidArray } from '#platform'

/** Statements of the ledger. One statement, one function, one name. */
export interface Head {
  readonly origin: string
  readonly size: number
  readonly frontier: Buffer
  readonly fence: number
}
export interface OutboxRow {
  readonly id: string
  readonly at: Date
  readonly count: number
  readonly entries: string
  readonly outcomes: (string | null)[] | null
}
export interface ChainRow {
  readonly subject: string
  readonly tenant: string
  readonly n: number
  readonly sealed: Buffer | null
}
export interface OpeningRow {
  readonly entry: string
  readonly tenant: string
  readonly n: number
  readonly leafIndex: number
  readonly sealed: Buffer
}
export interface CheckpointRow {
  readonly size: number
  readonly note: string
  readonly signedAt: Date
  readonly witnessedSize: number
  readonly witnessedNote: string | null
}
export interface EpochRow {
  readonly epoch: number
  readonly firstIndex: number
  readonly endIndex: number
  readonly tags: number
  readonly root: Buffer
  readonly leafIndex: number | null
  readonly closedAt: Date
}

export async function readHead(db: Query): Promise<Head | undefined> {
  return (await db.query<Head>({ text: 'select origin, size, frontier, fence from ledger.head' }))[0]
}
export async function createHead(db: Query, origin: string, frontier: Uint8Array): Promise<void> {
  await db.query({
    text: 'insert into ledger.head (origin, frontier) values ($1, $2) on conflict do nothing',
    values: [origin, Buffer.from(frontier)],
  })
}
/** Takes office: whoever held an earlier fence can no longer move the head. Answers where the head stands from now on. */
export async function takeFence(db: Query): Promise<{ fence: number; size: number }> {
  const [row] = await db.query<{ fence: number; size: number }>({
    name: 'ledger/take-fence',
    text: 'update ledger.head set fence = fence + 1 returning fence, size',
  })
  return row!
}
export async function readOutbox(db: Query, limit: number): Promise<readonly OutboxRow[]> {
  return db.query<OutboxRow>({
    name: 'ledger/read-outbox',
    text: 'select id, at, count, entries, outcomes from ledger.outbox order by id limit $1',
    values: [limit],
  })
}
export async function backlog(db: Query): Promise<{ entries: number; oldestAt: Date | null }> {
  const [row] = await db.query<{ entries: number; oldestAt: Date | null }>({
    name: 'ledger/backlog',
    text: 'select coalesce(sum(count), 0)::bigint as entries, min(at) as "oldestAt" from ledger.outbox',
  })
  return row!
}
export async function readChains(db: Query, subjects: readonly string[]): Promise<readonly ChainRow[]> {
  return db.query<ChainRow>({
    name: 'ledger/read-chains',
    text: 'select subject, tenant, n, sealed from ledger.chain where subject = any($1)',
    values: [uuidArray(subjects)],
  })
}

export interface Sequenced {
  readonly fence: number
  readonly firstIndex: number
  readonly count: number
  readonly leaves: Uint8Array
  readonly frontier: Uint8Array
  readonly openings: readonly {
    subject: string
    entry: string
    tenant: string
    n: number
    leafIndex: number
    sealed: Uint8Array
  }[]
  readonly chains: readonly { subject: string; tenant: string; n: number; sealed: Uint8Array | null }[]
  readonly outboxIds: readonly string[]
  /** People whose openings die with this batch. */
  readonly shredded: readonly string[]
  /** Where the public leaves of closed epochs stand. */
  readonly epochLeaves: readonly { epoch: number; index: number }[]
  /** Lines that no leaf can be made of but their hash. */
  readonly unreadable: readonly { leafIndex: number; line: string; outcome: string | null }[]
}

/**
 * The whole batch in one statement: the head moves from `firstIndex` and under our fence, or nothing happens at all.
 * Answers whether it moved.
 */
export async function commitSequenced(db: Query, batch: Sequenced): Promise<boolean> {
  const rows = await db.query({
    name: 'ledger/commit-sequenced',
    text: `
      with head as (
        update ledger.head set size = $1::bigint + $2::int, frontier = $3 where fence = $4 and size = $1::bigint returning size
      ), segment as (
        insert into ledger.segment (first_index, count, leaves) select $1::bigint, $2::int, $5::bytea from head where $2::int > 0
      ), opening as (
        insert into ledger.opening (subject, entry, tenant, n, leaf_index, sealed)
        select o.* from head, unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::int[], $10::bigint[], $11::bytea[]) as o
      ), chain as (
        insert into ledger.chain (subject, tenant, n, sealed)
        select c.* from head, unnest($12::uuid[], $13::uuid[], $14::int[], $15::bytea[]) as c
        on conflict (subject) do update set n = excluded.n, sealed = excluded.sealed
      ), emptied as (
        delete from ledger.outbox using head where id = any($16::uuid[])
      ), shredded as (
        delete from ledger.opening using head where subject = any($17::uuid[])
      ), placed as (
        update ledger.epoch set leaf_index = p.leaf_index from head, unnest($18::int[], $19::bigint[]) as p (epoch, leaf_index)
        where epoch.epoch = p.epoch
      ), unreadable as (
        insert into ledger.unreadable (leaf_index, line, outcome)
        select u.* from head, unnest($20::bigint[], $21::text[], $22::text[]) as u
      ), forgotten as (
        delete from ledger.unreadable as u using head, unnest($17::uuid[]) as s (subject)
        where position(replace(s.subject::text, '-', '') in u.line) > 0
      )
      select size from head`,
    values: [
      batch.firstIndex,
      batch.count,
      batch.frontier,
      batch.fence,
      batch.leaves,
      uuidArray(batch.openings.map((row) => row.subject)),
      uuidArray(batch.openings.map((row) => row.entry)),
      uuidArray(batch.openings.map((row) => row.tenant)),
      int4Array(batch.openings.map((row) => row.n)),
      int8Array(batch.openings.map((row) => row.leafIndex)),
      byteaArray(batch.openings.map((row) => row.sealed)),
      uuidArray(batch.chains.map((row) => row.subject)),
      uuidArray(batch.chains.map((row) => row.tenant)),
      int4Array(batch.chains.map((row) => row.n)),
      byteaArray(batch.chains.map((row) => row.sealed)),
      uuidArray(batch.outboxIds),
      uuidArray(batch.shredded),
      int4Array(batch.epochLeaves.map((row) => row.epoch)),
      int8Array(batch.epochLeaves.map((row) => row.index)),
      int8Array(batch.unreadable.map((row) => row.leafIndex)),
      textArray(batch.unreadable.map((row) => row.line)),
      textArray(batch.unreadable.map((row) => row.outcome)),
    ],
  })
  return rows.length === 1
}
/** Which of these entries have their opening already. */
export async function findPlaced(
  db: Query,
  entries: readonly { readonly s: string; readonly e: string }[],
): Promise<readonly string[]> {
  const rows = await db.query<{ entry: string }>({
    text: 'select entry from ledger.opening where (subject, entry) in (select * from unnest($1::uuid[], $2::uuid[]))',
    values: [uuidArray(entries.map(({ s }) => s)), uuidArray(entries.map(({ e }) => e))],
  })
  return rows.map((row) => row.entry)
}
export async function readNewestSegment(db: Query): Promise<{ firstIndex: number; end: number } | undefined> {
  const rows = await db.query<{ firstIndex: number; end: number }>({
    text: 'select first_index as "firstIndex", first_index + count as end from ledger.segment order by first_index desc limit 1',
  })
  return rows[0]
}
export async function readSegments(
  db: Query,
  from: number,
  to: number,
): Promise<readonly { firstIndex: number; count: number; leaves: Buffer }[]> {
  return db.query({
    text: `select first_index as "firstIndex", count, leaves from ledger.segment
      where first_index >= coalesce((select max(first_index) from ledger.segment where first_index <= $1), 0) and first_index < $2 order by first_index`,
    values: [from, to],
  })
}
export async function readCheckpoint(db: Query): Promise<CheckpointRow | undefined> {
  return (
    await db.query<CheckpointRow>({
      name: 'ledger/read-checkpoint',
      text: `select size, note, signed_at as "signedAt", witnessed_size as "witnessedSize", witnessed_note as "witnessedNote" from ledger.checkpoint`,
    })
  )[0]
}
/** Before publishing: a checkpoint that was shown to anybody is durable here first. Compare-and-set on the size, which only grows. */
export async function keepCheckpoint(
  db: Query,
  expected: number,
  next: { size: number; note: string; signedAt: Date },
  fence: number,
): Promise<boolean> {
  const rows = await db.query({
    name: 'ledger/keep-checkpoint',
    text: `insert into ledger.checkpoint as kept (size, note, signed_at) select $2, $3, $4 from ledger.head where fence = $5
      on conflict (single) do update set size = excluded.size, note = excluded.note, signed_at = excluded.signed_at where kept.size = $1 and $1 < $2 returning size`,
    values: [expected, next.size, next.note, next.signedAt, fence],
  })
  return rows.length === 1
}
export async function keepWitnessed(db: Query, size: number, note: string, fence: number): Promise<boolean> {
  const rows = await db.query({
    name: 'ledger/keep-witnessed',
    text: `update ledger.checkpoint set witnessed_size = $1, witnessed_note = $2 from ledger.head as head
      where head.fence = $3 and witnessed_size <= $1 returning witnessed_size`,
    values: [size, note, fence],
  })
  return rows.length === 1
}
export async function readOpenings(
  db: Query,
  subject: string,
  before: string | null,
  limit: number,
): Promise<readonly OpeningRow[]> {
  return db.query<OpeningRow>({
    name: 'ledger/read-openings',
    text: `select entry, tenant, n, leaf_index as "leafIndex", sealed from ledger.opening
      where subject = $1 and ($2::uuid is null or entry < $2::uuid) order by entry desc limit $3`,
    values: [subject, before, limit],
  })
}
/** The openings of one organisation between two leaf indexes, newest first. */
export async function readOpeningsOf(
  db: Query,
  tenant: string,
  stretch: { readonly from: number; readonly before: number },
): Promise<readonly (OpeningRow & { readonly subject: string })[]> {
  return db.query({
    name: 'ledger/read-openings-of',
    text: `select subject, entry, tenant, n, leaf_index as "leafIndex", sealed from ledger.opening
      where leaf_index >= $2 and leaf_index < $3 and tenant = $1 order by leaf_index desc`,
    values: [tenant, stretch.from, stretch.before],
  })
}
export async function findOpening(db: Query, subject: string, entry: string): Promise<OpeningRow | undefined> {
  return (
    await db.query<OpeningRow>({
      name: 'ledger/find-opening',
      text: 'select entry, tenant, n, leaf_index as "leafIndex", sealed from ledger.opening where subject = $1 and entry = $2',
      values: [subject, entry],
    })
  )[0]
}
export async function countOpenings(db: Query, subject: string): Promise<number> {
  const [row] = await db.query<{ n: number }>({
    name: 'ledger/count-openings',
    text: 'select count(*) as n from ledger.opening where subject = $1',
    values: [subject],
  })
  return row!.n
}
interface Period {
  /** Ids: from the first, before the second. */
  readonly from: string
  readonly to: string
  /** Only what this organisation did. */
  readonly maker?: string | undefined
}
export async function readUsages(
  db: Query,
  subject: string,
  { from, to, maker }: Period,
  offset: number,
  limit: number,
): Promise<readonly OpeningRow[]> {
  return db.query<OpeningRow>({
    name: 'ledger/read-usages',
    text: `select entry, tenant, n, leaf_index as "leafIndex", sealed from ledger.opening
      where subject = $1 and entry >= $2::uuid and entry < $3::uuid and ($6::uuid is null or tenant = $6)
      order by entry desc offset $4 limit $5`,
    values: [subject, from, to, offset, limit, maker ?? null],
  })
}
export async function countUsages(db: Query, subject: string, { from, to, maker }: Period): Promise<number> {
  const [row] = await db.query<{ n: number }>({
    name: 'ledger/count-usages',
    text: 'select count(*) as n from ledger.opening where subject = $1 and entry >= $2::uuid and entry < $3::uuid and ($4::uuid is null or tenant = $4)',
    values: [subject, from, to, maker ?? null],
  })
  return row!.n
}
/**
 * Is this entry of this person still on its way? Only ids are asked for; the outbox is small. `maker`: only if this
 * organisation made it. The text is the head of an outbox line (`outbox.ts`).
 */
export async function isWaiting(
  db: Query,
  entry: string,
  subject: string,
  maker: string | undefined,
): Promise<boolean> {
  const head = `{"e":"${entry}","s":"${subject}","t":"${maker ?? ''}`
  const rows = await db.query({
    name: 'ledger/is-waiting',
    text: 'select 1 from ledger.outbox where position($1 in entries) > 0 limit 1',
    values: [head],
  })
  return rows.length > 0
}
export async function readEpochs(db: Query, limit: number): Promise<readonly EpochRow[]> {
  return db.query<EpochRow>({
    name: 'ledger/read-epochs',
    text: `select epoch, first_index as "firstIndex", end_index as "endIndex", tags, root, leaf_index as "leafIndex", closed_at as "closedAt"
      from ledger.epoch order by epoch desc limit $1`,
    values: [limit],
  })
}
export async function findEpoch(db: Query, epoch: number): Promise<EpochRow | undefined> {
  return (
    await db.query<EpochRow>({
      name: 'ledger/find-epoch',
      text: `select epoch, first_index as "firstIndex", end_index as "endIndex", tags, root, leaf_index as "leafIndex", closed_at as "closedAt" from ledger.epoch where epoch = $1`,
      values: [epoch],
    })
  )[0]
}
/** The epoch's row and the entry that makes its root public, together or not at all; answers which. */
export async function closeEpoch(
  db: Query,
  epoch: { epoch: number; firstIndex: number; endIndex: number; tags: number; root: Uint8Array; closedAt: Date },
  outbox: { id: string; entries: string },
  fence: number,
): Promise<boolean> {
  const rows = await db.query({
    name: 'ledger/close-epoch',
    text: `with closed as (
        insert into ledger.epoch (epoch, first_index, end_index, tags, root, closed_at)
        select $1, $2, $3, $4, $5, $6 from ledger.head where fence = $9 on conflict do nothing returning epoch)
      insert into ledger.outbox (id, at, count, entries) select $7, $6, 1, $8 from closed returning id`,
    values: [
      epoch.epoch,
      epoch.firstIndex,
      epoch.endIndex,
      epoch.tags,
      epoch.root,
      epoch.closedAt,
      outbox.id,
      outbox.entries,
      fence,
    ],
  })
  return rows.length === 1
}

import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { exit, Stop } from '../exit.ts'
import { type Mapping, mappingDigest } from './mapping.ts'
import type { Batch, Moved, Outcome, Row, Source } from './source.ts'

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/**
 * A table of somebody else's database. The driver is loaded only here and only when a table is migrated; the rest of the
 * command line speaks HTTP. State stands beside the table, so that it is backed up and restored together with it:
 * `bailee_migration` (row to person), `bailee_migration_batch` (what was sent; its values go when the answer is known)
 * and `bailee_migration_run`.
 */
export async function openTable(connection: string, mapping: Mapping): Promise<Source> {
  const { default: driver } = await import('pg')
  const pool = new driver.Pool({ connectionString: connection, max: 6, application_name: 'bailee migrate-table' })
  pool.on('error', () => {})
  const alone = await pool.connect().catch(async (error: unknown) => {
    await pool.end()
    // The driver's message may quote the connection string.
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new Stop(exit.server, 'sourceUnreachable', { why })
  })
  const table = new Table(pool, alone, mapping)
  try {
    return await table.found()
  } catch (error) {
    await table.close()
    throw error
  }
}

interface Told {
  readonly key: string
  readonly values: readonly (string | null)[]
}

class Table implements Source {
  id = ''
  readonly #pool: pg.Pool
  /** Holds the lock of this migration for as long as it lives. */
  readonly #alone: pg.PoolClient
  readonly #mapping: Mapping
  readonly #table: string
  readonly #schema: string
  readonly #key: string
  readonly #fields: readonly string[]
  readonly #columns: readonly string[]
  /** Every value as text, nulls kept. */
  readonly #values: string
  #keyType = 'text'
  #after: string | null = null
  #swept = false
  #next = 0

  constructor(pool: pg.Pool, alone: pg.PoolClient, mapping: Mapping) {
    this.#pool = pool
    this.#alone = alone
    this.#mapping = mapping
    const [first = '', second] = (mapping.table ?? '').split('.')
    this.#table = second === undefined ? quoted(first) : `${quoted(first)}.${quoted(second)}`
    this.#schema = second === undefined ? '' : `${quoted(first)}.`
    this.#key = quoted(mapping.key)
    this.#columns = Object.keys(mapping.columns)
    this.#fields = Object.values(mapping.columns)
    this.#values = `array[${this.#columns.map((name) => `t.${quoted(name)}::text`).join(', ')}]`
  }

  async #query<T extends pg.QueryResultRow>(
    text: string,
    values: unknown[] = [],
    on: pg.Pool | pg.PoolClient = this.#pool,
  ) {
    try {
      return (await on.query<T>(text, values)).rows
    } catch (cause) {
      // A message of PostgreSQL's may quote values; its code does not.
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
      throw new Stop(exit.server, 'sourceFailed', { why })
    }
  }

  async found(): Promise<this> {
    const rows = await this.#query<{ name: string; type: string; unique: boolean }>(
      `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, exists (select from pg_index i
         where i.indrelid = a.attrelid and i.indisunique and i.indpred is null and i.indnkeyatts = 1 and i.indkey[0] = a.attnum) as unique
       from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped`,
      [this.#table],
    )
    const missing = [this.#mapping.key, ...this.#columns].find((name) => !rows.some((row) => row.name === name))
    if (missing !== undefined) throw new Stop(exit.usage, 'columnMissing', { column: missing })
    const key = rows.find((row) => row.name === this.#mapping.key)!
    if (!key.unique) throw new Stop(exit.usage, 'keyNotUnique', { column: this.#mapping.key })
    this.#keyType = key.type
    return this
  }

  async count(): Promise<number> {
    const [row] = await this.#query<{ n: string }>(`select count(*) as n from ${this.#table}`)
    return Number(row!.n)
  }

  #row = ({ key, values }: Told): Row => ({
    key,
    values: Object.fromEntries(this.#fields.map((field, at) => [field, values[at] ?? null])),
  })
  async #page(after: string | null, size: number): Promise<Row[]> {
    const rows = await this.#query<Told>(
      `select t.${this.#key}::text as key, ${this.#values} as values from ${this.#table} t
       where ($1::text is null and t.${this.#key} is not null) or t.${this.#key} > $1::${this.#keyType} order by t.${this.#key} limit $2`,
      [after, size],
    )
    return rows.map(this.#row)
  }

  async *scan(size: number) {
    let after: string | null = null
    for (;;) {
      const rows: Row[] = await this.#page(after, size)
      if (rows.length > 0) yield rows
      if (rows.length < size) return
      after = rows.at(-1)!.key
    }
  }

  async obstacles() {
    const rows = await this.#query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = to_regclass($1) and attnotnull and attname = any($2)`,
      [this.#table, this.#columns],
    )
    return rows.map(({ name }) => `${name}: drop not null`)
  }

  async open() {
    const digest = mappingDigest(this.#mapping)
    const [lock] = await this.#query<{ held: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as held',
      [`bailee migrate-table ${digest}`],
      this.#alone,
    )
    if (!lock!.held) throw new Stop(exit.usage, 'migrationRuns')
    const s = this.#schema
    for (const text of [
      `create table if not exists ${s}bailee_migration_run (id text primary key, digest text not null unique, started_at timestamptz not null default now())`,
      `create table if not exists ${s}bailee_migration (run text not null, key text not null, batch int not null, person text, refused text, primary key (run, key))`,
      `create table if not exists ${s}bailee_migration_batch (run text not null, number int not null, snapshot text not null, rows jsonb not null, primary key (run, number))`,
    ])
      await this.#query(text)
    const [run] = await this.#query<{ id: string }>(
      `insert into ${s}bailee_migration_run (id, digest) values ($1, $2) on conflict (digest) do update set digest = excluded.digest returning id`,
      [randomUUID(), digest],
    )
    this.id = run!.id
    const [state] = await this.#query<{ moved: string; refused: string; last: number | null }>(
      `select count(person) as moved, count(refused) as refused, greatest(max(batch), (select max(number) from ${s}bailee_migration_batch where run = $1)) as last from ${s}bailee_migration where run = $1`,
      [this.id],
    )
    this.#next = (state!.last ?? -1) + 1
    const [edge] = await this.#query<{ key: string | null }>(
      `select max(key::${orderable(this.#keyType)})::text as key from ${s}bailee_migration where run = $1`,
      [this.id],
    )
    this.#after = edge!.key
    return { moved: Number(state!.moved), refused: Number(state!.refused) }
  }

  async unsettled(): Promise<Batch[]> {
    const rows = await this.#query<{ number: number; snapshot: string; rows: Row[] }>(
      `select number, snapshot, rows from ${this.#schema}bailee_migration_batch where run = $1 order by number`,
      [this.id],
    )
    // A text, and not jsonb's own order: the request must be the same to the byte.
    return rows.map((row) => ({
      ...row,
      rows: row.rows.map(({ key, values }) =>
        this.#row({ key, values: this.#fields.map((field) => values[field] ?? null) }),
      ),
    }))
  }

  async take(size: number, snapshot: string): Promise<Batch | undefined> {
    let rows = this.#swept ? [] : await this.#page(this.#after, size)
    if (rows.length === 0) {
      // Rows that came in behind the cursor while we went, and those that a crash of the state's edge passed over.
      this.#swept = true
      rows = (
        await this.#query<Told>(
          `select t.${this.#key}::text as key, ${this.#values} as values from ${this.#table} t where t.${this.#key} is not null
             and not exists (select from ${this.#schema}bailee_migration m where m.run = $1 and m.key = t.${this.#key}::text) limit $2`,
          [this.id, size],
        )
      ).map(this.#row)
    } else this.#after = rows.at(-1)!.key
    if (rows.length === 0) return undefined
    const batch = { number: this.#next++, snapshot, rows }
    const { rowCount } = await this.#pool.query(
      `with batch as (insert into ${this.#schema}bailee_migration_batch (run, number, snapshot, rows) values ($1, $2, $3, $4))
       insert into ${this.#schema}bailee_migration (run, key, batch) select $1, key, $2 from unnest($5::text[]) as k (key) on conflict do nothing`,
      [this.id, batch.number, snapshot, JSON.stringify(rows), rows.map(({ key }) => key)],
    )
    if (rowCount !== rows.length) {
      // The page met rows that an earlier sweep had taken. Those go out of this batch before anything is sent.
      const mine = new Set(
        (
          await this.#query<{ key: string }>(
            `select key from ${this.#schema}bailee_migration where run = $1 and batch = $2`,
            [this.id, batch.number],
          )
        ).map(({ key }) => key),
      )
      const left = rows.filter(({ key }) => mine.has(key))
      await this.#query(`update ${this.#schema}bailee_migration_batch set rows = $3 where run = $1 and number = $2`, [
        this.id,
        batch.number,
        JSON.stringify(left),
      ])
      return { ...batch, rows: left }
    }
    return batch
  }

  async settle(batch: Batch, outcomes: readonly Outcome[]) {
    const s = this.#schema
    await this.#query(
      `with gone as (delete from ${s}bailee_migration_batch where run = $1 and number = $2)
       update ${s}bailee_migration m set person = o.person, refused = o.refused
       from unnest($3::text[], $4::text[], $5::text[]) as o (key, person, refused) where m.run = $1 and m.key = o.key`,
      [
        this.id,
        batch.number,
        outcomes.map(({ key }) => key),
        outcomes.map((one) => ('person' in one ? one.person : null)),
        outcomes.map((one) => ('refused' in one ? one.refused : null)),
      ],
    )
  }

  async forgetRefusals() {
    const rows = await this.#query(
      `delete from ${this.#schema}bailee_migration where run = $1 and refused is not null returning 1`,
      [this.id],
    )
    return rows.length
  }

  async *moved(size: number, sample?: number) {
    const s = this.#schema
    let after = ''
    let left = sample ?? Number.POSITIVE_INFINITY
    while (left > 0) {
      const rows: (Told & Moved)[] = await this.#query(
        `select m.key, m.person, ${this.#values} as values from ${s}bailee_migration m join ${this.#table} t on t.${this.#key} = m.key::${this.#keyType}
         where m.run = $1 and m.person is not null ${sample === undefined ? 'and m.key > $3 order by m.key' : 'and $3::text is not null order by random()'} limit $2`,
        [this.id, sample === undefined ? size : sample, after],
      )
      for (let at = 0; at < rows.length; at += size)
        yield rows.slice(at, at + size).map((row) => ({ ...this.#row(row), person: row.person }))
      if (sample !== undefined || rows.length < size) return
      left -= rows.length
      after = rows.at(-1)!.key
    }
  }

  async replace(rows: readonly (Row & Moved)[]) {
    await this.#query(`alter table ${this.#table} add column if not exists bailee_person text`)
    const done = await this.#query(
      `update ${this.#table} t set bailee_person = o.person, ${this.#columns.map((name) => `${quoted(name)} = null`).join(', ')}
       from unnest($1::text[], $2::text[]) with ordinality as o (key, person, at)
       where t.${this.#key} = o.key::${this.#keyType} and to_jsonb(${this.#values}) = ($3::jsonb -> (o.at::int - 1)) returning 1`,
      [
        rows.map(({ key }) => key),
        rows.map(({ person }) => person),
        JSON.stringify(rows.map(({ values }) => this.#fields.map((field) => values[field] ?? null))),
      ],
    )
    return done.length
  }

  async finish() {
    return undefined
  }
  async close() {
    this.#alone.release(true)
    await this.#pool.end()
  }
}

/** Types that have no `max` are compared as text: then the sweep at the end finds what the edge passed over. */
const orderable = (type: string) => (/^(small|big)?int|^integer|^numeric|^timestamp|^date/.test(type) ? type : 'text')

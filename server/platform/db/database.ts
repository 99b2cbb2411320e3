import pg from 'pg'

/** PostgreSQL roles and schemas, one a room. The room's role sees what lower rooms publish and nothing above. */
export type Room = 'platform' | 'ledger' | 'parties' | 'notices' | 'vault' | 'demands'
export const rooms: readonly Room[] = ['platform', 'ledger', 'parties', 'notices', 'vault', 'demands']
export const roleOf = (room: Room): string => `bailee_${room}`

/** What a store needs: one statement, named so that it is prepared once a connection. */
export interface Query {
  query<Row extends object = Record<string, unknown>>(statement: Statement): Promise<readonly Row[]>
}
export interface Statement {
  /** Prepared under this name; the text must never change for a name. */
  readonly name?: string
  readonly text: string
  readonly values?: readonly unknown[]
}
/** A transaction in progress. Rooms take it as an argument, so that one action is one transaction. */
export interface Tx extends Query {
  readonly room: Room
}
export interface Database extends Query {
  /** A view of the database in the role of a room. */
  as(room: Room): Query
  transaction<T>(room: Room, work: (tx: Tx) => Promise<T>): Promise<T>
  ping(): Promise<void>
  /**
   * Waits for an advisory lock and holds it on a connection of its own. `lost` resolves when that connection dies:
   * the holder must stop at once.
   */
  holdLock(name: string): Promise<HeldLock>
  /** The same without waiting: undefined when somebody else holds it. */
  tryLock(name: string): Promise<HeldLock | undefined>
  close(): Promise<void>
}
/** How a database is reached: whatever the driver takes. Plain data, so that it may cross into another thread. */
export type Connection = pg.PoolConfig
export interface HeldLock {
  readonly lost: Promise<void>
  release(): Promise<void>
}
export interface DatabaseSettings {
  readonly connection: pg.PoolConfig
  readonly applicationName: string
  /** Connections at most, for each room's pool. */
  readonly poolSize?: number
  readonly onError?: (error: Error) => void
}

const textParsers: Readonly<Record<number, (value: string) => unknown>> = {
  // Counts and indexes stay below 2^53: the ledger refuses to grow past it.
  20: Number,
  2950: (value) => value.replaceAll('-', ''),
  2951: (value) => (value === '{}' ? [] : value.slice(1, -1).replaceAll('-', '').split(',')),
}
// Text results throughout: the driver decodes every value as UTF-8 first, which ruins binary ones (pg 8.23).
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number) =>
    textParsers[oid] ?? pg.types.getTypeParser(oid)) as pg.CustomTypesConfig['getTypeParser'],
}

class OnClient implements Tx {
  readonly room: Room
  readonly #client: pg.ClientBase
  constructor(client: pg.ClientBase, room: Room) {
    this.#client = client
    this.room = room
  }
  async query<Row extends object>(statement: Statement): Promise<readonly Row[]> {
    return (await this.#client.query<Row>(statement as pg.QueryConfig)).rows
  }
}

/**
 * Pools by room. The role is set at connection start (`-c role=`), so a statement costs no extra round trip and a
 * room cannot step out of its role by accident.
 */
export function openDatabase(settings: DatabaseSettings): Database {
  const pools = new Map<Room, pg.Pool>()
  const poolOf = (room: Room): pg.Pool => {
    let pool = pools.get(room)
    if (!pool) {
      pool = new pg.Pool({
        ...settings.connection,
        types,
        max: settings.poolSize ?? 8,
        application_name: `${settings.applicationName}/${room}`,
        options: `-c role=${roleOf(room)} -c search_path=pg_catalog -c plan_cache_mode=force_generic_plan -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000`,
        connectionTimeoutMillis: 10_000,
        idleTimeoutMillis: 0,
      })
      // A connection that dies while idle must not take the process along; the next query finds out.
      pool.on('error', (error) => settings.onError?.(error))
      pools.set(room, pool)
    }
    return pool
  }
  const as = (room: Room): Query => ({
    query: async <Row extends object>(statement: Statement) =>
      (await poolOf(room).query<Row>(statement as pg.QueryConfig)).rows,
  })
  async function lock(name: string, take: 'pg_advisory_lock' | 'pg_try_advisory_lock') {
    const client = new pg.Client({ ...settings.connection, application_name: `${settings.applicationName}/lock` })
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve())
      client.on('end', () => resolve())
    })
    await client.connect()
    const { rows } = await client.query<{ taken: unknown }>(`select ${take}(hashtext($1)) as taken`, [name])
    return { taken: rows[0]?.taken !== false, held: { lost, release: () => client.end() } }
  }
  return {
    as,
    query: as('platform').query,
    async transaction(room, work) {
      const client = await poolOf(room).connect()
      let broken: Error | undefined
      try {
        await client.query('begin')
        const answer = await work(new OnClient(client, room))
        await client.query('commit')
        return answer
      } catch (error) {
        try {
          await client.query('rollback')
        } catch (rollbackError) {
          broken = rollbackError as Error
        }
        throw error
      } finally {
        client.release(broken)
      }
    },
    holdLock: async (name) => (await lock(name, 'pg_advisory_lock')).held,
    async tryLock(name) {
      const { taken, held } = await lock(name, 'pg_try_advisory_lock')
      if (taken) return held
      await held.release()
      return undefined
    },
    async ping() {
      await poolOf('platform').query('select 1')
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.end()))
    },
  }
}

/** SQLSTATE of a database error, if it is one. */
export const sqlState = (error: unknown): string | undefined =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.length === 5
    ? error.code
    : undefined

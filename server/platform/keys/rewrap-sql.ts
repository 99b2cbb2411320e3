import { byteaArray } from '../db/binary.ts'
import { type Database, type Room, sqlState } from '../db/database.ts'
import type { Rewrapper } from './rewrapper.ts'

/** Key ids lead every blob (`sealed.ts`): bytes 2 to 17, and SQL counts from one. */
export const keyIdsArray = (ids: readonly string[]): Buffer => byteaArray(ids.map((id) => Buffer.from(id, 'hex')))

/**
 * The fence and the count of a rewrapper whose blobs stand in one column. The fence is a lock that no writer shares, held
 * for no longer than it takes to get it: then everybody who was writing has ended (as CREATE INDEX CONCURRENTLY waits).
 * `column`: null where there is no blob.
 */
export function columnGuard(
  db: Database,
  room: Room,
  table: `${Room}.${string}`,
  column: string,
): Pick<Rewrapper, 'fence' | 'countUnder' | 'expected'> {
  return {
    async expected() {
      // What PostgreSQL last estimated; small tables are counted.
      const [guess] = await db.as(room).query<{ rows: number }>({
        text: `select reltuples::bigint as rows from pg_class where oid = '${table}'::regclass`,
      })
      if (guess!.rows > countedRows) return guess!.rows
      const [row] = await db.as(room).query<{ rows: number }>({ text: `select count(*) as rows from ${table}` })
      return row!.rows
    },
    async fence() {
      for (let attempt = 1; ; attempt++)
        try {
          return await db.transaction(room, async (tx) => {
            // Writers queue behind a waiting lock: better to give way soon and come again.
            await tx.query({ text: `set local lock_timeout = '500ms'` })
            await tx.query({ text: `lock table ${table} in share mode` })
          })
        } catch (error) {
          if (sqlState(error) !== '55P03' || attempt >= 120) throw error
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
    },
    countUnder: (ids) =>
      db.transaction(room, async (tx) => {
        await tx.query({ text: 'set local statement_timeout = 0' })
        const rows = await tx.query<{ id: string; blobs: number }>({
          text: `select encode(substr(${column}, 3, 16), 'hex') as id, count(*) as blobs from ${table}
            where substr(${column}, 3, 16) = any($1::bytea[]) group by 1`,
          values: [keyIdsArray(ids)],
        })
        return new Map(rows.map(({ id, blobs }) => [id, blobs]))
      }),
  }
}

const countedRows = 1_000_000

/** Answers kept for an Idempotency-Key: they die after seven days, and their keys wait for that. */
export const onceRewrapper = (db: Database): Rewrapper => ({
  name: 'once',
  owns: async (_tenant, purpose) => purpose === 'once',
  ...columnGuard(db, 'platform', 'platform.once', 'answer'),
})

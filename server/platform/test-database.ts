import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createLog } from './log.ts'
import { startEmbeddedPostgres } from './postgres/index.ts'

/** A real PostgreSQL for tests of this room, with a fresh database for whoever asks. */
export async function startTestDatabase() {
  const directory = await mkdtemp(join(tmpdir(), 'bailee-platform-'))
  // As root, PostgreSQL runs as somebody else: where they cannot pass through, the cluster would lie elsewhere and stay.
  await chmod(directory, 0o711)
  const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), log: createLog('silent') })
  let made = 0
  return {
    connection: postgres.connection,
    async fresh(): Promise<pg.ClientConfig> {
      const database = `fresh_${++made}`
      const client = new pg.Client(postgres.connection)
      await client.connect()
      await client.query(`create database ${database}`)
      await client.end()
      return { ...postgres.connection, database }
    },
    async close() {
      await postgres.stop()
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}

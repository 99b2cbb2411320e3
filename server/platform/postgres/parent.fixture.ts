/**
 * A server's process reduced to its database, for tests that kill it. Takes the options as JSON in its first
 * argument, says one line of JSON when the database is ready or refused, and then waits to be killed.
 */
import { PostgresStartError, startEmbeddedPostgres } from './index.ts'
import type { PostgresLog } from './log.ts'

const silent: PostgresLog = { info() {}, warn() {}, error() {} }
const options = JSON.parse(process.argv[2] ?? '{}') as { dataDirectory: string; systemDirectory?: string } // written by the test

try {
  const { connection, pid, firstStart } = await startEmbeddedPostgres({ ...options, log: silent })
  process.stdout.write(`${JSON.stringify({ connection, pid, firstStart })}\n`)
} catch (error) {
  if (!(error instanceof PostgresStartError)) throw error
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message, cause: String(error.cause) })}\n`)
}
setInterval(() => {}, 60_000)

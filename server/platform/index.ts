/** Floor 1: everything that touches the machine. The only room that imports drivers. */
export { CoalesceOverflow, coalesce } from './coalesce.ts'
export { byteaArray, int4Array, int8Array, textArray, uuidArray } from './db/binary.ts'
export {
  type Connection,
  type Database,
  type DatabaseSettings,
  openDatabase,
  type Query,
  type Room,
  roleOf,
  type Statement,
  sqlState,
  type Tx,
} from './db/database.ts'
export { MigrationError, migrate, type RoomMigrations } from './db/migrate.ts'
export { prepareDatabases, settleForCopy } from './db/prepare.ts'
export { createEvents, type Event, type Events, emit } from './events.ts'
export { parseJsonBody } from './http/body.ts'
export { FileAnswer } from './http/file-answer.ts'
export { mountHealth } from './http/health.ts'
export { mountPortal } from './http/portal.ts'
export { mountReference } from './http/reference.ts'
export {
  type Authenticate,
  type Call,
  createHttpServer,
  type Handler,
  type HttpServer,
  type OnceKey,
  type ReplyOf,
  Streamed,
} from './http/server.ts'
export { createJobs, enqueue, type Jobs } from './jobs.ts'
export * from './keys/index.ts'
export { createLog, type Log } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { platformMigrations } from './migrations.ts'
export { once, onceScope, sealAnswer } from './once.ts'
export { type EmbeddedPostgres, PostgresStartError, startEmbeddedPostgres } from './postgres/index.ts'
export { type ZipFile, zip } from './zip.ts'

export { PostgresStartError, type PostgresStartErrorCode } from './errors.ts'
export type { PostgresLog } from './log.ts'
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  type PostgresConnection,
  type PostgresExit,
  startEmbeddedPostgres,
} from './start.ts'

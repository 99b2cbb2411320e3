/** Why the embedded PostgreSQL did not start. Stable: operators' guides and `bailee doctor` name these. */
export type PostgresStartErrorCode =
  | 'postgres_binaries_missing'
  | 'data_directory_in_use'
  | 'initdb_failed'
  | 'postgres_start_failed'
  | 'data_directory_unusable'

/** Carries what PostgreSQL itself said, where it said anything, as the message of its `cause`. */
export class PostgresStartError extends Error {
  override readonly name = 'PostgresStartError'
  readonly code: PostgresStartErrorCode

  constructor(code: PostgresStartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** The errno name of a system error ('ENOENT'), or the SQLSTATE of a PostgreSQL one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What this folder asks of a logger; pino's has this shape. Details hold paths, pids and versions, never rows. */
export type PostgresLog = {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

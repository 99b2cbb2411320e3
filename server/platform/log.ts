import pino from 'pino'

export type Log = pino.Logger

/**
 * Structured lines for operators. Ids only: request bodies, headers, addresses and query parameters are never handed
 * to it, and what might slip in through an error's properties is cut off here.
 */
export function createLog(level: string, destination?: pino.DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        err: (error: unknown) => {
          if (!(error instanceof Error)) return { message: 'not an error object' }
          const known = error as Error & { code?: unknown; constraint?: unknown; table?: unknown; severity?: unknown }
          // A database error's `detail` and `where` quote rows: only what names the place is kept.
          return {
            name: error.name,
            message: known.severity === undefined ? error.message : 'database error',
            code: known.code,
            table: known.table,
            constraint: known.constraint,
            stack: known.severity === undefined ? error.stack : error.stack?.split('\n').slice(1).join('\n'),
            ...(error.cause === undefined
              ? {}
              : { cause: error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : 'present' }),
          }
        },
      },
    },
    destination ?? pino.destination({ dest: 1, sync: false }),
  )
}

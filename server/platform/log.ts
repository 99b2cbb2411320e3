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
          const known = error as Error & { code?: unknown; constraint?: unknown; table?: unknown }
          return {
            ...nameOf(error),
            code: known.code,
            table: known.table,
            constraint: known.constraint,
            // Frames only: the lines before them are the message, however many there are.
            stack: error.stack?.slice(Math.max(0, error.stack.indexOf('\n    at '))),
            ...(error.cause === undefined
              ? {}
              : { cause: error.cause instanceof Error ? nameOf(error.cause) : 'present' }),
          }
        },
      },
    },
    destination ?? pino.destination({ dest: 1, sync: false }),
  )
}

/** A database error's message, and a parser's, may quote what was given to it. Others are our own words. */
function nameOf(error: Error): { readonly name: string; readonly message?: string } {
  if ('severity' in error) return { name: error.name, message: 'database error' }
  return error instanceof SyntaxError ? { name: error.name } : { name: error.name, message: error.message }
}

import { type ExitCode, exit } from './exit.ts'
import type { Terminal } from './terminal.ts'

/** The first Ctrl-C ends between two writes; a second one ends at once, which an atomic state also survives. */
export function endOnSignals({ closed }: Terminal) {
  let code: ExitCode | 143 = exit.outputClosed
  process.once('SIGINT', () => {
    code = exit.interrupted
    closed.abort()
  })
  process.once('SIGTERM', () => {
    code = 143
    closed.abort()
  })
  return { signal: closed.signal, code: () => code as ExitCode }
}

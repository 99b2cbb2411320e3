import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { codeOf } from './errors.ts'
import type { PostgresLog } from './log.ts'
import { isStillRunning, type ProcessIdentity, waitUntilGone } from './processes.ts'

const run = promisify(execFile)

/** Fast ends every session and writes a checkpoint; immediate leaves the rest to crash recovery. Neither loses a commit. */
const steps = [
  { signal: 'SIGINT', pgCtlSignal: 'INT', waitSeconds: 30, next: 'immediate shutdown' },
  { signal: 'SIGQUIT', pgCtlSignal: 'QUIT', waitSeconds: 10, next: 'kill' },
  { signal: 'SIGKILL', pgCtlSignal: 'KILL', waitSeconds: 10, next: null },
] as const

/** Resolves when the postmaster is gone. Rejects when it may not be signalled, or survives even SIGKILL. */
export async function shutDown(postmaster: ProcessIdentity, pgCtl: string, log: PostgresLog): Promise<void> {
  for (const step of steps) {
    if (!(await isStillRunning(postmaster))) return
    await tell(postmaster.pid, step, pgCtl)
    if (await waitUntilGone(postmaster, step.waitSeconds * 1000)) return
    if (step.next !== null)
      log.warn(
        { pid: postmaster.pid, waitedSeconds: step.waitSeconds },
        `PostgreSQL is still running; next: ${step.next}`,
      )
  }
  throw new Error(`PostgreSQL, process ${postmaster.pid}, could not be ended`)
}

/** Windows has no signals; pg_ctl brings PostgreSQL its own substitute. */
async function tell(pid: number, step: (typeof steps)[number], pgCtl: string): Promise<void> {
  if (process.platform === 'win32') {
    await run(pgCtl, ['kill', step.pgCtlSignal, String(pid)]).catch(() => {})
    return
  }
  try {
    process.kill(pid, step.signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

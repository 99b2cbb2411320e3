import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf, PostgresStartError } from './errors.ts'
import type { PostgresLog } from './log.ts'
import {
  findPostgresProcesses,
  identify,
  isPidTaken,
  isPostgresOf,
  type ProcessIdentity,
  waitUntilGone,
} from './processes.ts'
import { shutDown } from './shutdown.ts'

const run = promisify(execFile)

/**
 * Clears what an earlier server of this cluster left behind. Only for the holder of the server lock: whoever
 * still runs here is then an orphan, never a rival's database.
 */
export async function clearLeftovers(cluster: string, pgCtl: string, log: PostgresLog): Promise<void> {
  if (process.platform === 'win32') {
    await run(pgCtl, ['stop', '--pgdata', cluster, '--mode', 'fast', '--wait']).catch(() => {})
    return
  }
  const pidFile = join(cluster, 'postmaster.pid')
  const recorded = await readPid(pidFile)
  try {
    if (typeof recorded === 'number' && (await isPostgresOf(recorded, cluster))) {
      const orphan = await identify(recorded)
      log.warn({ pid: recorded, cluster }, 'a PostgreSQL of an earlier server is still running here; stopping it')
      if (orphan !== null) await shutDown(orphan, pgCtl, log)
    }
    await endOrphanedBackends(cluster, log)
  } catch (cause) {
    throw new PostgresStartError(
      'data_directory_in_use',
      `A PostgreSQL${typeof recorded === 'number' ? `, process ${recorded},` : ''} still uses ${cluster}, and it could not be stopped.`,
      cause,
    )
  }
  if (recorded === 'absent') return
  // The pid of a dead process is left for PostgreSQL to judge: it also checks the shared memory noted in the file.
  // A number that is taken, by another program or by the zombie of the old one in a container whose first process
  // reaps nothing, would make it refuse for ever, and so would a file cut short by a full disk.
  const stillThere = await readPid(pidFile)
  if (stillThere === 'unreadable' || (typeof stillThere === 'number' && isPidTaken(stillThere))) {
    log.warn({ pid: stillThere, cluster }, 'the pid file of PostgreSQL is stale; removing it')
    await rm(pidFile, { force: true })
  }
}

/**
 * A backend notices the death of its postmaster only when it next waits; until then it may write. Two
 * generations writing to one cluster would ruin it, so the old one must be gone before the pid file goes.
 */
async function endOrphanedBackends(cluster: string, log: PostgresLog): Promise<void> {
  await Promise.all((await findPostgresProcesses(cluster)).map((backend) => endBackend(backend, cluster, log)))
}

async function endBackend(backend: ProcessIdentity, cluster: string, log: PostgresLog): Promise<void> {
  if (await waitUntilGone(backend, 2000)) return
  log.warn({ pid: backend.pid, cluster }, 'a PostgreSQL backend has outlived its server; ending it')
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(backend.pid, signal)
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error
    }
    if (await waitUntilGone(backend, 2000)) return
  }
  throw new Error(`backend ${backend.pid} could not be ended`)
}

async function readPid(pidFile: string): Promise<number | 'absent' | 'unreadable'> {
  let text: string
  try {
    text = await readFile(pidFile, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'absent'
    throw error
  }
  // A standalone backend writes its pid with a minus sign.
  const match = /^-?(\d{1,10})\n/.exec(text)
  const pid = Number(match?.[1])
  return Number.isInteger(pid) && pid > 0 ? pid : 'unreadable'
}

import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { codeOf } from './errors.ts'

const run = promisify(execFile)
const hasProc = process.platform === 'linux'

/** A pid alone names whoever holds the number now; with the start time it names one process for good. */
export type ProcessIdentity = { readonly pid: number; readonly startTime: string }

export async function identify(pid: number): Promise<ProcessIdentity | null> {
  if (!(await isRunning(pid))) return null
  return { pid, startTime: await startTimeOf(pid) }
}

/** False also when the number now belongs to another process. */
export async function isStillRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await isRunning(identity.pid)) && (await startTimeOf(identity.pid)) === identity.startTime
}

/** A zombie counts as gone: in a container whose first process reaps nothing it would otherwise live for ever. */
export async function isRunning(pid: number): Promise<boolean> {
  if (!isPidTaken(pid)) return false
  if (!hasProc) return true
  const stat = await readStat(pid)
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X'
}

/** Taken by whomever, zombies included: what kill(2) with signal 0 can tell. */
export function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Resolves to whether the process was gone in time. */
export async function waitUntilGone(identity: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    if (!(await isStillRunning(identity))) return true
    if (performance.now() >= deadline) return false
    await sleep(20)
  }
}

/**
 * Whether this pid really is a postmaster of this cluster. A postmaster's working directory is its
 * data directory; where that cannot be read, its command line must name the directory.
 */
export async function isPostgresOf(pid: number, clusterDirectory: string): Promise<boolean> {
  if (!(await isRunning(pid))) return false
  if (hasProc) {
    if ((await readStat(pid))?.command !== 'postgres') return false
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null)
    if (cwd !== null) return cwd === clusterDirectory
  }
  const command = await commandOf(pid)
  return /postgres/.test(command) && command.includes(clusterDirectory)
}

/**
 * Every postgres process working in this cluster, backends that outlived their postmaster included.
 * Linux only: elsewhere PostgreSQL's own shared-memory check finds them at start.
 */
export async function findPostgresProcesses(clusterDirectory: string): Promise<readonly ProcessIdentity[]> {
  if (!hasProc) return []
  const found: ProcessIdentity[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const pid = Number(name)
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => null)
    if (cwd !== clusterDirectory) continue
    const stat = await readStat(pid)
    // An operator's shell may stand in the directory; only postgres is ours to end.
    if (stat?.command === 'postgres' && stat.state !== 'Z') found.push({ pid, startTime: stat.startTime })
  }
  return found
}

async function startTimeOf(pid: number): Promise<string> {
  if (hasProc) return (await readStat(pid))?.startTime ?? ''
  if (process.platform === 'win32') return ''
  return run('ps', ['-o', 'lstart=', '-p', String(pid)], {
    env: { PATH: process.env.PATH ?? '/bin:/usr/bin', LC_ALL: 'C' },
  }).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )
}

async function commandOf(pid: number): Promise<string> {
  if (hasProc) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return line.replaceAll('\0', ' ')
  }
  if (process.platform === 'win32') return ''
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  )
}

type Stat = { readonly command: string; readonly state: string; readonly startTime: string }

/** proc(5): the command stands in parentheses and may itself hold spaces and parentheses, so cut at the last one. */
async function readStat(pid: number): Promise<Stat | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const open = line.indexOf('(')
  const close = line.lastIndexOf(')')
  if (open < 0 || close < 0) return null
  const rest = line.slice(close + 2).split(' ')
  // Field 3 is the state and field 22 the start time in ticks since boot; `rest` begins with field 3.
  return { command: line.slice(open + 1, close), state: rest[0] ?? '', startTime: rest[19] ?? '' }
}

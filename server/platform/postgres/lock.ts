import { randomBytes } from 'node:crypto'
import { link, readFile, readlink, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, PostgresStartError } from './errors.ts'
import { writePrivateFile } from './files.ts'
import type { PostgresLog } from './log.ts'
import { identify, isStillRunning } from './processes.ts'

/** Who holds a data directory. `place` tells whether our view of pids is the holder's view too. */
type Holder = {
  readonly pid: number
  readonly startTime: string
  readonly host: string
  readonly boot: string
  readonly pidNamespace: string
  readonly token: string
}

export type Lock = { release(): Promise<void> }

const heartbeatSeconds = 2
const watchSeconds = 7

/**
 * One server a directory. PostgreSQL's own pid file cannot say this: a start must be free to stop a
 * postgres left by a crash, and so has to know that no living server still owns it.
 *
 * A holder is alive when its pid lives and began when the lock says. A holder in another container or on
 * another machine has pids that mean nothing here; it is judged by its heartbeat, the file's changing mtime.
 */
export async function acquireLock(directory: string, log: PostgresLog): Promise<Lock> {
  const path = join(directory, 'server.lock')
  const me = await describeMyself()
  const mine = `${path}.${me.token}`
  await writePrivateFile(mine, `${JSON.stringify(me)}\n`)
  try {
    // A few rounds: between finding a lock and judging it, its holder may let go.
    for (let round = 0; round < 20; round += 1) {
      try {
        // link, not open: the lock appears with its content complete, or not at all.
        await link(mine, path)
        return hold(path, me)
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
      const found = await readFile(path, 'utf8').catch(() => null)
      if (found === null) continue
      const holder = parseHolder(found)
      if (holder !== null && (await isAlive(holder, me, path, log))) {
        throw new PostgresStartError(
          'data_directory_in_use',
          `The data directory ${directory} is in use by another Bailee server, process ${holder.pid} on ${holder.host}. Stop that one first, or choose another directory.`,
        )
      }
      await removeStale(path, found, me.token)
    }
    throw new PostgresStartError(
      'data_directory_in_use',
      `Other servers keep taking the lock of the data directory ${directory}.`,
    )
  } finally {
    await rm(mine, { force: true })
  }
}

function hold(path: string, me: Holder): Lock {
  const heartbeat = setInterval(() => {
    const now = new Date()
    // A missed beat only matters to a rival in another container, and that one waits for several.
    utimes(path, now, now).catch(() => {})
  }, heartbeatSeconds * 1000)
  heartbeat.unref()
  return {
    async release() {
      clearInterval(heartbeat)
      const holder = parseHolder(await readFile(path, 'utf8').catch(() => ''))
      if (holder?.token === me.token) await rm(path, { force: true })
    },
  }
}

async function isAlive(holder: Holder, me: Holder, path: string, log: PostgresLog): Promise<boolean> {
  if (holder.boot === me.boot && holder.pidNamespace === me.pidNamespace && holder.host === me.host) {
    return isStillRunning(holder)
  }
  // Same machine, booted since: nobody from before is left.
  if (holder.host === me.host && holder.boot !== me.boot && holder.pidNamespace === me.pidNamespace) return false
  log.warn(
    { directory: dirname(path), holder: holder.host, seconds: watchSeconds },
    'the data directory was last held from another container or machine; watching whether it is still in use',
  )
  const before = await stat(path).catch(() => null)
  await sleep(watchSeconds * 1000)
  const after = await stat(path).catch(() => null)
  return before !== null && after !== null && before.mtimeMs !== after.mtimeMs
}

/** Takes the judged lock away, and puts it back if a faster rival had already replaced it by a living one. */
async function removeStale(path: string, judged: string, token: string): Promise<void> {
  const aside = `${path}.stale-${token}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  if ((await readFile(aside, 'utf8')) !== judged) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

async function describeMyself(): Promise<Holder> {
  const identity = await identify(process.pid)
  return {
    pid: process.pid,
    startTime: identity?.startTime ?? '',
    host: hostname(),
    boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim(),
    pidNamespace: await readlink('/proc/self/ns/pid').catch(() => ''),
    token: randomBytes(8).toString('hex'),
  }
}

/** Null for what no server wrote whole: such a lock holds nothing. */
function parseHolder(text: string): Holder | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const fields = value as Partial<Record<keyof Holder, unknown>> // read field by field below
  const text_ = (field: unknown): string => (typeof field === 'string' ? field : '')
  if (typeof fields.pid !== 'number') return null
  return {
    pid: fields.pid,
    startTime: text_(fields.startTime),
    host: text_(fields.host),
    boot: text_(fields.boot),
    pidNamespace: text_(fields.pidNamespace),
    token: text_(fields.token),
  }
}

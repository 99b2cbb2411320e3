import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import {
  type EmbeddedPostgresOptions,
  type PostgresConnection,
  PostgresStartError,
  startEmbeddedPostgres,
} from './index.ts'
import type { PostgresLog } from './log.ts'
import { findPostgresProcesses, isRunning } from './processes.ts'

const isRoot = process.getuid?.() === 0
const isLinux = process.platform === 'linux'
const silent: PostgresLog = { info() {}, warn() {}, error() {} }
const options = { timeout: 180_000 }
const room = await mkdtemp(join(tmpdir(), 'bailee-pg-test-'))
// As root, PostgreSQL's account must pass through; mkdtemp makes 0700.
await chmod(room, 0o711)
const children: ChildProcess[] = []
let directories = 0

after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await until('no postgres of these tests is left', () => everyPostgresUnder(room).length === 0)
  await rm(room, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
})

test('the second start finds what the first one stored, and stop leaves nothing running', options, async (t) => {
  const dataDirectory = freshDirectory()
  const first = await start(t, { dataDirectory })
  assert.equal(first.firstStart, true)
  assert.equal((await stat(join(dataDirectory, 'password'))).mode & 0o777, 0o600)
  assert.equal((await stat(join(dataDirectory, 'cluster'))).mode & 0o777, 0o700)
  await remember(first.connection, 'kept')
  await first.stop()
  await first.stop()
  assert.equal(await isRunning(first.pid), false)
  assert.equal(existsSync(join(dataDirectory, 'server.lock')), false)

  const second = await start(t, { dataDirectory })
  assert.equal(second.firstStart, false)
  assert.deepEqual(await recall(second.connection), ['kept'])
})

test('durability, checksums and a silent log hold even against the settings of an operator', options, async (t) => {
  const dataDirectory = freshDirectory()
  const settings = { fsync: 'off', log_statement: 'all', log_min_messages: 'debug1', work_mem: '12MB' }
  const running = await start(t, { dataDirectory, settings })
  const wanted = {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    data_checksums: 'on',
    server_encoding: 'UTF8',
    listen_addresses: '',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
    work_mem: '12MB',
    jit: 'off',
  }
  for (const [name, value] of Object.entries(wanted)) {
    assert.equal(
      (await query(running.connection, 'SELECT current_setting($1) AS value', [name]))[0]?.value,
      value,
      name,
    )
  }
  await query(running.connection, 'CREATE TABLE secret (name text PRIMARY KEY)')
  await query(running.connection, `INSERT INTO secret VALUES ('Zhang-Invented')`)
  await assert.rejects(query(running.connection, `INSERT INTO secret VALUES ('Zhang-Invented')`))
  await assert.rejects(query(running.connection, `SELECT 'Zhang-Invented'::integer`))
  await assert.rejects(query({ ...running.connection, password: 'wrong' }, 'SELECT 1'), { code: '28P01' })
  assert.doesNotMatch(await readFile(join(dataDirectory, 'postgres.log'), 'utf8'), /Zhang|secret/)
  assert.equal((await query(running.connection, `SELECT lower('ÀÖ') AS value`))[0]?.value, 'àö')
})

test('kill -9 of the server ends its postgres cleanly', options, async (t) => {
  const dataDirectory = freshDirectory()
  const parent = await startParent({ dataDirectory })
  await remember(parent.connection, 'kept')
  parent.child.kill('SIGKILL')
  await until('postgres is gone', async () => !(await isRunning(parent.pid)))
  assert.match(await readFile(join(dataDirectory, 'postgres.log'), 'utf8'), /database system is shut down/)
  const again = await start(t, { dataDirectory })
  assert.deepEqual(await recall(again.connection), ['kept'])
})

test('a signal to the whole terminal does not reach postgres', { ...options, skip: !isLinux }, async () => {
  const parent = await startParent({ dataDirectory: freshDirectory() })
  const session = (pid: number): string | undefined => statOf(pid)[3]
  assert.notEqual(session(parent.pid), session(process.pid))
  assert.notEqual(session(parent.pid), session(parent.child.pid as number))
  parent.child.kill('SIGKILL')
})

test('kill -9 of the server and its guardian leaves an orphan, and the next start stops it and loses no row', {
  ...options,
  skip: !isLinux,
}, async (t) => {
  const dataDirectory = freshDirectory()
  const parent = await startParent({ dataDirectory })
  const guardian = Number(statOf(parent.pid)[1])
  const watches = childrenOf(guardian).filter((pid) => pid !== parent.pid)
  assert.equal(watches.length, 1)
  await remember(parent.connection, 'acknowledged')
  for (const pid of [guardian, ...watches, parent.child.pid as number]) process.kill(pid, 'SIGKILL')
  await until('the server is gone', async () => !(await isRunning(parent.child.pid as number)))
  assert.equal(await isRunning(parent.pid), true)

  const again = await start(t, { dataDirectory })
  assert.notEqual(again.pid, parent.pid)
  assert.equal(await isRunning(parent.pid), false)
  assert.deepEqual(await recall(again.connection), ['acknowledged'])
})

test('kill -9 of everything at once loses no acknowledged row', { ...options, skip: !isLinux }, async (t) => {
  const dataDirectory = freshDirectory()
  const parent = await startParent({ dataDirectory })
  const cluster = join(dataDirectory, 'cluster')
  const guardian = Number(statOf(parent.pid)[1])
  await remember(parent.connection, 'acknowledged')
  for (const pid of [guardian, ...childrenOf(guardian), parent.child.pid as number]) process.kill(pid, 'SIGKILL')
  for (const { pid } of await findPostgresProcesses(cluster)) kill(pid)
  await until('its server is gone', async () => !(await isRunning(parent.child.pid as number)))
  const again = await start(t, { dataDirectory })
  assert.deepEqual(await recall(again.connection), ['acknowledged'])
})

test('an orphaned backend is ended before a new postgres starts', { ...options, skip: !isLinux }, async (t) => {
  const dataDirectory = freshDirectory()
  const parent = await startParent({ dataDirectory })
  const client = new pg.Client(parent.connection)
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  const backend = rows[0].pid as number
  // A stopped process notices nothing, like one that is deep in a computation.
  process.kill(backend, 'SIGSTOP')
  kill(parent.pid)
  parent.child.kill('SIGKILL')
  await until('the postmaster is gone', async () => !(await isRunning(parent.pid)))
  // A killed process takes a moment to end, and until then the directory is rightly said to be in use.
  await until('its server is gone', async () => !(await isRunning(parent.child.pid as number)))
  assert.equal(await isRunning(backend), true)
  const again = await start(t, { dataDirectory })
  assert.equal(await isRunning(backend), false)
  await query(again.connection, 'SELECT 1')
})

test(
  'a stale pid file that names another living process is removed, and that process is left alone',
  options,
  async (t) => {
    const dataDirectory = freshDirectory()
    const first = await start(t, { dataDirectory })
    await first.stop()
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    children.push(stranger)
    const pidFile = join(dataDirectory, 'cluster', 'postmaster.pid')
    await writeFile(
      pidFile,
      `${stranger.pid}\n${join(dataDirectory, 'cluster')}\n1763932000\n5432\n${first.connection.host}\n\n  1234567    987654\nready   \n`,
    )
    await mkdir(first.connection.host, { recursive: true })
    await writeFile(join(first.connection.host, '.s.PGSQL.5432.lock'), `${stranger.pid}\n`)
    const second = await start(t, { dataDirectory })
    await query(second.connection, 'SELECT 1')
    assert.equal(await isRunning(stranger.pid as number), true)
    await second.stop()

    await writeFile(pidFile, '')
    const third = await start(t, { dataDirectory })
    await query(third.connection, 'SELECT 1')
  },
)

test(
  'a second server on the same data directory is refused, with the directory and the pid, and the first serves on',
  options,
  async (t) => {
    const dataDirectory = freshDirectory()
    const parent = await startParent({ dataDirectory })
    await assert.rejects(start(t, { dataDirectory }), (error) => {
      assert.ok(error instanceof PostgresStartError)
      assert.equal(error.code, 'data_directory_in_use')
      assert.ok(error.message.includes(dataDirectory) && error.message.includes(String(parent.child.pid)))
      return true
    })
    await query(parent.connection, 'SELECT 1')
    parent.child.kill('SIGKILL')

    const own = freshDirectory()
    const running = await start(t, { dataDirectory: own })
    await assert.rejects(start(t, { dataDirectory: own }), { code: 'data_directory_in_use' })
    await query(running.connection, 'SELECT 1')
  },
)

test('of many servers that start at once exactly one gets the directory, over a stale lock too', options, async () => {
  const dataDirectory = freshDirectory()
  await mkdir(dataDirectory)
  await chmod(dataDirectory, 0o711)
  const gone = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  await new Promise((resolve) => gone.once('exit', resolve))
  const lock = {
    pid: gone.pid,
    startTime: '1',
    host: (await import('node:os')).hostname(),
    boot: '',
    pidNamespace: '',
    token: 'old',
  }
  if (isLinux) {
    lock.boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    lock.pidNamespace = (await import('node:fs')).readlinkSync('/proc/self/ns/pid')
  }
  await writeFile(join(dataDirectory, 'server.lock'), JSON.stringify(lock))
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => startParent({ dataDirectory })))
  const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  assert.equal(winners.length, 1)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') assert.match(String(outcome.reason), /data_directory_in_use/)
  await query(winners[0]?.value.connection as PostgresConnection, 'SELECT 1')
  winners[0]?.value.child.kill('SIGKILL')
})

test('a first start that was killed half-way is done again', options, async (t) => {
  const dataDirectory = freshDirectory()
  const child = spawnParent({ dataDirectory })
  const isUnfinished = (): boolean =>
    existsSync(dataDirectory) &&
    readdirSync(dataDirectory).some(
      (name) => name.startsWith('cluster.tmp-') && existsSync(join(dataDirectory, name, 'data', 'PG_VERSION')),
    )
  await until('initdb is at work', isUnfinished, 1)
  child.kill('SIGKILL')
  await until('the server is gone', async () => !(await isRunning(child.pid as number)))
  assert.equal(existsSync(join(dataDirectory, 'cluster')), false)

  const again = await start(t, { dataDirectory })
  assert.equal(again.firstStart, true)
  assert.deepEqual(
    (await readdir(dataDirectory)).filter((name) => name.startsWith('cluster.tmp-')),
    [],
  )
  await query(again.connection, 'SELECT 1')
})

test('an unexpected death of postgres is reported once, and a requested stop is not', options, async (t) => {
  const dataDirectory = freshDirectory()
  const reasons: unknown[] = []
  const running = await start(t, { dataDirectory, onExit: (reason) => reasons.push(reason) })
  await remember(running.connection, 'kept')
  kill(running.pid)
  await until('the death is reported', () => reasons.length > 0)
  await running.stop()
  assert.equal(reasons.length, 1)
  const again = await start(t, { dataDirectory, onExit: (reason) => reasons.push(reason) })
  assert.deepEqual(await recall(again.connection), ['kept'])
  await again.stop()
  assert.equal(reasons.length, 1)
})

test('when the guardian is killed the death is reported and postgres does not run on unguarded', {
  ...options,
  skip: !isLinux,
}, async (t) => {
  let lost = false
  const running = await start(t, { dataDirectory: freshDirectory(), onExit: (reason) => (lost = reason.guardianLost) })
  process.kill(Number(statOf(running.pid)[1]), 'SIGKILL')
  await until('postgres is gone', async () => !(await isRunning(running.pid)))
  assert.equal(lost, true)
})

test('a postgres that cannot start says why in the cause, and lets go of the directory', options, async (t) => {
  const dataDirectory = freshDirectory()
  await assert.rejects(start(t, { dataDirectory, settings: { shared_buffers: 'nonsense' } }), (error) => {
    assert.ok(error instanceof PostgresStartError)
    assert.equal(error.code, 'postgres_start_failed')
    assert.match(String(error.cause), /shared_buffers/)
    return true
  })
  const running = await start(t, { dataDirectory })
  await query(running.connection, 'SELECT 1')
})

test('a data directory that is a file is unusable', options, async (t) => {
  const dataDirectory = freshDirectory()
  await writeFile(dataDirectory, '')
  await assert.rejects(start(t, { dataDirectory }), { code: 'data_directory_unusable' })
})

test('a path too long for a socket still works', options, async (t) => {
  const running = await start(t, { dataDirectory: join(freshDirectory(), 'x'.repeat(120)) })
  assert.equal((await stat(running.connection.host)).mode & 0o777, 0o700)
  await query(running.connection, 'SELECT 1')
  await running.stop()
  assert.equal(existsSync(running.connection.host), false)
})

test('root can keep its data directory where the account of postgres cannot go', {
  ...options,
  skip: !isRoot,
}, async (t) => {
  const closed = join(room, 'closed')
  await mkdir(closed, { mode: 0o700 })
  const dataDirectory = join(closed, 'data')
  const systemDirectory = join(room, 'system')
  const first = await start(t, { dataDirectory, systemDirectory })
  await remember(first.connection, 'kept')
  await first.stop()
  assert.equal(existsSync(join(dataDirectory, 'cluster')), false)
  const second = await start(t, { dataDirectory, systemDirectory })
  assert.equal(second.firstStart, false)
  assert.deepEqual(await recall(second.connection), ['kept'])
  await second.stop()

  // Whoever deletes the data directory begins anew, and the old database is not thrown away for them.
  await rm(dataDirectory, { recursive: true })
  const third = await start(t, { dataDirectory, systemDirectory })
  assert.equal(third.firstStart, true)
  const base = (await readdir(systemDirectory)).find((name) => !name.startsWith('postgresql-')) ?? ''
  assert.ok((await readdir(join(systemDirectory, base))).some((name) => name.startsWith('cluster.abandoned-')))
})

test('an ordinary user can run it, and root can take over and hand back', { ...options, skip: !isRoot }, async (t) => {
  const nobody = {
    uid: Number(execFileSync('id', ['-u', 'nobody'])),
    gid: Number(execFileSync('id', ['-g', 'nobody'])),
  }
  const home = freshDirectory()
  await mkdir(home)
  await chmod(home, 0o755)
  chownSync(home, nobody.uid, nobody.gid)
  const dataDirectory = join(home, 'data')
  const parent = await startParent({ dataDirectory }, nobody)
  await remember(parent.connection, 'kept')
  assert.equal((await stat(join(dataDirectory, 'cluster'))).uid, nobody.uid)
  parent.child.kill('SIGKILL')
  await until('postgres is gone', async () => !(await isRunning(parent.pid)))

  await rm(join(dataDirectory, 'postgres.log'))
  const asRoot = await start(t, { dataDirectory })
  assert.deepEqual(await recall(asRoot.connection), ['kept'])
  await asRoot.stop()
  const back = await startParent({ dataDirectory }, nobody)
  assert.deepEqual(await recall(back.connection), ['kept'])
  back.child.kill('SIGKILL')
})

type Account = { readonly uid: number; readonly gid: number }
type Parent = { readonly child: ChildProcess; readonly connection: PostgresConnection; readonly pid: number }
type ParentOptions = Pick<EmbeddedPostgresOptions, 'dataDirectory' | 'systemDirectory'>

function freshDirectory(): string {
  directories += 1
  return join(room, String(directories))
}

async function start(t: TestContext, settings: Omit<EmbeddedPostgresOptions, 'log'>) {
  const running = await startEmbeddedPostgres({ ...settings, log: silent })
  t.after(() => running.stop())
  return running
}

function spawnParent(settings: ParentOptions, account?: Account): ChildProcess {
  const fixture = fileURLToPath(new URL('./parent.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [fixture, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...account,
  })
  children.push(child)
  return child
}

async function startParent(settings: ParentOptions, account?: Account): Promise<Parent> {
  const child = spawnParent(settings, account)
  if (child.stdout === null) throw new Error('the parent has no output')
  for await (const line of createInterface(child.stdout)) {
    const answer = JSON.parse(line) as Omit<Parent, 'child'> | { code: string } // written by the fixture
    if ('connection' in answer) return { child, ...answer }
    child.kill('SIGKILL')
    throw new Error(line)
  }
  throw new Error('the parent ended without a word')
}

async function query(
  connection: PostgresConnection,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows
  } finally {
    await client.end()
  }
}

async function remember(connection: PostgresConnection, word: string): Promise<void> {
  await query(connection, 'CREATE TABLE IF NOT EXISTS words (word text)')
  await query(connection, 'INSERT INTO words (word) VALUES ($1)', [word])
}

async function recall(connection: PostgresConnection): Promise<readonly unknown[]> {
  return (await query(connection, 'SELECT word FROM words ORDER BY word')).map((row) => row.word)
}

/** The limit keeps a broken test from hanging; it is no promise about speed. */
async function until(what: string, holds: () => boolean | Promise<boolean>, pauseMilliseconds = 20): Promise<void> {
  const deadline = performance.now() + 90_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await sleep(pauseMilliseconds)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already, which is what was wanted.
  }
}

/** Fields of /proc/<pid>/stat from the state on: [0] state, [1] parent, [3] session. */
function statOf(pid: number): string[] {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return line.slice(line.lastIndexOf(')') + 2).split(' ')
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return statOf(pid)[1] === String(parent)
      } catch {
        return false
      }
    })
}

function everyPostgresUnder(directory: string): number[] {
  if (!isLinux) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
          .split('\0')
          .some(
            (argument) =>
              argument.startsWith(directory) &&
              /postgres|guardian|initdb/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')),
          )
      } catch {
        return false
      }
    })
}

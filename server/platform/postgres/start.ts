import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Account, chooseAccount } from './account.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { clearUnfinishedClusters, createCluster, preparePassword, superuser } from './cluster.ts'
import { type PreparedEndpoint, prepareEndpoint } from './endpoint.ts'
import { codeOf, PostgresStartError } from './errors.ts'
import { type Ending, type Guarded, runGuarded } from './guardian.ts'
import { clearLeftovers } from './leftovers.ts'
import { acquireLock, type Lock } from './lock.ts'
import type { PostgresLog } from './log.ts'
import { type LogFile, openLogFile, readTail } from './logfile.ts'
import {
  assertUsable,
  choosePlace,
  findPlace,
  type Place,
  prepareDataDirectory,
  recordPlace,
  setAbandonedClusterAside,
} from './place.ts'
import { identify, type ProcessIdentity } from './processes.ts'
import { type PostgresSettings, settingArguments } from './settings.ts'
import { shutDown } from './shutdown.ts'

export type EmbeddedPostgresOptions = {
  /** Made when absent. Holds the cluster, `password`, `postgres.log` and `server.lock`: back it up whole, stopped. */
  readonly dataDirectory: string
  readonly log: PostgresLog
  /** PostgreSQL settings by name. Those that promise durability and a silent log cannot be changed. */
  readonly settings?: PostgresSettings
  /**
   * Called once if PostgreSQL ends without having been asked to. Nothing is restarted: stop serving, and call
   * `stop()` to let go of the data directory.
   */
  readonly onExit?: (reason: PostgresExit) => void
  /** Root only: where cluster and binaries go that PostgreSQL's account could not reach otherwise. */
  readonly systemDirectory?: string
}

export type PostgresConnection = {
  /** A socket's directory, or 127.0.0.1. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export type PostgresExit = {
  /** 128 + n after signal n; null when the guardian was lost, and PostgreSQL was then stopped for want of one. */
  readonly exitCode: number | null
  readonly guardianLost: boolean
  /** The last lines of postgres.log. */
  readonly logTail: string
}

export type EmbeddedPostgres = {
  readonly connection: PostgresConnection
  /** The postmaster's. */
  readonly pid: number
  /** Whether this start created the cluster. */
  readonly firstStart: boolean
  /** Ends every session, writes a checkpoint, and resolves when the postmaster is gone. May be called again. */
  stop(): Promise<void>
}

const database = 'bailee'

/**
 * Starts the PostgreSQL that comes with Bailee, for a server without DATABASE_URL. It ends when this process
 * does, however that happens; it does not by itself keep this process alive.
 * @throws {PostgresStartError}
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const locks: Lock[] = []
  try {
    return await start(options, locks)
  } catch (error) {
    await releaseAll(locks)
    if (error instanceof PostgresStartError) throw error
    throw new PostgresStartError(
      'data_directory_unusable',
      `The data directory ${options.dataDirectory} cannot be used: ${codeOf(error) ?? 'unexpected failure'}.`,
      error,
    )
  }
}

async function start(options: EmbeddedPostgresOptions, locks: Lock[]): Promise<EmbeddedPostgres> {
  const { log, systemDirectory = '/var/lib/bailee' } = options
  const dataDirectory = await prepareDataDirectory(options.dataDirectory)
  locks.push(await acquireLock(dataDirectory, log))

  const existing = await findPlace(dataDirectory)
  const account = await chooseAccount(existing?.owner ?? null)
  const binaries = await findBinaries(account, systemDirectory, log)
  const place = existing ?? (await choosePlace(dataDirectory, account, systemDirectory, log))
  // A copied data directory names the same distant cluster as its original.
  if (place.base !== dataDirectory) locks.push(await acquireLock(place.base, log))

  const password = await preparePassword(dataDirectory, existing !== null)
  const unfinished = await clearUnfinishedClusters(place.base)
  if (unfinished > 0) log.warn({ base: place.base }, 'an earlier first start was interrupted; it is done again')
  if (existing === null) {
    if (place.base !== dataDirectory) await setAbandonedClusterAside(place, log)
    await createCluster(place, account, binaries, password)
    await recordPlace(dataDirectory, place)
  } else {
    await assertUsable(place, account, majorOf(binaries))
    await clearLeftovers(place.cluster, binaries.pgCtl, log)
  }

  const endpoint = await prepareEndpoint(place.base, account)
  const connection = { host: endpoint.host, port: endpoint.port, user: superuser, password, database }
  const logFile = await openLogFile(join(dataDirectory, 'postgres.log'))
  try {
    const running = await launch({
      binaries,
      place,
      account,
      endpoint,
      connection,
      logFile,
      settings: options.settings ?? {},
      log,
    })
    log.info(
      { pid: running.postmaster.pid, cluster: place.cluster, firstStart: existing === null },
      'the embedded PostgreSQL is ready',
    )
    return supervise(options, running, {
      connection,
      firstStart: existing === null,
      endpoint,
      locks,
      logFile,
      pgCtl: binaries.pgCtl,
    })
  } finally {
    await logFile.file.close()
  }
}

type Running = { readonly guarded: Guarded; readonly postmaster: ProcessIdentity }

type Launch = {
  readonly binaries: Binaries
  readonly place: Place
  readonly account: Account | null
  readonly endpoint: PreparedEndpoint
  readonly connection: PostgresConnection
  readonly logFile: LogFile
  readonly settings: PostgresSettings
  readonly log: PostgresLog
}

async function launch(plan: Launch): Promise<Running> {
  const args = ['-D', plan.place.cluster, ...(await settingArguments(plan.settings, plan.endpoint))]
  let guarded: Guarded
  try {
    guarded = await runGuarded({
      file: plan.binaries.postgres,
      args,
      account: plan.account,
      output: plan.logFile.file.fd,
    })
  } catch (cause) {
    throw new PostgresStartError('postgres_start_failed', 'PostgreSQL could not be run.', cause)
  }
  const postmaster = await identify(guarded.pid)
  try {
    await waitUntilReady(plan, guarded)
    if (postmaster === null) throw await startFailed(plan, null)
    return { guarded, postmaster }
  } catch (error) {
    if (postmaster !== null) await shutDown(postmaster, plan.binaries.pgCtl, plan.log)
    await guarded.ended
    throw error
  }
}

/**
 * Waits as long as PostgreSQL lives: recovery after a crash takes the time that it takes, and giving up on it
 * would only begin it anew.
 */
async function waitUntilReady(plan: Launch, guarded: Guarded): Promise<void> {
  let ending: Ending | null = null
  void guarded.ended.then((how) => {
    ending = how
  })
  let waitedSince = performance.now()
  for (let pauseMilliseconds = 10; ; pauseMilliseconds = Math.min(pauseMilliseconds * 1.5, 100)) {
    // Read afresh each round; the compiler cannot see the promise above assign it.
    if (ending as Ending | null) throw await startFailed(plan, ending)
    const answer = await tryToConnect(plan.connection)
    if (answer === 'ready') return
    if (answer === 'no such database') await createDatabase(plan.connection)
    else await Promise.race([sleep(pauseMilliseconds), guarded.ended])
    if (performance.now() - waitedSince > 10_000) {
      waitedSince = performance.now()
      plan.log.info({ pid: guarded.pid }, 'PostgreSQL is still starting; after a crash it first recovers')
    }
  }
}

async function tryToConnect(connection: PostgresConnection): Promise<'ready' | 'not yet' | 'no such database'> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return 'ready'
  } catch (error) {
    switch (codeOf(error)) {
      case '3D000':
        return 'no such database'
      case '28P01':
      case '28000':
        throw new PostgresStartError(
          'data_directory_unusable',
          'The file "password" of the data directory does not open its database. Restore the two from the same backup.',
          error,
        )
      default:
        return 'not yet'
    }
  }
}

/** Here rather than in initdb's step, because a crash between the two must not leave a cluster without it. */
async function createDatabase(connection: PostgresConnection): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(connection.database)}`)
  } catch (cause) {
    throw new PostgresStartError(
      'postgres_start_failed',
      `The database "${connection.database}" could not be created.`,
      cause,
    )
  } finally {
    await client.end().catch(() => {})
  }
}

async function startFailed(plan: Launch, ending: Ending | null): Promise<PostgresStartError> {
  const tail = await readTail(plan.logFile.path, plan.logFile.from)
  return new PostgresStartError(
    'postgres_start_failed',
    `PostgreSQL ended while starting on ${plan.place.cluster} (exit code ${ending?.exitCode ?? 'unknown'}). See ${plan.logFile.path}.`,
    new Error(tail),
  )
}

type Held = {
  readonly connection: PostgresConnection
  readonly firstStart: boolean
  readonly endpoint: PreparedEndpoint
  readonly locks: readonly Lock[]
  readonly logFile: LogFile
  readonly pgCtl: string
}

function supervise(options: EmbeddedPostgresOptions, { guarded, postmaster }: Running, held: Held): EmbeddedPostgres {
  let stopping: Promise<void> | null = null

  void guarded.ended
    .then(async (ending) => {
      if (stopping !== null) return
      const logTail = await readTail(held.logFile.path, held.logFile.from)
      options.log.error({ pid: postmaster.pid, ...ending }, 'the embedded PostgreSQL ended unexpectedly')
      options.onExit?.({ ...ending, logTail })
      // Without its guardian it would outlive us.
      if (ending.guardianLost && stopping === null) await shutDown(postmaster, held.pgCtl, options.log)
    })
    .catch((error: unknown) => options.log.error({ error }, 'the embedded PostgreSQL could not be supervised'))

  async function stop(): Promise<void> {
    guarded.keepAlive(true)
    await shutDown(postmaster, held.pgCtl, options.log)
    await guarded.ended
    await held.endpoint.remove()
    await releaseAll(held.locks)
    options.log.info({ pid: postmaster.pid }, 'the embedded PostgreSQL has stopped')
  }

  guarded.keepAlive(false)
  return {
    connection: held.connection,
    pid: postmaster.pid,
    firstStart: held.firstStart,
    stop: () => (stopping ??= stop()),
  }
}

async function releaseAll(locks: readonly Lock[]): Promise<void> {
  for (const lock of locks) await lock.release()
}

/** The package's version leads with PostgreSQL's: 18.4.0-beta.17 holds PostgreSQL 18.4. */
const majorOf = (binaries: Binaries): string => binaries.version.split('.')[0] ?? ''

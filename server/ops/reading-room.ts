import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createLog, type Database, openDatabase, PostgresStartError, startEmbeddedPostgres } from '#platform'
import type { Config } from '../config.ts'

/** Both databases, to be read and by no means written: every transaction on them is a read-only snapshot. */
export interface ReadingRoom {
  readonly main: Database
  readonly keyStore: Database
  /** `attached`: PostgreSQL was running. `started`: it was started for this and is stopped again. */
  readonly how: 'attached' | 'started' | 'external'
  readonly separate: boolean
  close(): Promise<void>
}
export class NothingToRead extends Error {
  override readonly name = 'NothingToRead'
}

interface Reached {
  readonly main: string
  readonly keyStore: string
  readonly how: ReadingRoom['how']
  stop(): Promise<void>
}
/** Where the databases are, started if nobody runs them. @throws {NothingToRead} before the first start; {PostgresStartError} */
export async function reachDatabases(config: Config): Promise<Reached> {
  if (config.databaseUrl !== undefined)
    return { main: config.databaseUrl, keyStore: config.keyStoreUrl!, how: 'external', stop: async () => {} }
  const cluster = await findCluster(config.dataDirectory)
  if (cluster === undefined) throw new NothingToRead()
  const attached = await socketOf(cluster)
  if (attached && (await holderOf(config.dataDirectory)) !== undefined) {
    const password = (await readFile(join(config.dataDirectory, 'password'), 'utf8')).trim()
    const url = (database: string) => urlOf({ ...attached, user: 'bailee', password, database })
    return { main: url('bailee'), keyStore: url('bailee_keys'), how: 'attached', stop: async () => {} }
  }
  const postgres = await startEmbeddedPostgres({
    dataDirectory: config.dataDirectory,
    log: createLog('silent'),
  })
  const url = (database: string) => urlOf({ ...postgres.connection, database })
  return { main: url('bailee'), keyStore: url('bailee_keys'), how: 'started', stop: () => postgres.stop() }
}

/** @throws as `reachDatabases`, or the driver's error when a database cannot be reached. */
export async function openReadingRoom(config: Config): Promise<ReadingRoom> {
  const { main, keyStore, how, stop } = await reachDatabases(config)
  return roomOf(main, keyStore, how, stop).catch(async (error: unknown) => {
    await stop()
    throw error
  })
}

/** Who holds the data directory now: the pid in its lock, if that process lives. */
export async function holderOf(dataDirectory: string): Promise<number | undefined> {
  const lock = await readFile(join(dataDirectory, 'server.lock'), 'utf8').catch(() => '')
  const pid = Number(/"pid":(\d+)/.exec(lock)?.[1])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined
  }
}

export { PostgresStartError }

export async function findCluster(dataDirectory: string): Promise<string | undefined> {
  const elsewhere = await readFile(join(dataDirectory, 'cluster.location'), 'utf8').catch(() => undefined)
  const cluster = join(elsewhere?.trim() ?? dataDirectory, 'cluster')
  return (await stat(cluster).catch(() => undefined)) === undefined ? undefined : cluster
}

/** postmaster.pid of a running PostgreSQL: the fourth line is the port, the fifth the socket's directory. */
async function socketOf(cluster: string): Promise<{ host: string; port: number } | undefined> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const port = Number(lines[3])
  const host = lines[4] || lines[5]
  return host && Number.isInteger(port) && port > 0 ? { host, port } : undefined
}

interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}
function urlOf({ host, port, user, password, database }: Address): string {
  const parameters = new URLSearchParams({ host, port: String(port) })
  return `postgresql://${user}:${encodeURIComponent(password)}@/${database}?${parameters}`
}

/**
 * A setting in the URL wins over the room's role that `openDatabase` would set, so this connection reads every room and
 * can write none. That it is read-only is asked of PostgreSQL itself before anything else.
 */
async function roomOf(
  main: string,
  keyStore: string,
  how: ReadingRoom['how'],
  stop: () => Promise<void>,
): Promise<ReadingRoom> {
  const open = (url: string) =>
    openDatabase({
      connection: { connectionString: readOnly(url) },
      applicationName: 'bailee/doctor',
      poolSize: 1,
    })
  const databases = [open(main), open(keyStore)] as const
  const close = async () => {
    await Promise.all(databases.map((database) => database.close()))
    await stop()
  }
  try {
    const identities: string[] = []
    for (const database of databases) {
      const [row] = await database.query<{ readOnly: string; identity: string }>({
        text: `select current_setting('transaction_read_only') as "readOnly",
          system_identifier::text || '/' || current_database() as identity from pg_control_system()`,
      })
      if (row?.readOnly !== 'on') throw new Error('the connection is not read-only; nothing was examined')
      identities.push(row.identity)
    }
    return { main: databases[0], keyStore: databases[1], how, separate: identities[0] !== identities[1], close }
  } catch (error) {
    await Promise.all(databases.map((database) => database.close()))
    throw error
  }
}

function readOnly(url: string): string {
  const options =
    '-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read -c statement_timeout=60000'
  return `${url}${url.includes('?') ? '&' : '?'}options=${encodeURIComponent(options)}`
}

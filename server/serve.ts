import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Clock } from '#kernel'
import type { WitnessConfig } from '#ledger'
import { type EmbeddedPostgres, type Log, migrate, prepareDatabases, startEmbeddedPostgres } from '#platform'
import { type App, createApp, migrations } from './app.ts'
import type { Config } from './config.ts'
import { type Connections, layFoundation } from './foundation.ts'

/** The machinery below the hall: PostgreSQL, migrations, the witness. Started in order, stopped in reverse. */
export interface Running {
  readonly app: App
  readonly address: string
  /** Where the databases are: for tests that play the thief, and for benches. */
  readonly connections: Connections
  stop(): Promise<void>
}
export interface ServeOptions {
  /** Called when the database or the witness dies under us. */
  readonly onFailure?: (why: string) => void
  /** Another clock than the machine's: for tests of what happens after a year. */
  readonly clock?: Clock
  /** For rehearsals: the server's time runs so many milliseconds ahead; a rotation waits so long before it destroys. */
  readonly clockAhead?: number
  readonly settleMilliseconds?: number
  /** More routes, before the doors open: benches mount their baselines here. */
  readonly beforeListening?: (app: App, connections: Connections) => Promise<void>
}

const keyStoreName = 'bailee_keys'

export async function openConnections(
  config: Config,
  log: Log,
  onFailure: (why: string) => void,
): Promise<{ connections: Connections; postgres: EmbeddedPostgres | undefined }> {
  if (config.databaseUrl !== undefined)
    return {
      connections: {
        main: { connectionString: config.databaseUrl },
        keyStore: { connectionString: config.keyStoreUrl! },
      },
      postgres: undefined,
    }
  const postgres = await startEmbeddedPostgres({
    dataDirectory: config.dataDirectory,
    log,
    onExit: () => onFailure('the embedded PostgreSQL has stopped'),
  })
  const main = { ...postgres.connection }
  await prepareDatabases(main, keyStoreName)
  return { connections: { main, keyStore: { ...main, database: keyStoreName } }, postgres }
}

export async function serve(config: Config, log: Log, options: ServeOptions = {}): Promise<Running> {
  const onFailure = options.onFailure ?? (() => {})
  const undo: (() => Promise<void>)[] = []
  const stop = async () => {
    while (undo.length > 0) await undo.pop()!().catch((error: unknown) => log.error({ err: error }, 'stopping'))
  }
  try {
    const { connections, postgres } = await openConnections(config, log, onFailure)
    if (postgres) undo.push(() => postgres.stop())
    await migrate(connections.main, migrations, (line) => log.info(line))
    const witnesses = await findWitnesses(config, connections, log, onFailure, undo)
    const { clockAhead, settleMilliseconds } = options
    const app = await createApp(
      {
        config,
        connections,
        witnesses,
        ...(clockAhead === undefined ? {} : { clockAhead }),
        ...(settleMilliseconds === undefined ? {} : { settleMilliseconds }),
      },
      log,
      options.clock,
    )
    undo.push(() => app.close())
    await options.beforeListening?.(app, connections)
    const address = await app.listen({ host: config.host, port: config.port })
    return { app, address, connections, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function findWitnesses(
  config: Config,
  connections: Connections,
  log: Log,
  onFailure: (why: string) => void,
  undo: (() => Promise<void>)[],
): Promise<readonly WitnessConfig[]> {
  if (config.witnesses === 'none') return []
  if (config.witnesses !== 'own') return config.witnesses
  // The witness must know whose checkpoints to sign: the log's key, which the key store holds.
  const foundation = await layFoundation({ config, connections }, log, 'bailee/witness-set-up', 1)
  const [vkey] = foundation.signer.vkeys
  await foundation.close()
  const name = `${config.publicUrl.host}/witness`
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'witness', 'main.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      BAILEE_WITNESS_DIR: join(config.dataDirectory, 'witness'),
      BAILEE_WITNESS_NAME: name,
      BAILEE_WITNESS_LOGS: `${config.ledgerOrigin} ${vkey}`,
      // It ends when our end of the pipe does: it never outlives us, however we die.
      BAILEE_WITNESS_PARENT: 'stdin',
    },
    detached: true,
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let stopping = false
  child.once('exit', () => {
    if (!stopping) onFailure('the witness has stopped')
  })
  undo.push(async () => {
    stopping = true
    child.stdin.end()
    await ended
  })
  const first = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('error', reject)
    child.once('exit', () => reject(new Error('the witness did not start')))
  })
  const { listening, vkeys } = JSON.parse(first) as { listening: string; vkeys: string[] }
  return [{ name, url: listening, vkeys }]
}

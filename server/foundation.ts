import { join } from 'node:path'
import { type Clock, clockAhead, systemClock } from '#kernel'
import { createLogSigner, diskTileStore, type LogSigner, type TileStore, type WitnessConfig } from '#ledger'
import {
  type Connection,
  createKeys,
  type Database,
  type Keys,
  type Log,
  openDatabase,
  openKeyProvider,
  openKeyStore,
} from '#platform'
import type { Config } from './config.ts'

/** Where the two databases are: found once by the main thread, handed as plain data to the sequencer's thread. */
export interface Connections {
  readonly main: Connection
  readonly keyStore: Connection
}
/** What both threads stand on. */
export interface Foundation {
  readonly db: Database
  readonly keys: Keys
  readonly tiles: TileStore
  readonly signer: LogSigner
  readonly ed25519: Awaited<ReturnType<Keys['signer']>>
  readonly mlDsa44: Awaited<ReturnType<Keys['signer']>>
  readonly clock: Clock
  close(): Promise<void>
}
export interface Settled {
  /** Plain data: it crosses into the sequencer's thread. */
  readonly config: Pick<
    Config,
    | 'dataDirectory'
    | 'ledgerOrigin'
    | 'ledgerEpochSeconds'
    | 'ledgerEpochTags'
    | 'witnessEveryMilliseconds'
    | 'poolSize'
    | 'logLevel'
    | 'keyProvider'
  >
  readonly connections: Connections
  readonly witnesses: readonly WitnessConfig[]
  /** Only rehearsals let the server's time run ahead: milliseconds. */
  readonly clockAhead?: number
}

export async function layFoundation(
  { config, connections, clockAhead: ahead }: Pick<Settled, 'config' | 'connections' | 'clockAhead'>,
  log: Log,
  applicationName: string,
  poolSize = config.poolSize,
): Promise<Foundation> {
  const onError = (error: Error) => log.warn({ err: error }, 'an idle database connection broke')
  const db = openDatabase({ connection: connections.main, applicationName, poolSize, onError })
  const provider = await openKeyProvider(config.keyProvider, join(config.dataDirectory, 'keys', 'root.key'))
  const store = await openKeyStore(connections.keyStore, onError)
  const clock = ahead === undefined ? systemClock : clockAhead(ahead)
  const keys = createKeys({ provider, store, clock })
  const ed25519 = await keys.signer('ledger-ed25519', 'ed25519')
  const mlDsa44 = await keys.signer('ledger-ml-dsa-44', 'ml-dsa-44')
  return {
    db,
    keys,
    ed25519,
    mlDsa44,
    clock,
    tiles: diskTileStore(join(config.dataDirectory, 'ledger')),
    signer: createLogSigner(config.ledgerOrigin, ed25519, mlDsa44),
    async close() {
      await db.close()
      await keys.close()
    },
  }
}

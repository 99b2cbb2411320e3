import { join } from 'node:path'
import type { Receipt } from '@bailee/contract'
import { actorField, type Clock, dashed, instant, newId, Refusal } from '#kernel'
import { type Database, type Keys, type Log, once, type RoomMigrations, type Signer } from '#platform'
import { commitmentOf, insertOutbox, prepare, promises, signed } from './outbox.ts'
import { LedgerReader } from './reading.ts'
import type { LedgerRoom } from './room.ts'
import { mountLedgerRoutes } from './routes.ts'
import { isBehind, promiseSeconds } from './rules.ts'
import type { SequencerState } from './sequencer.ts'
import { createLogSigner, policyText } from './signing.ts'
import type { TileStore } from './tile-store.ts'
import type { WitnessConfig } from './witnesses.ts'

export type { Appended, EntryDraft, Json, Ledger, PublicDraft } from './model.ts'
export type { OpenedEntry } from './reading.ts'
export { chainRewrapper } from './rewrapping.ts'
export type { LedgerRoom } from './room.ts'
export { Fenced, ForkRefused, Sequencer, type SequencerSettings, type SequencerState } from './sequencer.ts'
export { createLogSigner, type LogSigner } from './signing.ts'
export { diskTileStore, type TileStore } from './tile-store.ts'
export { type WatchDeps, watchLedger } from './watching.ts'
export { WitnessClient, type WitnessConfig } from './witnesses.ts'

export const ledgerMigrations: RoomMigrations = { room: 'ledger', folder: join(import.meta.dirname, 'migrations') }

export interface LedgerDeps {
  readonly db: Database
  readonly keys: Keys
  readonly clock: Clock
  readonly log: Log
  readonly tiles: TileStore
  readonly origin: string
  readonly ed25519: Signer
  readonly mlDsa44: Signer
  /** Signs consent receipts and snapshots; published here so that they can be checked offline. */
  readonly serverKey: Uint8Array
  readonly witnesses: readonly WitnessConfig[]
}
export function createLedger(deps: LedgerDeps): LedgerRoom {
  const { db, keys, clock, log, tiles, origin } = deps
  const signer = createLogSigner(origin, deps.ed25519, deps.mlDsa44)
  const started = performance.now()
  let latest: { state: SequencerState; at: number } | undefined
  const silenceSeconds = () => (performance.now() - (latest?.at ?? started)) / 1000
  const behind = () => isBehind({ oldestSeconds: latest?.state.oldestSeconds ?? 0, silenceSeconds: silenceSeconds() })
  const terms = () => {
    const now = clock.now().getTime()
    return { origin, signedAt: instant(now), deadline: instant(now + promiseSeconds * 1000) }
  }
  const room: LedgerRoom = {
    origin,
    vkeys: signer.vkeys,
    serverKey: Buffer.from(deps.serverKey).toString('base64'),
    policy: policyText(signer.vkeys, deps.witnesses),
    reader: new LedgerReader({ db, keys, tiles, log }),
    state: () => latest?.state,
    heard(state) {
      latest = { state, at: performance.now() }
    },
    silenceSeconds,
    behind,
    prepare,
    async append(tx, drafts) {
      const appended = prepare(drafts)
      await insertOutbox(tx, appended)
      return appended
    },
    promise: (appended, outcomes, commitments) => promises(terms(), deps.ed25519.sign, appended, outcomes, commitments),
    commitment: commitmentOf,
    promiseAgain: (entry, commitment) =>
      signed(terms(), deps.ed25519.sign, [{ entry: dashed(entry), commitment }])[0] as Receipt,
    assertKeepsUp() {
      if (behind()) throw new Refusal('ledger_behind')
    },
    chainStart: (actor, key) =>
      db.transaction('ledger', (tx) =>
        once(tx, keys, actor.tenant, key, async () => {
          const start = await room.reader.chainStartOf(actor.id)
          const entry = {
            entry: newId<'ent'>(),
            subject: actor.id,
            tenant: actor.tenant,
            kind: 'chain-start',
            at: clock.now().getTime(),
            fields: [
              ['actor', actorField(actor)],
              ['from', start.n],
            ] as const,
          }
          const appended = await room.append(tx, [entry])
          return { ...start, policy: room.policy, receipt: room.promise(appended)[0]! }
        }),
      ),
    mountRoutes: (http) => mountLedgerRoutes(http, room, tiles),
    observe(metrics) {
      metrics.gauge('bailee_ledger_size', 'Leaves in the signed ledger', () => latest?.state.size ?? 0)
      metrics.gauge('bailee_ledger_backlog', 'Entries promised and not yet sequenced', () => latest?.state.backlog ?? 0)
      metrics.gauge(
        'bailee_ledger_oldest_seconds',
        'Age of the oldest entry not yet sequenced',
        () => latest?.state.oldestSeconds ?? 0,
      )
      metrics.gauge(
        'bailee_ledger_witnessed_size',
        'Leaves under a witnessed checkpoint',
        () => latest?.state.witnessedSize ?? 0,
      )
    },
  }
  return room
}

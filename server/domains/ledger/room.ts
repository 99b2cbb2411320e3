import type { Receipt } from '@bailee/contract'
import type { PersonActor } from '#kernel'
import type { HttpServer, Metrics, OnceKey } from '#platform'
import type { Ledger } from './model.ts'
import type { LedgerReader } from './reading.ts'
import type { SequencerState } from './sequencer.ts'

/** The room: what the rooms above append to, and what everybody reads. Sequencing happens in a thread of its own. */
export interface LedgerRoom extends Ledger {
  readonly origin: string
  readonly vkeys: readonly string[]
  readonly policy: string
  readonly serverKey: string
  readonly reader: LedgerReader
  /** The sequencer's latest report. */
  state(): SequencerState | undefined
  heard(state: SequencerState): void
  silenceSeconds(): number
  behind(): boolean
  /** Hands a person the start of their chain, and says so in it. */
  chainStart(actor: PersonActor, key: OnceKey | undefined): Promise<ChainStart>
  mountRoutes(http: HttpServer): void
  observe(metrics: Metrics): void
}

/** As `bailee audit` reads it. */
export interface ChainStart {
  readonly v: 1
  readonly n: number
  readonly key: string
  readonly known: number
  readonly checkpoint: string
  readonly policy: string
  readonly receipt: Receipt
}

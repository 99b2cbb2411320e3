import type { HttpServer, Metrics } from '#platform'
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
  mountRoutes(http: HttpServer): void
  observe(metrics: Metrics): void
}

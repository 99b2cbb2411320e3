import {
  base64Encode,
  openNote,
  ProofError,
  parseCheckpoint,
  parseCosignature,
  parseNote,
  verifierFor,
} from '@bailee/proof'
import type { Clock } from '#kernel'
import type { Database } from '#platform'
import type { SequencerState } from './sequencer.ts'
import { nodeChecks } from './signing.ts'
import * as store from './store.ts'
import type { WitnessConfig, WitnessView } from './witnesses.ts'

export interface WatchDeps {
  readonly db: Database
  readonly clock: Clock
  readonly witnesses: readonly WitnessConfig[]
  readonly epochSeconds: number
}

/**
 * What a server that does not hold office can say of the ledger: all of it is in the database. Of witnesses it knows
 * what stands in the cosigned checkpoint. Undefined before the first checkpoint.
 */
export async function watchLedger(deps: WatchDeps): Promise<SequencerState | undefined> {
  const db = deps.db.as('ledger')
  const kept = await store.readCheckpoint(db)
  if (!kept) return undefined
  const { entries, oldestAt } = await store.backlog(db)
  const [epoch] = await store.readEpochs(db, 1)
  const now = deps.clock.now().getTime()
  const { size, root } = parseCheckpoint(parseNote(kept.note).text)
  return {
    size,
    root: base64Encode(root),
    note: kept.note,
    signedAt: kept.signedAt.getTime(),
    witnessedSize: kept.witnessedSize,
    witnessedNote: kept.witnessedNote,
    backlog: entries,
    oldestSeconds: oldestAt ? Math.max(0, (now - oldestAt.getTime()) / 1000) : 0,
    witnesses: deps.witnesses.map((witness) => viewOf(witness, kept)),
    epoch: (epoch?.epoch ?? -1) + 1,
    epochEndsAt: Math.min(now, epoch?.closedAt.getTime() ?? now) + deps.epochSeconds * 1000,
    assigned: [],
  }
}

function viewOf(
  { name, vkeys, url }: WitnessConfig,
  kept: Pick<store.CheckpointRow, 'witnessedSize' | 'witnessedNote'>,
): WitnessView {
  const time = kept.witnessedNote && cosignedAt(kept.witnessedNote, vkeys)
  return time
    ? { name, vkeys, url, size: kept.witnessedSize, seenAt: time * 1000, reachable: true }
    : { name, vkeys, url, size: null, seenAt: null, reachable: false }
}

function cosignedAt(note: string, vkeys: readonly string[]): number | undefined {
  try {
    const verifiers = vkeys.map((vkey) => verifierFor(vkey, nodeChecks))
    return parseCosignature(openNote(note, verifiers).verified[0]!.value).time
  } catch (error) {
    // Not signed by this witness: nothing is known of it.
    if (error instanceof ProofError) return undefined
    throw error
  }
}

import {
  bodyRoot,
  bucketOf,
  encodePublicLeaf,
  encodeSealedLeaf,
  type Json,
  nextKey,
  type PublicLeaf,
  seedOf,
  tagOf,
} from '@bailee/proof'

/** What a body is made of before anybody's own fields: enough to say which entry, what kind, when, and which promise it keeps. */
export function bodyFields(
  head: { readonly entry: string; readonly kind: string; readonly at: string; readonly commitment: string },
  fields: readonly (readonly [string, Json])[],
  outcome: string | null | undefined,
): (readonly [string, Json])[] {
  const body: (readonly [string, Json])[] = [
    ['entry', head.entry],
    ['kind', head.kind],
    ['at', head.at],
    ['commitment', head.commitment],
    ...fields,
  ]
  if (outcome) body.push(['outcome', outcome])
  return body
}

/** One turn of a person's ratchet. The key that made the tag is gone with it: tomorrow's thief cannot recognise today's tags. */
export function turn(key: Uint8Array): {
  readonly tag: Uint8Array
  readonly seed: Uint8Array
  readonly next: Uint8Array
} {
  return { tag: tagOf(key), seed: seedOf(key), next: nextKey(key) }
}

export const sealedLeafOf = (
  at: number,
  tag: Uint8Array,
  seed: Uint8Array,
  fields: readonly (readonly [string, Json])[],
  copyHash: Uint8Array,
): Uint8Array =>
  encodeSealedLeaf({ bucketSeconds: bucketOf(Math.floor(at / 1000)), tag, bodyRoot: bodyRoot(seed, fields), copyHash })

/** An entry of somebody erased: as random as every other leaf, so that nobody can tell. Takes 96 random bytes. */
export const strangersLeafOf = (at: number, random: Uint8Array): Uint8Array =>
  encodeSealedLeaf({
    bucketSeconds: bucketOf(Math.floor(at / 1000)),
    tag: random.subarray(0, 32),
    bodyRoot: random.subarray(32, 64),
    copyHash: random.subarray(64, 96),
  })

export const publicLeafOf = (leaf: PublicLeaf): Uint8Array => encodePublicLeaf(leaf)

/** An entry must be in the ledger this long after it was promised. */
export const promiseSeconds = 60

/**
 * Is the ledger so late that a promise is broken, or is nobody there to keep it? Then nothing more is opened.
 * `oldest` is the age of the oldest waiting entry, `silence` the time since the sequencer last reported.
 */
export const isBehind = (state: { readonly oldestSeconds: number; readonly silenceSeconds: number }): boolean =>
  state.oldestSeconds > promiseSeconds || state.silenceSeconds > promiseSeconds

export type ForkVerdict = { readonly ok: true } | { readonly ok: false; readonly why: string }

/**
 * Before a sequencer signs anything it compares its head with what others have seen. A witness that has seen more than
 * this database knows means that the database was restored from an older state: signing would be a fork.
 */
export function judgeHead(
  own: { readonly size: number },
  seen: { readonly who: string; readonly size: number; readonly sameRoot: boolean },
): ForkVerdict {
  if (seen.size > own.size)
    return {
      ok: false,
      why: `${seen.who} has seen ${seen.size} entries, this database holds ${own.size}: it was restored from an older state`,
    }
  if (!seen.sameRoot)
    return { ok: false, why: `${seen.who} has seen another history of the first ${seen.size} entries` }
  return { ok: true }
}

/** What the sequencer knows when it asks how hard to work. */
export interface Pressure {
  /** Age of the oldest entry that it took last. */
  readonly oldestSeconds: number
  /** Requests come faster than they are answered: many of them travel in one batch. */
  readonly crowded: boolean
}
const mostEntries = 4_096
const mostEntriesInACrowd = 512
/** Entries may wait for a crowd, but not until the promise is near. */
const givesWay = ({ oldestSeconds, crowded }: Pressure): boolean => crowded && oldestSeconds < promiseSeconds / 6

/** How many entries a round takes at most. */
export const mostInARound = (pressure: Pressure): number => (givesWay(pressure) ? mostEntriesInACrowd : mostEntries)

/**
 * How long the sequencer rests after a round, in milliseconds. It hardly rests, so that an index comes within half a
 * second, unless there is a crowd: both share the same processors, entries are durable already, and there is time
 * before the deadline. Then it takes small bites and a fifth of one processor.
 */
export function pauseAfter(
  round: { readonly took: number; readonly milliseconds: number },
  pressure: Pressure,
): number {
  if (round.took === 0) return 100
  if (givesWay(pressure)) return Math.max(50, round.milliseconds * 4)
  return pressure.oldestSeconds < 1 ? 50 : 0
}

import {
  base64Decode,
  base64Encode,
  decodeEntryBundle,
  decodeLeaf,
  equalBytes,
  Frontier,
  type Hash,
  hashLeaf,
  isIndex,
  ProofError,
  type PublicLeaf,
  TagIndex,
  type TagPair,
  tileWidth,
} from '@bailee/proof'
import { attempt, type Check } from './judge.ts'
import type { AuditState } from './state.ts'

export interface AuditSource {
  /** The entries bundle with this number, as wide as a log of `size` has it. */
  bundle(n: number, width: number): Promise<Uint8Array>
  /** The level-0 tile with this number. */
  tile(n: number, width: number): Promise<Uint8Array>
}

export type AuditFinding =
  | { readonly id: 'epoch'; readonly epoch: number }
  | { readonly id: 'tag-repeated'; readonly epoch: number; readonly times: number }

/** First byte of a sealed leaf; a public one begins with `{`. */
const sealedMagic = 0x42
/** How many bundles are fetched ahead. */
const ahead = 8

/**
 * Reads every leaf, rebuilds the tree from nothing but leaves, and rebuilds each closed epoch's tag index. Holds 65 bytes
 * a leaf of the open epoch, and the right edges of the tree before it and up to now.
 */
export class Audit {
  /** Up to the start of the open epoch. */
  readonly #base: Frontier
  /** Up to the last leaf read. */
  readonly #head: Frontier
  #lastEpoch: number | null
  #epochs: number
  /** Where the last close stands: behind the epoch's end, so a resumed audit meets it again. */
  #lastCloseIndex: number
  /** From the start of the open epoch on: leaf hashes, tags, and whether there is a tag. */
  readonly #hashes = new Records(32)
  readonly #tags = new Records(32)
  readonly #sealed = new Records(1)

  constructor(state: AuditState | undefined) {
    this.#base = state === undefined ? Frontier.empty() : Frontier.fromBytes(base64Decode(state.frontier))
    this.#head = Frontier.fromBytes(this.#base.toBytes())
    this.#lastEpoch = state?.lastEpoch ?? null
    this.#epochs = state?.epochs ?? 0
    this.#lastCloseIndex = state?.lastCloseIndex ?? -1
  }

  /** Entries read so far. */
  get size(): number {
    return this.#head.size
  }
  get epochs(): number {
    return this.#epochs
  }
  get state(): AuditState {
    return {
      frontier: base64Encode(this.#base.toBytes()),
      lastEpoch: this.#lastEpoch,
      lastCloseIndex: this.#lastCloseIndex,
      epochs: this.#epochs,
    }
  }

  /** Reads on up to `size` and compares with the signed root. Stops at the first thing that is wrong. */
  async readTo(
    { size, root }: { readonly size: number; readonly root: Hash },
    source: AuditSource,
    on: {
      found(finding: AuditFinding): void
      progress(size: number): void
      /** Each entry about a person, once its hash has been compared with the tile's. */
      sealed?(index: number, tag: Uint8Array): void
    },
  ): Promise<readonly Check[]> {
    const first = Math.floor(this.size / tileWidth)
    const last = Math.ceil(size / tileWidth)
    const pending: Promise<[Uint8Array, Uint8Array]>[] = []
    const fetch = (n: number) => {
      const width = Math.min(tileWidth, size - n * tileWidth)
      const both = Promise.all([source.bundle(n, width), source.tile(n, width)])
      // It is awaited in its turn; until then its failure is nobody's unhandled rejection.
      both.catch(() => {})
      pending.push(both)
    }
    for (let n = first; n < Math.min(last, first + ahead); n++) fetch(n)
    for (let n = first; n < last; n++) {
      const [bundle, tile] = await pending.shift()!
      if (n + ahead < last) fetch(n + ahead)
      const width = Math.min(tileWidth, size - n * tileWidth)
      const entries = attempt(() => decodeEntryBundle(bundle))
      if (!entries.ok) return [bad('audit', `bundle ${n}: ${entries.why}`)]
      if (entries.value.length < width) return [bad('audit', `bundle ${n} has ${entries.value.length} entries`)]
      for (let at = this.size - n * tileWidth; at < width; at++) {
        const index = n * tileWidth + at
        const leaf = entries.value[at]!
        const hash = hashLeaf(leaf)
        if (!equalBytes(hash, tile.slice(at * 32, at * 32 + 32))) {
          return [bad('audit', `entry ${index} does not have the hash that the tile gives it`)]
        }
        const wrong = this.#add(index, leaf, hash, on.found)
        if (wrong) return [wrong]
        if (on.sealed && leaf[0] === sealedMagic) on.sealed(index, leaf.slice(16, 48))
      }
      on.progress(this.size)
    }
    if (!equalBytes(this.#head.root(), root)) {
      return [bad('audit', `the entries up to ${size} do not make the signed root`)]
    }
    return [
      { id: 'audit', ok: true, detail: `${size} entries` },
      { id: 'epochs', ok: true, detail: `${this.#epochs} closed` },
    ]
  }

  #add(index: number, bytes: Uint8Array, hash: Uint8Array, found: (finding: AuditFinding) => void): Check | undefined {
    const leaf = attempt(() => decodeLeaf(bytes))
    if (!leaf.ok) return bad('audit', `entry ${index}: ${leaf.why}`)
    const isSealed = leaf.value.kind === 'sealed'
    this.#head.append(hash)
    this.#hashes.push(hash)
    this.#tags.push(leaf.value.kind === 'sealed' ? leaf.value.leaf.tag : new Uint8Array(32))
    this.#sealed.push(Uint8Array.of(isSealed ? 1 : 0))
    if (leaf.value.kind === 'public' && leaf.value.leaf.type === 'epoch-close' && index > this.#lastCloseIndex) {
      return this.#close(index, leaf.value.leaf, found)
    }
    return undefined
  }

  #close(at: number, leaf: PublicLeaf, found: (finding: AuditFinding) => void): Check | undefined {
    const close = parseClose(leaf)
    if (close === undefined) return bad('epochs', `entry ${at} is a malformed epoch close`)
    const { epoch, firstIndex, endIndex, tags, root } = close
    const start = this.#base.size
    // No gap and no overlap: otherwise a tag could be in no epoch's index, and its absence be "proved".
    if (firstIndex !== start)
      return bad('epochs', `epoch ${epoch} starts at ${firstIndex}, the last one ended at ${start}`)
    if (endIndex < firstIndex || endIndex > at)
      return bad('epochs', `epoch ${epoch} ends at ${endIndex}, closed at ${at}`)
    if (this.#lastEpoch !== null && epoch <= this.#lastEpoch) {
      return bad('epochs', `epoch ${epoch} was closed after epoch ${this.#lastEpoch}`)
    }
    const length = endIndex - start
    const pairs: TagPair[] = []
    for (let place = 0; place < length; place++) {
      if (this.#sealed.at(place)[0] === 1) pairs.push({ tag: this.#tags.at(place), index: start + place })
    }
    const index = new TagIndex(pairs)
    if (index.size !== tags) return bad('epochs', `epoch ${epoch} has ${index.size} tags, its close says ${tags}`)
    if (!equalBytes(index.root(), root))
      return bad('epochs', `the tag index of epoch ${epoch} is not what its leaves make`)
    const repeated = mostRepeated(index.pairs)
    if (repeated > 1) found({ id: 'tag-repeated', epoch, times: repeated })
    this.#base.append(this.#hashes.take(length))
    this.#tags.take(length)
    this.#sealed.take(length)
    this.#lastEpoch = epoch
    this.#lastCloseIndex = at
    this.#epochs += 1
    found({ id: 'epoch', epoch })
    return undefined
  }
}

/** Records of one width in one array of bytes: an epoch may hold millions. */
class Records {
  readonly #width: number
  #bytes: Uint8Array
  #count = 0

  constructor(width: number) {
    this.#width = width
    this.#bytes = new Uint8Array(1024 * width)
  }

  push(record: Uint8Array): void {
    const end = this.#count * this.#width
    if (end === this.#bytes.length) {
      const larger = new Uint8Array(2 * end)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(record, end)
    this.#count += 1
  }

  at(place: number): Uint8Array {
    return this.#bytes.slice(place * this.#width, (place + 1) * this.#width)
  }

  /** Removes the first records and returns them. */
  take(count: number): Uint8Array {
    const taken = this.#bytes.slice(0, count * this.#width)
    this.#bytes.copyWithin(0, count * this.#width, this.#count * this.#width)
    this.#count -= count
    return taken
  }
}

const bad = (id: string, detail: string): Check => ({ id, ok: false, detail })

function parseClose({ v, epoch, firstIndex, endIndex, tags, root }: PublicLeaf) {
  if (v !== 1 || !isIndex(epoch) || !isIndex(firstIndex) || !isIndex(endIndex) || !isIndex(tags)) return undefined
  if (typeof root !== 'string') return undefined
  try {
    return { epoch, firstIndex, endIndex, tags, root: base64Decode(root) }
  } catch (error) {
    if (error instanceof ProofError) return undefined
    throw error
  }
}

/** Tags are single use; the pairs are sorted by tag. */
function mostRepeated(pairs: readonly TagPair[]): number {
  let most = 0
  let times = 0
  for (const [place, { tag }] of pairs.entries()) {
    times = place > 0 && equalBytes(tag, pairs[place - 1]!.tag) ? times + 1 : 1
    most = Math.max(most, times)
  }
  return most
}

import {
  base64Encode,
  decodeEntryBundle,
  decodeLeaf,
  entriesPath,
  equalBytes,
  foldNodes,
  hashLeaf,
  hashNode,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  tileWidth,
} from '@bailee/proof'
import type { Reply } from '../api.ts'
import { checkLeaf } from './check.ts'

/** A tag of mine that the server has told, and where it says that it stands. */
export interface KnownTag {
  readonly n: number
  readonly tag: string
  readonly index: number
}
export interface OpenChecked {
  /** `present`: the next tag is in a leaf that I was not shown. `unproven`: the leaves do not make the signed root. */
  readonly verdict: 'absent' | 'present' | 'unproven'
  readonly from: number
  /** The size of the checkpoint up to which this was checked. */
  readonly to: number
  /** Entries of mine in these leaves, each found where the server said. */
  readonly mine: number
  readonly milliseconds: number
}
/** Bytes of a bundle of entries, by its path below the ledger; undefined where there is none. */
export type FetchBundle = (path: string) => Promise<Uint8Array | undefined>

/**
 * The present period has no list of tags yet, but its leaves are public. This reads every one of them, works out the root of
 * the whole ledger from them and from the proof of the first, compares it with the signed checkpoint, and looks for the next
 * tag. Nobody learns which tag was looked for: everything is fetched. `first` proves the first leaf of the period.
 */
export async function checkOpen(
  tag: Uint8Array,
  first: Reply<'proveIndex'>,
  known: readonly KnownTag[],
  policy: string,
  fetchBundle: FetchBundle,
  progress: (done: number, all: number) => void,
): Promise<OpenChecked> {
  const start = performance.now()
  const from = first.index
  const { path, checkpoint } = parseTlogProof(first.proof)
  const { size, root } = parseCheckpoint(parseNote(checkpoint).text)
  const outcome = (verdict: OpenChecked['verdict'], mine = 0): OpenChecked => ({
    verdict,
    from,
    to: size,
    mine,
    milliseconds: performance.now() - start,
  })
  if (!checkLeaf(first, from, policy).ok) return outcome('unproven')
  const tree = new GrowingTree(from, leftSiblings(from, size, path))
  const wanted = new Map(known.filter(({ index }) => index >= from && index < size).map((one) => [one.index, one.tag]))
  let isPresent = false
  let mine = 0
  for (let at = from; at < size; ) {
    const n = Math.floor(at / tileWidth)
    const leaves = await bundleOf(n, Math.min(tileWidth, size - n * tileWidth), fetchBundle)
    if (!leaves) return outcome('unproven')
    for (const end = Math.min(size, (n + 1) * tileWidth); at < end; at++) {
      const leaf = leaves[at - n * tileWidth]
      if (!leaf) return outcome('unproven')
      tree.push(hashLeaf(leaf))
      const decoded = decodeLeaf(leaf)
      if (decoded.kind !== 'sealed') continue
      if (equalBytes(decoded.leaf.tag, tag)) isPresent = true
      if (wanted.get(at) === base64Encode(decoded.leaf.tag)) mine += 1
    }
    progress(at - from, size - from)
  }
  if (!equalBytes(tree.root(), root) || mine !== wanted.size) return outcome('unproven', mine)
  return outcome(isPresent ? 'present' : 'absent', mine)
}

/** A partial bundle may have been tidied away once the full one exists: then the full one begins with it (tlog-tiles). */
async function bundleOf(n: number, width: number, fetchBundle: FetchBundle): Promise<Uint8Array[] | undefined> {
  const bytes = (await fetchBundle(entriesPath(n, width))) ?? (await fetchBundle(entriesPath(n)))
  return bytes && decodeEntryBundle(bytes)
}

/** Of an inclusion proof, the hashes that stand to the left: the complete subtrees before the leaf, smallest first. RFC 6962, 2.1.1. */
function leftSiblings(index: number, size: number, path: readonly Uint8Array[]): Uint8Array[] {
  const differs = (BigInt(index) ^ BigInt(size - 1)).toString(2)
  // Below where leaf and right edge part, the bits of the index say which side; above, every sibling is on the left.
  const inner = differs === '0' ? 0 : differs.length
  return path.filter((_, level) => level >= inner || ((BigInt(index) >> BigInt(level)) & 1n) === 1n)
}

/** The right edge of a tree, from its complete subtrees on. Appends and gives the root; forgets everything else. */
class GrowingTree {
  /** Largest first. */
  readonly #edge: { readonly height: number; readonly hash: Uint8Array }[]

  constructor(size: number, subtrees: readonly Uint8Array[]) {
    const heights = [...size.toString(2)].reverse().flatMap((bit, height) => (bit === '1' ? [height] : []))
    this.#edge = heights.map((height, at) => ({ height, hash: subtrees[at] ?? new Uint8Array(32) })).reverse()
  }
  push(hash: Uint8Array): void {
    let node = { height: 0, hash }
    while (this.#edge.at(-1)?.height === node.height)
      node = { height: node.height + 1, hash: hashNode(this.#edge.pop()!.hash, node.hash) }
    this.#edge.push(node)
  }
  root(): Uint8Array {
    return foldNodes(this.#edge.map(({ hash }) => hash))
  }
}

import {
  base64Encode,
  Frontier,
  hashLeaf,
  isSealedLeaf,
  TileHashes,
  type TileWrite,
  tilePath,
  u64be,
  verifyTagProof,
} from '@bailee/proof'
import { Refusal } from '#kernel'
import type { TileStore } from './tile-store.ts'

/**
 * The tag index of a closed epoch: all (tag, leaf index) pairs sorted, as a tiled RFC 6962 tree beside the log's own tiles.
 * `tags/<epoch>/pairs` holds 40 bytes a pair; `tags/<epoch>/tile/…` its tree. Anybody can rebuild both from the leaves.
 */
const width = 40
const pairsPath = (epoch: number) => `tags/${epoch}/pairs`
const treePath = (epoch: number, level: number, n: number, tileWidth: number) =>
  `tags/${epoch}/${tilePath(level, n, tileWidth)}`

/** Sorts by tag and then index; both are big-endian in the record, so the bytes decide. */
export function sortedPairs(leaves: Iterable<{ readonly index: number; readonly leaf: Uint8Array }>): Buffer {
  const records: Buffer[] = []
  for (const { index, leaf } of leaves) {
    if (!isSealedLeaf(leaf)) continue
    const record = Buffer.allocUnsafe(width)
    record.set(leaf.subarray(16, 48), 0)
    record.set(u64be(index), 32)
    records.push(record)
  }
  records.sort(Buffer.compare)
  return Buffer.concat(records)
}

function treeOf(pairs: Buffer): { tiles: readonly TileWrite[]; root: Uint8Array } {
  const count = pairs.length / width
  const hashes = Buffer.allocUnsafe(count * 32)
  for (let at = 0; at < count; at++) hashes.set(hashLeaf(pairs.subarray(at * width, (at + 1) * width)), at * 32)
  const frontier = Frontier.empty()
  const { tiles } = frontier.append(hashes)
  return { tiles, root: frontier.root() }
}

export const tagRoot = (pairs: Buffer): Uint8Array => treeOf(pairs).root

export async function writeTagIndex(store: TileStore, epoch: number, pairs: Buffer): Promise<Uint8Array> {
  const { tiles, root } = treeOf(pairs)
  for (const tile of tiles) await store.put(treePath(epoch, tile.level, tile.n, tile.width), tile.bytes)
  await store.put(pairsPath(epoch), pairs)
  await store.settle()
  return root
}

export interface TagProof {
  readonly tag: string
  readonly index: number
  readonly position: number
  readonly path: string[]
}

/** Every pair whose tag begins with `prefix` (hex), and one neighbour on either side, each with its proof. */
export async function proveBucket(
  store: TileStore,
  epoch: number,
  size: number,
  prefix: string,
): Promise<TagProof[] | undefined> {
  const low = Buffer.from(prefix.padEnd(64, '0'), 'hex')
  const high = Buffer.from(prefix.padEnd(64, 'f'), 'hex')
  const tagAt = async (position: number) =>
    (await store.getRange(pairsPath(epoch), position * width, width)) ?? Buffer.alloc(0)
  const firstNotBelow = async (bound: Buffer, strictlyAbove: boolean) => {
    let from = 0
    let to = size
    while (from < to) {
      const middle = (from + to) >>> 1
      const order = Buffer.compare((await tagAt(middle)).subarray(0, 32), bound)
      if (order < 0 || (strictlyAbove && order === 0)) from = middle + 1
      else to = middle
    }
    return from
  }
  if (size === 0) return []
  const start = Math.max(0, (await firstNotBelow(low, false)) - 1)
  const end = Math.min(size, (await firstNotBelow(high, true)) + 1)
  const tree = new TileHashes(async (level, n, tileWidth) => {
    const bytes = await store.get(treePath(epoch, level, n, tileWidth))
    if (!bytes) throw new Refusal('tile_damaged', { detail: treePath(epoch, level, n, tileWidth) })
    return bytes
  }, size)
  const proofs: TagProof[] = []
  for (let position = start; position < end; position++) {
    const record = await tagAt(position)
    if (record.length !== width) return undefined
    proofs.push({
      tag: base64Encode(record.subarray(0, 32)),
      index: Number(record.readBigUInt64BE(32)),
      position,
      path: (await tree.inclusionProof(position)).map((hash) => base64Encode(hash)),
    })
  }
  return proofs
}

/**
 * Does this bucket say the truth under this root, and all of it? Neighbours in order, from a tag below the prefix, or the
 * first, to a tag above it, or the last: then no tag with the prefix can be missing.
 */
export function bucketHolds(
  proofs: readonly TagProof[],
  head: { readonly tags: number; readonly root: Uint8Array },
  prefix: string,
): boolean {
  const [first, last] = [proofs[0], proofs.at(-1)]
  if (!first || !last) return head.tags === 0
  const tagOf = (proof: TagProof) => Buffer.from(proof.tag, 'base64').toString('hex').slice(0, prefix.length)
  return (
    proofs.every(({ position }, at) => position === first.position + at) &&
    (first.position === 0 || tagOf(first) < prefix) &&
    (last.position === head.tags - 1 || tagOf(last) > prefix) &&
    proofs.every((proof) => verifyTagProof(proof, { size: head.tags, root: head.root }))
  )
}

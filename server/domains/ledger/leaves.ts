import { hashNode } from '@bailee/proof'

/** Leaves of a segment: u16be length and bytes, one after the other. The bundle format without its limit of 256. */
export function encodeLeaves(leaves: readonly Uint8Array[]): Buffer {
  const out = Buffer.allocUnsafe(leaves.reduce((sum, leaf) => sum + 2 + leaf.length, 0))
  let at = 0
  for (const leaf of leaves) {
    at = out.writeUInt16BE(leaf.length, at)
    out.set(leaf, at)
    at += leaf.length
  }
  return out
}

export function decodeLeaves(segment: Buffer): Buffer[] {
  const leaves: Buffer[] = []
  for (let at = 0; at < segment.length; ) {
    const length = segment.readUInt16BE(at)
    leaves.push(segment.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return leaves
}

/** Root of a full tile: 256 hashes folded pairwise. */
export function tileRoot(tile: Uint8Array): Uint8Array {
  if (tile.length !== 256 * 32) throw new Error('not a full tile')
  let level: Uint8Array[] = Array.from({ length: 256 }, (_, at) => tile.subarray(at * 32, at * 32 + 32))
  while (level.length > 1)
    level = Array.from({ length: level.length / 2 }, (_, at) => hashNode(level[2 * at]!, level[2 * at + 1]!))
  return level[0]!
}

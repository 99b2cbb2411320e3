import {
  concatAll,
  encodeEntryBundle,
  entriesPath,
  Frontier,
  hashLeaf,
  type TileWrite,
  tileLayout,
  tilePath,
  tileWidth,
  u64be,
} from '@bailee/proof'
import type { Query } from '#platform'
import { decodeLeaves, tileRoot } from './leaves.ts'
import { readSegments } from './store.ts'
import type { TileStore } from './tile-store.ts'

/**
 * Tiles are a pure function of the leaves in the database: whatever is missing or damaged is made again from there, and
 * believed only if it makes the root that is stored or signed.
 */
export class LeavesMissing extends Error {
  override readonly name = 'LeavesMissing'
}

/** Leaves at a time: a multiple of the tile width that stays small in memory. */
const together = 65_536

/** @throws {LeavesMissing} */
export async function readLeaves(db: Query, from: number, to: number): Promise<Buffer[]> {
  const leaves: Buffer[] = []
  for (const segment of await readSegments(db, from, to)) {
    if (segment.firstIndex > from + leaves.length) break
    for (const [at, leaf] of decodeLeaves(segment.leaves).entries())
      if (segment.firstIndex + at === from + leaves.length && from + leaves.length < to) leaves.push(leaf)
  }
  if (leaves.length !== to - from) throw new LeavesMissing(`leaf ${from + leaves.length} is not in the database`)
  return leaves
}

const hashesOf = (leaves: readonly Uint8Array[]): Uint8Array => {
  const hashes = new Uint8Array(leaves.length * 32)
  for (const [at, leaf] of leaves.entries()) hashes.set(hashLeaf(leaf), at * 32)
  return hashes
}

export interface Replayed {
  readonly from: number
  readonly leaves: readonly Buffer[]
  /** Full ones; with the last leaf also the unfinished ones. */
  readonly tiles: readonly TileWrite[]
}

/** Appends the stored leaves up to `to`, telling of each piece what it makes. @throws {LeavesMissing} */
export async function replay(
  db: Query,
  frontier: Frontier,
  to: number,
  made: (piece: Replayed) => Promise<void> = async () => {},
): Promise<void> {
  const unfinished = new Map<number, TileWrite>()
  while (frontier.size < to) {
    const from = frontier.size
    const end = Math.min(to, (Math.floor(from / together) + 1) * together)
    const leaves = await readLeaves(db, from, end)
    const { tiles } = frontier.append(hashesOf(leaves))
    const full = tiles.filter(({ width }) => width === tileWidth)
    for (const { level } of full) unfinished.delete(level)
    for (const tile of tiles) if (tile.width < tileWidth) unfinished.set(tile.level, tile)
    await made({ from, leaves, tiles: end === to ? [...full, ...unfinished.values()] : full })
  }
}

/** `size` leaves are known to have tiles: a narrower tile is the beginning of the one that is there. */
export async function storedTile(
  tiles: TileStore,
  level: number,
  n: number,
  width: number,
  size: number,
): Promise<Buffer | undefined> {
  const present = Math.min(tileWidth, Math.floor(size / tileWidth ** level) - n * tileWidth)
  for (const candidate of new Set([width, present, tileWidth])) {
    if (candidate < width) continue
    const bytes = await tiles.get(tilePath(level, n, candidate))
    if (bytes?.length === candidate * 32) return bytes.subarray(0, width * 32)
  }
  return undefined
}

/** The right edge of the tree at this size, as the stored tiles have it; believed by nobody until it made a known root. */
export async function frontierAt(tiles: TileStore, size: number, known: number): Promise<Frontier | undefined> {
  const edges: Uint8Array[] = []
  for (const { level, fullTiles, partialWidth } of tileLayout(size)) {
    if (partialWidth === 0) continue
    const edge = await storedTile(tiles, level, fullTiles, partialWidth, known)
    if (!edge) return undefined
    edges.push(edge)
  }
  return Frontier.fromBytes(concatAll([Frontier.empty().toBytes().subarray(0, 4), u64be(size), ...edges]))
}

/** Writes entry bundles; `tail` are the leaves of the bundle that `from` stands in. Answers the new unfinished bundle. */
export function bundleWrites(
  from: number,
  tail: readonly Uint8Array[],
  leaves: readonly Uint8Array[],
): { writes: { path: string; bytes: Uint8Array }[]; tail: Uint8Array[] } {
  const pending = [...tail, ...leaves]
  const writes: { path: string; bytes: Uint8Array }[] = []
  let rest: Uint8Array[] = []
  for (let at = 0, n = Math.floor(from / tileWidth); at < pending.length; at += tileWidth, n++) {
    const slice = pending.slice(at, at + tileWidth)
    writes.push({ path: entriesPath(n, slice.length), bytes: encodeEntryBundle(slice) })
    if (slice.length < tileWidth) rest = slice
  }
  return { writes, tail: rest }
}

/** Folders of unfinished tiles that became full between these two sizes (tlog-tiles allows to drop them then). */
export function finishedBetween(from: number, to: number): string[] {
  const folders: string[] = []
  for (let level = 0; ; level++) {
    const leaves = tileWidth ** (level + 1)
    const n = Math.floor(from / leaves)
    // Later tiles of this level began and ended in one piece, and the levels above have not moved either.
    if ((n + 1) * leaves > to) return folders
    if (level === 0) folders.push(`${entriesPath(n)}.p`)
    folders.push(`${tilePath(level, n)}.p`)
  }
}

/**
 * The files around these leaves as the database has them: bundle, its tile, and the tiles above. Level 2 and higher are
 * made from the stored tiles below. Nothing is written: they are to be believed only when a proof from them holds.
 */
export async function mendedAround(
  db: Query,
  tiles: TileStore,
  size: number,
  indexes: readonly number[],
): Promise<Map<string, Uint8Array>> {
  const mended = new Map<string, Uint8Array>()
  for (const index of indexes) {
    for (let level = 0; ; level++) {
      const present = Math.floor(size / tileWidth ** level)
      const n = Math.floor(index / tileWidth ** (level + 1))
      const width = Math.min(tileWidth, present - n * tileWidth)
      if (present === 0) break
      if (width <= 0 || mended.has(tilePath(level, n, width))) continue
      const first = n * tileWidth
      if (level === 0) {
        const leaves = await readLeaves(db, first, first + width)
        mended.set(entriesPath(n, width), encodeEntryBundle(leaves))
        mended.set(tilePath(0, n, width), hashesOf(leaves))
      } else if (level === 1) {
        const below = hashesOf(await readLeaves(db, first * tileWidth, (first + width) * tileWidth))
        const roots = Array.from({ length: width }, (_, at) => tileRoot(below.subarray(at * 8192, at * 8192 + 8192)))
        mended.set(tilePath(1, n, width), concatAll(roots))
      } else {
        const roots: Uint8Array[] = []
        for (let at = first; at < first + width; at++) {
          const below = mended.get(tilePath(level - 1, at)) ?? (await storedTile(tiles, level - 1, at, tileWidth, size))
          if (!below) break
          roots.push(tileRoot(below))
        }
        if (roots.length === width) mended.set(tilePath(level, n, width), concatAll(roots))
      }
    }
  }
  return mended
}

// c2sp.org/tlog-tiles: the tree as immutable files of 256 hashes, the entries as bundles of 256.
import { assertInteger, concat, parseDecimal, readU16be, u16be } from './bytes.ts'
import { ProofError, underCode } from './errors.ts'
import {
  completeNodes,
  consistencyRanges,
  emptyRoot,
  foldNodes,
  type Hash,
  HashTree,
  inclusionRanges,
  type NodeId,
  type Range,
} from './merkle.ts'

/** Hashes in a full tile, entries in a full bundle. */
export const tileWidth = 256
const tileHeight = 8

/** `width` is 256 for a full tile and 1 to 255 for a partial one. */
export type TileId = {
  /** 0 to 63, or `entries` for a bundle of entries. */
  readonly level: number | 'entries'
  readonly n: number
  readonly width: number
}

/** `tile/<level>/<n>` with `.p/<width>` for a partial one. */
export function tilePath(level: number, n: number, width: number = tileWidth): string {
  assertInteger(level, 63)
  return `tile/${level}/${numberedPath(n, width)}`
}

export function entriesPath(n: number, width: number = tileWidth): string {
  return `tile/entries/${numberedPath(n, width)}`
}

/** The inverse of `tilePath` and `entriesPath`; refuses every other spelling. */
export function parseTilePath(path: string): TileId {
  return underCode('malformed_tile', 'tile path', () => {
    const match = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path)
    if (match === null) throw new ProofError('malformed_tile', 'not the path of a tile')
    const level = match[1] === 'entries' ? ('entries' as const) : parseDecimal(match[1]!)
    const n = Number(match[2]!.replaceAll(/[x/]/g, ''))
    const width = match[3] === undefined ? tileWidth : parseDecimal(match[3])
    const canonical = level === 'entries' ? entriesPath(n, width) : tilePath(level, n, width)
    if (canonical !== path) throw new ProofError('malformed_tile', 'not the canonical path of a tile')
    return { level, n, width }
  })
}

function numberedPath(n: number, width: number): string {
  assertInteger(n)
  if (!Number.isInteger(width) || width < 1 || width > tileWidth) {
    throw new ProofError('out_of_range', 'a tile is 1 to 256 wide')
  }
  const digits = String(n)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  const groups = padded.match(/.{3}/g)!
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return width === tileWidth ? path : `${path}.p/${width}`
}

export type TileLevel = { readonly level: number; readonly fullTiles: number; readonly partialWidth: number }

/** What tiles a log of this size has, lowest level first. */
export function tileLayout(size: number): TileLevel[] {
  assertInteger(size)
  const levels: TileLevel[] = []
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / tileWidth)) {
    levels.push({
      level: levels.length,
      fullTiles: Math.floor(hashes / tileWidth),
      partialWidth: hashes % tileWidth,
    })
  }
  return levels
}

/** Entries of at most 65,535 bytes, each after its length as u16be. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > tileWidth) throw new ProofError('malformed_tile', 'a bundle holds at most 256 entries')
  return concat(...entries.flatMap((entry) => [u16be(entry.length), entry]))
}

export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] {
  return underCode('malformed_tile', 'entry bundle', () => {
    const entries: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = readU16be(bytes, at)
      const entry = bytes.slice(at + 2, at + 2 + length)
      if (entry.length !== length) throw new ProofError('malformed_tile', 'the last entry is cut short')
      entries.push(entry)
      at += 2 + length
    }
    if (entries.length > tileWidth) throw new ProofError('malformed_tile', 'more than 256 entries')
    return entries
  })
}

/** Returns exactly width * 32 bytes. Falling back to a full tile when a partial one is gone is its own business. */
export type FetchTile = (level: number, n: number, width: number) => Promise<Uint8Array>

/**
 * Rebuilds node hashes of one tree size from its tiles. Verifies nothing: what it returns is as good as the tiles, and
 * becomes a proof only when checked against a signed root.
 */
export class TileHashes {
  readonly size: number
  readonly #fetchTile: FetchTile
  readonly #tiles = new Map<string, Promise<HashTree>>()

  constructor(fetchTile: FetchTile, size: number) {
    assertInteger(size)
    this.#fetchTile = fetchTile
    this.size = size
  }

  async root(): Promise<Hash> {
    return this.size === 0 ? emptyRoot : this.#range({ start: 0, end: this.size })
  }

  async inclusionProof(index: number): Promise<Hash[]> {
    return Promise.all(inclusionRanges(index, this.size).map((range) => this.#range(range)))
  }

  async consistencyProof(oldSize: number): Promise<Hash[]> {
    return Promise.all(consistencyRanges(oldSize, this.size).map((range) => this.#range(range)))
  }

  async leafHash(index: number): Promise<Hash> {
    assertInteger(index, this.size - 1)
    return this.#node({ level: 0, index })
  }

  async #range(range: Range): Promise<Hash> {
    return foldNodes(await Promise.all(completeNodes(range).map((node) => this.#node(node))))
  }

  async #node({ level, index }: NodeId): Promise<Hash> {
    // A node of height h above its tile level is the root of 2^h neighbouring hashes in one tile.
    const tileLevel = Math.floor(level / tileHeight)
    const width = 2 ** (level % tileHeight)
    const first = index * width
    const tile = await this.#tile(tileLevel, Math.floor(first / tileWidth))
    return tile.range({ start: first % tileWidth, end: (first % tileWidth) + width })
  }

  #tile(level: number, n: number): Promise<HashTree> {
    const hashes = Math.floor(this.size / tileWidth ** level)
    const width = Math.min(tileWidth, hashes - n * tileWidth)
    const key = tilePath(level, n, width)
    const held = this.#tiles.get(key)
    if (held !== undefined) return held
    const fetched = this.#fetchTile(level, n, width).then((bytes) => {
      if (bytes.length !== width * 32) throw new ProofError('malformed_tile', `${key} has ${bytes.length} bytes`)
      return new HashTree(bytes)
    })
    this.#tiles.set(key, fetched)
    // A failed fetch is not kept: the next question tries again.
    fetched.catch(() => this.#tiles.delete(key))
    return fetched
  }
}

import { assertInteger, concat, concatAll, readU64be, u64be } from './bytes.ts'
import { ProofError, underCode } from './errors.ts'
import { emptyRoot, type Hash } from './merkle.ts'
import { hashNodeInto } from './sha256.ts'
import { tileLayout, tileWidth } from './tiles.ts'

/** One file to write: a full tile (width 256) or the last, partial one of its level. */
export type TileWrite = {
  readonly level: number
  readonly n: number
  readonly width: number
  readonly bytes: Uint8Array
}

const magic = Uint8Array.of(0x42, 0x4c, 0x46, 0x01) // "BLF" 1

/**
 * The append side of a tiled log: the right edge of the tree and nothing else, so it stays small however large the log
 * grows (at most 255 hashes a level). Not shared between writers: the sequencer owns it.
 */
export class Frontier {
  #size = 0
  readonly #edges: Edge[] = []

  static empty(): Frontier {
    return new Frontier()
  }

  /** The inverse of `toBytes`. */
  static fromBytes(state: Uint8Array): Frontier {
    return underCode('malformed_state', 'frontier', () => {
      for (let i = 0; i < magic.length; i++) {
        if (state[i] !== magic[i]) throw new ProofError('malformed_state', 'unknown version')
      }
      const frontier = new Frontier()
      frontier.#size = readU64be(state, magic.length)
      let at = magic.length + 8
      for (const { partialWidth } of tileLayout(frontier.#size)) {
        const edge = new Edge()
        if (state.length < at + partialWidth * 32) throw new ProofError('malformed_state', 'cut short')
        for (let i = 0; i < partialWidth; i++) edge.push(state, at + i * 32)
        frontier.#edges.push(edge)
        at += partialWidth * 32
      }
      if (at !== state.length) throw new ProofError('malformed_state', 'trailing bytes')
      return frontier
    })
  }

  /** Four bytes of magic and version, u64be size, then the partial tile of each level, lowest first. */
  toBytes(): Uint8Array {
    return concat(magic, u64be(this.#size), ...this.#edges.map((edge) => edge.bytes()))
  }

  get size(): number {
    return this.#size
  }

  root(): Hash {
    let hash: Uint8Array | undefined
    for (const edge of this.#edges) hash = edge.foldInto(hash)
    return hash ?? emptyRoot.slice()
  }

  /**
   * Appends leaf hashes (32 bytes each, one after the other) and lists each tile whose contents changed, in its final
   * state only. All of it or, on a bad length, nothing.
   */
  append(leafHashes: Uint8Array): { readonly tiles: TileWrite[] } {
    if (leafHashes.length % 32 !== 0) throw new ProofError('out_of_range', 'leaf hashes are 32 bytes each')
    const count = leafHashes.length / 32
    assertInteger(this.#size + count)
    const tiles: TileWrite[] = []
    let added = leafHashes
    let before = this.#size
    for (let level = 0; added.length > 0; level++) {
      const edge = this.#edges[level] ?? new Edge()
      if (level === this.#edges.length) this.#edges.push(edge)
      const above: Uint8Array[] = []
      let n = Math.floor(before / tileWidth)
      for (let at = 0; at < added.length; at += 32) {
        edge.push(added, at)
        if (edge.width < tileWidth) continue
        tiles.push({ level, n, width: tileWidth, bytes: edge.bytes() })
        above.push(edge.takeRoot())
        n += 1
      }
      if (edge.width > 0) tiles.push({ level, n, width: edge.width, bytes: edge.bytes() })
      added = concatAll(above)
      before = Math.floor(before / tileWidth)
    }
    this.#size += count
    return { tiles }
  }
}

/** The unfinished last tile of one level, with the roots of its complete parts kept up to date. */
class Edge {
  width = 0
  readonly #hashes = new Uint8Array(tileWidth * 32)
  /** Slot k holds the complete node of height k when bit k of the width is set, like the digits of a binary counter. */
  readonly #slots = new Uint8Array(9 * 32)

  push(source: Uint8Array, at: number): void {
    for (let i = 0; i < 32; i++) this.#hashes[this.width * 32 + i] = source[at + i]!
    const carry = new Uint8Array(32)
    for (let i = 0; i < 32; i++) carry[i] = source[at + i]!
    let k = 0
    for (; (this.width >> k) & 1; k++) hashNodeInto(this.#slots, k * 32, carry, 0, carry, 0)
    this.#slots.set(carry, k * 32)
    this.width += 1
  }

  bytes(): Uint8Array {
    return this.#hashes.slice(0, this.width * 32)
  }

  /** The root of a full tile; the edge starts again empty. */
  takeRoot(): Uint8Array {
    this.width = 0
    return this.#slots.slice(8 * 32, 9 * 32)
  }

  /** Puts this level's complete nodes, right to left, before whatever stands to their right. */
  foldInto(right: Uint8Array | undefined): Uint8Array | undefined {
    let hash = right
    for (let k = 0; k < 8; k++) {
      if (((this.width >> k) & 1) === 0) continue
      if (hash === undefined) hash = this.#slots.slice(k * 32, k * 32 + 32)
      else hashNodeInto(this.#slots, k * 32, hash, 0, hash, 0)
    }
    return hash
  }
}

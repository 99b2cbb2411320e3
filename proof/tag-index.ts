// Per epoch, all (tag, leaf index) pairs sorted by tag, as an RFC 6962 tree whose root is a public leaf. Everybody can
// rebuild it from the entry bundles; a person proves with it that the next tag was not used.
import { base64Decode, base64Encode, compareBytes, concat, equalBytes, isIndex, readU64be, u64be } from './bytes.ts'
import { ProofError, underCode } from './errors.ts'
import { emptyRoot, type Hash, HashTree, verifyInclusion } from './merkle.ts'
import { hashLeaf } from './sha256.ts'

export type TagPair = { readonly tag: Uint8Array; readonly index: number }

/** A pair with its place in the sorted list and its path to the root. Plain JSON. */
export type TagProof = {
  readonly tag: string
  readonly index: number
  readonly position: number
  readonly path: readonly string[]
}

/** The neighbours between which the tag would stand; one is missing at an edge, both in an empty list. Plain JSON. */
export type AbsenceProof = { readonly before?: TagProof; readonly after?: TagProof }

export type TagIndexHead = { readonly size: number; readonly root: Hash }

/** Tag 32 bytes and u64be leaf index: 40 bytes. */
export function encodeTagPair({ tag, index }: TagPair): Uint8Array {
  if (tag.length !== 32) throw new ProofError('malformed_tag_index', 'a tag is 32 bytes')
  return concat(tag, u64be(index))
}

export function decodeTagPair(bytes: Uint8Array): TagPair {
  return underCode('malformed_tag_index', 'tag pair', () => {
    if (bytes.length !== 40) throw new ProofError('malformed_tag_index', 'a pair is 40 bytes')
    return { tag: bytes.slice(0, 32), index: readU64be(bytes, 32) }
  })
}

/** By tag bytes, then by index. */
export function compareTagPairs(a: TagPair, b: TagPair): number {
  return compareBytes(a.tag, b.tag) || a.index - b.index
}

/** The sorted list with its tree, for whoever publishes proofs. */
export class TagIndex {
  readonly pairs: readonly TagPair[]
  readonly #tree: HashTree

  /** In any order; it sorts. The same pair twice is an error. */
  constructor(pairs: readonly TagPair[]) {
    const sorted = pairs.toSorted(compareTagPairs)
    for (let i = 1; i < sorted.length; i++) {
      if (compareTagPairs(sorted[i - 1]!, sorted[i]!) === 0) {
        throw new ProofError('malformed_tag_index', 'the same pair twice')
      }
    }
    const hashes = new Uint8Array(sorted.length * 32)
    for (let i = 0; i < sorted.length; i++) hashes.set(hashLeaf(encodeTagPair(sorted[i]!)), i * 32)
    this.pairs = sorted
    this.#tree = new HashTree(hashes)
  }

  get size(): number {
    return this.pairs.length
  }

  root(): Hash {
    return this.#tree.root()
  }

  /** One proof for each leaf with this tag: normally one, none if it is absent. */
  proveTag(tag: Uint8Array): TagProof[] {
    const proofs: TagProof[] = []
    for (let at = this.#lowerBound(tag); at < this.size && equalBytes(this.pairs[at]!.tag, tag); at++) {
      proofs.push(this.#proof(at))
    }
    return proofs
  }

  /** Throws `malformed_tag_index` when the tag is there. */
  proveAbsence(tag: Uint8Array): AbsenceProof {
    const at = this.#lowerBound(tag)
    if (at < this.size && equalBytes(this.pairs[at]!.tag, tag)) {
      throw new ProofError('malformed_tag_index', 'the tag is not absent')
    }
    return {
      ...(at > 0 ? { before: this.#proof(at - 1) } : {}),
      ...(at < this.size ? { after: this.#proof(at) } : {}),
    }
  }

  #lowerBound(tag: Uint8Array): number {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.pairs[middle]!.tag, tag) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #proof(position: number): TagProof {
    const { tag, index } = this.pairs[position]!
    return { tag: base64Encode(tag), index, position, path: this.#tree.inclusionPath(position).map(base64Encode) }
  }
}

export function tagIndexRoot(pairs: readonly TagPair[]): Hash {
  return new TagIndex(pairs).root()
}

export function proveTag(pairs: readonly TagPair[], tag: Uint8Array): TagProof[] {
  return new TagIndex(pairs).proveTag(tag)
}

export function proveAbsence(pairs: readonly TagPair[], tag: Uint8Array): AbsenceProof {
  return new TagIndex(pairs).proveAbsence(tag)
}

/** Is the pair in the list with this head? False for anything malformed. */
export function verifyTagProof(proof: unknown, { size, root }: TagIndexHead): boolean {
  const parsed = parseTagProof(proof)
  if (parsed === undefined) return false
  const leafHash = hashLeaf(concat(parsed.tag, u64be(parsed.index)))
  return verifyInclusion({ index: parsed.position, size, leafHash, proof: parsed.path, root })
}

/**
 * Is the tag missing from the list with this head? False for anything malformed. That the list is sorted and complete
 * is checked by those who rebuild it from the entry bundles, which anybody can.
 */
export function verifyAbsence(proof: unknown, tag: Uint8Array, { size, root }: TagIndexHead): boolean {
  if (tag.length !== 32 || !isIndex(size) || !isObject(proof)) return false
  const { before, after } = proof
  if (before === undefined && after === undefined) return size === 0 && equalBytes(root, emptyRoot)
  const left = before === undefined ? undefined : parseTagProof(before)
  const right = after === undefined ? undefined : parseTagProof(after)
  if (before !== undefined && (left === undefined || !verifyTagProof(before, { size, root }))) return false
  if (after !== undefined && (right === undefined || !verifyTagProof(after, { size, root }))) return false
  // Neighbours in the list, or the edge of it, with the tag strictly between: then there is no room for it.
  const leftPosition = left?.position ?? -1
  const rightPosition = right?.position ?? size
  if (rightPosition !== leftPosition + 1) return false
  if (left !== undefined && compareBytes(left.tag, tag) >= 0) return false
  return right === undefined || compareBytes(tag, right.tag) < 0
}

type ParsedTagProof = { tag: Uint8Array; index: number; position: number; path: Hash[] }

function parseTagProof(proof: unknown): ParsedTagProof | undefined {
  if (!isObject(proof)) return undefined
  const { tag, index, position, path } = proof
  if (typeof tag !== 'string' || !isIndex(index) || !isIndex(position)) return undefined
  if (!Array.isArray(path) || path.length > 63) return undefined
  try {
    const bytes = base64Decode(tag)
    if (bytes.length !== 32) return undefined
    const hashes = (path as readonly unknown[]).map((hash) => base64Decode(typeof hash === 'string' ? hash : '!'))
    return { tag: bytes, index, position, path: hashes }
  } catch (error) {
    if (error instanceof ProofError) return undefined
    throw error
  }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

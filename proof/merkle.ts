// The Merkle tree of RFC 6962 section 2.1; proofs are verified as RFC 9162 section 2.1 says. Subtrees follow
// draft-ietf-plants-merkle-tree-certs. Indexes are halved by division, never shifted: they may exceed 32 bits.
import { assertInteger, concatAll, equalBytes, isIndex } from './bytes.ts'
import { ProofError } from './errors.ts'
import { hashNode, hashNodeInto, sha256 } from './sha256.ts'

export type Hash = Uint8Array

/** A complete node: the root of the 2^level leaves that start at index * 2^level. */
export type NodeId = { readonly level: number; readonly index: number }

/** Leaves start (included) to end (excluded). */
export type Range = { readonly start: number; readonly end: number }

/** The root of no leaves: SHA-256 of nothing. */
export const emptyRoot: Hash = sha256(new Uint8Array(0))

/** All complete nodes of a tree in memory, so that every path costs a logarithm. For many proofs from one tree. */
export class HashTree {
  readonly size: number
  readonly #levels: readonly Uint8Array[]

  /** Leaf hashes, 32 bytes each, as an array or one after the other. */
  constructor(leafHashes: readonly Hash[] | Uint8Array) {
    const leaves = leafHashes instanceof Uint8Array ? leafHashes : joinHashes(leafHashes)
    if (leaves.length % 32 !== 0) throw new ProofError('out_of_range', 'leaf hashes are 32 bytes each')
    this.size = leaves.length / 32
    const levels = [leaves]
    for (let below = leaves; below.length >= 64; ) {
      const count = Math.floor(below.length / 64)
      const level = new Uint8Array(count * 32)
      for (let i = 0; i < count; i++) hashNodeInto(below, i * 64, below, i * 64 + 32, level, i * 32)
      levels.push(level)
      below = level
    }
    this.#levels = levels
  }

  root(size: number = this.size): Hash {
    assertInteger(size, this.size)
    return size === 0 ? emptyRoot : this.range({ start: 0, end: size })
  }

  inclusionPath(index: number, size: number = this.size): Hash[] {
    assertInteger(size, this.size)
    return inclusionRanges(index, size).map((range) => this.range(range))
  }

  consistencyPath(from: number, size: number = this.size): Hash[] {
    assertInteger(size, this.size)
    return consistencyRanges(from, size).map((range) => this.range(range))
  }

  /** The root of a valid subtree (see `isValidSubtree`). */
  range(range: Range): Hash {
    return foldNodes(completeNodes(range).map(({ level, index }) => this.#node(level, index)))
  }

  #node(level: number, index: number): Hash {
    const hash = this.#levels[level]?.slice(index * 32, index * 32 + 32)
    if (hash?.length !== 32) throw new ProofError('out_of_range', 'the tree has no such node')
    return hash
  }
}

export function rootOf(leafHashes: readonly Hash[] | Uint8Array): Hash {
  return new HashTree(leafHashes).root()
}

/** Sibling hashes from the leaf to the root. */
export function inclusionPath(leafHashes: readonly Hash[] | Uint8Array, index: number): Hash[] {
  return new HashTree(leafHashes).inclusionPath(index)
}

/** Proves that the tree of the first `from` leaves is a prefix of the whole. Empty when they are equal. */
export function consistencyPath(leafHashes: readonly Hash[] | Uint8Array, from: number): Hash[] {
  return new HashTree(leafHashes).consistencyPath(from)
}

export type InclusionClaim = {
  readonly index: number
  readonly size: number
  readonly leafHash: Hash
  readonly proof: readonly Hash[]
  readonly root: Hash
}

export function verifyInclusion({ index, size, leafHash, proof, root }: InclusionClaim): boolean {
  return verifySubtreeInclusion({ index, start: 0, end: size, leafHash, proof, root })
}

export type ConsistencyClaim = {
  readonly size1: number
  readonly size2: number
  readonly root1: Hash
  readonly root2: Hash
  readonly proof: readonly Hash[]
}

/** An empty older tree proves nothing and is refused; the witness layer treats old size 0 by itself. */
export function verifyConsistency({ size1, size2, root1, root2, proof }: ConsistencyClaim): boolean {
  if (size1 === 0) return false
  return verifySubtreeConsistency({ start: 0, end: size1, size: size2, root1, root2, proof })
}

export type SubtreeInclusionClaim = {
  readonly index: number
  readonly start: number
  readonly end: number
  readonly leafHash: Hash
  readonly proof: readonly Hash[]
  readonly root: Hash
}

/** Is the leaf with this index (counted in the whole tree) under the root of the subtree [start, end)? */
export function verifySubtreeInclusion(claim: SubtreeInclusionClaim): boolean {
  const { index, start, end, leafHash, proof, root } = claim
  if (!isIndex(index) || !isValidSubtree({ start, end }) || index < start || index >= end) return false
  const computed = rootFromInclusion({ index: index - start, size: end - start, leafHash, proof })
  return computed !== undefined && equalBytes(computed, root)
}

/** The root that a path leads to, or undefined if it cannot be the path of this index in a tree of this size. */
export function rootFromInclusion({ index, size, leafHash, proof }: Omit<InclusionClaim, 'root'>): Hash | undefined {
  if (!isIndex(size) || !isIndex(index) || index >= size || leafHash.length !== 32) return undefined
  let node = index
  let last = size - 1
  let hash = leafHash
  for (const sibling of proof) {
    if (sibling.length !== 32 || last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      hash = hashNode(hash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 ? hash : undefined
}

export type SubtreeConsistencyClaim = {
  readonly start: number
  readonly end: number
  readonly size: number
  readonly root1: Hash
  readonly root2: Hash
  readonly proof: readonly Hash[]
}

/** Is the subtree [start, end) with root1 part of the tree of `size` leaves with root2? */
export function verifySubtreeConsistency({ start, end, size, root1, root2, proof }: SubtreeConsistencyClaim): boolean {
  if (!isIndex(size) || !isValidSubtree({ start, end }) || end > size) return false
  if (start === end) return proof.length === 0 && equalBytes(root1, emptyRoot)
  let first = start
  let sub = end - 1
  let last = size - 1
  while (first !== sub && (sub === last || sub % 2 === 1)) {
    first = half(first)
    sub = half(sub)
    last = half(last)
  }
  const rest = proof.slice()
  // When the subtree is one complete node its own root starts the walk, otherwise the proof's first hash does.
  const seed = first === sub ? root1 : rest.shift()
  if (seed === undefined) return false
  let subHash = seed
  let treeHash = seed
  for (const sibling of rest) {
    if (sibling.length !== 32 || treeHash.length !== 32 || last === 0) return false
    if (sub % 2 === 1 || sub === last) {
      if (first < sub) subHash = hashNode(sibling, subHash)
      treeHash = hashNode(sibling, treeHash)
      while (sub % 2 === 0 && sub !== 0) {
        first = half(first)
        sub = half(sub)
        last = half(last)
      }
    } else {
      treeHash = hashNode(treeHash, sibling)
    }
    first = half(first)
    sub = half(sub)
    last = half(last)
  }
  return last === 0 && equalBytes(subHash, root1) && equalBytes(treeHash, root2)
}

/** A subtree starts at a multiple of its length rounded up to a power of two; an empty one may start anywhere. */
export function isValidSubtree({ start, end }: Range): boolean {
  if (!isIndex(start) || !isIndex(end) || start > end) return false
  const length = end - start
  return length === 0 || start % powerAtLeast(length) === 0
}

/** The ranges whose roots are the inclusion path, leaf to root. */
export function inclusionRanges(index: number, size: number): Range[] {
  assertInteger(size)
  assertInteger(index, size - 1)
  const ranges: Range[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + powerBelow(end - start)
    if (index < middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
    }
  }
  return ranges.reverse()
}

/** The ranges whose roots are the consistency path from the first `from` leaves. */
export function consistencyRanges(from: number, size: number): Range[] {
  assertInteger(size)
  assertInteger(from, size)
  if (from === 0 || from === size) return []
  const ranges: Range[] = []
  let start = 0
  let end = size
  let wholeOld = true
  while (end !== from) {
    const middle = start + powerBelow(end - start)
    if (from <= middle) {
      ranges.push({ start: middle, end })
      end = middle
    } else {
      ranges.push({ start, end: middle })
      start = middle
      wholeOld = false
    }
  }
  if (!wholeOld) ranges.push({ start, end })
  return ranges.reverse()
}

/** The complete nodes, left to right, of a valid subtree. Their root is `foldNodes` of their hashes. */
export function completeNodes({ start, end }: Range): NodeId[] {
  if (!isValidSubtree({ start, end })) throw new ProofError('out_of_range', 'not a subtree')
  const nodes: NodeId[] = []
  for (let at = start; at < end; ) {
    const width = powerAtMost(end - at)
    nodes.push({ level: Math.round(Math.log2(width)), index: at / width })
    at += width
  }
  return nodes
}

export function foldNodes(hashes: readonly Hash[]): Hash {
  const last = hashes.at(-1)
  if (last === undefined) return emptyRoot
  let hash = last
  for (let i = hashes.length - 2; i >= 0; i--) hash = hashNode(hashes[i]!, hash)
  return hash
}

export function joinHashes(hashes: readonly Hash[]): Uint8Array {
  for (const hash of hashes) if (hash.length !== 32) throw new ProofError('out_of_range', 'a hash is 32 bytes')
  return concatAll(hashes)
}

export function splitHashes(bytes: Uint8Array): Hash[] {
  if (bytes.length % 32 !== 0) throw new ProofError('out_of_range', 'hashes are 32 bytes each')
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(i * 32, i * 32 + 32))
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function powerAtMost(value: number): number {
  let power = 1
  while (power * 2 <= value) power *= 2
  return power
}

function powerAtLeast(value: number): number {
  let power = 1
  while (power < value) power *= 2
  return power
}

/** The largest power of two strictly below the value (which is at least 2): the size of the left half. */
function powerBelow(value: number): number {
  return powerAtLeast(value) / 2
}

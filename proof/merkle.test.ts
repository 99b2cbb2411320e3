import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, concatAll, utf8Encode } from './bytes.ts'
import { ProofError } from './errors.ts'
import {
  consistencyPath,
  emptyRoot,
  type Hash,
  HashTree,
  inclusionPath,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './merkle.ts'
import { hashLeaf, hashNode } from './sha256.ts'

const leaves = Array.from({ length: 70 }, (_, i) => hashLeaf(utf8Encode(`entry ${i}`)))

/** RFC 6962 section 2.1, word for word. */
function definition(list: readonly Hash[]): Hash {
  if (list.length === 0) return emptyRoot
  if (list.length === 1) return list[0]!
  let k = 1
  while (k * 2 < list.length) k *= 2
  return hashNode(definition(list.slice(0, k)), definition(list.slice(k)))
}

test('the root is the one that RFC 6962 defines, for every small size', () => {
  for (let size = 0; size <= leaves.length; size++) {
    assert.deepEqual(rootOf(leaves.slice(0, size)), definition(leaves.slice(0, size)))
    assert.deepEqual(rootOf(concat(...leaves.slice(0, size))), definition(leaves.slice(0, size)))
    assert.deepEqual(new HashTree(leaves).root(size), definition(leaves.slice(0, size)))
  }
})

test('every leaf of every small tree is proved to be in, at its own index only', () => {
  for (let size = 1; size <= 40; size++) {
    const tree = leaves.slice(0, size)
    const root = rootOf(tree)
    for (let index = 0; index < size; index++) {
      const proof = inclusionPath(tree, index)
      assert.ok(verifyInclusion({ index, size, leafHash: tree[index]!, proof, root }))
      for (let other = 0; other <= size; other++) {
        if (other === index) continue
        assert.ok(!verifyInclusion({ index: other, size, leafHash: tree[index]!, proof, root }))
      }
    }
  }
})

test('every small tree is proved to extend every smaller one, and no other', () => {
  const tree = new HashTree(leaves)
  for (let size2 = 1; size2 <= 40; size2++) {
    for (let size1 = 1; size1 <= size2; size1++) {
      const proof = consistencyPath(leaves.slice(0, size2), size1)
      const claim = { size1, size2, root1: tree.root(size1), root2: tree.root(size2), proof }
      assert.ok(verifyConsistency(claim))
      assert.ok(size1 === size2 || !verifyConsistency({ ...claim, size1: size1 + 1 }))
      assert.ok(!verifyConsistency({ ...claim, proof: [...proof, emptyRoot] }))
      assert.ok(proof.length === 0 || !verifyConsistency({ ...claim, proof: proof.slice(1) }))
    }
  }
})

test('a proof with any bit changed proves nothing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), (size, pick, bit) => {
      const tree = leaves.slice(0, size)
      const index = pick % size
      const proof = inclusionPath(tree, index).map((hash) => hash.slice())
      const at = bit % (proof.length * 256)
      proof[at >> 8]![(at >> 3) & 31]! ^= 1 << (at & 7)
      assert.ok(!verifyInclusion({ index, size, leafHash: tree[index]!, proof, root: rootOf(tree) }))
    }),
  )
})

test('a subtree is proved to be part of the tree, and a leaf of the subtree', () => {
  const tree = new HashTree(leaves)
  const root1 = tree.range({ start: 32, end: 45 })
  const proof = tree.inclusionPath(40, 70)
  assert.ok(proof.length > 0)
  for (let index = 32; index < 45; index++) {
    const inside = inclusionPath(leaves.slice(32, 45), index - 32)
    assert.ok(
      verifySubtreeInclusion({ index, start: 32, end: 45, leafHash: leaves[index]!, proof: inside, root: root1 }),
    )
  }
  // A subtree that is one complete node is proved by the path of that node.
  const node = tree.range({ start: 32, end: 64 })
  const path = [tree.range({ start: 0, end: 32 }), tree.range({ start: 64, end: 70 })]
  const claim = { start: 32, end: 64, size: 70, root1: node, root2: tree.root(), proof: path }
  assert.ok(verifySubtreeConsistency(claim))
  assert.ok(!verifySubtreeConsistency({ ...claim, start: 33 }))
})

test('an older tree of nothing, sizes beyond 2^53 and hashes of a wrong length prove nothing', () => {
  const root = rootOf(leaves)
  assert.ok(!verifyConsistency({ size1: 0, size2: 70, root1: emptyRoot, root2: root, proof: [] }))
  assert.ok(!verifyInclusion({ index: 0, size: 2 ** 53, leafHash: leaves[0]!, proof: [], root }))
  assert.ok(!verifyInclusion({ index: Number.NaN, size: 1, leafHash: root, proof: [], root }))
  assert.ok(!verifyInclusion({ index: 0, size: 1, leafHash: new Uint8Array(31), proof: [], root: new Uint8Array(31) }))
  assert.ok(!verifyInclusion({ index: 0, size: 2, leafHash: leaves[0]!, proof: [new Uint8Array(33)], root }))
})

test('a list of a quarter of a million leaves has a root', () => {
  const many = Array.from({ length: 250_000 }, () => leaves[0]!)
  assert.deepEqual(rootOf(many), rootOf(concatAll(many)))
})

test('asking a tree for what it does not have is an error', () => {
  assert.throws(() => inclusionPath(leaves, 70), ProofError)
  assert.throws(() => inclusionPath([], 0), ProofError)
  assert.throws(() => consistencyPath(leaves, 71), ProofError)
  assert.throws(() => rootOf([new Uint8Array(31)]), ProofError)
  assert.throws(() => new HashTree(leaves).root(71), ProofError)
})

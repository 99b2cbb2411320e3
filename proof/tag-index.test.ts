import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { equalBytes } from './bytes.ts'
import { emptyRoot } from './merkle.ts'
import { sha256 } from './sha256.ts'
import { TagIndex, type TagPair, tagIndexRoot, verifyAbsence, verifyTagProof } from './tag-index.ts'

const tagOf = (n: number) => sha256(Uint8Array.of(n >> 8, n & 255))
const json = <T>(value: T): unknown => JSON.parse(JSON.stringify(value))

test('every tag in the list is proved to be in, every other one to be absent, for any list', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300), { maxLength: 40 }), fc.nat(300), (numbers, probe) => {
      const index = new TagIndex(numbers.map((n) => ({ tag: tagOf(n), index: n })))
      const head = { size: index.size, root: index.root() }
      const tag = tagOf(probe)
      const proofs = index.proveTag(tag)
      assert.equal(proofs.length, numbers.includes(probe) ? 1 : 0)
      for (const proof of proofs) assert.ok(verifyTagProof(json(proof), head))
      if (proofs.length > 0) assert.throws(() => index.proveAbsence(tag), { code: 'malformed_tag_index' })
      else assert.ok(verifyAbsence(json(index.proveAbsence(tag)), tag, head))
    }),
  )
})

test('the root does not depend on the order in which the pairs came', () => {
  const pairs = Array.from({ length: 50 }, (_, n) => ({ tag: tagOf(n), index: n }))
  assert.deepEqual(tagIndexRoot(pairs), tagIndexRoot(pairs.toReversed()))
  assert.throws(() => tagIndexRoot([...pairs, pairs[3]!]), { code: 'malformed_tag_index' })
})

test('a tag may stand at two leaves, and both are proved', () => {
  const pairs: TagPair[] = [1, 2, 3].map((n) => ({ tag: tagOf(n), index: n }))
  const index = new TagIndex([...pairs, { tag: tagOf(2), index: 99 }])
  const proofs = index.proveTag(tagOf(2))
  assert.deepEqual(
    proofs.map((proof) => proof.index),
    [2, 99],
  )
  assert.ok(proofs.every((proof) => verifyTagProof(proof, { size: 4, root: index.root() })))
})

test('nobody can prove that a tag is absent which is there', () => {
  const pairs = Array.from({ length: 20 }, (_, n) => ({ tag: tagOf(n), index: n }))
  const index = new TagIndex(pairs)
  const head = { size: 20, root: index.root() }
  const at = (position: number) => index.proveTag(index.pairs[position]!.tag)[0]!
  for (const [position, { tag }] of index.pairs.entries()) {
    const left = position > 0 ? { before: at(position - 1) } : {}
    const right = position < 19 ? { after: at(position + 1) } : {}
    for (const forged of [{ ...left, ...right }, left, right, {}, { before: at(position) }, { after: at(position) }]) {
      assert.ok(!verifyAbsence(forged, tag, head))
    }
  }
})

test('an absence proof holds for its own list only, and edges must be the edges', () => {
  const index = new TagIndex(Array.from({ length: 20 }, (_, n) => ({ tag: tagOf(n), index: n })))
  const head = { size: 20, root: index.root() }
  const low = new Uint8Array(32)
  const high = new Uint8Array(32).fill(255)
  const first = index.proveAbsence(low)
  const last = index.proveAbsence(high)
  assert.ok(first.before === undefined && verifyAbsence(first, low, head))
  assert.ok(last.after === undefined && verifyAbsence(last, high, head))
  assert.ok(!verifyAbsence(first, high, head))
  assert.ok(!verifyAbsence(last, low, head))
  assert.ok(!verifyAbsence(last, high, { ...head, size: 21 }))
  assert.ok(!verifyAbsence(first, low, { ...head, root: emptyRoot }))
  assert.ok(!verifyAbsence({}, low, head))
  assert.ok(verifyAbsence({}, low, { size: 0, root: emptyRoot }))
  assert.ok(!verifyAbsence({}, low, { size: 0, root: head.root }))
  assert.ok(!equalBytes(head.root, emptyRoot))
})

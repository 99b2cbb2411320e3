import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, hexEncode, utf8Encode } from './bytes.ts'
import { ProofError } from './errors.ts'
import { Frontier } from './frontier.ts'
import { HashTree, joinHashes, rootOf, verifyConsistency, verifyInclusion } from './merkle.ts'
import { hashLeaf } from './sha256.ts'
import { TileHashes, tileLayout, tilePath, tileWidth } from './tiles.ts'

const leaves = Array.from({ length: 66_500 }, (_, i) => hashLeaf(utf8Encode(`record ${i}`)))

/** All tiles of a log, straight from the definition: hash i of a level is the root of 256 of the level below. */
function allTiles(size: number): Map<string, string> {
  const tiles = new Map<string, string>()
  let hashes = leaves.slice(0, size)
  for (const { level, fullTiles, partialWidth } of tileLayout(size)) {
    const widths = [...Array<number>(fullTiles).fill(tileWidth), ...(partialWidth > 0 ? [partialWidth] : [])]
    for (const [n, width] of widths.entries()) {
      tiles.set(tilePath(level, n, width), hexEncode(joinHashes(hashes.slice(n * tileWidth, n * tileWidth + width))))
    }
    hashes = Array.from({ length: fullTiles }, (_, n) => rootOf(hashes.slice(n * tileWidth, (n + 1) * tileWidth)))
  }
  return tiles
}

const steps = fc.array(fc.oneof(fc.nat(5), fc.nat(300), fc.nat(1500)), { minLength: 1, maxLength: 12 })

test('however a log grows, its frontier has the root of all its leaves, also after a restart', () => {
  fc.assert(
    fc.property(steps, (counts) => {
      let frontier = Frontier.empty()
      let size = 0
      for (const count of counts) {
        frontier.append(concat(...leaves.slice(size, size + count)))
        size += count
        assert.equal(frontier.size, size)
        assert.deepEqual(frontier.root(), rootOf(leaves.slice(0, size)))
        frontier = Frontier.fromBytes(frontier.toBytes())
      }
    }),
    { numRuns: 30 },
  )
})

test('an append lists exactly the tiles that it changed, in their final state', () => {
  fc.assert(
    fc.property(steps, (counts) => {
      const frontier = Frontier.empty()
      let size = 0
      for (const count of counts) {
        const { tiles } = frontier.append(concat(...leaves.slice(size, size + count)))
        const before = allTiles(size)
        size += count
        const changed = [...allTiles(size)].filter(([path]) => !before.has(path))
        const written = tiles.map(({ level, n, width, bytes }) => [tilePath(level, n, width), hexEncode(bytes)])
        assert.deepEqual(written.toSorted(), changed.toSorted())
      }
    }),
    { numRuns: 20 },
  )
})

test('three levels of tiles give the proofs that the leaves give', async () => {
  const size = leaves.length
  const tiles = new Map<string, Uint8Array>()
  const frontier = Frontier.empty()
  for (let at = 0; at < size; at += 9000) {
    for (const { level, n, width, bytes } of frontier.append(concat(...leaves.slice(at, at + 9000))).tiles) {
      tiles.set(tilePath(level, n, width), bytes)
    }
  }
  const fetched: string[] = []
  const reader = new TileHashes(async (level, n, width) => {
    fetched.push(tilePath(level, n, width))
    return tiles.get(tilePath(level, n, width))!
  }, size)
  const tree = new HashTree(leaves)
  assert.deepEqual(await reader.root(), tree.root())
  assert.deepEqual(await reader.leafHash(4711), leaves[4711])
  for (const index of [0, 255, 256, 65_535, 65_536, 66_048, size - 1]) {
    const proof = await reader.inclusionProof(index)
    assert.deepEqual(proof, tree.inclusionPath(index))
    assert.ok(verifyInclusion({ index, size, leafHash: leaves[index]!, proof, root: tree.root() }))
  }
  for (const size1 of [1, 255, 256, 257, 65_535, 65_536, 65_537, 66_000, size]) {
    const proof = await reader.consistencyProof(size1)
    assert.ok(verifyConsistency({ size1, size2: size, root1: tree.root(size1), root2: tree.root(), proof }))
  }
  assert.equal(new Set(fetched).size, fetched.length, 'no tile is fetched twice')
})

test('a tile of a wrong length is refused, and asked for again next time', async () => {
  let bytes = new Uint8Array(31)
  const reader = new TileHashes(async () => bytes, 1)
  await assert.rejects(reader.root(), ProofError)
  bytes = new Uint8Array(32)
  assert.deepEqual(await reader.root(), bytes)
  assert.deepEqual(await new TileHashes(async () => bytes, 0).root(), rootOf([]))
})

test('a state that is cut short, too long or of another version is refused', () => {
  const frontier = Frontier.empty()
  frontier.append(concat(...leaves.slice(0, 300)))
  const state = frontier.toBytes()
  assert.throws(() => Frontier.fromBytes(state.subarray(1)), { code: 'malformed_state' })
  assert.throws(() => Frontier.fromBytes(state.subarray(0, -1)), { code: 'malformed_state' })
  assert.throws(() => Frontier.fromBytes(concat(state, Uint8Array.of(0))), { code: 'malformed_state' })
  assert.throws(() => Frontier.fromBytes(new Uint8Array(0)), { code: 'malformed_state' })
  assert.throws(() => frontier.append(new Uint8Array(33)), ProofError)
  assert.equal(frontier.size, 300)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProofError } from './errors.ts'
import { decodeEntryBundle, encodeEntryBundle, entriesPath, parseTilePath, tileLayout, tilePath } from './tiles.ts'

test('tile paths are those of the tlog-tiles text', () => {
  assert.equal(tilePath(0, 1234067), 'tile/0/x001/x234/067')
  assert.equal(tilePath(2, 0, 17), 'tile/2/000.p/17')
  assert.equal(entriesPath(1000, 3), 'tile/entries/x001/000.p/3')
})

test('a path that is read back is the same tile, for any tile', () => {
  fc.assert(
    fc.property(fc.nat(63), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, n, width) => {
      assert.deepEqual(parseTilePath(tilePath(level, n, width)), { level, n, width })
      assert.deepEqual(parseTilePath(entriesPath(n, width)), { level: 'entries', n, width })
    }),
  )
})

test('every other spelling of a tile path is refused', () => {
  const bad = ['tile/0/123/456/078', 'tile/00/000', 'tile/64/000', 'tile/0/x000/001', 'tile/0/1', 'tile/0/000.p/0']
  bad.push(
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/../000',
    'tile/x/000',
    'tile/0/x99/000',
  )
  bad.push('tile/0/x999/x999/x999/x999/x999/999', 'tile/0/000\n')
  for (const path of bad) assert.throws(() => parseTilePath(path), { code: 'malformed_tile' }, path)
})

test('the layout of 70,000 entries is that of the tlog-tiles text', () => {
  assert.deepEqual(tileLayout(70_000), [
    { level: 0, fullTiles: 273, partialWidth: 112 },
    { level: 1, fullTiles: 1, partialWidth: 17 },
    { level: 2, fullTiles: 0, partialWidth: 1 },
  ])
  assert.deepEqual(tileLayout(0), [])
})

test('a bundle gives back its entries, and none that is cut short or too long is read', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 256 })
  fc.assert(fc.property(entries, (list) => assert.deepEqual(decodeEntryBundle(encodeEntryBundle(list)), list)))
  assert.throws(() => decodeEntryBundle(Uint8Array.of(0, 2, 1)), { code: 'malformed_tile' })
  assert.throws(() => decodeEntryBundle(Uint8Array.of(0)), { code: 'malformed_tile' })
  assert.throws(() => decodeEntryBundle(new Uint8Array(257 * 2)), { code: 'malformed_tile' })
  assert.throws(() => encodeEntryBundle([new Uint8Array(65_536)]), ProofError)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BodyField, bodyRoot, discloseFields, saltOf, verifyDisclosure } from './body.ts'
import { base64Decode, base64Encode } from './bytes.ts'

const seed = new Uint8Array(32).fill(9)
const fields: readonly BodyField[] = [
  ['purpose', 'delivery'],
  ['fields', ['name', 'phone']],
  ['who', { role: 'clerk', unit: 7 }],
  ['released', null],
  ['count', 1],
]
const root = bodyRoot(seed, fields)

test('any choice of fields can be shown, and the others stay closed', () => {
  fc.assert(
    fc.property(fc.subarray([0, 1, 2, 3, 4]), (indexes) => {
      const disclosure = discloseFields(seed, fields, indexes)
      assert.ok(verifyDisclosure(JSON.parse(JSON.stringify(disclosure)), root))
      assert.equal(disclosure.disclosed.length, indexes.length)
      assert.equal(disclosure.hashes.length, fields.length - indexes.length)
      assert.ok(!JSON.stringify(disclosure).includes(base64Encode(seed)))
      for (const [i, [name]] of fields.entries()) {
        if (!indexes.includes(i)) assert.ok(!JSON.stringify(disclosure.disclosed).includes(`"${name}"`))
      }
    }),
  )
})

test('a changed value, name, salt, place or count is noticed', () => {
  const good = discloseFields(seed, fields, [1, 3])
  const [first, second] = good.disclosed
  const bad: unknown[] = [
    { ...good, disclosed: [{ ...first, value: ['name'] }, second] },
    { ...good, disclosed: [{ ...first, name: 'purpose' }, second] },
    { ...good, disclosed: [{ ...first, salt: base64Encode(saltOf(seed, 2)) }, second] },
    { ...good, disclosed: [{ ...first, index: 2 }, second] },
    { ...good, disclosed: [{ ...first, index: 3 }, second] },
    { ...good, disclosed: [first, first] },
    { ...good, count: 4 },
    { ...good, count: 1e9, disclosed: [], hashes: [] },
    { ...good, hashes: good.hashes.toReversed() },
    { ...good, hashes: good.hashes.slice(1) },
    { ...good, disclosed: [{ ...first, value: '\ud800' }, second] },
    { ...good, disclosed: [{ ...first, salt: '' }, second] },
    null,
    [],
    'x',
    {},
  ]
  for (const one of bad) assert.ok(!verifyDisclosure(one, root), JSON.stringify(one))
  assert.ok(!verifyDisclosure(good, new Uint8Array(32)))
})

test('equal fields of two entries have nothing in common in the ledger', () => {
  const other = new Uint8Array(32).fill(8)
  assert.notDeepEqual(bodyRoot(other, fields), root)
  const a = discloseFields(seed, fields, []).hashes
  assert.ok(discloseFields(other, fields, []).hashes.every((hash) => !a.includes(hash)))
})

test('a seed is 32 bytes, because HMAC cannot tell shorter ones from padded ones', () => {
  assert.throws(() => bodyRoot(new Uint8Array(31), fields), { code: 'malformed_body' })
  assert.throws(() => bodyRoot(new Uint8Array(33), fields), { code: 'malformed_body' })
  assert.throws(() => discloseFields(seed, fields, [5]), { code: 'out_of_range' })
  assert.equal(base64Decode(discloseFields(seed, fields, [0]).disclosed[0]!.salt).length, 32)
})

test('a body of no fields has the empty root', () => {
  assert.ok(verifyDisclosure(discloseFields(seed, [], []), bodyRoot(seed, [])))
})

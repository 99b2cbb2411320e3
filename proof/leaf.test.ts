import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat, utf8Encode } from './bytes.ts'
import { canonicalJson, type Json, parseCanonicalJson } from './jcs.ts'
import { decodeLeaf, decodePublicLeaf, encodePublicLeaf } from './public-leaf.ts'
import { bucketOf, decodeSealedLeaf, encodeSealedLeaf, isSealedLeaf } from './sealed-leaf.ts'

const hash = () => fc.uint8Array({ minLength: 32, maxLength: 32 })

test('a sealed leaf is always 112 bytes and is read back the same', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), hash(), hash(), hash(), (seconds, tag, bodyRoot, copyHash) => {
      const leaf = { bucketSeconds: bucketOf(seconds), tag, bodyRoot, copyHash }
      const bytes = encodeSealedLeaf(leaf)
      assert.equal(bytes.length, 112)
      assert.ok(isSealedLeaf(bytes))
      assert.deepEqual(decodeSealedLeaf(bytes), leaf)
      assert.deepEqual(decodeLeaf(bytes), { kind: 'sealed', leaf })
    }),
  )
})

test('a sealed leaf with another class, padding, version, time or length is refused', () => {
  const zero = new Uint8Array(32)
  const good = encodeSealedLeaf({ bucketSeconds: 60, tag: zero, bodyRoot: zero, copyHash: zero })
  for (let at = 0; at < 16; at++) {
    const bad = good.slice()
    bad[at]! ^= 1
    assert.throws(() => decodeSealedLeaf(bad), `byte ${at}`)
  }
  assert.throws(() => decodeSealedLeaf(good.subarray(1)), { code: 'malformed_leaf' })
  assert.throws(() => decodeSealedLeaf(concat(good, Uint8Array.of(0))), { code: 'malformed_leaf' })
  assert.throws(() => encodeSealedLeaf({ bucketSeconds: 61, tag: zero, bodyRoot: zero, copyHash: zero }), {
    code: 'malformed_leaf',
  })
})

test('a public leaf is canonical JSON with a type and a version, and nothing else is', () => {
  const leaf = { type: 'notice', v: 1, b: [1, 'é'], a: null }
  const bytes = encodePublicLeaf(leaf)
  assert.deepEqual(bytes, utf8Encode('{"a":null,"b":[1,"é"],"type":"notice","v":1}'))
  assert.deepEqual(decodePublicLeaf(bytes), leaf)
  assert.equal(decodeLeaf(bytes).kind, 'public')
  const bad = [
    '{"v":1,"type":"a"}',
    '{"type":"a", "v":1}',
    '{"type":"a","v":1.5}',
    '{"type":"a","v":1,"v":1}',
    '{"type":"a"}',
  ]
  bad.push(
    '{"type":"","v":1}',
    '{"type":"a","v":"1"}',
    '[]',
    'null',
    '',
    '"a"',
    '{"type":"a","v":1e0}',
    '\ufeff{"type":"a","v":1}',
  )
  for (const text of bad) assert.throws(() => decodePublicLeaf(utf8Encode(text)), { code: 'malformed_leaf' }, text)
  assert.throws(() => encodePublicLeaf({ type: 'a', v: 1, long: 'x'.repeat(65_536) }), { code: 'malformed_leaf' })
  assert.throws(() => decodeLeaf(new Uint8Array(0)), { code: 'malformed_leaf' })
})

test('canonical JSON follows the example of RFC 8785', () => {
  const value = {
    numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
  const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }
  assert.equal(Object.values(JSON.parse(canonicalJson(names)) as object).length, 7)
  assert.equal(canonicalJson(names), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
})

test('canonical JSON does not depend on the order of members, and is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json
      let text: string
      try {
        text = canonicalJson(json)
      } catch {
        return
      }
      assert.equal(canonicalJson(parseCanonicalJson(utf8Encode(text))), text)
    }),
  )
  assert.equal(canonicalJson({ a: 1, b: -0 }), canonicalJson({ b: 0, a: 1 }))
})

test('what JSON cannot say has no canonical text', () => {
  let deep: Json = 0
  for (let i = 0; i < 100; i++) deep = [deep]
  // Values that the type forbids, as a caller without types might pass them.
  const bad = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    { '\udfff': 1 },
    undefined,
    [undefined],
    new Date(0),
    1n,
    deep,
    new Map(),
  ]
  for (const value of bad) assert.throws(() => canonicalJson(value as Json), { code: 'malformed_json' })
  assert.throws(() => canonicalJson(new Array(2) as Json), { code: 'malformed_json' })
  assert.throws(() => parseCanonicalJson(utf8Encode('['.repeat(100_000))), { code: 'malformed_json' })
})

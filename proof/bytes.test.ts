import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  base64Decode,
  base64DecodeLoosely,
  base64Encode,
  base64urlDecode,
  base64urlEncode,
  compareBytes,
  concat,
  hexDecode,
  hexEncode,
  lengthPrefixed,
  parseDecimal,
  readU16be,
  readU32be,
  readU64be,
  u16be,
  u32be,
  u64be,
  utf8Decode,
  utf8Encode,
} from './bytes.ts'
import { ProofError } from './errors.ts'

const bytes = () => fc.uint8Array({ maxLength: 200 })

test('base64, base64url and hexadecimal are what Node writes and read back the same', () => {
  fc.assert(
    fc.property(bytes(), (value) => {
      const buffer = Buffer.from(value)
      assert.equal(base64Encode(value), buffer.toString('base64'))
      assert.equal(base64urlEncode(value), buffer.toString('base64url'))
      assert.equal(hexEncode(value), buffer.toString('hex'))
      assert.deepEqual(base64Decode(base64Encode(value)), value)
      assert.deepEqual(base64urlDecode(base64urlEncode(value)), value)
      assert.deepEqual(hexDecode(hexEncode(value)), value)
    }),
  )
})

test('base64 has one spelling: padding, alphabet, spaces and stray bits are all checked', () => {
  for (const text of [
    'A',
    'AA',
    'AAA',
    'AAA=A',
    'AA==AA==',
    'AB==',
    'AAB=',
    'A===',
    '====',
    '=',
    'AA=A',
    ' AAAA',
    'AAAA\n',
    'AA-_',
    'AAé=',
  ]) {
    assert.throws(() => base64Decode(text), ProofError, text)
  }
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      try {
        assert.equal(base64Encode(base64Decode(text)), text)
      } catch (error) {
        assert.ok(error instanceof ProofError)
      }
    }),
  )
  for (const text of ['AA==', 'A', 'AB', 'AA+/']) assert.throws(() => base64urlDecode(text), ProofError, text)
})

test('loose base64 forgives the unused bits and nothing else', () => {
  assert.deepEqual(base64DecodeLoosely('AB=='), Uint8Array.of(0))
  assert.throws(() => base64DecodeLoosely('AB='), ProofError)
})

test('text that is not well formed has no bytes, and bytes that are not UTF-8 have no text', () => {
  assert.throws(() => utf8Encode('a\ud800'), ProofError)
  assert.throws(() => utf8Decode(Uint8Array.of(0xc0, 0x80)), ProofError)
  assert.equal(utf8Decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), '\ufeffA')
})

test('integers survive their bytes, and what a double cannot hold is refused', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.equal(readU64be(u64be(value)), value)))
  fc.assert(fc.property(fc.nat(0xffff), (value) => assert.equal(readU16be(u16be(value)), value)))
  assert.equal(readU32be(u32be(0xffffffff)), 0xffffffff)
  assert.throws(() => readU64be(new Uint8Array(8).fill(255)), ProofError)
  assert.throws(() => readU64be(new Uint8Array(7)), ProofError)
  for (const value of [-1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => u64be(value), ProofError)
})

test('a decimal number has no sign, no leading zero and no more than 2^53-1', () => {
  assert.equal(parseDecimal('9007199254740991'), Number.MAX_SAFE_INTEGER)
  for (const text of ['', '-1', '+1', '01', '1.0', '1e3', ' 1', '0x1', '9007199254740992', '18446744073709551615']) {
    assert.throws(() => parseDecimal(text), ProofError, text)
  }
})

test('length-prefixed lists of parts never collide', () => {
  const parts = fc.array(fc.oneof(bytes(), fc.string({ unit: 'grapheme' })), { maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const flat = (list: (Uint8Array | string)[]) =>
        JSON.stringify(list.map((one) => hexEncode(typeof one === 'string' ? utf8Encode(one) : one)))
      assert.equal(hexEncode(lengthPrefixed(...a)) === hexEncode(lengthPrefixed(...b)), flat(a) === flat(b))
    }),
  )
})

test('bytes are ordered as Buffer orders them', () => {
  fc.assert(fc.property(bytes(), bytes(), (a, b) => assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b))))
  assert.deepEqual(concat(), new Uint8Array(0))
})

import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { concat } from './bytes.ts'
import { ProofError } from './errors.ts'
import { HmacKey, hashLeaf, hashNode, hashNodeInto, hmacSha256, sha256 } from './sha256.ts'
import { sha512 } from './sha512.ts'
import { shake128, shake256 } from './shake.ts'

const message = () => fc.uint8Array({ maxLength: 700 })
const same = (actual: Uint8Array, expected: Uint8Array) => assert.deepEqual(Buffer.from(actual), Buffer.from(expected))

test('every hash agrees with OpenSSL for any message', () => {
  fc.assert(
    fc.property(message(), fc.nat(400), (bytes, length) => {
      same(sha256(bytes), createHash('sha256').update(bytes).digest())
      same(sha512(bytes), createHash('sha512').update(bytes).digest())
      same(shake128(length, bytes), createHash('shake128', { outputLength: length }).update(bytes).digest())
      same(shake256(length, bytes), createHash('shake256', { outputLength: length }).update(bytes).digest())
    }),
  )
})

test('every length around the block boundaries is padded right', () => {
  for (let length = 0; length < 300; length++) {
    const bytes = new Uint8Array(length).map((_, i) => (i * 7 + length) & 255)
    same(sha256(bytes), createHash('sha256').update(bytes).digest())
    same(sha512(bytes), createHash('sha512').update(bytes).digest())
  }
})

test('an HMAC key gives the same code each time it is used, and agrees with OpenSSL', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), message(), message(), (key, first, second) => {
      const hmac = new HmacKey(key)
      same(hmac.mac(first), createHmac('sha256', key).update(first).digest())
      same(hmac.mac(second), hmacSha256(key, second))
      same(hmac.mac(first), createHmac('sha256', key).update(first).digest())
    }),
  )
})

test('a wiped HMAC key no longer makes codes of that key', () => {
  const hmac = new HmacKey(new Uint8Array(32).fill(3))
  const before = hmac.mac(new Uint8Array(0))
  hmac.wipe()
  assert.notDeepEqual(hmac.mac(new Uint8Array(0)), before)
})

test('leaves and nodes are hashed with their RFC 6962 prefixes', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(hash, hash, message(), (left, right, entry) => {
      same(hashNode(left, right), sha256(concat(Uint8Array.of(1), left, right)))
      same(hashLeaf(entry), sha256(concat(Uint8Array.of(0), entry)))
      const inPlace = concat(left, right)
      hashNodeInto(inPlace, 0, inPlace, 32, inPlace, 0)
      same(inPlace.subarray(0, 32), hashNode(left, right))
    }),
  )
  assert.throws(() => hashNode(new Uint8Array(31), new Uint8Array(32)), ProofError)
})

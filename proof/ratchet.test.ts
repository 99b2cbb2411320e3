import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hexEncode } from './bytes.ts'
import { nextKey, Ratchet, seedOf, tagOf } from './ratchet.ts'

const k0 = new Uint8Array(32).fill(7)

test('the first tags of the published key are the published ones', () => {
  assert.equal(hexEncode(tagOf(k0)), 'a6571998db1c5f9219f953c6d229e420e496de339a979250959e212f07f51ddc')
  assert.equal(hexEncode(tagOf(nextKey(k0))), '6da7e3942e09ed8e27d7d7aa6a628075726aeb56757b62ee85cdc695d0eb9eb4')
})

test('a ratchet issues each tag once, in order, and goes on after a restart', () => {
  let ratchet = new Ratchet(k0)
  let key: Uint8Array = k0
  for (let n = 0; n < 5; n++) {
    assert.deepEqual(ratchet.peekTag(), tagOf(key))
    assert.deepEqual(ratchet.next(), { n, tag: tagOf(key), seed: seedOf(key) })
    key = nextKey(key)
    ratchet = Ratchet.fromBytes(ratchet.toBytes())
  }
  assert.equal(ratchet.n, 5)
  assert.deepEqual(k0, new Uint8Array(32).fill(7), 'the key of the caller is left alone')
})

test('the state of a ratchet no longer holds the keys that it has used', () => {
  const ratchet = new Ratchet(k0)
  ratchet.next()
  assert.ok(!hexEncode(ratchet.toBytes()).includes(hexEncode(k0)))
})

test('keys of another length and states of another form are refused', () => {
  assert.throws(() => tagOf(new Uint8Array(31)), { code: 'malformed_state' })
  assert.throws(() => new Ratchet(new Uint8Array(0)), { code: 'malformed_state' })
  assert.throws(() => Ratchet.fromBytes(new Uint8Array(44)), { code: 'malformed_state' })
  assert.throws(() => Ratchet.fromBytes(new Ratchet(k0).toBytes().subarray(1)), { code: 'malformed_state' })
})

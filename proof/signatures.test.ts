import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { hexDecode } from './bytes.ts'
import { verifyEd25519 } from './ed25519.ts'
import { verifyMlDsa44 } from './mldsa44.ts'

const flip = (bytes: Uint8Array, bit: number) =>
  bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))

test('Ed25519: the first vectors of RFC 8032 verify', () => {
  const vectors = [
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
  ]
  for (const [key, message, signature] of vectors) {
    assert.ok(verifyEd25519(hexDecode(key!), hexDecode(message!), hexDecode(signature!)))
  }
})

test('Ed25519: what OpenSSL signs verifies, and with any bit flipped it does not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(511), fc.nat(255), (message, signatureBit, keyBit) => {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519')
      const key = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(12))
      const signature = new Uint8Array(sign(null, message, privateKey))
      assert.ok(verifyEd25519(key, message, signature))
      assert.ok(!verifyEd25519(key, message, flip(signature, signatureBit)))
      assert.ok(!verifyEd25519(flip(key, keyBit), message, signature))
      assert.ok(!verifyEd25519(key, new Uint8Array([...message, 0]), signature))
    }),
    { numRuns: 20 },
  )
})

test('Ed25519: agrees with OpenSSL on keys and signatures that are noise', () => {
  const head = Buffer.from('302a300506032b6570032100', 'hex')
  const part = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(part, part, part, (key, r, s) => {
      const signature = new Uint8Array([...r, ...s])
      const publicKey = createPublicKey({ key: Buffer.concat([head, key]), format: 'der', type: 'spki' })
      assert.equal(verifyEd25519(key, r, signature), verify(null, r, publicKey, signature))
    }),
    { numRuns: 30 },
  )
})

test('Ed25519: a signature plus the group order, and a wrong length, are refused', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(12))
  const message = Uint8Array.of(1)
  const signature = new Uint8Array(sign(null, message, privateKey))
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  let s = 0n
  for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(signature[i]!)
  s += order
  const malleable = signature.slice()
  for (let i = 32; i < 64; i++) {
    malleable[i] = Number(s & 255n)
    s >>= 8n
  }
  assert.ok(!verifyEd25519(key, message, malleable))
  assert.ok(!verifyEd25519(key, message, signature.subarray(0, 63)))
  assert.ok(!verifyEd25519(key.subarray(1), message, signature))
})

test('ML-DSA-44: what OpenSSL signs verifies, and with any bit flipped it does not', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(2420 * 8 - 1),
      fc.nat(1312 * 8 - 1),
      (message, bit, keyBit) => {
        const { publicKey, privateKey } = generateKeyPairSync('ml-dsa-44')
        const key = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-1312))
        const signature = new Uint8Array(sign(null, message, privateKey))
        assert.ok(verifyMlDsa44(key, message, signature))
        assert.ok(!verifyMlDsa44(key, message, flip(signature, bit)))
        assert.ok(!verifyMlDsa44(flip(key, keyBit), message, signature))
        assert.ok(!verifyMlDsa44(key, new Uint8Array([...message, 0]), signature))
      },
    ),
    { numRuns: 15 },
  )
})

test('ML-DSA-44: noise and wrong lengths are refused without an exception', () => {
  assert.ok(!verifyMlDsa44(new Uint8Array(1312), new Uint8Array(0), new Uint8Array(2420)))
  assert.ok(!verifyMlDsa44(new Uint8Array(1311), new Uint8Array(0), new Uint8Array(2420)))
  assert.ok(!verifyMlDsa44(new Uint8Array(1312), new Uint8Array(0), new Uint8Array(2421)))
  assert.ok(!verifyMlDsa44(new Uint8Array(1312).fill(255), new Uint8Array(0), new Uint8Array(2420).fill(255)))
  // Hints must rise within a polynomial and be zero after the last: flip the unused tail.
  const { publicKey, privateKey } = generateKeyPairSync('ml-dsa-44')
  const key = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-1312))
  const signature = new Uint8Array(sign(null, Uint8Array.of(1), privateKey))
  const used = signature[2419]!
  if (used < 80) {
    const tail = signature.slice()
    tail[2420 - 84 + used] = 1
    assert.ok(!verifyMlDsa44(key, Uint8Array.of(1), tail))
  }
})

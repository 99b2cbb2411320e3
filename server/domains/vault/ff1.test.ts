import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DomainTooSmall, ff1Decrypt, ff1Encrypt } from './ff1.ts'

const key = '2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94'
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'
const numerals = (text: string) => [...text].map((sign) => alphabet.indexOf(sign))
const text = (given: readonly number[]) => given.map((numeral) => alphabet[numeral]).join('')

/** NIST, "FF1 samples" to SP 800-38G: key bytes, tweak, radix, plaintext, ciphertext. */
const samples: readonly (readonly [number, string, number, string, string])[] = [
  [16, '', 10, '0123456789', '2433477484'],
  [16, '39383736353433323130', 10, '0123456789', '6124200773'],
  [16, '3737373770717273373737', 36, '0123456789abcdefghi', 'a9tv40mll9kdu509eum'],
  [24, '', 10, '0123456789', '2830668132'],
  [24, '39383736353433323130', 10, '0123456789', '2496655549'],
  [24, '3737373770717273373737', 36, '0123456789abcdefghi', 'xbj3kv35jrawxv32ysr'],
  [32, '', 10, '0123456789', '6657667009'],
  [32, '39383736353433323130', 10, '0123456789', '1001623463'],
  [32, '3737373770717273373737', 36, '0123456789abcdefghi', 'xs8a0azh2avyalyzuwd'],
]
for (const [index, [bytes, tweak, radix, plain, sealed]] of samples.entries())
  test(`FF1: NIST sample ${index + 1}, both ways`, () => {
    const k = Buffer.from(
      bytes === 24 ? '2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F' : key.slice(0, bytes * 2),
      'hex',
    )
    const t = Buffer.from(tweak, 'hex')
    assert.equal(text(ff1Encrypt(k, t, radix, numerals(plain))), sealed)
    assert.equal(text(ff1Decrypt(k, t, radix, numerals(sealed))), plain)
  })
test('FF1: whatever is encrypted comes back, and keeps its length and alphabet', () => {
  const k = Buffer.from(key, 'hex')
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 9 }), { minLength: 6, maxLength: 60 }),
      fc.uint8Array({ maxLength: 40 }),
      (given, tweak) => {
        const sealed = ff1Encrypt(k, tweak, 10, given)
        assert.equal(sealed.length, given.length)
        assert.ok(sealed.every((numeral) => numeral >= 0 && numeral <= 9))
        assert.deepEqual(ff1Decrypt(k, tweak, 10, sealed), given)
      },
    ),
  )
})
test('FF1: fewer than a million texts are refused', () => {
  const k = Buffer.from(key, 'hex')
  assert.throws(() => ff1Encrypt(k, Buffer.alloc(0), 10, [1, 2, 3, 4, 5]), DomainTooSmall)
  assert.throws(() => ff1Encrypt(k, Buffer.alloc(0), 2, Array(19).fill(1)), DomainTooSmall)
  assert.equal(ff1Encrypt(k, Buffer.alloc(0), 10, [1, 2, 3, 4, 5, 6]).length, 6)
  assert.throws(() => ff1Encrypt(k, Buffer.alloc(0), 10, [1, 2, 3, 4, 5, 10]), RangeError)
})

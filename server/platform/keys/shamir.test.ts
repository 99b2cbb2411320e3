import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { combine, multiply, readShare, ShareError, shareText, split } from './shamir.ts'

const byte = fc.integer({ min: 0, max: 255 })
const secret = fc.uint8Array({ minLength: 1, maxLength: 64 })
const named = (place: number | undefined, words: RegExp) => (error: unknown) =>
  error instanceof ShareError && error.place === place && words.test(error.message)

test('the field is AES’s: known products, every element but zero has an inverse, and it distributes', () => {
  // FIPS 197, section 4.2.
  assert.equal(multiply(0x57, 0x83), 0xc1)
  assert.equal(multiply(0x57, 0x13), 0xfe)
  for (let a = 1; a < 256; a++)
    assert.equal(Array.from({ length: 256 }, (_, b) => multiply(a, b)).filter((p) => p === 1).length, 1)
  fc.assert(
    fc.property(byte, byte, byte, (a, b, c) => {
      assert.equal(multiply(a, b ^ c), multiply(a, b) ^ multiply(a, c))
      assert.equal(multiply(a, multiply(b, c)), multiply(multiply(a, b), c))
    }),
  )
})

test('any three of five shares, in any order and through their text, make the secret; two say that they are too few', () => {
  fc.assert(
    fc.property(secret, fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 3 }), (bytes, picked) => {
      const shares = split(bytes, 3, 5).map((share) => shareText(share))
      const read = picked.map((at, place) => readShare(shares[at]!, place + 1))
      assert.deepEqual(combine(read), Buffer.from(bytes))
      assert.throws(() => combine(read.slice(0, 2)), named(undefined, /3 shares are needed, 2 were given/))
    }),
    { numRuns: 60 },
  )
})

test('a share less than the threshold fits every secret', () => {
  // With two points given, each value of the secret's byte has exactly one polynomial of degree two through them and any third.
  const [one, two] = split(Buffer.of(0x42), 3, 5)
  const seen = new Set<number>()
  for (let third = 0; third < 256; third++) {
    const at = (x: number, others: readonly number[]) =>
      others.reduce((weight, other) => multiply(weight, multiply(other, inverse(other ^ x))), 1)
    seen.add(
      multiply(one!.points[0]!, at(1, [2, 3])) ^
        multiply(two!.points[0]!, at(2, [1, 3])) ^
        multiply(third, at(3, [1, 2])),
    )
  }
  assert.equal(seen.size, 256)
})
const inverse = (a: number) => Array.from({ length: 256 }, (_, b) => b).find((b) => multiply(a, b) === 1)!

test('one changed letter is a typing mistake of that share, whichever letter it is', () => {
  const texts = split(Buffer.from('a root of thirty-two bytes and an id'), 3, 5).map((share) => shareText(share))
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: texts[1]!.length - 1 }),
      fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'),
      (at, letter) => {
        const was = texts[1]![at]!
        fc.pre(was !== '-' && was !== letter)
        const changed = texts[1]!.slice(0, at) + letter + texts[1]!.slice(at + 1)
        assert.throws(() => readShare(changed, 2), named(2, /^share 2 /))
      },
    ),
  )
  assert.throws(() => readShare(texts[0]!.slice(0, -6), 1), named(1, /not whole/))
  assert.throws(() => readShare('BAILEE1-UUUUU', 4), named(4, /no share has/))
  assert.throws(() => readShare('', 1), named(1, /does not begin/))
  assert.deepEqual(
    readShare(texts[0]!.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o'), 1),
    readShare(texts[0]!, 1),
  )
})

test('a share of another ceremony, a doubled one and a forged one are named, and nothing is put together', () => {
  const bytes = Buffer.from('the root')
  const ours = split(bytes, 3, 5)
  const theirs = split(bytes, 3, 5)
  assert.throws(() => combine([ours[0]!, ours[1]!, theirs[2]!]), named(3, /another ceremony/))
  assert.throws(() => combine([ours[0]!, ours[1]!, ours[0]!]), named(3, /same number as share 1/))
  const forged = { ...ours[1]!, points: Buffer.from(ours[1]!.points.map((value) => value ^ 1)) }
  assert.throws(() => combine([ours[0]!, forged, ours[2]!]), named(undefined, /with one share more/))
  assert.throws(() => combine([ours[0]!, forged, ours[2]!, ours[3]!]), named(2, /share 2 was changed/))
  assert.throws(() => combine([ours[0]!, ours[2]!, ours[3]!, forged]), named(4, /share 4 was changed/))
})

import { createCipheriv } from 'node:crypto'

/**
 * FF1 format-preserving encryption, NIST SP 800-38G, with AES. Texts are numerals below `radix`; a domain of fewer than a
 * million texts is refused (SP 800-38G revision 1 draft), because it could be tried through.
 */
export const smallestDomain = 1_000_000
const rounds = 10

export class DomainTooSmall extends Error {
  override readonly name = 'DomainTooSmall'
}

export function ff1Encrypt(key: Uint8Array, tweak: Uint8Array, radix: number, text: readonly number[]): number[] {
  const { u, v, round, at, modulus } = prepare(key, tweak, radix, text.length)
  let a = numberOf(text.slice(0, u), radix)
  let b = numberOf(text.slice(u), radix)
  for (let i = 0; i < rounds; i++) {
    const c = (a + round(i, b)) % modulus(i)
    a = b
    b = c
  }
  return [...at(a, u), ...at(b, v)]
}
export function ff1Decrypt(key: Uint8Array, tweak: Uint8Array, radix: number, text: readonly number[]): number[] {
  const { u, v, round, at, modulus } = prepare(key, tweak, radix, text.length)
  let a = numberOf(text.slice(0, u), radix)
  let b = numberOf(text.slice(u), radix)
  for (let i = rounds - 1; i >= 0; i--) {
    const m = modulus(i)
    const c = (((b - round(i, a)) % m) + m) % m
    b = a
    a = c
  }
  return [...at(a, u), ...at(b, v)]
}

function prepare(key: Uint8Array, tweak: Uint8Array, radix: number, n: number) {
  if (!Number.isInteger(radix) || radix < 2 || radix > 65_536) throw new RangeError('radix: 2 to 65536')
  if (n < 2 || radix ** n < smallestDomain) throw new DomainTooSmall('fewer than a million texts')
  if (n > 1000) throw new RangeError('text: at most 1000 numerals')
  const u = Math.floor(n / 2)
  const v = n - u
  const bigRadix = BigInt(radix)
  const toU = bigRadix ** BigInt(u)
  const toV = bigRadix ** BigInt(v)
  // Step 3: b = ceil(ceil(v log2 radix) / 8), here from the greatest number itself.
  const b = Math.ceil((toV - 1n).toString(2).length / 8)
  const d = 4 * Math.ceil(b / 4) + 4
  const p = Buffer.alloc(16)
  p.set([1, 2, 1])
  p.writeUIntBE(radix, 3, 3)
  p[6] = 10
  p[7] = u % 256
  p.writeUInt32BE(n, 8)
  p.writeUInt32BE(tweak.length, 12)
  const padding = (((-tweak.length - b - 1) % 16) + 16) % 16
  const q = Buffer.alloc(tweak.length + padding + 1 + b)
  q.set(tweak)
  const encrypt = (block: Uint8Array): Buffer => {
    const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false)
    return cipher.update(block)
  }
  /** CBC-MAC with a zero vector: the last block of CBC. */
  const prf = (message: Uint8Array): Buffer => {
    const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, Buffer.alloc(16)).setAutoPadding(false)
    return cipher.update(message).subarray(-16)
  }
  const round = (i: number, half: bigint): bigint => {
    q[tweak.length + padding] = i
    q.write(half.toString(16).padStart(2 * b, '0'), q.length - b, 'hex')
    const r = prf(Buffer.concat([p, q]))
    const s = [r]
    for (let j = 1; s.length * 16 < d; j++) {
      const block = Buffer.from(r)
      block.writeUInt32BE((block.readUInt32BE(12) ^ j) >>> 0, 12)
      s.push(encrypt(block))
    }
    return BigInt(`0x${Buffer.concat(s).subarray(0, d).toString('hex')}`)
  }
  const at = (value: bigint, length: number): number[] => {
    const out = new Array<number>(length)
    let rest = value
    for (let place = length - 1; place >= 0; place--) {
      out[place] = Number(rest % bigRadix)
      rest /= bigRadix
    }
    return out
  }
  return { u, v, round, at, modulus: (i: number) => (i % 2 === 0 ? toU : toV) }
}
const numberOf = (numerals: readonly number[], radix: number): bigint => {
  let value = 0n
  for (const numeral of numerals) {
    if (!Number.isInteger(numeral) || numeral < 0 || numeral >= radix)
      throw new RangeError('a numeral is not of this radix')
    value = value * BigInt(radix) + BigInt(numeral)
  }
  return value
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Shamir's secret sharing (CACM 22:11, 1979) over GF(2^8) with AES's polynomial x^8 + x^4 + x^3 + x + 1. The secret is any
 * bytes; each share is one point of as many polynomials. Fewer shares than the threshold say nothing about it.
 *
 * On paper a share is `BAILEE1-` and base32 (Crockford's letters, no I, L, O, U) in groups of five, of:
 * version 1 | threshold 1 | number 1 | id of the set 8 | points | first 4 bytes of SHA-256 over what stands before.
 */
export interface Share {
  readonly threshold: number
  /** 1 to 255: the place of the point. */
  readonly number: number
  /** The same for all shares of one ceremony, and of no other. */
  readonly set: Buffer
  readonly points: Buffer
}
/** Says which share is wrong and why; never quotes one. */
export class ShareError extends Error {
  override readonly name = 'ShareError'
  /** Place of the share in what was given, from 1; undefined when it is not one alone. */
  readonly place: number | undefined
  constructor(message: string, place?: number) {
    super(message)
    this.place = place
  }
}

/** Product in GF(2^8), without tables and branches: how long it takes says nothing about a and b. */
export function multiply(a: number, b: number): number {
  let product = 0
  let factor = a
  for (let bit = 0; bit < 8; bit++) {
    product ^= -((b >> bit) & 1) & factor
    factor = ((factor << 1) ^ (-(factor >> 7) & 0x11b)) & 0xff
  }
  return product
}
/** a^254, which is 1/a, and 0 for 0. */
function invert(a: number): number {
  let power = a
  let inverse = 1
  for (let step = 0; step < 7; step++) {
    power = multiply(power, power)
    inverse = multiply(inverse, power)
  }
  return inverse
}

const digestBytes = 8
const digestOf = (secret: Uint8Array): Buffer =>
  createHash('sha256').update('bailee/shared-secret/v1').update(secret).digest().subarray(0, digestBytes)

/** The secret is shared with its own digest, so that what is put together can be told from what is not the secret. */
export function split(secret: Uint8Array, threshold: number, shares: number): Share[] {
  if (threshold < 2 || threshold > shares || shares > 255) throw new RangeError('2 <= threshold <= shares <= 255')
  const whole = Buffer.concat([secret, digestOf(secret)])
  const set = randomBytes(8)
  const coefficients = [whole, ...Array.from({ length: threshold - 1 }, () => randomBytes(whole.length))]
  const made = Array.from({ length: shares }, (_, index) => {
    const points = Buffer.alloc(whole.length)
    // Horner, from the highest power down.
    for (const coefficient of coefficients.toReversed())
      for (let at = 0; at < points.length; at++) points[at] = multiply(points[at]!, index + 1) ^ coefficient[at]!
    return { threshold, number: index + 1, set, points }
  })
  for (const coefficient of coefficients) coefficient.fill(0)
  return made
}

/** @throws {ShareError} that names the share which does not belong; never a wrong secret. */
export function combine(shares: readonly Share[]): Buffer {
  const [first] = shares
  if (!first) throw new ShareError('no shares were given')
  const numbers = new Map<number, number>()
  for (const [index, share] of shares.entries()) {
    if (
      !share.set.equals(first.set) ||
      share.threshold !== first.threshold ||
      share.points.length !== first.points.length
    )
      throw new ShareError(`share ${index + 1} is of another ceremony than the first`, index + 1)
    const earlier = numbers.get(share.number)
    if (earlier !== undefined)
      throw new ShareError(`share ${index + 1} has the same number as share ${earlier}`, index + 1)
    numbers.set(share.number, index + 1)
  }
  if (shares.length < first.threshold)
    throw new ShareError(`${first.threshold} shares are needed, ${shares.length} were given`)
  const secret = interpolate(shares.slice(0, first.threshold))
  if (secret) {
    // The others must lie on the same curve: a share that does not would spoil the next restoration.
    for (const [index, share] of shares.slice(first.threshold).entries())
      if (!interpolate([share, ...shares.slice(1, first.threshold)]))
        throw new ShareError(`share ${first.threshold + index + 1} was changed`, first.threshold + index + 1)
    return secret
  }
  for (const [index] of shares.entries()) {
    const others = shares.filter((_, place) => place !== index)
    if (others.length >= first.threshold && interpolate(others.slice(0, first.threshold)))
      throw new ShareError(`share ${index + 1} was changed`, index + 1)
  }
  throw new ShareError('at least one share was changed; with one share more it can be named')
}

/** The polynomials' value at 0 (Lagrange), if its digest is right. */
function interpolate(shares: readonly Share[]): Buffer | undefined {
  const whole = Buffer.alloc(shares[0]!.points.length)
  for (const { number, points } of shares) {
    let weight = 1
    for (const { number: other } of shares)
      if (other !== number) weight = multiply(weight, multiply(other, invert(other ^ number)))
    for (let at = 0; at < whole.length; at++) whole[at] = whole[at]! ^ multiply(points[at]!, weight)
  }
  const secret = whole.subarray(0, whole.length - digestBytes)
  return timingSafeEqual(digestOf(secret), whole.subarray(secret.length)) ? secret : undefined
}

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const prefix = 'BAILEE1-'
const checkBytes = 4
const headBytes = 11
const checkOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest().subarray(0, checkBytes)

export function shareText({ threshold, number, set, points }: Share): string {
  const body = Buffer.concat([Buffer.of(1, threshold, number), set, points])
  const bytes = Buffer.concat([body, checkOf(body)])
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += letters[(value >> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  if (bits > 0) text += letters[(value << (5 - bits)) & 31]
  return `${prefix}${text.match(/.{1,5}/g)!.join('-')}`
}

/** Case, spaces and hyphens do not matter; I and L are read as 1, O as 0. @throws {ShareError} with the place. */
export function readShare(text: string, place: number): Share {
  const plain = text.toUpperCase().replace(/[\s-]/g, '')
  if (!plain.startsWith('BAILEE1')) throw new ShareError(`share ${place} does not begin with ${prefix}`, place)
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const letter of plain.slice(7).replace(/[IL]/g, '1').replaceAll('O', '0')) {
    const digit = letters.indexOf(letter)
    if (digit < 0) throw new ShareError(`share ${place} has a letter that no share has`, place)
    value = (value << 5) | digit
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push(value >> bits)
      value &= (1 << bits) - 1
    }
  }
  const all = Buffer.from(bytes)
  const body = all.subarray(0, Math.max(0, all.length - checkBytes))
  if (body.length <= headBytes + digestBytes || value !== 0 || !checkOf(body).equals(all.subarray(body.length)))
    throw new ShareError(`share ${place} has a typing mistake or is not whole`, place)
  if (body[0] !== 1 || body[1]! < 2 || body[2] === 0)
    throw new ShareError(`share ${place} is of a version that this program does not know`, place)
  return { threshold: body[1]!, number: body[2]!, set: body.subarray(3, headBytes), points: body.subarray(headBytes) }
}

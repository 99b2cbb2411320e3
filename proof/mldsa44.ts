// ML-DSA-44 verification (FIPS 204, algorithms 3 and 8, empty context). Public values only; there is no signing.
import { equalBytes } from './bytes.ts'
import { Shake, shake256 } from './shake.ts'

const Q = 8380417
const N = 256
const K = 4
const L = 4
const D = 13
const tau = 39
const beta = 78
const gamma1 = 2 ** 17
const gamma2 = (Q - 1) / 88
const omega = 80
const publicKeyLength = 1312
const signatureLength = 2420

type Polynomial = Int32Array

/** Powers of the 512th root of unity 1753 in bit-reversed order (FIPS 204 appendix B). */
const zetas = new Int32Array(N)
for (let i = 0; i < N; i++) {
  let exponent = 0
  for (let bit = 0; bit < 8; bit++) exponent |= ((i >> bit) & 1) << (7 - bit)
  let zeta = 1
  for (let j = 0; j < exponent; j++) zeta = multiply(zeta, 1753)
  zetas[i] = zeta
}

/** True when the 2,420-byte signature over the message was made with the key. Anything malformed is simply false. */
export function verifyMlDsa44(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== publicKeyLength || signature.length !== signatureLength) return false
  const hints = unpackHints(signature.subarray(32 + L * 576))
  if (hints === undefined) return false
  const commitment = signature.subarray(0, 32)
  const z: Polynomial[] = []
  for (let i = 0; i < L; i++) {
    const polynomial = unpackZ(signature.subarray(32 + i * 576, 32 + (i + 1) * 576))
    if (polynomial === undefined) return false
    z.push(toNtt(polynomial))
  }
  const seed = publicKey.subarray(0, 32)
  const challenge = toNtt(sampleInBall(commitment))
  const mu = shake256(64, shake256(64, publicKey), Uint8Array.of(0, 0), message)
  const high: Uint8Array[] = [mu]
  for (let i = 0; i < K; i++) {
    const t1 = toNtt(unpackT1(publicKey.subarray(32 + i * 320, 32 + (i + 1) * 320)))
    const sum = new Float64Array(N)
    for (let j = 0; j < L; j++) {
      const a = sampleUniform(seed, j, i)
      const zj = z[j]!
      for (let n = 0; n < N; n++) sum[n]! += multiply(a[n]!, zj[n]!)
    }
    const w = new Int32Array(N)
    for (let n = 0; n < N; n++) w[n] = (sum[n]! - multiply(challenge[n]!, t1[n]!) + Q) % Q
    high.push(packHigh(fromNtt(w), hints[i]!))
  }
  return equalBytes(commitment, shake256(32, ...high))
}

/** Exact: the product is below 2^46 and the quotient's rounding error is at most one. */
function multiply(a: number, b: number): number {
  const product = a * b
  const rest = product - Math.floor(product / Q) * Q
  return rest < 0 ? rest + Q : rest >= Q ? rest - Q : rest
}

function toNtt(polynomial: Polynomial): Polynomial {
  let m = 0
  for (let length = 128; length >= 1; length >>= 1) {
    for (let start = 0; start < N; start += 2 * length) {
      const zeta = zetas[++m]!
      for (let j = start; j < start + length; j++) {
        const t = multiply(zeta, polynomial[j + length]!)
        const low = polynomial[j]!
        polynomial[j + length] = low < t ? low - t + Q : low - t
        polynomial[j] = low + t >= Q ? low + t - Q : low + t
      }
    }
  }
  return polynomial
}

function fromNtt(polynomial: Polynomial): Polynomial {
  let m = N
  for (let length = 1; length < N; length <<= 1) {
    for (let start = 0; start < N; start += 2 * length) {
      const zeta = Q - zetas[--m]!
      for (let j = start; j < start + length; j++) {
        const low = polynomial[j]!
        const high = polynomial[j + length]!
        polynomial[j] = low + high >= Q ? low + high - Q : low + high
        polynomial[j + length] = multiply(zeta, low < high ? low - high + Q : low - high)
      }
    }
  }
  // 8347681 is the inverse of 256.
  for (let j = 0; j < N; j++) polynomial[j] = multiply(polynomial[j]!, 8347681)
  return polynomial
}

/** Algorithm 30: rejection sampling of one entry of the public matrix, already in NTT form. */
function sampleUniform(seed: Uint8Array, column: number, row: number): Polynomial {
  const stream = Shake.shake128(seed, Uint8Array.of(column, row))
  const polynomial = new Int32Array(N)
  for (let i = 0; i < N; ) {
    const value = stream.byte() | (stream.byte() << 8) | ((stream.byte() & 0x7f) << 16)
    if (value < Q) polynomial[i++] = value
  }
  return polynomial
}

/** Algorithm 29: tau coefficients of plus or minus one. */
function sampleInBall(seed: Uint8Array): Polynomial {
  const stream = Shake.shake256(seed)
  const signs = stream.read(8)
  const polynomial = new Int32Array(N)
  for (let i = N - tau; i < N; i++) {
    let j = stream.byte()
    while (j > i) j = stream.byte()
    polynomial[i] = polynomial[j]!
    const at = i + tau - N
    polynomial[j] = (signs[at >> 3]! >> (at & 7)) & 1 ? Q - 1 : 1
  }
  return polynomial
}

/** Ten bits each, times 2^13. */
function unpackT1(bytes: Uint8Array): Polynomial {
  const polynomial = new Int32Array(N)
  for (let i = 0; i < N; i++) polynomial[i] = multiply(bits(bytes, i * 10, 10), 2 ** D)
  return polynomial
}

/** Eighteen bits each; undefined when a coefficient is too large (||z|| must stay below gamma1 - beta). */
function unpackZ(bytes: Uint8Array): Polynomial | undefined {
  const polynomial = new Int32Array(N)
  for (let i = 0; i < N; i++) {
    const value = gamma1 - bits(bytes, i * 18, 18)
    if (Math.abs(value) >= gamma1 - beta) return undefined
    polynomial[i] = value < 0 ? value + Q : value
  }
  return polynomial
}

function bits(bytes: Uint8Array, from: number, count: number): number {
  const at = from >> 3
  const word = bytes[at]! | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
  return (word >>> (from & 7)) & ((1 << count) - 1)
}

/** Algorithm 21; undefined for anything but the one canonical encoding, or two signatures would say the same. */
function unpackHints(bytes: Uint8Array): Uint8Array[] | undefined {
  const hints: Uint8Array[] = []
  let at = 0
  for (let i = 0; i < K; i++) {
    const end = bytes[omega + i]!
    if (end < at || end > omega) return undefined
    const hint = new Uint8Array(N)
    for (let first = at; at < end; at++) {
      if (at > first && bytes[at - 1]! >= bytes[at]!) return undefined
      hint[bytes[at]!] = 1
    }
    hints.push(hint)
  }
  for (; at < omega; at++) if (bytes[at] !== 0) return undefined
  return hints
}

/** Algorithms 36 and 40, then six bits each (algorithm 28). */
function packHigh(w: Polynomial, hint: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(192)
  for (let i = 0; i < N; i++) {
    const r = w[i]!
    let r0 = r % (2 * gamma2)
    if (r0 > gamma2) r0 -= 2 * gamma2
    let r1: number
    if (r - r0 === Q - 1) {
      r1 = 0
      r0 -= 1
    } else {
      r1 = (r - r0) / (2 * gamma2)
    }
    if (hint[i] === 1) r1 = r0 > 0 ? (r1 + 1) % 44 : (r1 + 43) % 44
    const from = i * 6
    bytes[from >> 3]! |= (r1 << (from & 7)) & 255
    if ((from & 7) > 2) bytes[(from >> 3) + 1]! |= r1 >> (8 - (from & 7))
  }
  return bytes
}

// Ed25519 verification (RFC 8032 section 5.1.7, without the cofactor, as OpenSSL does), on BigInt. It handles public
// values only, so nothing here needs to run in constant time. There is no signing.
import { equalBytes } from './bytes.ts'
import { sha512 } from './sha512.ts'

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n
const sqrtMinusOne = 19681161376707505956807079304988542015446066515923890162744021073123829784752n
const mask = 2n ** 255n - 1n

/** Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
type Point = { readonly X: bigint; readonly Y: bigint; readonly Z: bigint; readonly T: bigint }

const identity: Point = { X: 0n, Y: 1n, Z: 1n, T: 0n }
const base: Point = pointFrom(
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
)

/** True when the 64-byte signature over the message was made with the key. Anything malformed is simply false. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const key = decompress(publicKey)
  if (key === undefined) return false
  const s = littleEndian(signature, 32, 64)
  if (s >= L) return false
  const challenge = new Uint8Array(64 + message.length)
  challenge.set(signature.subarray(0, 32))
  challenge.set(publicKey, 32)
  challenge.set(message, 64)
  const h = littleEndian(sha512(challenge), 0, 64) % L
  // R = sB - hA: two scalars, one row of doublings.
  const expected = doubleScalar(s, h, { ...key, X: P - key.X, T: P - key.T })
  return equalBytes(compress(expected), signature.subarray(0, 32))
}

const baseWidth = 8
const keyWidth = 5
let baseTable: Point[] | undefined

function doubleScalar(s: bigint, h: bigint, point: Point): Point {
  baseTable ??= oddMultiples(base, baseWidth)
  const pointTable = oddMultiples(point, keyWidth)
  const sDigits = signedDigits(s, baseWidth)
  const hDigits = signedDigits(h, keyWidth)
  let sum = identity
  for (let i = Math.max(sDigits.length, hDigits.length) - 1; i >= 0; i--) {
    sum = double(sum)
    sum = addDigit(sum, sDigits[i] ?? 0, baseTable)
    sum = addDigit(sum, hDigits[i] ?? 0, pointTable)
  }
  return sum
}

function addDigit(sum: Point, digit: number, table: readonly Point[]): Point {
  if (digit === 0) return sum
  const point = table[(Math.abs(digit) - 1) / 2]!
  return add(sum, digit > 0 ? point : { ...point, X: P - point.X, T: P - point.T })
}

/** 1P, 3P, 5P … below 2^(width-1). */
function oddMultiples(point: Point, width: number): Point[] {
  const twice = double(point)
  const table = [point]
  while (table.length < 2 ** (width - 2)) table.push(add(table.at(-1)!, twice))
  return table
}

/** Non-adjacent form of the scalar: odd digits below 2^(width-1) in magnitude, most of them zero. */
function signedDigits(scalar: bigint, width: number): number[] {
  const digits: number[] = []
  const modulus = 2 ** width
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    let digit = 0
    if ((rest & 1n) === 1n) {
      digit = Number(BigInt.asUintN(width, rest))
      if (digit >= modulus / 2) digit -= modulus
      rest -= BigInt(digit)
    }
    digits.push(digit)
  }
  return digits
}

function add(p: Point, q: Point): Point {
  const a = mod((p.Y - p.X + P) * (q.Y - q.X + P))
  const b = mod((p.Y + p.X) * (q.Y + q.X))
  const c = mod(mod(p.T * q.T) * 2n * D)
  const d = mod(p.Z * q.Z) * 2n
  const e = b - a + P
  const f = d - c + P
  const g = d + c
  const h = b + a
  return { X: mod(e * f), Y: mod(g * h), Z: mod(f * g), T: mod(e * h) }
}

function double(p: Point): Point {
  const a = mod(p.X * p.X)
  const b = mod(p.Y * p.Y)
  const c = mod(p.Z * p.Z) * 2n
  const h = a + b
  const xy = p.X + p.Y
  const e = h + P - mod(xy * xy)
  const g = a + P - b
  const f = c + g
  return { X: mod(e * f), Y: mod(g * h), Z: mod(f * g), T: mod(e * h) }
}

function mod(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

function pointFrom(x: bigint, y: bigint): Point {
  return { X: x, Y: y, Z: 1n, T: mod(x * y) }
}

/** RFC 8032 section 5.1.3; an encoding of y at or above p is refused. */
function decompress(bytes: Uint8Array): Point | undefined {
  const encoded = littleEndian(bytes, 0, 32)
  const y = encoded & mask
  const negative = encoded >> 255n
  if (y >= P) return undefined
  const ySquared = mod(y * y)
  const u = mod(ySquared - 1n)
  const v = mod(D * ySquared + 1n)
  const v3 = mod(mod(v * v) * v)
  let x = mod(mod(u * v3) * power(mod(u * mod(mod(v3 * v3) * v)), (P - 5n) / 8n))
  const check = mod(v * mod(x * x))
  if (check !== u) {
    if (check !== mod(-u)) return undefined
    x = mod(x * sqrtMinusOne)
  }
  if (x === 0n && negative === 1n) return undefined
  return pointFrom((x & 1n) === negative ? x : P - x, y)
}

function compress(point: Point): Uint8Array {
  const inverse = power(point.Z, P - 2n)
  const x = mod(point.X * inverse)
  let rest = mod(point.Y * inverse) | ((x & 1n) << 255n)
  const bytes = new Uint8Array(32)
  for (let i = 0; i < 32; i++) {
    bytes[i] = Number(rest & 255n)
    rest >>= 8n
  }
  return bytes
}

function power(value: bigint, exponent: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = mod(result * result)
    if (bit === '1') result = mod(result * value)
  }
  return result
}

function littleEndian(bytes: Uint8Array, from: number, to: number): bigint {
  let hex = '0x'
  for (let i = to - 1; i >= from; i--) hex += bytes[i]!.toString(16).padStart(2, '0')
  return BigInt(hex)
}

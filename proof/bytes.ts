import { ProofError } from './errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8. A lone surrogate is refused: TextEncoder would replace it silently and two texts would share one hash. */
export function utf8Encode(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new ProofError('malformed_encoding', 'the text holds a lone surrogate')
  return encoder.encode(text)
}

/** Strict UTF-8; a leading byte order mark stays in the text. */
export function utf8Decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new ProofError('malformed_encoding', 'the bytes are not UTF-8', { cause })
  }
}

const hexDigits = '0123456789abcdef'

export function hexEncode(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += hexDigits[bytes[i]! >> 4]! + hexDigits[bytes[i]! & 15]!
  return text
}

/** Lower-case hexadecimal, two digits a byte. */
export function hexDecode(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new ProofError('malformed_encoding', 'hexadecimal of odd length')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = hexValue(text.charCodeAt(2 * i))
    const low = hexValue(text.charCodeAt(2 * i + 1))
    if (high < 0 || low < 0) throw new ProofError('malformed_encoding', 'not lower-case hexadecimal')
    bytes[i] = (high << 4) | low
  }
  return bytes
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  return -1
}

const standardAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const standardValues = valuesOf(standardAlphabet)
const urlValues = valuesOf(urlAlphabet)

/** RFC 4648 section 4, with padding. */
export function base64Encode(bytes: Uint8Array): string {
  return encode64(bytes, standardAlphabet, true)
}

/** Accepts exactly what `base64Encode` writes: one text a value, so a proof has one spelling. */
export function base64Decode(text: string): Uint8Array {
  return decode64(text, standardValues, true)
}

/**
 * The same, but it lets the unused bits of the last digit be anything, as Go's decoder does. Only for signature lines,
 * which nothing hashes: what other implementations take for a wrong signature must not be a malformed note here.
 */
export function base64DecodeLoosely(text: string): Uint8Array {
  return decode64(text, standardValues, true, true)
}

/** RFC 4648 section 5, without padding. */
export function base64urlEncode(bytes: Uint8Array): string {
  return encode64(bytes, urlAlphabet, false)
}

export function base64urlDecode(text: string): Uint8Array {
  return decode64(text, urlValues, false)
}

function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1)
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i
  return values
}

function encode64(bytes: Uint8Array, alphabet: string, padded: boolean): string {
  let text = ''
  let i = 0
  for (; i + 2 < bytes.length; i += 3) {
    const bits = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text += alphabet[bits >> 18]! + alphabet[(bits >> 12) & 63]! + alphabet[(bits >> 6) & 63]! + alphabet[bits & 63]!
  }
  const rest = bytes.length - i
  if (rest === 1) {
    const bits = bytes[i]! << 4
    text += alphabet[bits >> 6]! + alphabet[bits & 63]! + (padded ? '==' : '')
  } else if (rest === 2) {
    const bits = ((bytes[i]! << 8) | bytes[i + 1]!) << 2
    text += alphabet[bits >> 12]! + alphabet[(bits >> 6) & 63]! + alphabet[bits & 63]! + (padded ? '=' : '')
  }
  return text
}

function decode64(text: string, values: Int8Array, padded: boolean, strayBits = false): Uint8Array {
  let length = text.length
  if (padded) {
    if (length % 4 !== 0) throw new ProofError('malformed_encoding', 'base64 of a wrong length')
    if (length > 0 && text.endsWith('=')) length -= text.endsWith('==') ? 2 : 1
  }
  const tail = length % 4
  if (tail === 1) throw new ProofError('malformed_encoding', 'base64 of a wrong length')
  const bytes = new Uint8Array(Math.floor(length / 4) * 3 + (tail === 0 ? 0 : tail - 1))
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? values[code]! : -1
    if (value < 0) throw new ProofError('malformed_encoding', 'not base64')
    bits = ((bits << 6) | value) & 0xfff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[at++] = (bits >> held) & 255
    }
  }
  // Left-over bits would give one value several spellings.
  if (!strayBits && (bits & ((1 << held) - 1)) !== 0)
    throw new ProofError('malformed_encoding', 'base64 with stray bits')
  return bytes
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatAll(parts)
}

/** For long lists, which would not fit on the stack as arguments. */
export function concatAll(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** For public values. It stops at the first difference, so never compare secrets with it. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Order of the bytes as unsigned numbers; the shorter of two with a common start comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length)
  for (let i = 0; i < common; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

export function u16be(value: number): Uint8Array {
  assertInteger(value, 0xffff)
  return Uint8Array.of(value >>> 8, value & 255)
}

export function u32be(value: number): Uint8Array {
  assertInteger(value, 0xffffffff)
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
}

export function u64be(value: number): Uint8Array {
  assertInteger(value, Number.MAX_SAFE_INTEGER)
  return concat(u32be(Math.floor(value / 0x1_0000_0000)), u32be(value % 0x1_0000_0000))
}

export function readU16be(bytes: Uint8Array, offset = 0): number {
  assertRoom(bytes, offset, 2)
  return (bytes[offset]! << 8) | bytes[offset + 1]!
}

export function readU32be(bytes: Uint8Array, offset = 0): number {
  assertRoom(bytes, offset, 4)
  return bytes[offset]! * 0x100_0000 + ((bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!)
}

/** Refuses what a double cannot hold exactly. */
export function readU64be(bytes: Uint8Array, offset = 0): number {
  const high = readU32be(bytes, offset)
  if (high > 0x1f_ffff) throw new ProofError('out_of_range', 'an integer above 2^53-1')
  return high * 0x1_0000_0000 + readU32be(bytes, offset + 4)
}

/** Each part as u32be length and bytes: no two different lists of parts give the same bytes. */
export function lengthPrefixed(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return concat(
    ...parts.flatMap((part) => {
      const bytes = typeof part === 'string' ? utf8Encode(part) : part
      return [u32be(bytes.length), bytes]
    }),
  )
}

/** ASCII decimal without sign or leading zero, at most 2^53-1. */
export function parseDecimal(text: string): number {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) throw new ProofError('malformed_encoding', 'not a plain decimal number')
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new ProofError('out_of_range', 'an integer above 2^53-1')
  return value
}

export function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function assertInteger(value: number, max: number = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new ProofError('out_of_range', `not a whole number between 0 and ${max}`)
  }
}

function assertRoom(bytes: Uint8Array, offset: number, length: number): void {
  if (!isIndex(offset) || offset + length > bytes.length) throw new ProofError('out_of_range', 'the bytes end too soon')
}

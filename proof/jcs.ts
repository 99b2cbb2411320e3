// RFC 8785: one text for one JSON value.
import { utf8Decode, utf8Encode } from './bytes.ts'
import { ProofError } from './errors.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Deeper values are refused, so that nobody can exhaust the stack. */
const maxDepth = 64

/** The canonical text. Throws `malformed_json` for what RFC 8785 cannot express: NaN, infinities, lone surrogates. */
export function canonicalJson(value: Json): string {
  return write(value, 0)
}

export function canonicalJsonBytes(value: Json): Uint8Array {
  return utf8Encode(canonicalJson(value))
}

/** Parses bytes that must already be canonical: no spaces, sorted and unique names, shortest numbers. */
export function parseCanonicalJson(bytes: Uint8Array): Json {
  let text: string
  let value: Json
  try {
    text = utf8Decode(bytes)
    // JSON.parse returns exactly the values of this type.
    value = JSON.parse(text) as Json
  } catch (cause) {
    throw new ProofError('malformed_json', 'not JSON', { cause })
  }
  if (canonicalJson(value) !== text) throw new ProofError('malformed_json', 'not canonical JSON')
  return value
}

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new ProofError('malformed_json', `nested more than ${maxDepth} deep`)
  if (typeof value === 'string') return writeString(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ProofError('malformed_json', 'a number that JSON cannot express')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) {
    // By index, so that the holes of a sparse array are met too, and refused as undefined.
    let items = ''
    for (let at = 0; at < value.length; at++)
      items += at === 0 ? write(value[at], depth + 1) : `,${write(value[at], depth + 1)}`
    return `[${items}]`
  }
  if (typeof value !== 'object') throw new ProofError('malformed_json', `a ${typeof value} is not JSON`)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new ProofError('malformed_json', 'only plain objects are JSON')
  }
  // The default order compares UTF-16 code units, which is what RFC 8785 section 3.2.3 asks for.
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, item]) => `${writeString(name)}:${write(item, depth + 1)}`).join(',')}}`
}

function writeString(text: string): string {
  if (!text.isWellFormed()) throw new ProofError('malformed_json', 'a lone surrogate')
  return JSON.stringify(text)
}

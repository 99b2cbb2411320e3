// What a sealed leaf is about: named fields under one root, each of which can be shown without the others.
import { assertInteger, base64Decode, base64Encode, concat, equalBytes, isIndex, u32be } from './bytes.ts'
import { ProofError, underCode } from './errors.ts'
import { canonicalJsonBytes, type Json } from './jcs.ts'
import { type Hash, rootOf } from './merkle.ts'
import { HmacKey, sha256 } from './sha256.ts'

export type BodyField = readonly [name: string, value: Json]

export type DisclosedField = {
  readonly index: number
  readonly name: string
  readonly value: Json
  /** Base64 of 32 bytes. */
  readonly salt: string
}

/**
 * Some fields in the open, of the others only the hashes. Plain JSON. The root binds each field that is shown, but not
 * `count` and `index`: a closed hash may stand for several fields. Where their number matters, make it a field.
 */
export type Disclosure = {
  /** Fields in the body. */
  readonly count: number
  readonly disclosed: readonly DisclosedField[]
  /** Base64 hashes of the fields that stay closed, in order. */
  readonly hashes: readonly string[]
}

const maxFields = 1024

/** salt = HMAC(seed, u32be index). Give out salts, never the seed: it would open every field. */
export function saltOf(seed: Uint8Array, index: number): Uint8Array {
  return seedKey(seed).mac(u32be(index))
}

/** SHA-256(0x00 || salt || canonical JSON of [name, value]). */
export function fieldHash(salt: Uint8Array, name: string, value: Json): Hash {
  if (salt.length !== 32) throw new ProofError('malformed_body', 'a salt is 32 bytes')
  return sha256(concat(Uint8Array.of(0), salt, canonicalJsonBytes([name, value])))
}

/** RFC 6962 tree over the field hashes. The seed is 32 bytes, fresh for each entry. */
export function bodyRoot(seed: Uint8Array, fields: readonly BodyField[]): Hash {
  return rootOf(fieldHashes(seed, fields))
}

/** Opens the fields with these indexes. */
export function discloseFields(seed: Uint8Array, fields: readonly BodyField[], indexes: readonly number[]): Disclosure {
  for (const index of indexes) assertInteger(index, fields.length - 1)
  const open = new Set(indexes)
  const key = seedKey(seed)
  return {
    count: fields.length,
    disclosed: fields.flatMap(([name, value], index) =>
      open.has(index) ? [{ index, name, value, salt: base64Encode(key.mac(u32be(index))) }] : [],
    ),
    hashes: fieldHashes(seed, fields).flatMap((hash, index) => (open.has(index) ? [] : [base64Encode(hash)])),
  }
}

/** Do these fields belong to the body with this root? False, too, for anything malformed. */
export function verifyDisclosure(disclosure: unknown, root: Hash): boolean {
  try {
    const { count, disclosed, hashes } = parseDisclosure(disclosure)
    const open = new Map(disclosed.map((field) => [field.index, field]))
    let closed = 0
    const all = Array.from({ length: count }, (_, index) => {
      const field = open.get(index)
      return field === undefined
        ? base64Decode(hashes[closed++]!)
        : fieldHash(base64Decode(field.salt), field.name, field.value)
    })
    return equalBytes(rootOf(all), root)
  } catch (error) {
    if (error instanceof ProofError) return false
    throw error
  }
}

/** Checks the shape of a disclosure that came as JSON. Throws `malformed_body`. */
export function parseDisclosure(input: unknown): Disclosure {
  return underCode('malformed_body', 'disclosure', () => {
    if (!isObject(input)) throw new ProofError('malformed_body', 'not an object')
    const { count, disclosed, hashes } = input
    if (!isIndex(count) || count > maxFields) throw new ProofError('malformed_body', 'no sensible count')
    if (!Array.isArray(disclosed) || !Array.isArray(hashes) || disclosed.length + hashes.length !== count) {
      throw new ProofError('malformed_body', 'fields and hashes do not add up to the count')
    }
    const seen = new Set<number>()
    for (const field of disclosed as readonly unknown[]) {
      if (!isObject(field) || !isIndex(field.index) || field.index >= count || seen.has(field.index)) {
        throw new ProofError('malformed_body', 'a field without a place of its own')
      }
      if (typeof field.name !== 'string' || typeof field.salt !== 'string' || field.value === undefined) {
        throw new ProofError('malformed_body', 'a field without name, value or salt')
      }
      if (base64Decode(field.salt).length !== 32) throw new ProofError('malformed_body', 'a salt is 32 bytes')
      seen.add(field.index)
    }
    for (const hash of hashes as readonly unknown[]) {
      if (typeof hash !== 'string' || base64Decode(hash).length !== 32) {
        throw new ProofError('malformed_body', 'a hash is 32 bytes in base64')
      }
    }
    // Every member was looked at above; values are checked when they are hashed.
    return { count, disclosed, hashes } as Disclosure
  })
}

function fieldHashes(seed: Uint8Array, fields: readonly BodyField[]): Hash[] {
  if (fields.length > maxFields) throw new ProofError('malformed_body', `more than ${maxFields} fields`)
  const key = seedKey(seed)
  return fields.map(([name, value], index) => fieldHash(key.mac(u32be(index)), name, value))
}

function seedKey(seed: Uint8Array): HmacKey {
  // HMAC pads short keys with zeros, so two seeds of different length could be the same key.
  if (seed.length !== 32) throw new ProofError('malformed_body', 'a seed is 32 bytes')
  return new HmacKey(seed)
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// c2sp.org/signed-note
import {
  base64Decode,
  base64DecodeLoosely,
  base64Encode,
  concat,
  equalBytes,
  hexDecode,
  hexEncode,
  utf8Decode,
  utf8Encode,
} from './bytes.ts'
import { verifyEd25519 } from './ed25519.ts'
import { ProofError, underCode } from './errors.ts'
import { sha256 } from './sha256.ts'

/** The first byte of a verifier key: how its signatures are made. */
export const signatureType = {
  /** Ed25519 over the note text. */
  ed25519: 0x01,
  /** Timestamped Ed25519 cosignature over a checkpoint. */
  ed25519Cosignature: 0x04,
  /** Timestamped ML-DSA-44 cosignature over a checkpoint. */
  mlDsa44Cosignature: 0x06,
} as const

export type NoteSignature = {
  readonly name: string
  /** Four bytes. A hint that picks a key, never a proof of it. */
  readonly keyId: Uint8Array
  /** What follows the key id; its form depends on the key's type. */
  readonly value: Uint8Array
}

export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

export type VerifierKey = {
  readonly name: string
  readonly keyId: Uint8Array
  readonly type: number
  readonly publicKey: Uint8Array
}

/** A key that can check a signature over a note's text (which ends in a newline). */
export type Verifier = {
  readonly name: string
  readonly keyId: Uint8Array
  readonly type: number
  verify(text: Uint8Array, signature: Uint8Array): boolean
}

/** Checks one raw signature; the server passes node:crypto's, a browser uses the ones in this room. */
export type SignatureCheck = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** More than any honest note has, few enough to check them all. */
const maxSignatures = 100
const linePrefix = '— '

/** Splits a note; checks no signature. Throws `malformed_note`. */
export function parseNote(note: Uint8Array | string): Note {
  return underCode('malformed_note', 'note', () => {
    const whole = typeof note === 'string' ? note : utf8Decode(note)
    if (!whole.isWellFormed()) throw new ProofError('malformed_note', 'not well-formed text')
    if (hasControlCharacter(whole)) throw new ProofError('malformed_note', 'a control character')
    const split = whole.lastIndexOf('\n\n')
    if (split < 0) throw new ProofError('malformed_note', 'no signature block')
    const block = whole.slice(split + 2)
    if (block === '' || !block.endsWith('\n')) throw new ProofError('malformed_note', 'no complete signature line')
    const lines = block.slice(0, -1).split('\n')
    if (lines.length > maxSignatures) throw new ProofError('malformed_note', `more than ${maxSignatures} signatures`)
    return { text: whole.slice(0, split + 1), signatures: lines.map(parseSignatureLine) }
  })
}

function parseSignatureLine(line: string): NoteSignature {
  if (!line.startsWith(linePrefix)) throw new ProofError('malformed_note', 'not a signature line')
  const space = line.indexOf(' ', linePrefix.length)
  if (space < 0) throw new ProofError('malformed_note', 'a signature line without a signature')
  const name = line.slice(linePrefix.length, space)
  assertKeyName(name, 'malformed_note')
  const bytes = base64DecodeLoosely(line.slice(space + 1))
  if (bytes.length < 5) throw new ProofError('malformed_note', 'a signature of no bytes')
  return { name, keyId: bytes.slice(0, 4), value: bytes.slice(4) }
}

/** One line with its newline. */
export function formatSignatureLine(name: string, keyId: Uint8Array, signature: Uint8Array): string {
  assertKeyName(name, 'malformed_note')
  if (keyId.length !== 4 || signature.length === 0) throw new ProofError('malformed_note', 'no such signature')
  return `${linePrefix}${name} ${base64Encode(concat(keyId, signature))}\n`
}

/** The text (ending in a newline), an empty line, and the lines as `formatSignatureLine` makes them. */
export function formatNote(text: string, signatureLines: readonly string[]): string {
  if (!text.endsWith('\n')) throw new ProofError('malformed_note', 'a note text ends in a newline')
  const note = `${text}\n${signatureLines.join('')}`
  // Also proves that no line and no part of the text can be read as something else.
  if (parseNote(note).text !== text) throw new ProofError('malformed_note', 'an ambiguous note')
  return note
}

/** First four bytes of SHA-256(name, newline, type, public key). */
export function keyId(name: string, type: number, publicKey: Uint8Array): Uint8Array {
  return sha256(concat(utf8Encode(name), Uint8Array.of(0x0a, type), publicKey)).slice(0, 4)
}

/** `name+key id in hexadecimal+base64 of type and key`. */
export function formatVerifierKey(name: string, type: number, publicKey: Uint8Array): string {
  assertKeyName(name, 'malformed_key')
  return `${name}+${hexEncode(keyId(name, type, publicKey))}+${base64Encode(concat(Uint8Array.of(type), publicKey))}`
}

/** Throws `malformed_key`, also when the key id does not belong to the name and key. */
export function parseVerifierKey(vkey: string): VerifierKey {
  return underCode('malformed_key', 'verifier key', () => {
    const first = vkey.indexOf('+')
    const second = vkey.indexOf('+', first + 1)
    if (first < 0 || second < 0) throw new ProofError('malformed_key', 'not name+id+key')
    const name = vkey.slice(0, first)
    assertKeyName(name, 'malformed_key')
    const id = hexDecode(vkey.slice(first + 1, second))
    const bytes = base64Decode(vkey.slice(second + 1))
    if (bytes.length < 2) throw new ProofError('malformed_key', 'no key')
    const type = bytes[0]!
    const publicKey = bytes.slice(1)
    if (!equalBytes(id, keyId(name, type, publicKey))) throw new ProofError('malformed_key', 'wrong key id')
    return { name, keyId: id, type, publicKey }
  })
}

/** A plain note key (type 0x01). */
export function ed25519Verifier(vkey: string | VerifierKey, check: SignatureCheck = verifyEd25519): Verifier {
  const key = keyOfType(vkey, signatureType.ed25519, 32)
  return { ...key, verify: (text, signature) => signature.length === 64 && check(key.publicKey, text, signature) }
}

export function keyOfType(vkey: string | VerifierKey, type: number, length: number): VerifierKey {
  const key = typeof vkey === 'string' ? parseVerifierKey(vkey) : vkey
  if (key.type !== type || key.publicKey.length !== length) {
    throw new ProofError('malformed_key', `not a key of type ${type} with ${length} bytes`)
  }
  return key
}

export type VerifiedSignature = NoteSignature & { readonly verifier: Verifier }

export type OpenedNote = {
  readonly text: string
  /** At most one per known key. */
  readonly verified: readonly VerifiedSignature[]
  /** By keys nobody here knows; they say nothing. */
  readonly unverified: readonly NoteSignature[]
}

/**
 * Opens a note with the keys that the caller knows. Unknown keys are ignored; a known key whose signature fails rejects
 * the whole note (`invalid_signature`), and so does a note without any known signature (`unverified_note`). Two
 * verifiers with the same name and key id cannot be told apart: `ambiguous_key`. Repeated lines count once.
 */
export function openNote(note: Uint8Array | string | Note, verifiers: readonly Verifier[]): OpenedNote {
  const parsed = typeof note === 'string' || note instanceof Uint8Array ? parseNote(note) : note
  const text = utf8Encode(parsed.text)
  const verified: VerifiedSignature[] = []
  const unverified: NoteSignature[] = []
  const seen: NoteSignature[] = []
  for (const signature of parsed.signatures) {
    if (seen.some((other) => sameSignature(other, signature))) continue
    seen.push(signature)
    const known = verifiers.filter((one) => one.name === signature.name && equalBytes(one.keyId, signature.keyId))
    const verifier = known[0]
    if (verifier === undefined) {
      unverified.push(signature)
      continue
    }
    if (known.length > 1) throw new ProofError('ambiguous_key', `two known keys fit the signature of ${verifier.name}`)
    if (!verifier.verify(text, signature.value)) {
      throw new ProofError('invalid_signature', `the signature of ${verifier.name} does not verify`)
    }
    if (!verified.some((other) => other.verifier === verifier)) verified.push({ ...signature, verifier })
  }
  if (verified.length === 0) throw new ProofError('unverified_note', 'no signature by a known key')
  return { text: parsed.text, verified, unverified }
}

function sameSignature(a: NoteSignature, b: NoteSignature): boolean {
  return a.name === b.name && equalBytes(a.keyId, b.keyId) && equalBytes(a.value, b.value)
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 && code !== 0x0a) return true
  }
  return false
}

export function assertKeyName(name: string, code: 'malformed_key' | 'malformed_note' | 'malformed_policy'): void {
  if (name === '' || !name.isWellFormed() || /[\p{White_Space}+]/u.test(name) || hasControlCharacter(name)) {
    throw new ProofError(code, 'not a key name')
  }
}

// c2sp.org/tlog-cosignature: a witness says when it saw a checkpoint and that it extends all it had seen before.
import { assertInteger, concat, readU64be, u64be, utf8Decode, utf8Encode } from './bytes.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { verifyEd25519 } from './ed25519.ts'
import { ProofError } from './errors.ts'
import type { Hash } from './merkle.ts'
import { verifyMlDsa44 } from './mldsa44.ts'
import {
  ed25519Verifier,
  formatSignatureLine,
  keyOfType,
  parseVerifierKey,
  type SignatureCheck,
  signatureType,
  type Verifier,
  type VerifierKey,
} from './note.ts'

/** POSIX seconds and the raw signature, as they stand in a signature line after the key id. */
export type Cosignature = { readonly time: number; readonly signature: Uint8Array }

export function parseCosignature(value: Uint8Array): Cosignature {
  if (value.length < 9) throw new ProofError('malformed_cosignature', 'a cosignature is a time and a signature')
  return { time: readU64be(value), signature: value.slice(8) }
}

export function formatCosignature({ time, signature }: Cosignature): Uint8Array {
  return concat(u64be(time), signature)
}

export function formatCosignatureLine(name: string, keyId: Uint8Array, cosignature: Cosignature): string {
  return formatSignatureLine(name, keyId, formatCosignature(cosignature))
}

/** What an Ed25519 cosigner (type 0x04) signs: the time and the whole checkpoint text, extensions included. */
export function ed25519CosignatureMessage(time: number, checkpointText: string): Uint8Array {
  assertInteger(time)
  return utf8Encode(`cosignature/v1\ntime ${time}\n${checkpointText}`)
}

export type SubtreeStatement = {
  /** The key name of whoever signs; for a log's own line, its origin. */
  readonly cosigner: string
  readonly time: number
  readonly origin: string
  /** 0 for a checkpoint. */
  readonly start?: number
  /** The size, for a checkpoint. */
  readonly end: number
  readonly root: Hash
}

/** What an ML-DSA-44 cosigner (type 0x06) signs, with an empty context. Covers no extension lines. */
export function mlDsa44CosignatureMessage(statement: SubtreeStatement): Uint8Array {
  const { cosigner, time, origin, start = 0, end, root } = statement
  if (root.length !== 32) throw new ProofError('malformed_cosignature', 'a root is 32 bytes')
  if (start > end) throw new ProofError('malformed_cosignature', 'a subtree that ends before it starts')
  return concat(
    utf8Encode('subtree/v1\n\0'),
    shortText(cosigner),
    u64be(time),
    shortText(origin),
    u64be(start),
    u64be(end),
    root,
  )
}

function shortText(text: string): Uint8Array {
  const bytes = utf8Encode(text)
  if (bytes.length === 0 || bytes.length > 255) {
    throw new ProofError('malformed_cosignature', 'a name in a cosignature is 1 to 255 bytes')
  }
  return concat(Uint8Array.of(bytes.length), bytes)
}

/** A witness key of type 0x04. A time of zero never verifies. */
export function ed25519CosignatureVerifier(
  vkey: string | VerifierKey,
  check: SignatureCheck = verifyEd25519,
): Verifier {
  const key = keyOfType(vkey, signatureType.ed25519Cosignature, 32)
  return {
    ...key,
    verify: (text, value) =>
      value.length === 72 &&
      neverThrows(() => {
        const { time, signature } = parseCosignature(value)
        return time !== 0 && check(key.publicKey, ed25519CosignatureMessage(time, utf8Decode(text)), signature)
      }),
  }
}

/** A witness key of type 0x06, or a log's own; a log's name is then the origin. A time of zero never verifies. */
export function mlDsa44CosignatureVerifier(
  vkey: string | VerifierKey,
  check: SignatureCheck = verifyMlDsa44,
): Verifier {
  const key = keyOfType(vkey, signatureType.mlDsa44Cosignature, 1312)
  return {
    ...key,
    verify: (text, value) =>
      value.length === 2428 &&
      neverThrows(() => {
        const { time, signature } = parseCosignature(value)
        const { origin, size, root } = parseCheckpoint(utf8Decode(text))
        const message = mlDsa44CosignatureMessage({ cosigner: key.name, time, origin, end: size, root })
        return time !== 0 && check(key.publicKey, message, signature)
      }),
  }
}

export type SignatureChecks = { readonly ed25519?: SignatureCheck; readonly mlDsa44?: SignatureCheck }

/** The verifier that a key's type asks for. Throws `malformed_key` for a type that nobody here can check. */
export function verifierFor(vkey: string | VerifierKey, checks: SignatureChecks = {}): Verifier {
  const key = typeof vkey === 'string' ? parseVerifierKey(vkey) : vkey
  switch (key.type) {
    case signatureType.ed25519:
      return ed25519Verifier(key, checks.ed25519)
    case signatureType.ed25519Cosignature:
      return ed25519CosignatureVerifier(key, checks.ed25519)
    case signatureType.mlDsa44Cosignature:
      return mlDsa44CosignatureVerifier(key, checks.mlDsa44)
    default:
      throw new ProofError('malformed_key', `keys of type ${key.type} are not supported`)
  }
}

/** A verifier answers yes or no: a note whose text is no checkpoint is a no. */
function neverThrows(verify: () => boolean): boolean {
  try {
    return verify()
  } catch (error) {
    if (error instanceof ProofError) return false
    throw error
  }
}

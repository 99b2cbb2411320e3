import { equalBytes, readU64be, u64be } from './bytes.ts'
import { ProofError } from './errors.ts'

/** A leaf about a person. Its length and shape say nothing about what happened. */
export type SealedLeaf = {
  /** POSIX seconds, a multiple of 60. `bucketOf` rounds. */
  readonly bucketSeconds: number
  /** Single use; see ratchet.ts. */
  readonly tag: Uint8Array
  /** See body.ts. */
  readonly bodyRoot: Uint8Array
  /** SHA-256 of the copy sealed to the person, or 32 random bytes if there is none. */
  readonly copyHash: Uint8Array
}

export const sealedLeafLength = 112
export const bucketWidthSeconds = 60

// "BLE" 1, class 0, three zero bytes.
const head = Uint8Array.of(0x42, 0x4c, 0x45, 0x01, 0, 0, 0, 0)

/** The start of the minute. */
export function bucketOf(posixSeconds: number): number {
  return Math.floor(posixSeconds / bucketWidthSeconds) * bucketWidthSeconds
}

/** Head 8, u64be time bucket, tag 32, body root 32, hash of the sealed copy 32. */
export function encodeSealedLeaf({ bucketSeconds, tag, bodyRoot, copyHash }: SealedLeaf): Uint8Array {
  if (bucketSeconds % bucketWidthSeconds !== 0) throw new ProofError('malformed_leaf', 'a time that is not rounded')
  const leaf = new Uint8Array(sealedLeafLength)
  leaf.set(head)
  leaf.set(u64be(bucketSeconds), 8)
  let at = 16
  for (const part of [tag, bodyRoot, copyHash]) {
    if (part.length !== 32) throw new ProofError('malformed_leaf', 'tag, body root and copy hash are 32 bytes each')
    leaf.set(part, at)
    at += 32
  }
  return leaf
}

/** True for anything that starts like a sealed leaf; only `decodeSealedLeaf` says whether it is one. */
export function isSealedLeaf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && equalBytes(bytes.subarray(0, 4), head.subarray(0, 4))
}

export function decodeSealedLeaf(bytes: Uint8Array): SealedLeaf {
  if (bytes.length !== sealedLeafLength) throw new ProofError('malformed_leaf', 'a sealed leaf is 112 bytes')
  if (!equalBytes(bytes.subarray(0, 8), head)) throw new ProofError('malformed_leaf', 'an unknown version or class')
  const bucketSeconds = readU64be(bytes, 8)
  if (bucketSeconds % bucketWidthSeconds !== 0) throw new ProofError('malformed_leaf', 'a time that is not rounded')
  return { bucketSeconds, tag: bytes.slice(16, 48), bodyRoot: bytes.slice(48, 80), copyHash: bytes.slice(80, 112) }
}

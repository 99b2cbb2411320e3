import { ProofError, underCode } from './errors.ts'
import { canonicalJsonBytes, type Json, parseCanonicalJson } from './jcs.ts'
import { decodeSealedLeaf, isSealedLeaf, type SealedLeaf } from './sealed-leaf.ts'

/** A leaf for everybody: `type` names what it is, `v` is the version of its shape. */
export type PublicLeaf = { readonly [name: string]: Json; readonly type: string; readonly v: number }

/** tlog-tiles writes an entry's length as u16be. */
const maxLength = 65_535

export function encodePublicLeaf(leaf: PublicLeaf): Uint8Array {
  return underCode('malformed_leaf', 'public leaf', () => {
    assertPublicLeaf(leaf)
    const bytes = canonicalJsonBytes(leaf)
    if (bytes.length > maxLength) throw new ProofError('malformed_leaf', 'longer than 65,535 bytes')
    return bytes
  })
}

export function decodePublicLeaf(bytes: Uint8Array): PublicLeaf {
  return underCode('malformed_leaf', 'public leaf', () => {
    if (bytes.length > maxLength) throw new ProofError('malformed_leaf', 'longer than 65,535 bytes')
    const value = parseCanonicalJson(bytes)
    assertPublicLeaf(value)
    return value
  })
}

export type Leaf =
  | { readonly kind: 'sealed'; readonly leaf: SealedLeaf }
  | { readonly kind: 'public'; readonly leaf: PublicLeaf }

/** The first byte decides: `B` starts a sealed leaf, `{` a public one. */
export function decodeLeaf(bytes: Uint8Array): Leaf {
  if (isSealedLeaf(bytes)) return { kind: 'sealed', leaf: decodeSealedLeaf(bytes) }
  if (bytes[0] === 0x7b) return { kind: 'public', leaf: decodePublicLeaf(bytes) }
  throw new ProofError('malformed_leaf', 'neither a sealed nor a public leaf')
}

function assertPublicLeaf(value: Json): asserts value is PublicLeaf {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  // The guard above leaves an object with named members only.
  const { type, v } = isObject ? (value as { readonly [name: string]: Json }) : {}
  if (typeof type !== 'string' || type === '' || !Number.isSafeInteger(v)) {
    throw new ProofError('malformed_leaf', 'a public leaf is an object with a text `type` and a whole number `v`')
  }
}

import { base64Decode, base64Encode, decodeLeaf } from '@bailee/proof'
import { attempt } from './check.ts'

/** A leaf as far as anybody can read it. */
export type ReadLeaf =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'public'; readonly type: string; readonly json: string }
  | {
      readonly kind: 'sealed'
      readonly bucketSeconds: number
      readonly tag: string
      readonly bodyRoot: string
      readonly copyHash: string
    }

export function readLeaf(leaf: string): ReadLeaf {
  const read = attempt(() => decodeLeaf(base64Decode(leaf)))
  if (!read) return { kind: 'unreadable' }
  if (read.kind === 'public') return { kind: 'public', type: read.leaf.type, json: JSON.stringify(read.leaf, null, 2) }
  const { bucketSeconds, tag, bodyRoot, copyHash } = read.leaf
  return {
    kind: 'sealed',
    bucketSeconds,
    tag: base64Encode(tag),
    bodyRoot: base64Encode(bodyRoot),
    copyHash: base64Encode(copyHash),
  }
}

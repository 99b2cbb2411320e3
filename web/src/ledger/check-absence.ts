import {
  type AbsenceProof,
  base64Decode,
  base64Encode,
  compareBytes,
  decodeLeaf,
  tagOf,
  verifyAbsence,
} from '@bailee/proof'
import type { Reply } from '../api.ts'
import { attempt, checkLeaf } from './check.ts'

export type Epoch = Reply<'listEpochs'>['items'][number]
type Bucket = Reply<'epochBucket'>

/** How the next tag fares in one closed epoch. */
export interface AbsenceChecked {
  readonly verdict: 'absent' | 'present' | 'unproven'
  readonly tag: string
  readonly before: string | undefined
  readonly after: string | undefined
  readonly size: number
  readonly root: string
  /** The root stands in a public leaf that is in the ledger; `missing` while that leaf is not placed. */
  readonly leaf: 'held' | 'fails' | 'missing'
  readonly milliseconds: number
}

export const nextTag = (key: string): Uint8Array => tagOf(base64Decode(key))

/** Long enough to be small, short enough that about sixteen others are in the bucket and nobody learns which one is asked for. */
export function prefixOf(tag: Uint8Array, tags: number): string {
  const digits = Math.min(4, Math.max(1, Math.floor(Math.log(Math.max(1, tags / 16)) / Math.log(16))))
  return Array.from(tag.subarray(0, 2), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, digits)
}

export function checkAbsence(
  tag: Uint8Array,
  epoch: Epoch,
  bucket: Bucket,
  leafAnswer: Reply<'proveIndex'> | undefined,
  policy: string,
): AbsenceChecked {
  const start = performance.now()
  const head = { size: epoch.tags, root: attempt(() => base64Decode(epoch.root)) ?? new Uint8Array() }
  const placed = bucket.proofs.flatMap((proof) => {
    const bytes = attempt(() => base64Decode(proof.tag))
    return bytes ? [{ proof, order: compareBytes(bytes, tag) }] : []
  })
  const before = placed.findLast(({ order }) => order < 0)?.proof
  const after = placed.find(({ order }) => order > 0)?.proof
  const absence: AbsenceProof = { ...(before ? { before } : {}), ...(after ? { after } : {}) }
  const isPresent = placed.some(({ order }) => order === 0)
  const leaf = leafAnswer === undefined ? 'missing' : epochLeafHolds(epoch, leafAnswer, policy) ? 'held' : 'fails'
  const proven = verifyAbsence(absence, tag, head) && leaf !== 'fails'
  return {
    verdict: isPresent ? 'present' : proven ? 'absent' : 'unproven',
    tag: base64Encode(tag),
    before: before?.tag,
    after: after?.tag,
    size: epoch.tags,
    root: epoch.root,
    leaf,
    milliseconds: performance.now() - start,
  }
}

/** The list’s root is only worth something if it was published: the same epoch, size and root in a leaf of the ledger. */
function epochLeafHolds(epoch: Epoch, answer: Reply<'proveIndex'>, policy: string): boolean {
  if (epoch.leafIndex === null || !checkLeaf(answer, epoch.leafIndex, policy).ok) return false
  const leaf = attempt(() => decodeLeaf(base64Decode(answer.leaf)))
  if (leaf?.kind !== 'public') return false
  const { type, epoch: number, tags, root } = leaf.leaf
  return type === 'epoch-close' && number === epoch.epoch && tags === epoch.tags && root === epoch.root
}

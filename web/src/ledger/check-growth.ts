import {
  base64Decode,
  base64Encode,
  type Checkpoint,
  equalBytes,
  hexEncode,
  type NoteSignature,
  parseCheckpoint,
  parseCosignature,
  parseNote,
  parsePolicy,
  policyVerifiers,
  quorumReached,
  utf8Encode,
  verifyConsistency,
  witnessOf,
} from '@bailee/proof'
import { attempt, signatureChecks } from './check.ts'

export interface SignatureLine {
  readonly name: string
  readonly keyId: string
  readonly role: 'log' | 'log-pq' | 'witness' | 'unknown'
  readonly state: 'valid' | 'invalid' | 'unknown'
  /** When a witness signed, POSIX seconds. */
  readonly time: number | undefined
}
export interface CheckpointChecked {
  /** Signed by the log with every kind of key that the policy names, and no known key fails. */
  readonly signed: boolean
  readonly quorum: 'reached' | 'missed' | 'none-asked'
  readonly problem: 'unreadable' | 'other-origin' | undefined
  readonly lines: readonly SignatureLine[]
  readonly size: number
  /** Base64. */
  readonly root: string
  readonly milliseconds: number
}

export function checkCheckpoint(note: string, origin: string, policyText: string): CheckpointChecked {
  const start = performance.now()
  const done = (checked: Omit<CheckpointChecked, 'milliseconds'>): CheckpointChecked => ({
    ...checked,
    milliseconds: performance.now() - start,
  })
  const nothing = { signed: false, quorum: 'missed', lines: [], size: 0, root: '' } as const
  const parsed = attempt(() => parseNote(note))
  const checkpoint = parsed && attempt(() => parseCheckpoint(parsed.text))
  const policy = attempt(() => parsePolicy(policyText))
  if (!parsed || !checkpoint || !policy) return done({ ...nothing, problem: 'unreadable' })
  const { size } = checkpoint
  const root = base64Encode(checkpoint.root)
  if (checkpoint.origin !== origin) return done({ ...nothing, size, root, problem: 'other-origin' })

  const keys = policyVerifiers(policy, origin, signatureChecks)
  const text = utf8Encode(parsed.text)
  const known = [
    ...keys.log.map((verifier) => ({ verifier, role: 'log' as const })),
    ...keys.logPostQuantum.map((verifier) => ({ verifier, role: 'log-pq' as const })),
    ...keys.witnesses.map((verifier) => ({ verifier, role: 'witness' as const })),
  ]
  const confirmed: string[] = []
  const lines = parsed.signatures.map(({ name, keyId, value }: NoteSignature): SignatureLine => {
    const found = known.find(({ verifier }) => verifier.name === name && equalBytes(verifier.keyId, keyId))
    const line = { name, keyId: hexEncode(keyId), time: undefined }
    if (!found) return { ...line, role: 'unknown', state: 'unknown' }
    const valid = found.verifier.verify(text, value)
    const witness = found.role === 'witness' && valid ? witnessOf(policy, found.verifier) : undefined
    if (witness) confirmed.push(witness.name)
    const time = found.role === 'witness' ? attempt(() => parseCosignature(value).time) : undefined
    return { ...line, role: found.role, state: valid ? 'valid' : 'invalid', time }
  })
  const has = (role: SignatureLine['role']) => lines.some((line) => line.role === role && line.state === 'valid')
  const noneFails = lines.every(({ state }) => state !== 'invalid')
  return done({
    signed: noneFails && has('log') && (keys.logPostQuantum.length === 0 || has('log-pq')),
    quorum:
      policy.quorum === 'none' ? 'none-asked' : noneFails && quorumReached(policy, confirmed) ? 'reached' : 'missed',
    problem: undefined,
    lines,
    size,
    root,
  })
}

export interface SeenCheckpoint {
  readonly origin: string
  readonly size: number
  readonly root: string
  /** Milliseconds since 1970. */
  readonly seenAt: number
}
export type Growth = { readonly verdict: 'grew'; readonly hashes: number } | { readonly verdict: 'broken' }

/** Did the ledger of the size that was seen before grow into this one without a change? */
export function checkGrowth(
  seen: Pick<SeenCheckpoint, 'size' | 'root'>,
  now: Pick<Checkpoint, 'size'> & { readonly root: string },
  proof: readonly string[],
): Growth {
  const decoded = attempt(() => ({
    root1: base64Decode(seen.root),
    root2: base64Decode(now.root),
    proof: proof.map((hash) => base64Decode(hash)),
  }))
  const holds = decoded !== undefined && verifyConsistency({ size1: seen.size, size2: now.size, ...decoded })
  return holds ? { verdict: 'grew', hashes: proof.length } : { verdict: 'broken' }
}

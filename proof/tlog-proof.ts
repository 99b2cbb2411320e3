// c2sp.org/tlog-proof: one text that proves, offline, that an entry is in the log.
import { base64Decode, base64Encode, parseDecimal, utf8Decode } from './bytes.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { parseCosignature, type SignatureChecks } from './cosignature.ts'
import { ProofError, underCode } from './errors.ts'
import { type Hash, verifyInclusion } from './merkle.ts'
import { openNote, parseNote } from './note.ts'
import { type Policy, parsePolicy, policyVerifiers, quorumReached, witnessOf } from './policy.ts'

export type TlogProof = {
  readonly index: number
  /** Leaf to root. */
  readonly path: readonly Hash[]
  /** The signed checkpoint, verbatim, with cosignatures. */
  readonly checkpoint: string
  /** Not covered by any signature. */
  readonly extra?: Uint8Array
}

const firstLine = 'c2sp.org/tlog-proof@v1'
const maxPath = 63

export function formatTlogProof({ index, path, checkpoint, extra }: TlogProof): string {
  const text = [
    firstLine,
    ...(extra === undefined ? [] : [`extra ${base64Encode(extra)}`]),
    `index ${index}`,
    ...path.map(base64Encode),
    '',
    checkpoint,
  ].join('\n')
  parseTlogProof(text)
  return text
}

/** Throws `malformed_tlog_proof`; the checkpoint in it is parsed as a note and as a checkpoint, nothing is verified. */
export function parseTlogProof(input: Uint8Array | string): TlogProof {
  return underCode('malformed_tlog_proof', 'proof', () => {
    const text = typeof input === 'string' ? input : utf8Decode(input)
    const split = text.indexOf('\n\n')
    if (split < 0) throw new ProofError('malformed_tlog_proof', 'no checkpoint')
    const lines = text.slice(0, split).split('\n')
    const checkpoint = text.slice(split + 2)
    if (lines.shift() !== firstLine) throw new ProofError('malformed_tlog_proof', 'an unknown version')
    const extra = lines[0]?.startsWith('extra ') ? base64Decode(lines.shift()!.slice(6)) : undefined
    const indexLine = lines.shift()
    if (!indexLine?.startsWith('index ')) throw new ProofError('malformed_tlog_proof', 'no index')
    const index = parseDecimal(indexLine.slice(6))
    if (lines.length > maxPath) throw new ProofError('malformed_tlog_proof', `more than ${maxPath} hashes`)
    const path = lines.map((line) => {
      const hash = base64Decode(line)
      if (hash.length !== 32) throw new ProofError('malformed_tlog_proof', 'a hash is 32 bytes')
      return hash
    })
    parseCheckpoint(parseNote(checkpoint).text)
    return { index, path, checkpoint, ...(extra === undefined ? {} : { extra }) }
  })
}

export type VerifiedTlogProof = {
  readonly index: number
  readonly checkpoint: Checkpoint
  /** Names, as the policy has them, of the witnesses whose cosignatures verify. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[]
  readonly extra?: Uint8Array
}

/**
 * Verifies all of it: the log's signature under a key of the policy whose name is the origin, the quorum of witnesses,
 * and the inclusion of the leaf. Throws a ProofError that says what failed.
 */
export function verifyTlogProof(
  proof: Uint8Array | string | TlogProof,
  {
    leafHash,
    policy,
    checks,
  }: { readonly leafHash: Hash; readonly policy: Policy | string; readonly checks?: SignatureChecks },
): VerifiedTlogProof {
  const parsed = typeof proof === 'string' || proof instanceof Uint8Array ? parseTlogProof(proof) : proof
  const rules = typeof policy === 'string' ? parsePolicy(policy) : policy
  const note = parseNote(parsed.checkpoint)
  const checkpoint = parseCheckpoint(note.text)
  const keys = policyVerifiers(rules, checkpoint.origin, checks)
  const opened = openNote(note, [...keys.log, ...keys.logPostQuantum, ...keys.witnesses])
  const logs = [...keys.log, ...keys.logPostQuantum]
  if (!opened.verified.some(({ verifier }) => logs.includes(verifier))) {
    throw new ProofError('unverified_note', 'not signed by a log of this policy')
  }
  const witnesses = opened.verified.flatMap((signature) => {
    const witness = keys.witnesses.includes(signature.verifier) ? witnessOf(rules, signature) : undefined
    return witness === undefined ? [] : [{ name: witness.name, time: parseCosignature(signature.value).time }]
  })
  if (
    !quorumReached(
      rules,
      witnesses.map(({ name }) => name),
    )
  ) {
    throw new ProofError('unverified_note', 'too few witnesses of this policy')
  }
  const { index, path } = parsed
  if (!verifyInclusion({ index, size: checkpoint.size, leafHash, proof: path, root: checkpoint.root })) {
    throw new ProofError('malformed_tlog_proof', 'the entry is not under this checkpoint')
  }
  return { index, checkpoint, witnesses, ...(parsed.extra === undefined ? {} : { extra: parsed.extra }) }
}

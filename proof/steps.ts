// One proof checked step by step, for a page that shows its work. Nothing here asks a server anything.

import { verifyDisclosure } from './body.ts'
import { equalBytes, hexEncode, utf8Encode } from './bytes.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { parseCosignature, type SignatureChecks } from './cosignature.ts'
import { ProofError } from './errors.ts'
import { type Hash, verifyInclusion } from './merkle.ts'
import { type Note, parseNote, type Verifier } from './note.ts'
import { type Policy, type PolicyVerifiers, parsePolicy, policyVerifiers, quorumReached, witnessOf } from './policy.ts'
import { decodeLeaf, type Leaf } from './public-leaf.ts'
import { hashLeaf } from './sha256.ts'
import { parseTlogProof, type TlogProof } from './tlog-proof.ts'

export type StepId = 'leaf' | 'inclusion' | 'log-signature' | 'log-signature-pq' | 'witnesses' | 'body'

export type Step = {
  readonly id: StepId
  readonly ok: boolean
  /** A sentence in English for whoever looks closely; the page says it in the person's words by `id`. */
  readonly detail: string
}

export type EntryVerification = {
  readonly ok: boolean
  /** In this order. `log-signature-pq` only if the policy names such a key, `body` only if there is a disclosure. */
  readonly steps: readonly Step[]
}

export type EntryToVerify = {
  readonly proofText: string
  readonly leafBytes: Uint8Array
  readonly disclosure?: unknown
  readonly policyText: string
  /** POSIX seconds. When given, cosignatures from more than five minutes in its future do not count. */
  readonly now?: number
  /** Faster checks than the ones in this room, where the caller has them. */
  readonly checks?: SignatureChecks
}

const clockSkewSeconds = 300

/** Never throws for a bad proof: each step says for itself what held and what did not. */
export function verifyEntry(input: EntryToVerify): EntryVerification {
  const { proofText, leafBytes, disclosure, policyText, now, checks = {} } = input
  const leaf = attempt(() => decodeLeaf(leafBytes))
  const proof = attempt(() => parseTlogProof(proofText))
  const policy = attempt(() => parsePolicy(policyText))
  const steps: Step[] = [leafStep(leaf, leafBytes)]

  if (!proof.ok) {
    steps.push(failed('inclusion', proof.why), failed('log-signature', proof.why), failed('witnesses', proof.why))
  } else if (!policy.ok) {
    steps.push(inclusionStep(proof.value, leafBytes))
    steps.push(failed('log-signature', policy.why), failed('witnesses', policy.why))
  } else {
    // parseTlogProof has parsed both already; they cannot fail here.
    const note = parseNote(proof.value.checkpoint)
    const checkpoint = parseCheckpoint(note.text)
    steps.push(inclusionStep(proof.value, leafBytes))
    const keys = attempt(() => policyVerifiers(policy.value, checkpoint.origin, checks))
    if (!keys.ok) {
      steps.push(failed('log-signature', keys.why), failed('witnesses', keys.why))
    } else {
      steps.push(logStep('log-signature', note, checkpoint, keys.value.log))
      const { logPostQuantum } = keys.value
      if (logPostQuantum.length > 0) steps.push(logStep('log-signature-pq', note, checkpoint, logPostQuantum))
      steps.push(witnessStep(note, policy.value, keys.value, now))
    }
  }
  if (disclosure !== undefined) steps.push(bodyStep(leaf, disclosure))
  return { ok: steps.every(({ ok }) => ok), steps }
}

function leafStep(leaf: Attempt<Leaf>, bytes: Uint8Array): Step {
  if (!leaf.ok) return failed('leaf', leaf.why)
  const what = leaf.value.kind === 'sealed' ? 'a sealed leaf' : `a public leaf of type ${leaf.value.leaf.type}`
  return passed('leaf', `${what}; its hash is ${hexEncode(hashLeaf(bytes))}`)
}

function inclusionStep({ index, path, checkpoint: noteText }: TlogProof, leafBytes: Uint8Array): Step {
  const checkpoint = parseCheckpoint(parseNote(noteText).text)
  const leafHash: Hash = hashLeaf(leafBytes)
  const { size, root, origin } = checkpoint
  return verifyInclusion({ index, size, leafHash, proof: path, root })
    ? passed('inclusion', `entry ${index} of ${size} in ${origin}, by ${path.length} hashes to root ${hexEncode(root)}`)
    : failed('inclusion', `the path does not lead from this leaf to the root of ${origin} at size ${size}`)
}

function logStep(
  id: 'log-signature' | 'log-signature-pq',
  note: Note,
  { origin }: Checkpoint,
  keys: readonly Verifier[],
): Step {
  if (keys.length === 0) return failed(id, `the policy names no key of ${origin}`)
  const good = goodSignatures(note, keys)
  if (good.bad !== undefined) return failed(id, `the signature of ${good.bad.name} does not verify`)
  if (good.by.length === 0) return failed(id, `not signed by ${origin}`)
  return passed(id, `signed by ${origin}, key ${good.by.map(({ verifier }) => hexEncode(verifier.keyId)).join(', ')}`)
}

function witnessStep(note: Note, policy: Policy, keys: PolicyVerifiers, now: number | undefined): Step {
  const { by, bad } = goodSignatures(note, keys.witnesses)
  if (bad !== undefined) return failed('witnesses', `the cosignature of ${bad.name} does not verify`)
  const seen = by.flatMap(({ verifier, value }) => {
    const witness = witnessOf(policy, verifier)
    return witness === undefined ? [] : [{ name: witness.name, time: parseCosignature(value).time }]
  })
  const timely = seen.filter(({ time }) => now === undefined || time <= now + clockSkewSeconds)
  const names = timely.map(({ name, time }) => `${name} at POSIX second ${time}`).join(', ')
  const early = timely.length < seen.length ? `; ${seen.length - timely.length} from the future do not count` : ''
  if (
    !quorumReached(
      policy,
      timely.map(({ name }) => name),
    )
  ) {
    return failed('witnesses', `no quorum of ${policy.quorum}: ${names === '' ? 'nobody' : names}${early}`)
  }
  if (policy.quorum === 'none')
    return passed('witnesses', `the policy asks for none; seen by ${names || 'nobody'}${early}`)
  return passed('witnesses', `quorum of ${policy.quorum}: ${names}${early}`)
}

function bodyStep(leaf: Attempt<Leaf>, disclosure: unknown): Step {
  if (!leaf.ok) return failed('body', leaf.why)
  if (leaf.value.kind !== 'sealed') return failed('body', 'a public leaf has no sealed body')
  return verifyDisclosure(disclosure, leaf.value.leaf.bodyRoot)
    ? passed('body', `the fields shown belong to body root ${hexEncode(leaf.value.leaf.bodyRoot)}`)
    : failed('body', 'the fields shown do not belong to this leaf')
}

type Good = {
  readonly by: readonly { readonly verifier: Verifier; readonly value: Uint8Array }[]
  /** A known key whose signature fails: then nothing of the note is believed. */
  readonly bad?: Verifier
}

function goodSignatures(note: Note, keys: readonly Verifier[]): Good {
  const text = utf8Encode(note.text)
  const by: { verifier: Verifier; value: Uint8Array }[] = []
  for (const { name, keyId, value } of note.signatures) {
    const verifier = keys.find((key) => key.name === name && equalBytes(key.keyId, keyId))
    if (verifier === undefined) continue
    if (by.some((other) => other.verifier === verifier && equalBytes(other.value, value))) continue
    if (!verifier.verify(text, value)) return { by, bad: verifier }
    if (!by.some((other) => other.verifier === verifier)) by.push({ verifier, value })
  }
  return { by }
}

type Failure = { readonly ok: false; readonly why: string }
type Attempt<T> = { readonly ok: true; readonly value: T } | Failure

function attempt<T>(parse: () => T): Attempt<T> {
  try {
    return { ok: true, value: parse() }
  } catch (error) {
    if (error instanceof ProofError) return { ok: false, why: error.message }
    throw error
  }
}

function passed(id: StepId, detail: string): Step {
  return { id, ok: true, detail }
}

function failed(id: StepId, detail: string): Step {
  return { id, ok: false, detail }
}

import {
  base64Decode,
  type Checkpoint,
  equalBytes,
  formatVerifierKey,
  type Note,
  type OpenedNote,
  openNote,
  type Policy,
  ProofError,
  parseCheckpoint,
  parseCosignature,
  parseNote,
  parsePolicy,
  parseReceipt,
  parseVerifierKey,
  policyVerifiers,
  quorumReached,
  receiptVerifier,
  signatureType,
  verifyReceipt,
  witnessOf,
} from '@bailee/proof'

/** One thing that was looked at. `ok` is null when there was nothing to judge it by. */
export interface Check {
  readonly id: string
  readonly ok: boolean | null
  readonly detail: string
}
export type Verdict = 'good' | 'bad' | 'unknown'

export const verdictOf = (checks: readonly Check[]): Verdict => {
  if (checks.some(({ ok }) => ok === false)) return 'bad'
  return checks.length === 0 || checks.some(({ ok }) => ok === null) ? 'unknown' : 'good'
}

/** Cosignatures from further in the future do not count. */
const clockSkewSeconds = 300

export interface JudgedCheckpoint {
  readonly checkpoint: Checkpoint | undefined
  readonly checks: readonly Check[]
}

/**
 * The log's signatures and the witnesses' quorum. `policy` undefined: nothing to judge by. `lenient`: a missing quorum is
 * not judged rather than failed, for a checkpoint so fresh that the witnesses may not have seen it yet.
 */
export function judgeCheckpoint(
  noteText: string,
  policy: Policy | undefined,
  { nowSeconds, lenient = false }: { readonly nowSeconds: number; readonly lenient?: boolean },
): JudgedCheckpoint {
  const form = attempt((): { note: Note; checkpoint: Checkpoint } => {
    const note = parseNote(noteText)
    return { note, checkpoint: parseCheckpoint(note.text) }
  })
  if (!form.ok) return { checkpoint: undefined, checks: [{ id: 'form', ok: false, detail: form.why }] }
  const { note, checkpoint } = form.value
  const { origin } = checkpoint
  if (policy === undefined) {
    const detail = `${origin}, size ${checkpoint.size}`
    return {
      checkpoint,
      checks: [
        { id: 'form', ok: true, detail },
        { id: 'log-signature', ok: null, detail: '' },
        { id: 'witnesses', ok: null, detail: '' },
      ],
    }
  }
  const keys = policyVerifiers(policy, origin)
  if (keys.log.length + keys.logPostQuantum.length === 0) {
    const detail = `the policy names no key of ${origin}`
    return { checkpoint, checks: [{ id: 'log-signature', ok: false, detail }] }
  }
  const opened = attempt(() => openNote(note, [...keys.log, ...keys.logPostQuantum, ...keys.witnesses]))
  if (!opened.ok) return { checkpoint, checks: [{ id: 'log-signature', ok: false, detail: opened.why }] }
  const signedBy = (id: string, own: readonly unknown[]): Check[] => {
    if (own.length === 0) return []
    const ok = opened.value.verified.some(({ verifier }) => own.includes(verifier))
    return [{ id, ok, detail: ok ? `${origin}, size ${checkpoint.size}` : `not signed by ${origin}` }]
  }
  return {
    checkpoint,
    checks: [
      ...signedBy('log-signature', keys.log),
      ...signedBy('log-signature-pq', keys.logPostQuantum),
      witnessCheck(opened.value, policy, nowSeconds, lenient),
    ],
  }
}

function witnessCheck(opened: OpenedNote, policy: Policy, nowSeconds: number, lenient: boolean): Check {
  const names = opened.verified.flatMap((signature) => {
    const witness = witnessOf(policy, signature)
    if (witness === undefined || parseCosignature(signature.value).time > nowSeconds + clockSkewSeconds) return []
    return [witness.name]
  })
  const reached = quorumReached(policy, names)
  const seenBy = names.length === 0 ? 'nobody' : names.join(', ')
  if (policy.quorum === 'none') return { id: 'witnesses', ok: true, detail: `none is asked for; seen by ${seenBy}` }
  return { id: 'witnesses', ok: reached ? true : lenient ? null : false, detail: `${policy.quorum}: seen by ${seenBy}` }
}

/** The signed promise that an entry will be in the ledger. */
export function judgeReceipt(input: unknown, policy: Policy | undefined): readonly Check[] {
  const receipt = attempt(() => parseReceipt(input))
  if (!receipt.ok) return [{ id: 'receipt-form', ok: false, detail: receipt.why }]
  const { origin, entry, signedAt, deadline } = receipt.value
  const form: Check = { id: 'receipt-form', ok: true, detail: `entry ${entry}, place ${receipt.value.index}` }
  if (policy === undefined) return [form, { id: 'receipt-signature', ok: null, detail: '' }]
  const keys = policy.logs.filter(({ key }) => key.name === origin && key.type === signatureType.ed25519)
  const ok = keys.some(({ key }) => verifyReceipt(receipt.value, receiptVerifier(key.publicKey)))
  const detail = ok
    ? `${origin}, ${signedAt}, due ${deadline}`
    : keys.length === 0
      ? `the policy names no key of ${origin}`
      : `not signed by ${origin}`
  return [form, { id: 'receipt-signature', ok, detail }]
}

/** A policy that believes one key and asks for no witness. */
export const policyOfKey = (vkey: string): Policy => parsePolicy(`log ${vkey}\nquorum none\n`)

/** The policy cut down to one log key; undefined when it does not name it. */
export function restrictTo(policy: Policy, vkey: string): Policy | undefined {
  const wanted = parseVerifierKey(vkey)
  const logs = policy.logs.filter(({ key }) => key.name === wanted.name && equalBytes(key.publicKey, wanted.publicKey))
  return logs.length === 0 ? undefined : { ...policy, logs }
}

export const vkeysOf = (policy: Policy): string[] =>
  policy.logs.map(({ key }) => formatVerifierKey(key.name, key.type, key.publicKey))

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

export function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { ok: true, value: work() }
  } catch (error) {
    if (error instanceof ProofError) return { ok: false, why: error.message }
    throw error
  }
}

/** Base64 with or without padding, in either alphabet; undefined when it is none. */
export function anyBase64(text: string): Uint8Array | undefined {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const padded = standard.padEnd(Math.ceil(standard.length / 4) * 4, '=')
  const bytes = attempt(() => base64Decode(padded))
  return bytes.ok ? bytes.value : undefined
}

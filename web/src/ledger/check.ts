import {
  base64Decode,
  base64Encode,
  bucketOf,
  canonicalJson,
  decodeLeaf,
  hashLeaf,
  hashNode,
  type Json,
  type Leaf,
  ProofError,
  parseCheckpoint,
  parseDisclosure,
  parseNote,
  parseTlogProof,
  type SignatureChecks,
  type StepId,
  verifyEd25519,
  verifyEntry,
  verifyMlDsa44,
} from '@bailee/proof'
import type { Reply } from '../api.ts'

/** Everything in this file runs in the reader’s browser and asks nobody. It is fetched when the first proof is wanted. */

export type CheckStepId = StepId | 'shown'
export interface CheckStep {
  readonly id: CheckStepId
  readonly ok: boolean
  /** In technical English, from the verifying library. */
  readonly detail: string
  /** Hashes that the step is about, base64. */
  readonly values: readonly { readonly what: 'leaf' | 'root' | 'body'; readonly hash: string }[]
}
/** One joining of two hashes on the way from the leaf to the root. */
export interface Joining {
  readonly side: 'left' | 'right'
  readonly sibling: string
  readonly result: string
}
export interface Checked {
  readonly ok: boolean
  readonly steps: readonly CheckStep[]
  readonly milliseconds: number
  readonly joinings: readonly Joining[]
  readonly index: number | undefined
  readonly size: number | undefined
  /** The trust policy asks for no witness: true, but worth less. */
  readonly withoutWitness: boolean
}

export interface ShownEntry {
  readonly entry: string
  readonly kind: string
  readonly at: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A person’s entry: does the proof open exactly what stands on the page, and is that in the ledger? */
export function checkEntry(shown: ShownEntry, answer: Reply<'myProof'>, policy: string): Checked {
  return check(answer, policy, (leaf) => ({ disclosure: answer.disclosure, first: shownStep(shown, answer, leaf) }))
}

/** Any leaf, by its number. */
export function checkLeaf(answer: Reply<'proveIndex'>, wanted: number, policy: string): Checked {
  const checked = check(answer, policy, () => ({}))
  if (checked.index === wanted) return checked
  const detail = `the proof is of entry ${checked.index}, not of ${wanted}`
  const steps = checked.steps.map((step) => (step.id === 'inclusion' ? { ...step, ok: false, detail } : step))
  return { ...checked, ok: false, steps }
}

const order: readonly CheckStepId[] = [
  'shown',
  'body',
  'leaf',
  'inclusion',
  'log-signature',
  'log-signature-pq',
  'witnesses',
]

function check(
  answer: { readonly leaf: string; readonly proof: string },
  policy: string,
  more: (leaf: Leaf | undefined) => { disclosure?: unknown; first?: CheckStep },
): Checked {
  const start = performance.now()
  const leafBytes = attempt(() => base64Decode(answer.leaf)) ?? new Uint8Array()
  const leaf = attempt(() => decodeLeaf(leafBytes))
  const { disclosure, first } = more(leaf)
  const { steps } = verifyEntry({
    proofText: answer.proof,
    leafBytes,
    policyText: policy,
    now: Date.now() / 1000,
    checks: rememberedChecks,
    ...(disclosure === undefined ? {} : { disclosure }),
  })
  const proof = attempt(() => parseTlogProof(answer.proof))
  const checkpoint = proof && attempt(() => parseCheckpoint(parseNote(proof.checkpoint).text))
  const joinings = proof && checkpoint ? joiningsOf(leafBytes, proof.index, checkpoint.size, proof.path) : []
  const valuesOf = (id: StepId): CheckStep['values'] => {
    if (id === 'leaf') return [{ what: 'leaf', hash: base64Encode(hashLeaf(leafBytes)) }]
    if (id === 'inclusion' && checkpoint) return [{ what: 'root', hash: base64Encode(checkpoint.root) }]
    if (id === 'body' && leaf?.kind === 'sealed') return [{ what: 'body', hash: base64Encode(leaf.leaf.bodyRoot) }]
    return []
  }
  const all: CheckStep[] = [...(first ? [first] : []), ...steps.map((step) => ({ ...step, values: valuesOf(step.id) }))]
  all.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
  return {
    ok: all.every(({ ok }) => ok),
    steps: all,
    milliseconds: performance.now() - start,
    joinings,
    index: proof?.index,
    size: checkpoint?.size,
    withoutWitness: /^quorum\s+none$/m.test(policy),
  }
}

/** Members of the body that say which entry it is; the others are what the person reads. */
const bookkeeping = new Set(['entry', 'kind', 'at', 'commitment'])
const bare = (id: unknown) => String(id).replace(/^ent_/, '').replaceAll('-', '')

/**
 * The words on the page came in another answer than the proof. They must be the same, field for field and both ways, or the
 * proof would prove something that nobody reads.
 */
function shownStep(shown: ShownEntry, answer: Reply<'myProof'>, leaf: Leaf | undefined): CheckStep {
  const say = (ok: boolean, detail: string): CheckStep => ({ id: 'shown', ok, detail, values: [] })
  const disclosure = attempt(() => parseDisclosure(answer.disclosure))
  if (!disclosure) return say(false, 'the opening cannot be read')
  const opened = new Map(disclosure.disclosed.map(({ name, value }) => [name, value]))
  if (opened.size !== disclosure.disclosed.length) return say(false, 'a field is opened twice')
  if (disclosure.hashes.length > 0) return say(false, `${disclosure.hashes.length} fields are kept closed`)
  if (bare(answer.entry) !== bare(shown.entry)) return say(false, 'the proof is of another entry')
  if (bare(opened.get('entry')) !== bare(shown.entry)) return say(false, 'the opening is of another entry')
  if (opened.get('kind') !== shown.kind) return say(false, 'the opening tells of another kind of act')
  if (opened.get('at') !== shown.at) return say(false, 'the opening tells of another time')
  if (leaf?.kind === 'sealed' && leaf.leaf.bucketSeconds !== bucketOf(Math.floor(Date.parse(shown.at) / 1000)))
    return say(false, 'the leaf bears another minute')
  for (const [name, value] of opened)
    if (!bookkeeping.has(name) && !sameJson(value, shown.fields[name])) return say(false, `${name} differs`)
  for (const [name, value] of Object.entries(shown.fields))
    if (!sameJson(value, opened.get(name))) return say(false, `${name} differs`)
  return say(true, `${opened.size} fields, each the same in the list and in the opening`)
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b
  // Both came out of JSON.parse.
  return attempt(() => canonicalJson(a as Json) === canonicalJson(b as Json)) ?? false
}

/** RFC 9162 §2.1.3.2, with every hash on the way. What it says is decided by verifyEntry; this only shows the working. */
function joiningsOf(leafBytes: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Joining[] {
  const joinings: Joining[] = []
  let place = index
  let last = size - 1
  let hash = hashLeaf(leafBytes)
  for (const sibling of path) {
    const onLeft = place % 2 === 1 || place === last
    if (onLeft) while (place % 2 === 0 && place !== 0) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
    hash = onLeft ? hashNode(sibling, hash) : hashNode(hash, sibling)
    joinings.push({ side: onLeft ? 'left' : 'right', sibling: base64Encode(sibling), result: base64Encode(hash) })
    ;[place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
  }
  return joinings
}

/**
 * Entries of one page are mostly proven against one checkpoint: its signatures are checked once. The answer depends on
 * nothing but key, message and signature, and all three are the key of what is remembered.
 */
const remembered = new Map<string, boolean>()
const rememberedChecks: SignatureChecks = {
  ed25519: remembering('ed25519', verifyEd25519),
  mlDsa44: remembering('ml-dsa-44', verifyMlDsa44),
}
export const signatureChecks = rememberedChecks

type Check = NonNullable<SignatureChecks['ed25519']>
function remembering(name: string, verify: Check): Check {
  return (publicKey, message, signature) => {
    const key = [name, ...[publicKey, message, signature].map((bytes) => base64Encode(bytes))].join(' ')
    const known = remembered.get(key)
    if (known !== undefined) return known
    if (remembered.size > 200) remembered.clear()
    const answer = verify(publicKey, message, signature)
    remembered.set(key, answer)
    return answer
  }
}

export function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof ProofError) return undefined
    throw error
  }
}

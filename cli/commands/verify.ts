import {
  base64Encode,
  canonicalJsonBytes,
  concat,
  decodeLeaf,
  equalBytes,
  isSealedLeaf,
  type Json,
  type Policy,
  parsePolicy,
  parseTlogProof,
  utf8Encode,
  verifyEd25519,
  verifyEntry,
} from '@bailee/proof'
import { type Command, type Input, readBytes, readJson, readText, serverOption } from '../command.ts'
import { exit, Stop } from '../exit.ts'
import {
  anyBase64,
  attempt,
  type Check,
  judgeCheckpoint,
  judgeReceipt,
  policyOfKey,
  restrictTo,
  type Verdict,
  verdictOf,
  vkeysOf,
} from '../judge.ts'
import { isCheckText, type TextKey } from '../texts.ts'

export const verify: Command = {
  words: ['verify'],
  rest: '<file|-> [--policy file] [--log-key vkey] [--leaf file] [--opening file] [--server url]',
  summary: {
    en: 'Checks a proof, receipt, consent receipt or checkpoint, offline.',
    zh: '离线核验证明、回执、同意回执或检查点。',
  },
  options: {
    policy: {
      type: 'string',
      value: '<file>',
      help: { en: 'whom you trust (c2sp.org/tlog-policy)', zh: '您信任谁（c2sp.org/tlog-policy）' },
    },
    'log-key': {
      type: 'string',
      value: '<vkey>',
      help: { en: 'the ledger’s key, got elsewhere', zh: '从别处获得的账本密钥' },
    },
    'receipt-key': {
      type: 'string',
      value: '<base64>',
      help: { en: 'the key for consent receipts, got elsewhere', zh: '从别处获得的同意回执密钥' },
    },
    leaf: {
      type: 'string',
      value: '<file>',
      help: { en: 'the entry, for a bare .tlog-proof', zh: '条目本身（用于单独的 .tlog-proof）' },
    },
    opening: {
      type: 'string',
      value: '<file>',
      help: { en: 'the opened fields (disclosure)', zh: '开启的内容（披露）' },
    },
    ...serverOption,
  },
  takes: [1, 1],
  async run(input) {
    const { terminal } = input
    const [file = ''] = input.positionals
    const material = recognise(readBytes(file))
    const trust = await findTrust(input)
    const judged = judge(material, trust, input)
    const verdict = verdictOf(judged.checks)

    terminal.object({
      kind: material.kind,
      verdict,
      checks: judged.checks,
      ...(trust.fromServer ? { policyFrom: 'server' } : {}),
      ...(judged.fields ? { fields: judged.fields } : {}),
    })
    const marks = { true: '✓', false: '✗', null: '?' } as const
    for (const { id, ok, detail } of judged.checks) {
      const key = `check.${id}`
      const what = isCheckText(key) ? terminal.say(key) : id
      terminal.print(`${marks[`${ok}`]} ${what}${detail === '' ? '' : `  (${detail})`}`)
    }
    const what = terminal.say(kindTexts[material.kind])
    terminal.print(terminal.say(verdictTexts[verdict], { what }))
    if (verdict === 'good' && judged.fields) {
      terminal.print(terminal.say('whatItSays'))
      for (const [name, value] of Object.entries(judged.fields)) {
        terminal.print(`  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      }
    }
    for (const { text, values } of judged.remarks) terminal.tell(terminal.say(text, values))
    if (trust.policy === undefined && trust.receiptKey === undefined) terminal.tell(terminal.say('needPolicy'))
    if (trust.fromServer) terminal.tell(terminal.say('policyFromServer'))
    return { good: exit.fine, bad: exit.verificationFailed, unknown: exit.cannotJudge }[verdict]
  },
}

const verdictTexts: Record<Verdict, TextKey> = { good: 'verdictGood', bad: 'verdictBad', unknown: 'verdictUnknown' }
const kindTexts: Record<Material['kind'], TextKey> = {
  entry: 'kindEntry',
  receipt: 'kindReceipt',
  consent: 'kindConsent',
  checkpoint: 'kindCheckpoint',
}

type Material =
  | {
      readonly kind: 'entry'
      readonly proof: string
      readonly leaf?: Uint8Array | undefined
      readonly index?: unknown
      readonly disclosure?: unknown
    }
  | { readonly kind: 'receipt'; readonly receipt: unknown }
  | { readonly kind: 'consent'; readonly document: Json; readonly signature: string; readonly key: string }
  | { readonly kind: 'checkpoint'; readonly note: string }

function recognise(bytes: Uint8Array): Material {
  const text = new TextDecoder().decode(bytes)
  if (text.startsWith('c2sp.org/tlog-proof@')) return { kind: 'entry', proof: text }
  if (text.trimStart().startsWith('{')) {
    const material = recogniseJson(text)
    if (material) return material
  } else if (text.includes('\n\n— ')) return { kind: 'checkpoint', note: text }
  throw new Stop(exit.usage, 'notRecognised')
}

function recogniseJson(text: string): Material | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const { proof, leaf, index, disclosure, document, signature, key, commitment, receipt, consentReceipt } = value
  if (typeof proof === 'string') {
    const bytes = typeof leaf === 'string' ? anyBase64(leaf) : undefined
    return { kind: 'entry', proof, leaf: bytes, index, disclosure }
  }
  if (isObject(document) && typeof signature === 'string' && typeof key === 'string') {
    // It came out of JSON.parse.
    return { kind: 'consent', document: document as Json, signature, key }
  }
  if (typeof commitment === 'string' && typeof signature === 'string') return { kind: 'receipt', receipt: value }
  // An answer or a problem document that carries one.
  if (isObject(consentReceipt)) return recogniseJson(JSON.stringify(consentReceipt))
  if (isObject(receipt)) return { kind: 'receipt', receipt }
  return undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

interface Trust {
  readonly policy: Policy | undefined
  /** The same as text, for `verifyEntry`. */
  readonly policyText: string | undefined
  readonly receiptKey: Uint8Array | undefined
  readonly fromServer: boolean
}

/** A file that the person chose goes before what the server says of itself; a key narrows either. */
async function findTrust(input: Input): Promise<Trust> {
  const file = input.find('policy')
  const vkey = input.find('log-key')
  const given = input.find('receipt-key')
  const named = given === undefined ? undefined : anyBase64(given)
  if (given !== undefined && named?.length !== 32) {
    throw new Stop(exit.usage, 'optionInvalid', { option: 'receipt-key', rule: 'base64, 32 bytes' })
  }
  const fromServer = file === undefined && input.find('server') !== undefined
  const status = fromServer ? await input.anyone().call('ledgerStatus') : undefined
  const receiptKey = named ?? (status?.serverKey === undefined ? undefined : anyBase64(status.serverKey))
  const text = file !== undefined ? readText(file) : status?.policy
  const policy = text === undefined ? undefined : attempt(() => parsePolicy(text))
  if (policy?.ok === false) throw new Stop(exit.cannotJudge, 'policyInvalid', { why: policy.why })
  if (vkey === undefined) return { policy: policy?.value, policyText: text, receiptKey, fromServer }

  const own = attempt(() => policyOfKey(vkey))
  if (!own.ok) throw new Stop(exit.usage, 'logKeyInvalid', { why: own.why })
  if (policy === undefined) {
    return { policy: own.value, policyText: `log ${vkey}\nquorum none\n`, receiptKey, fromServer }
  }
  const narrowed = restrictTo(policy.value, vkey)
  if (narrowed === undefined) throw new Stop(exit.cannotJudge, 'policyLacksKey')
  const rest = text?.split('\n').filter((line) => !/^[ \t]*log[ \t]/.test(line)) ?? []
  const policyText = [...vkeysOf(narrowed).map((one) => `log ${one}`), ...rest].join('\n')
  return { policy: narrowed, policyText, receiptKey, fromServer }
}

interface Judged {
  readonly checks: readonly Check[]
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  readonly remarks: readonly { readonly text: TextKey; readonly values?: Readonly<Record<string, string>> }[]
}

function judge(material: Material, trust: Trust, input: Input): Judged {
  const nowSeconds = Math.floor(Date.now() / 1000)
  switch (material.kind) {
    case 'checkpoint':
      return { checks: judgeCheckpoint(material.note, trust.policy, { nowSeconds }).checks, remarks: [] }
    case 'receipt':
      return judgePromise(material.receipt, trust)
    case 'consent':
      return judgeConsent(material, trust)
    case 'entry':
      return judgeEntry(material, trust, input, nowSeconds)
  }
}

function judgePromise(receipt: unknown, { policy }: Trust): Judged {
  const checks = judgeReceipt(receipt, policy)
  const { entry, deadline } = isObject(receipt) ? receipt : {}
  const known = typeof entry === 'string' && typeof deadline === 'string' && verdictOf(checks) !== 'bad'
  return { checks, remarks: known ? [{ text: 'promiseOnly', values: { entry, deadline } }] : [] }
}

/** The document names its own key, which by itself proves nothing: it must also be one that the person trusts. */
function judgeConsent({ document, signature, key }: Material & { kind: 'consent' }, trust: Trust): Judged {
  const publicKey = anyBase64(key)
  const signed = anyBase64(signature)
  const message = attempt(() => concat(utf8Encode('bailee/consent-receipt/v1\n'), canonicalJsonBytes(document)))
  const ok =
    publicKey?.length === 32 && signed?.length === 64 && message.ok && verifyEd25519(publicKey, message.value, signed)
  const trusted = [
    ...(trust.receiptKey ? [trust.receiptKey] : []),
    ...(trust.policy?.logs.map((log) => log.key.publicKey) ?? []),
  ]
  const vouched = publicKey !== undefined && trusted.some((one) => equalBytes(one, publicKey))
  // Another key than the one that was given for consent receipts is a failure; without such a key there is no judging.
  const keyOk = vouched ? true : trust.receiptKey ? false : null
  const checks: Check[] = [
    { id: 'consent-signature', ok, detail: '' },
    { id: 'consent-key', ok: keyOk, detail: publicKey ? base64Encode(publicKey) : '' },
  ]
  return {
    checks,
    fields: isObject(document) ? document : undefined,
    remarks: keyOk === null ? [{ text: 'needReceiptKey' }] : [],
  }
}

function judgeEntry(material: Material & { kind: 'entry' }, trust: Trust, input: Input, nowSeconds: number): Judged {
  const opening = input.find('opening')
  const leafFile = input.find('leaf')
  const leaf = leafFile === undefined ? material.leaf : leafBytes(readBytes(leafFile))
  const disclosure = withPlainHashes(opening === undefined ? material.disclosure : readJson(opening))
  const proof = attempt(() => parseTlogProof(material.proof))
  if (!proof.ok) return { checks: [{ id: 'form', ok: false, detail: proof.why }], remarks: [] }

  if (leaf === undefined) {
    const judged = judgeCheckpoint(proof.value.checkpoint, trust.policy, { nowSeconds })
    const missing: Check[] = ['leaf', 'inclusion'].map((id) => ({ id, ok: null, detail: '' }))
    return { checks: [...missing, ...judged.checks], remarks: [{ text: 'needLeaf' }] }
  }
  const { steps } = verifyEntry({
    proofText: material.proof,
    leafBytes: leaf,
    ...(disclosure === undefined ? {} : { disclosure }),
    // A policy that believes nobody; its steps are then shown as not judged.
    policyText: trust.policyText ?? 'quorum none\n',
    now: nowSeconds,
  })
  const needsTrust = ['log-signature', 'log-signature-pq', 'witnesses']
  const checks = steps.map(
    ({ id, ok, detail }): Check =>
      trust.policyText === undefined && needsTrust.includes(id) ? { id, ok: null, detail: '' } : { id, ok, detail },
  )
  if (material.index !== undefined) {
    const ok = material.index === proof.value.index
    checks.unshift({ id: 'index', ok, detail: `${String(material.index)}, ${proof.value.index}` })
  }
  return { checks, fields: fieldsOf(leaf, disclosure), remarks: [] }
}

/** The bytes of an entry, or their base64 as the API gives them. */
function leafBytes(bytes: Uint8Array): Uint8Array {
  if (isSealedLeaf(bytes) || bytes[0] === 0x7b) return new Uint8Array(bytes)
  return anyBase64(new TextDecoder().decode(bytes).trim()) ?? new Uint8Array(bytes)
}

/** The contract writes closed fields as {index, hash}; the proof room wants their hashes in order. */
function withPlainHashes(disclosure: unknown): unknown {
  if (!isObject(disclosure) || !Array.isArray(disclosure.hashes)) return disclosure
  const hashes: readonly unknown[] = disclosure.hashes
  if (!hashes.every((one) => isObject(one) && typeof one.index === 'number')) return disclosure
  const placed = hashes as readonly { readonly index: number; readonly hash: unknown }[]
  return { ...disclosure, hashes: placed.toSorted((a, b) => a.index - b.index).map(({ hash }) => hash) }
}

function fieldsOf(leaf: Uint8Array, disclosure: unknown): Readonly<Record<string, unknown>> | undefined {
  const decoded = attempt(() => decodeLeaf(leaf))
  if (decoded.ok && decoded.value.kind === 'public') return decoded.value.leaf
  if (!isObject(disclosure) || !Array.isArray(disclosure.disclosed)) return undefined
  const fields: readonly unknown[] = disclosure.disclosed
  return Object.fromEntries(fields.flatMap((one) => (isObject(one) ? [[String(one.name), one.value]] : [])))
}

// The signed promise that an entry, committed now, will be in the log by a deadline. One signature covers a batch.
import { base64Decode, base64Encode, concat, isIndex, utf8Encode } from './bytes.ts'
import { verifyEd25519 } from './ed25519.ts'
import { ProofError, underCode } from './errors.ts'
import { type Hash, HashTree, rootFromInclusion } from './merkle.ts'
import type { SignatureCheck } from './note.ts'
import { hashLeaf } from './sha256.ts'

/** Plain JSON. */
export type Receipt = {
  readonly v: 1
  readonly origin: string
  /** UUID of the entry. */
  readonly entry: string
  /** Base64 of 32 bytes: what is promised to be logged. */
  readonly commitment: string
  /** Place in the batch. */
  readonly index: number
  readonly count: number
  /** Base64 hashes, leaf to batch root. */
  readonly path: readonly string[]
  readonly signedAt: string
  readonly deadline: string
  readonly signature: string
}

export type ReceiptItem = { readonly entry: string; readonly commitment: Uint8Array }

export type ReceiptTerms = {
  readonly origin: string
  readonly count: number
  readonly batchRoot: Hash
  readonly signedAt: string
  readonly deadline: string
}

/** What the log signs, once for the batch. Times are ISO 8601 in UTC. */
export function receiptMessage({ origin, count, batchRoot, signedAt, deadline }: ReceiptTerms): Uint8Array {
  if (origin === '' || origin.includes('\n')) throw new ProofError('malformed_receipt', 'an origin is one line')
  if (!isIndex(count) || batchRoot.length !== 32) throw new ProofError('malformed_receipt', 'no such batch')
  assertTime(signedAt)
  assertTime(deadline)
  return utf8Encode(`bailee/receipt/v1\n${origin}\n${count}\n${base64Encode(batchRoot)}\n${signedAt}\n${deadline}\n`)
}

export type ReceiptBatch = {
  readonly count: number
  readonly batchRoot: Hash
  /** For each item, its hashes from leaf to batch root. */
  readonly paths: readonly (readonly Hash[])[]
}

/** RFC 6962 tree over entry id (UTF-8) and commitment. */
export function receiptBatch(items: readonly ReceiptItem[]): ReceiptBatch {
  const tree = new HashTree(items.map(receiptLeafHash))
  return { count: items.length, batchRoot: tree.root(), paths: items.map((_, index) => tree.inclusionPath(index)) }
}

/** One receipt an item, from a batch and the signature over its `receiptMessage`. */
export function buildReceipts(
  items: readonly ReceiptItem[],
  batch: ReceiptBatch,
  {
    origin,
    signedAt,
    deadline,
    signature,
  }: Omit<ReceiptTerms, 'count' | 'batchRoot'> & { readonly signature: Uint8Array },
): Receipt[] {
  const signatureText = base64Encode(signature)
  return items.map(({ entry, commitment }, index) => ({
    v: 1,
    origin,
    entry,
    commitment: base64Encode(commitment),
    index,
    count: batch.count,
    path: batch.paths[index]!.map(base64Encode),
    signedAt,
    deadline,
    signature: signatureText,
  }))
}

/** Throws `malformed_receipt`. */
export function parseReceipt(input: unknown): Receipt {
  return underCode('malformed_receipt', 'receipt', () => {
    if (typeof input !== 'object' || input === null) throw new ProofError('malformed_receipt', 'not an object')
    const receipt = input as { readonly [name in keyof Receipt]?: unknown }
    const { v, origin, entry, commitment, index, count, path, signedAt, deadline, signature } = receipt
    if (v !== 1) throw new ProofError('malformed_receipt', 'an unknown version')
    if (typeof origin !== 'string' || origin === '' || origin.includes('\n') || !origin.isWellFormed()) {
      throw new ProofError('malformed_receipt', 'no origin')
    }
    if (typeof entry !== 'string' || !isUuid(entry)) throw new ProofError('malformed_receipt', 'no entry id')
    assertBase64(commitment, 32)
    assertBase64(signature, 64)
    if (!isIndex(count) || !isIndex(index) || index >= count) throw new ProofError('malformed_receipt', 'no place')
    if (!Array.isArray(path) || path.length > 63) throw new ProofError('malformed_receipt', 'no path')
    for (const hash of path as readonly unknown[]) assertBase64(hash, 32)
    assertTime(signedAt)
    assertTime(deadline)
    // Every member was checked above.
    return { v, origin, entry, commitment, index, count, path, signedAt, deadline, signature } as Receipt
  })
}

/**
 * Did the log with this public key sign this promise? `verify` is given the message and the signature. False for
 * anything malformed.
 */
export function verifyReceipt(
  input: unknown,
  verify: (message: Uint8Array, signature: Uint8Array) => boolean,
): boolean {
  try {
    const receipt = parseReceipt(input)
    const batchRoot = rootFromInclusion({
      index: receipt.index,
      size: receipt.count,
      leafHash: receiptLeafHash({ entry: receipt.entry, commitment: base64Decode(receipt.commitment) }),
      proof: receipt.path.map(base64Decode),
    })
    if (batchRoot === undefined) return false
    return verify(receiptMessage({ ...receipt, batchRoot }), base64Decode(receipt.signature))
  } catch (error) {
    if (error instanceof ProofError) return false
    throw error
  }
}

/** `verify` for `verifyReceipt` from a raw Ed25519 key. */
export function receiptVerifier(
  publicKey: Uint8Array,
  check: SignatureCheck = verifyEd25519,
): (message: Uint8Array, signature: Uint8Array) => boolean {
  return (message, signature) => check(publicKey, message, signature)
}

function receiptLeafHash({ entry, commitment }: ReceiptItem): Hash {
  if (!isUuid(entry) || commitment.length !== 32) {
    throw new ProofError('malformed_receipt', 'an entry is a UUID with a commitment of 32 bytes')
  }
  return hashLeaf(concat(utf8Encode(entry), commitment))
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
}

function assertTime(value: unknown): asserts value is string {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(value)
  if (!isTime || Number.isNaN(Date.parse(value))) {
    throw new ProofError('malformed_receipt', 'a time is ISO 8601 in UTC, as 2026-01-02T03:04:05.678Z')
  }
}

function assertBase64(value: unknown, length: number): asserts value is string {
  if (typeof value !== 'string' || base64Decode(value).length !== length) {
    throw new ProofError('malformed_receipt', `not ${length} bytes in base64`)
  }
}

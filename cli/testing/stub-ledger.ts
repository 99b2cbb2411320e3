import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  base64Decode,
  base64Encode,
  bodyRoot,
  buildReceipts,
  canonicalJsonBytes,
  completeNodes,
  discloseFields,
  ed25519CosignatureMessage,
  encodeEntryBundle,
  encodePublicLeaf,
  encodeSealedLeaf,
  formatCheckpoint,
  formatCosignatureLine,
  formatNote,
  formatSignatureLine,
  formatTlogProof,
  formatVerifierKey,
  HashTree,
  hashLeaf,
  type Json,
  keyId,
  mlDsa44CosignatureMessage,
  parseTilePath,
  receiptBatch,
  receiptMessage,
  signatureType,
  tagIndexRoot,
  utf8Encode,
} from '@bailee/proof'

export const origin = 'stub.example/ledger/2026'
const witnessName = 'witness.example'

const spkiTail = (key: KeyObject, length: number) =>
  new Uint8Array(key.export({ type: 'spki', format: 'der' })).slice(-length)
const pair = (kind: 'ed25519' | 'ml-dsa-44') => generateKeyPairSync(kind as 'ed25519')

/** A whole log in memory, signed with real keys: what a Bailee server publishes. */
export class StubLedger {
  leaves: Uint8Array[] = []
  readonly log = pair('ed25519')
  readonly logPostQuantum = pair('ml-dsa-44')
  readonly witness = pair('ed25519')
  #epoch = 0
  #epochStart = 0

  get publicKey(): Uint8Array {
    return spkiTail(this.log.publicKey, 32)
  }
  get vkey(): string {
    return formatVerifierKey(origin, signatureType.ed25519, this.publicKey)
  }
  get policy(): string {
    const postQuantum = formatVerifierKey(
      origin,
      signatureType.mlDsa44Cosignature,
      spkiTail(this.logPostQuantum.publicKey, 1312),
    )
    const witness = formatVerifierKey(
      witnessName,
      signatureType.ed25519Cosignature,
      spkiTail(this.witness.publicKey, 32),
    )
    return `log ${this.vkey}\nlog ${postQuantum}\nwitness w1 ${witness}\nquorum w1\n`
  }

  get size(): number {
    return this.leaves.length
  }
  #tree(size = this.size): HashTree {
    return new HashTree(this.leaves.slice(0, size).map((leaf) => hashLeaf(leaf)))
  }
  root(size = this.size): Uint8Array {
    return this.#tree(size).root()
  }

  /** A sealed entry with an opened body. */
  addSealed(fields: readonly (readonly [string, Json])[] = [['kind', 'look']]) {
    const seed = new Uint8Array(randomBytes(32))
    this.leaves.push(
      encodeSealedLeaf({
        bucketSeconds: 1_767_225_600,
        tag: new Uint8Array(randomBytes(32)),
        bodyRoot: bodyRoot(seed, fields),
        copyHash: new Uint8Array(randomBytes(32)),
      }),
    )
    return { index: this.size - 1, disclose: (indexes: readonly number[]) => discloseFields(seed, fields, indexes) }
  }
  addMany(count: number): this {
    for (let i = 0; i < count; i++) this.addSealed()
    return this
  }
  closeEpoch(change: Readonly<Record<string, Json>> = {}): this {
    const firstIndex = this.#epochStart
    const endIndex = this.size
    const pairs = this.leaves
      .slice(firstIndex, endIndex)
      .flatMap((leaf, place) => (leaf[0] === 0x42 ? [{ tag: leaf.slice(16, 48), index: firstIndex + place }] : []))
    const root = base64Encode(tagIndexRoot(pairs))
    const epoch = this.#epoch++
    this.#epochStart = endIndex
    this.leaves.push(
      encodePublicLeaf({ v: 1, type: 'epoch-close', epoch, firstIndex, endIndex, tags: pairs.length, root, ...change }),
    )
    return this
  }

  checkpoint({
    size = this.size,
    witnessed = true,
  }: {
    readonly size?: number
    readonly witnessed?: boolean
  } = {}): string {
    const root = this.root(size)
    const text = formatCheckpoint({ origin, size, root })
    const time = Math.floor(Date.now() / 1000)
    const postQuantumMessage = mlDsa44CosignatureMessage({ cosigner: origin, time, origin, end: size, root })
    const lines = [
      formatSignatureLine(origin, keyId(origin, 1, this.publicKey), signed(this.log, utf8Encode(text))),
      formatCosignatureLine(origin, keyId(origin, 6, spkiTail(this.logPostQuantum.publicKey, 1312)), {
        time,
        signature: signed(this.logPostQuantum, postQuantumMessage),
      }),
    ]
    if (witnessed) {
      lines.push(
        formatCosignatureLine(witnessName, keyId(witnessName, 4, spkiTail(this.witness.publicKey, 32)), {
          time,
          signature: signed(this.witness, ed25519CosignatureMessage(time, text)),
        }),
      )
    }
    return formatNote(text, lines)
  }

  prove(index: number) {
    const path = this.#tree().inclusionPath(index)
    return formatTlogProof({ index, path, checkpoint: this.checkpoint() })
  }

  /** Bytes of a tile or bundle, or undefined for one that a log of this size does not have. */
  file(path: string): Uint8Array | undefined {
    const { level, n, width } = parseTilePath(path)
    if (level === 'entries') {
      const entries = this.leaves.slice(n * 256, n * 256 + width)
      return entries.length < width ? undefined : encodeEntryBundle(entries)
    }
    const span = 256 ** level
    if ((n * 256 + width) * span > this.size) return undefined
    const tree = this.#tree()
    const hashes = Array.from({ length: width }, (_, i) => {
      const start = (n * 256 + i) * span
      return completeNodes({ start, end: start + span }).length === 1
        ? tree.range({ start, end: start + span })
        : new Uint8Array(32)
    })
    return new Uint8Array(Buffer.concat(hashes))
  }

  receipt(entry = '01990000-0000-7000-8000-000000000001') {
    const items = [0, 1, 2].map((n) => ({
      entry: n === 1 ? entry : `01990000-0000-7000-8000-00000000010${n}`,
      commitment: new Uint8Array(randomBytes(32)),
    }))
    const batch = receiptBatch(items)
    const terms = { origin, signedAt: '2026-01-01T00:00:00.000Z', deadline: '2026-01-01T00:01:00.000Z' }
    const signature = signed(this.log, receiptMessage({ ...terms, ...batch }))
    return buildReceipts(items, batch, { ...terms, signature })[1]!
  }

  consentReceipt() {
    const document = {
      '@context': 'https://w3id.org/dpv/2.3',
      'receipt-id': `cns_${'0'.repeat(32)}`,
      purposes: ['delivery'],
    }
    const message = Buffer.concat([Buffer.from('bailee/consent-receipt/v1\n'), canonicalJsonBytes(document)])
    return { document, signature: base64Encode(signed(this.log, message)), key: base64Encode(this.publicKey) }
  }

  /** Changes what was already signed. */
  rewrite(index: number): this {
    this.leaves = this.leaves.with(index, encodePublicLeaf({ v: 1, type: 'notice', text: 'another history' }))
    return this
  }

  entryProof(fields: readonly (readonly [string, Json])[]) {
    const { index, disclose } = this.addSealed(fields)
    this.addMany(3)
    return {
      entry: `ent_${'0'.repeat(32)}`,
      index,
      leaf: base64Encode(this.leaves[index]!),
      proof: this.prove(index),
      disclosure: disclose(fields.map((_, place) => place)),
    }
  }

  status() {
    return {
      origin,
      vkeys: [this.vkey],
      policy: this.policy,
      serverKey: base64Encode(new Uint8Array(32).fill(9)),
      size: this.size,
      root: base64Encode(this.root()),
      checkpoint: this.checkpoint(),
      checkpointAt: '2026-01-01T00:00:00Z',
      backlog: 0,
      lagSeconds: 0,
      behind: false,
      witnesses: [{ name: witnessName, vkeys: [], url: null, size: this.size, seenAt: null, reachable: true }],
      epoch: this.#epoch,
      epochEndsAt: '2026-02-01T00:00:00Z',
    }
  }
}

const signed = ({ privateKey }: { readonly privateKey: KeyObject }, message: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, message, privateKey))

/** Flips one bit of a base64 text. */
export function tamper(text: string): string {
  const bytes = base64Decode(text)
  bytes[bytes.length >> 1]! ^= 1
  return base64Encode(bytes)
}

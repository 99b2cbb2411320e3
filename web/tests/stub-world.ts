import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  base64Encode,
  bodyRoot,
  bucketOf,
  type Disclosure,
  discloseFields,
  ed25519CosignatureMessage,
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
  Ratchet,
  TagIndex,
  type TagPair,
  utf8Encode,
} from '@bailee/proof'
import { notice, organisation, person } from './stub-people.ts'

/** A small ledger with real hashes and real signatures, so that what the pages verify is worth verifying. */

const raw = (key: KeyObject, length: number) =>
  new Uint8Array(key.export({ type: 'spki', format: 'der' }).subarray(-length))

export function makeKey(name: string, type: 1 | 4 | 6) {
  const { publicKey, privateKey } = type === 6 ? generateKeyPairSync('ml-dsa-44') : generateKeyPairSync('ed25519')
  const bytes = raw(publicKey, type === 6 ? 1312 : 32)
  return { name, vkey: formatVerifierKey(name, type, bytes), id: keyId(name, type, bytes), privateKey }
}

export const origin = 'ledger.lanting.example/2026'
const minute = 60_000
export const start = Date.UTC(2026, 2, 14, 1, 30)
const digest = (text: string) => new Uint8Array(createHash('sha256').update(text).digest())
const idOf = (prefix: string, n: number) => `${prefix}_0198c2f0${n.toString(16).padStart(24, '0')}`
const dashed = (id: string) => id.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

interface Draft {
  readonly kind: string
  readonly fields: readonly (readonly [string, Json])[]
}
const shop = { kind: 'client', id: idOf('cli', 1) }
const clerk = { kind: 'staff', id: idOf('stf', 7) }
const me = { kind: 'person', id: person }
const opened = ['outcome', 'opened'] as const

/** A life with one shop, oldest first. */
const drafts: readonly Draft[] = [
  {
    kind: 'collect',
    fields: [
      ['actor', shop],
      ['record', idOf('rec', 1)],
      ['fields', ['name', 'phone', 'address']],
      ['consent', idOf('cns', 1)],
      ['notice', { id: notice.id, version: notice.version, hash: notice.hash }],
      ['purposes', ['delivery', 'newsletter']],
    ],
  },
  ...Array.from(
    { length: 16 },
    (_, at): Draft => ({
      kind: 'look',
      fields: [
        ['actor', at % 4 === 3 ? clerk : shop],
        ['purpose', 'delivery'],
        ['fields', at % 3 === 0 ? ['phone'] : ['name', 'address']],
        ['record', idOf('rec', 1)],
        ...(at % 4 === 3 ? ([['onBehalfOf', `desk-${at}`]] as const) : []),
        opened,
      ],
    }),
  ),
  {
    kind: 'find',
    fields: [
      ['actor', clerk],
      ['purpose', 'support'],
      ['fields', ['phone']],
      ['record', idOf('rec', 1)],
      ['case', 'T-2041'],
      opened,
    ],
  },
  {
    kind: 'look',
    fields: [['actor', clerk], ['purpose', 'support'], ['fields', ['name', 'phone']], ['case', 'T-2041'], opened],
  },
  {
    kind: 'look',
    fields: [
      ['actor', shop],
      ['purpose', 'newsletter'],
      ['fields', ['phone']],
      ['record', idOf('rec', 1)],
      ['outcome', 'refused: field_not_allowed'],
    ],
  },
  {
    kind: 'access-link',
    fields: [
      ['actor', shop],
      ['expires', new Date(start + 90 * minute).toISOString()],
    ],
  },
  {
    kind: 'sign-in',
    fields: [
      ['actor', me],
      ['means', 'access-link'],
    ],
  },
  {
    kind: 'look',
    fields: [['actor', me], ['purpose', 'self'], ['categories', ['contact', 'delivery-address']], opened],
  },
]

export interface PlacedEntry {
  readonly entry: string
  readonly n: number
  readonly index: number
  readonly at: string
  readonly kind: string
  readonly fields: Record<string, Json>
  readonly disclosure: Disclosure
}
export interface PlacedEpoch {
  readonly epoch: number
  readonly firstIndex: number
  readonly endIndex: number
  readonly tags: number
  readonly root: string
  readonly leafIndex: number
  readonly closedAt: string
}

export class World {
  readonly entries: PlacedEntry[] = []
  readonly epochs: PlacedEpoch[] = []
  readonly leaves: Uint8Array[] = []
  readonly indexes = new Map<number, TagIndex>()
  /** k_0 of the person’s chain, base64. */
  readonly startKey = base64Encode(digest('the person’s first ratchet key'))
  readonly #ratchet = new Ratchet(digest('the person’s first ratchet key'))
  #lastKey = new Uint8Array(32)
  log = makeKey(origin, 1)
  logPq = makeKey(origin, 6)
  readonly witnesses = [makeKey('witness.harbour.example', 4), makeKey('witness.hill.example', 4)]
  #now = start
  #epochStart = 0

  constructor() {
    this.#publish({
      type: 'organisation-registered',
      v: 1,
      organisation: organisation.id,
      kind: 'provider',
      name: organisation.name,
    })
    this.#publish({ type: 'notice-published', v: 1, notice: notice.id, version: 1, hash: notice.hash })
    for (const [at, draft] of drafts.entries()) {
      this.#others(3 + (at % 5))
      this.#now += 37 * minute + 13_000
      this.act(draft.kind, draft.fields)
      if (at === 8 || at === 19) this.closeEpoch()
    }
    this.#others(4)
  }

  get size(): number {
    return this.leaves.length
  }
  /** How many entries the chain has, and the key from which the next tag follows. */
  get chain(): { n: number; key: string } {
    return { n: this.#ratchet.n, key: base64Encode(this.#ratchet.toBytes().slice(12)) }
  }
  /** A key whose tag has been used: what a server would show that hides the newest entry. */
  get usedKey(): string {
    return base64Encode(this.#lastKey)
  }

  act(kind: string, fields: Draft['fields']): PlacedEntry {
    if (this.#ratchet.n < 9) this.#lastKey = new Uint8Array(this.#ratchet.toBytes().slice(12))
    const { n, tag, seed } = this.#ratchet.next()
    const entry = idOf('ent', n + 1)
    const at = new Date(this.#now).toISOString()
    const body = [
      ['entry', dashed(entry)],
      ['kind', kind],
      ['at', at],
      ['commitment', base64Encode(digest(`commitment ${n}`))],
      ...fields,
    ] as const
    const placed: PlacedEntry = {
      entry,
      n,
      index: this.#seal(tag, bodyRoot(seed, body)),
      at,
      kind,
      fields: Object.fromEntries(fields),
      disclosure: discloseFields(
        seed,
        body,
        body.map((_, index) => index),
      ),
    }
    this.entries.unshift(placed)
    return placed
  }

  grow(): void {
    this.#others(5)
  }

  closeEpoch(): void {
    const epoch = this.epochs.length
    const endIndex = this.size
    const pairs: TagPair[] = []
    for (let index = this.#epochStart; index < endIndex; index++) {
      const leaf = this.leaves[index]!
      if (leaf[0] === 0x42) pairs.push({ tag: leaf.slice(16, 48), index })
    }
    const index = new TagIndex(pairs)
    const root = base64Encode(index.root())
    this.indexes.set(epoch, index)
    const leafIndex = this.#publish({
      type: 'epoch-close',
      v: 1,
      epoch,
      firstIndex: this.#epochStart,
      endIndex,
      tags: index.size,
      root,
    })
    const closedAt = new Date(this.#now).toISOString()
    this.epochs.unshift({ epoch, firstIndex: this.#epochStart, endIndex, tags: index.size, root, leafIndex, closedAt })
    this.#epochStart = endIndex
  }

  tree(): HashTree {
    return new HashTree(this.leaves.map(hashLeaf))
  }
  proofOf(index: number): string {
    return formatTlogProof({ index, path: this.tree().inclusionPath(index), checkpoint: this.checkpoint() })
  }
  policy(): string {
    const [one, two] = this.witnesses
    return [
      `log ${this.log.vkey}`,
      `log ${this.logPq.vkey}`,
      `witness harbour ${one!.vkey} https://witness.harbour.example`,
      `witness hill ${two!.vkey} https://witness.hill.example`,
      'group both 2 harbour hill',
      'quorum both',
      '',
    ].join('\n')
  }

  #noted: { size: number; key: string; note: string } | undefined
  checkpoint(): string {
    const key = `${this.log.vkey}${base64Encode(hashLeaf(this.leaves.at(-1)!))}`
    if (this.#noted?.size === this.size && this.#noted.key === key) return this.#noted.note
    const root = this.tree().root()
    const text = formatCheckpoint({ origin, size: this.size, root })
    const time = Math.floor(this.#now / 1000)
    const statement = { time, origin, end: this.size, root }
    const note = formatNote(text, [
      formatSignatureLine(origin, this.log.id, sign(null, utf8Encode(text), this.log.privateKey)),
      formatCosignatureLine(origin, this.logPq.id, {
        time,
        signature: sign(null, mlDsa44CosignatureMessage({ ...statement, cosigner: origin }), this.logPq.privateKey),
      }),
      ...this.witnesses.map(({ name, id, privateKey }) =>
        formatCosignatureLine(name, id, {
          time,
          signature: sign(null, ed25519CosignatureMessage(time, text), privateKey),
        }),
      ),
    ])
    this.#noted = { size: this.size, key, note }
    return note
  }

  /** Somebody else’s entries: for this browser they are noise. */
  #others(count: number): void {
    for (let at = 0; at < count; at++) this.#seal(digest(`tag ${this.size}`), digest(`body ${this.size}`))
  }
  #seal(tag: Uint8Array, root: Uint8Array): number {
    const copyHash = digest(`copy ${this.size}`)
    const bucketSeconds = bucketOf(Math.floor(this.#now / 1000))
    return this.leaves.push(encodeSealedLeaf({ bucketSeconds, tag, bodyRoot: root, copyHash })) - 1
  }
  #publish(leaf: Parameters<typeof encodePublicLeaf>[0]): number {
    return this.leaves.push(encodePublicLeaf(leaf)) - 1
  }
}

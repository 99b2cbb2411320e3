import {
  base64Decode,
  base64Encode,
  decodeEntryBundle,
  discloseFields,
  entriesPath,
  formatTlogProof,
  hashLeaf,
  type Json,
  parseCheckpoint,
  parseNote,
  TileHashes,
  tagOf,
  tilePath,
  tileWidth,
  verifyConsistency,
  verifyInclusion,
} from '@bailee/proof'
import { type EntryId, fromWire, type OrganisationId, type PersonId, Refusal, toWire } from '#kernel'
import { type Database, type Keys, keyIdOf, type Log, open, openingAad, type Query } from '#platform'
import { type Chain, openChain } from './chains.ts'
import { decodeLeaves } from './leaves.ts'
import * as store from './store.ts'
import { proveBucket } from './tags.ts'
import type { TileStore } from './tile-store.ts'

export interface ReadingDeps {
  readonly db: Database
  readonly keys: Keys
  readonly tiles: TileStore
  readonly log: Log
}
interface Opening {
  readonly seed: string
  readonly fields: readonly (readonly [string, Json])[]
}

/** The newest checkpoint that the witnesses have cosigned: what proofs are made against. */
export async function witnessed(db: Query): Promise<{ size: number; note: string; root: Uint8Array }> {
  const row = await store.readCheckpoint(db)
  if (!row?.witnessedNote) throw new Refusal('unavailable')
  return {
    size: row.witnessedSize,
    note: row.witnessedNote,
    root: parseCheckpoint(parseNote(row.witnessedNote).text).root,
  }
}

const pageSize = 20

/** Reads that anybody may check: each proof is verified here before it leaves, so a damaged tile is never served as truth. */
export class LedgerReader {
  readonly #deps: ReadingDeps
  readonly #db: Query
  constructor(deps: ReadingDeps) {
    this.#deps = deps
    this.#db = deps.db.as('ledger')
  }

  async tile(level: number, n: number, width: number): Promise<Uint8Array> {
    const { tiles } = this.#deps
    const bytes =
      (await tiles.get(tilePath(level, n, width))) ?? (await tiles.get(tilePath(level, n)))?.subarray(0, width * 32)
    if (bytes?.length !== width * 32) throw new Refusal('tile_damaged', { detail: tilePath(level, n, width) })
    return bytes
  }

  async leaf(index: number, size: number): Promise<Uint8Array> {
    const n = Math.floor(index / tileWidth)
    const width = Math.min(tileWidth, size - n * tileWidth)
    const { tiles } = this.#deps
    const bundle = (await tiles.get(entriesPath(n, width))) ?? (await tiles.get(entriesPath(n)))
    const leaf = bundle ? attempt(() => decodeEntryBundle(bundle)[index % tileWidth]) : undefined
    if (leaf) return leaf
    // The bundle is missing or damaged; the database has the same leaves.
    const [segment] = await store.readSegments(this.#db, index, index + 1)
    const kept = segment ? decodeLeaves(segment.leaves)[index - segment.firstIndex] : undefined
    if (!kept) throw new Refusal('index_out_of_range')
    return kept
  }

  /** @throws {Refusal} `tile_damaged` when the stored tiles do not make the signed root. */
  async proveIndex(index: number): Promise<{ index: number; leaf: string; proof: string }> {
    const head = await witnessed(this.#db)
    if (index >= head.size) throw new Refusal('index_out_of_range')
    const proofOf = async (leaf: Uint8Array) => {
      const path = await new TileHashes((level, n, width) => this.tile(level, n, width), head.size).inclusionProof(
        index,
      )
      return verifyInclusion({ index, size: head.size, leafHash: hashLeaf(leaf), proof: path, root: head.root })
        ? path
        : undefined
    }
    let leaf = await this.leaf(index, head.size)
    let path = await proofOf(leaf)
    if (!path) {
      // A bundle that decodes may still have been changed: the database decides which of the two is wrong.
      const [segment] = await store.readSegments(this.#db, index, index + 1)
      leaf = decodeLeaves(segment!.leaves)[index - segment!.firstIndex]!
      path = await proofOf(leaf)
    }
    if (!path) {
      this.#deps.log.error({ index }, 'stored tiles do not match the signed checkpoint')
      throw new Refusal('tile_damaged')
    }
    return { index, leaf: base64Encode(leaf), proof: formatTlogProof({ index, path, checkpoint: head.note }) }
  }

  async proveConsistency(from: number, to: number): Promise<{ from: number; to: number; proof: string[] }> {
    const head = await witnessed(this.#db)
    if (from > to || to > head.size) throw new Refusal('index_out_of_range')
    const hashes = (size: number) => new TileHashes((level, n, width) => this.tile(level, n, width), size)
    const proof = await hashes(to).consistencyProof(from)
    const root1 = await hashes(from).root()
    const root2 = to === head.size ? head.root : await hashes(to).root()
    if (!verifyConsistency({ size1: from, size2: to, root1, root2, proof })) throw new Refusal('tile_damaged')
    return { from, to, proof: proof.map((hash) => base64Encode(hash)) }
  }

  async #chain(subject: PersonId): Promise<Chain | undefined> {
    const [row] = await store.readChains(this.#db, [subject])
    if (!row?.sealed) return undefined
    await this.#deps.keys.load([keyIdOf(row.sealed)])
    return openChain(this.#deps.keys, row)
  }
  #open(chain: Chain, subject: string, row: store.OpeningRow): Opening {
    return JSON.parse(
      open(chain.secrets!.ledgerKey, row.sealed, openingAad(subject, row.entry)).toString('utf8'),
    ) as Opening
  }

  /** Everything logged about a person, newest first. Empty once erased: there is nothing left that opens. */
  async entriesOf(subject: PersonId, cursor: string | undefined) {
    const chain = await this.#chain(subject)
    if (!chain) return { items: [], next: null, total: 0 }
    const before = cursor === undefined ? null : cursor
    if (before !== null && !/^[0-9a-f]{32}$/.test(before)) throw new Refusal('cursor_malformed')
    const rows = await store.readOpenings(this.#db, subject, before, pageSize + 1)
    const items = rows.slice(0, pageSize).map((row) => {
      const fields = Object.fromEntries(this.#open(chain, subject, row).fields) as Record<string, Json>
      const { entry: _entry, kind, at, commitment: _commitment, ...rest } = fields
      return {
        entry: toWire('ent', row.entry as EntryId),
        n: row.n,
        index: row.leafIndex,
        at: String(at),
        kind: String(kind),
        fields: rest,
      }
    })
    return {
      items,
      next: rows.length > pageSize ? rows[pageSize - 1]!.entry : null,
      total: await store.countOpenings(this.#db, subject),
    }
  }

  /** Proof and opening. `maker`: only entries that this organisation made; others are answered as unknown. */
  async proveEntry(subject: PersonId, entry: EntryId, maker: OrganisationId | undefined) {
    const row = await store.findOpening(this.#db, subject, entry)
    if (!row || (maker !== undefined && row.tenant !== maker)) {
      if (!row && (await store.isWaiting(this.#db, entry, subject, maker)))
        throw new Refusal('entry_pending', { missing: { retryAfterSeconds: 1 } })
      throw new Refusal('entry_unknown')
    }
    const chain = await this.#chain(subject)
    if (!chain) throw new Refusal('entry_unknown')
    const head = await witnessed(this.#db)
    if (row.leafIndex >= head.size) throw new Refusal('entry_pending', { missing: { retryAfterSeconds: 1 } })
    const opening = this.#open(chain, subject, row)
    const { leaf, proof } = await this.proveIndex(row.leafIndex)
    const disclosure = discloseFields(
      base64Decode(opening.seed),
      opening.fields,
      opening.fields.map((_, at) => at),
    )
    return {
      entry: toWire('ent', entry),
      index: row.leafIndex,
      leaf,
      proof,
      disclosure: { count: disclosure.count, disclosed: [...disclosure.disclosed], hashes: [...disclosure.hashes] },
    }
  }

  /** The person's ratchet key from here on: with it nobody but them needs to say what their next tags are. */
  async monitorOf(subject: PersonId) {
    const chain = await this.#chain(subject)
    if (!chain?.secrets) throw new Refusal('person_erased')
    const rows = await store.readOpenings(this.#db, subject, null, 200)
    const tags = await Promise.all(
      rows.map(async (row) => {
        const leaf = await this.leaf(row.leafIndex, row.leafIndex + 1)
        return { n: row.n, tag: base64Encode(leaf.subarray(16, 48)), index: row.leafIndex }
      }),
    )
    return {
      n: chain.n,
      key: base64Encode(chain.secrets.ratchet),
      nextTag: base64Encode(tagOf(chain.secrets.ratchet)),
      tags,
    }
  }

  async epochs() {
    return (await store.readEpochs(this.#db, 100)).map((row) => ({
      epoch: row.epoch,
      firstIndex: row.firstIndex,
      endIndex: row.endIndex,
      tags: row.tags,
      root: base64Encode(row.root),
      leafIndex: row.leafIndex,
      closedAt: row.closedAt.toISOString(),
    }))
  }
  async bucket(epoch: number, prefix: string) {
    const row = await store.findEpoch(this.#db, epoch)
    if (!row) throw new Refusal('epoch_unknown')
    const proofs = await proveBucket(this.#deps.tiles, epoch, row.tags, prefix)
    return { epoch, size: row.tags, root: base64Encode(row.root), proofs: proofs ?? [] }
  }
  static person(wire: string): PersonId {
    return fromWire('per', wire)
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

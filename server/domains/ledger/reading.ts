import {
  base64Decode,
  base64Encode,
  decodeEntryBundle,
  discloseFields,
  entriesPath,
  equalBytes,
  formatTlogProof,
  hashLeaf,
  type Json,
  ProofError,
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
import { type Chain, earliestKey, openChain } from './chains.ts'
import * as store from './store.ts'
import { bucketHolds, proveBucket, sortedPairs, type TagProof, tagRoot, writeTagIndex } from './tags.ts'
import type { TileStore } from './tile-store.ts'
import { LeavesMissing, mendedAround, readLeaves, storedTile } from './tiles.ts'

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

/** An entry as the person reads it. */
export interface OpenedEntry {
  readonly entry: string
  readonly n: number
  readonly index: number
  readonly at: string
  readonly kind: string
  readonly fields: Readonly<Record<string, Json>>
  readonly tenant: string
}
/** The least id of a millisecond. */
const idAt = (milliseconds: number): string =>
  Math.min(Math.max(0, milliseconds), latestInstant + 1)
    .toString(16)
    .padStart(12, '0')
    .padEnd(32, '0')
const latestInstant = 2 ** 48 - 2

interface Witnessed {
  readonly size: number
  readonly note: string
  readonly root: Uint8Array
}
type Mended = ReadonlyMap<string, Uint8Array>

/** The newest checkpoint that the witnesses have cosigned: what proofs are made against. */
async function findWitnessed(db: Query): Promise<Witnessed | undefined> {
  const row = await store.readCheckpoint(db)
  if (!row?.witnessedNote) return undefined
  const { root } = parseCheckpoint(parseNote(row.witnessedNote).text)
  return { size: row.witnessedSize, note: row.witnessedNote, root }
}
async function witnessed(db: Query): Promise<Witnessed> {
  const head = await findWitnessed(db)
  if (!head) throw new Refusal('unavailable')
  return head
}

const pageSize = 20
const actsPage = 50
const stretchLeaves = 2_000
const mostStretches = 10
interface ActorShown {
  readonly kind: string
  readonly id: string
}

/** Reads that anybody may check: each proof is verified here before it leaves, so a damaged tile is never served as truth. */
export class LedgerReader {
  readonly #deps: ReadingDeps
  readonly #db: Query
  constructor(deps: ReadingDeps) {
    this.#deps = deps
    this.#db = deps.db.as('ledger')
  }

  /** @throws {Refusal} `tile_damaged` when neither the tiles nor the database make the signed root. */
  async proveIndex(index: number): Promise<{ index: number; leaf: string; proof: string }> {
    const head = await witnessed(this.#db)
    if (index >= head.size) throw new Refusal('index_out_of_range')
    const { leaf, path } = await this.#prove(index, head, this.#tree(head.size, head.size))
    return { index, leaf: base64Encode(leaf), proof: formatTlogProof({ index, path, checkpoint: head.note }) }
  }

  async proveConsistency(from: number, to: number): Promise<{ from: number; to: number; proof: string[] }> {
    const head = await witnessed(this.#db)
    if (from > to || to > head.size) throw new Refusal('index_out_of_range')
    const attempt = async (mended?: Mended) => {
      const tree = (size: number) => this.#tree(size, head.size, mended)
      const rootTo = await tree(to).root()
      const toHead = await tree(head.size).consistencyProof(to)
      const proof = await tree(to).consistencyProof(from)
      const rootFrom = await tree(from).root()
      // Both ends are tied to the signed root: two roots from damaged tiles could agree with each other alone.
      const holds =
        verifyConsistency({ size1: to, size2: head.size, root1: rootTo, root2: head.root, proof: toHead }) &&
        verifyConsistency({ size1: from, size2: to, root1: rootFrom, root2: rootTo, proof })
      return holds ? proof : undefined
    }
    const proof =
      (await attempt().catch(damaged)) ?? (await this.#mend([from - 1, to - 1, head.size - 1], head.size, attempt))
    return { from, to, proof: proof.map((hash) => base64Encode(hash)) }
  }

  #tree(size: number, known: number, mended?: Mended): TileHashes {
    return new TileHashes(async (level, n, width) => {
      const present = Math.min(tileWidth, Math.floor(known / tileWidth ** level) - n * tileWidth)
      const bytes =
        mended?.get(tilePath(level, n, present)) ?? (await storedTile(this.#deps.tiles, level, n, width, known))
      if (!bytes) throw new Refusal('tile_damaged', { detail: tilePath(level, n, width) })
      return bytes.subarray(0, width * 32)
    }, size)
  }

  async #prove(index: number, head: Witnessed, tree: TileHashes): Promise<{ leaf: Uint8Array; path: Uint8Array[] }> {
    const attempt = async (leaf: Uint8Array | undefined, hashes: TileHashes) => {
      if (!leaf) return undefined
      const path = await hashes.inclusionProof(index)
      const holds = verifyInclusion({ index, size: head.size, leafHash: hashLeaf(leaf), proof: path, root: head.root })
      return holds ? { leaf, path } : undefined
    }
    return (
      (await attempt(await this.#bundled(index, head.size), tree).catch(damaged)) ??
      (await this.#mend([index, head.size - 1], head.size, async (mended) => {
        const [leaf] = await readLeaves(this.#db, index, index + 1)
        return attempt(leaf, this.#tree(head.size, head.size, mended))
      }))
    )
  }

  async #bundled(index: number, size: number): Promise<Uint8Array | undefined> {
    const n = Math.floor(index / tileWidth)
    const { tiles } = this.#deps
    const bundle =
      (await tiles.get(entriesPath(n, Math.min(tileWidth, size - n * tileWidth)))) ?? (await tiles.get(entriesPath(n)))
    try {
      return bundle && decodeEntryBundle(bundle)[index % tileWidth]
    } catch (error) {
      return damaged(error)
    }
  }

  /**
   * The stored tiles do not make the signed root: tries with what the database makes of them, and keeps that on disk if
   * it holds. @throws {Refusal} `tile_damaged`
   */
  async #mend<T>(
    around: readonly number[],
    size: number,
    attempt: (mended: Mended) => Promise<T | undefined>,
  ): Promise<T> {
    const { tiles, log } = this.#deps
    const mended = await mendedAround(this.#db, tiles, size, around).catch(damaged)
    const answer = mended && (await attempt(mended).catch(damaged))
    if (!mended || !answer) {
      log.error({ around, size }, 'neither tiles nor database make the signed root')
      throw new Refusal('tile_damaged')
    }
    for (const [path, bytes] of mended) {
      if ((await tiles.get(path))?.equals(bytes)) continue
      log.warn({ path }, 'a tile was missing or damaged and was made again from the database')
      await tiles
        .put(path, bytes)
        .catch((error: unknown) => log.error({ err: error, path }, 'a tile cannot be written'))
    }
    return answer
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
      const { tenant: _tenant, ...entry } = this.#entry(chain, subject, row)
      return entry
    })
    return {
      items,
      next: rows.length > pageSize ? rows[pageSize - 1]!.entry : null,
      total: await store.countOpenings(this.#db, subject),
    }
  }

  /**
   * What an organisation's own staff and keys did, newest first. Reads back over the ledger a stretch at a time, so an answer
   * may be short, or empty, and still say where to go on. Article 3: who holds information keeps their own people to it.
   */
  async actsOf(tenant: OrganisationId, actor: string | undefined, before: number | undefined) {
    const head = await store.readHead(this.#db)
    const items: (OpenedEntry & { readonly person: PersonId; readonly actor: ActorShown })[] = []
    let at = Math.min(before ?? Number.MAX_SAFE_INTEGER, head?.size ?? 0)
    for (let stretch = 0; at > 0 && stretch < mostStretches && items.length < actsPage; stretch++) {
      const from = Math.max(0, at - stretchLeaves)
      const rows = await store.readOpeningsOf(this.#db, tenant, { from, before: at })
      const chains = await this.#chains(rows.map((row) => row.subject))
      at = from
      for (const row of rows) {
        const chain = chains.get(row.subject)
        if (!chain) continue
        const entry = this.#entry(chain, row.subject, row)
        const by = entry.fields.actor as unknown as ActorShown | undefined
        if (by?.kind !== 'client' && by?.kind !== 'staff') continue
        if (actor !== undefined && by.id !== actor) continue
        items.push({ ...entry, person: row.subject as PersonId, actor: by })
        if (items.length < actsPage) continue
        at = row.leafIndex
        break
      }
    }
    return { items, next: at > 0 ? at : null }
  }
  async #chains(subjects: readonly string[]): Promise<ReadonlyMap<string, Chain>> {
    const rows = (await store.readChains(this.#db, [...new Set(subjects)])).filter(({ sealed }) => sealed !== null)
    await this.#deps.keys.load(rows.map(({ sealed }) => keyIdOf(sealed!)))
    const chains = new Map<string, Chain>()
    for (const row of rows) {
      const chain = openChain(this.#deps.keys, row)
      if (chain) chains.set(row.subject, chain)
    }
    return chains
  }

  /** Every entry of a person, opened a page at a time, newest first: for copies and sums. Nothing once erased. */
  async *pagesOf(subject: PersonId, pageLength = 1000): AsyncGenerator<OpenedEntry[]> {
    const chain = await this.#chain(subject)
    if (!chain) return
    for (let before: string | null = null; ; ) {
      const rows: readonly store.OpeningRow[] = await store.readOpenings(this.#db, subject, before, pageLength)
      yield rows.map((row) => this.#entry(chain, subject, row))
      const last = rows[pageLength - 1]
      if (!last) return
      before = last.entry
    }
  }
  /** Entries of a period, newest first, and how many there are. Ids begin with their time, so the index finds the period. `maker`: only theirs. */
  async usagesOf(
    subject: PersonId,
    wanted: {
      since: number | undefined
      until: number | undefined
      offset: number
      limit: number
      maker?: OrganisationId | undefined
    },
  ): Promise<{ total: number; items: OpenedEntry[] }> {
    const chain = await this.#chain(subject)
    if (!chain) return { total: 0, items: [] }
    const period = { from: idAt(wanted.since ?? 0), to: idAt((wanted.until ?? latestInstant) + 1), maker: wanted.maker }
    const total = await store.countUsages(this.#db, subject, period)
    const rows = await store.readUsages(this.#db, subject, period, wanted.offset, wanted.limit)
    return { total, items: rows.map((row) => this.#entry(chain, subject, row)) }
  }
  #entry(chain: Chain, subject: string, row: store.OpeningRow): OpenedEntry {
    const fields = Object.fromEntries(this.#open(chain, subject, row).fields) as Record<string, Json>
    const { entry: _entry, kind, at, commitment: _commitment, ...rest } = fields
    return {
      entry: toWire('ent', row.entry as EntryId),
      n: row.n,
      index: row.leafIndex,
      at: String(at),
      kind: String(kind),
      fields: rest,
      tenant: row.tenant,
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
    const head = await findWitnessed(this.#db)
    const tree = head && this.#tree(head.size, head.size)
    const tags = []
    for (const row of rows) {
      const provable = tree && row.leafIndex < head.size
      const proved = provable ? await this.#prove(row.leafIndex, head, tree).catch(damaged) : undefined
      const leaf = proved?.leaf ?? (await readLeaves(this.#db, row.leafIndex, row.leafIndex + 1))[0]!
      tags.push({ n: row.n, tag: base64Encode(leaf.subarray(16, 48)), index: row.leafIndex })
    }
    return {
      n: chain.n,
      key: base64Encode(chain.secrets.ratchet),
      nextTag: base64Encode(tagOf(chain.secrets.ratchet)),
      tags,
    }
  }

  /** The earliest key of the person's chain, how many entries it has, and the newest witnessed checkpoint. */
  async chainStartOf(subject: PersonId) {
    const chain = await this.#chain(subject)
    const start = chain && earliestKey(chain)
    if (!chain || !start) throw new Refusal('entry_pending', { missing: { retryAfterSeconds: 1 } })
    const { note } = await witnessed(this.#db)
    return { v: 1 as const, n: start.n, key: base64Encode(start.key), known: chain.n, checkpoint: note }
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
    const answer = (proofs: TagProof[]) => ({ epoch, size: row.tags, root: base64Encode(row.root), proofs })
    const attempt = async () => {
      const { tiles } = this.#deps
      const proofs = await proveBucket(tiles, epoch, row.tags, prefix)
      return proofs && bucketHolds(proofs, row, prefix) ? proofs : undefined
    }
    const proofs = (await attempt().catch(damaged)) ?? (await this.#mendTagIndex(row).then(attempt).catch(damaged))
    if (proofs) return answer(proofs)
    this.#deps.log.error({ epoch }, 'the tag index of an epoch does not make its published root')
    throw new Refusal('tile_damaged')
  }

  /** Writes the index again if the leaves make the root that was published. */
  async #mendTagIndex(row: store.EpochRow): Promise<void> {
    const leaves = await readLeaves(this.#db, row.firstIndex, row.endIndex)
    const pairs = sortedPairs(leaves.map((leaf, at) => ({ index: row.firstIndex + at, leaf })))
    if (!equalBytes(tagRoot(pairs), row.root)) return
    this.#deps.log.warn({ epoch: row.epoch }, 'the tag index of an epoch was damaged and is made again')
    await writeTagIndex(this.#deps.tiles, row.epoch, pairs)
  }
  static person(wire: string): PersonId {
    return fromWire('per', wire)
  }
}

/** What damaged files raise is no answer; anything else is an error. */
function damaged(error: unknown): undefined {
  if (error instanceof ProofError || error instanceof LeavesMissing) return undefined
  if (error instanceof Refusal && error.code === 'tile_damaged') return undefined
  throw error
}

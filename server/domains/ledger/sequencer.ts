import { hash, randomBytes } from 'node:crypto'
import {
  base64Encode,
  encodeEntryBundle,
  entriesPath,
  Frontier,
  formatNote,
  hashLeaf,
  parseCheckpoint,
  parseNote,
  TileHashes,
  tilePath,
  tileWidth,
} from '@bailee/proof'
import { type Clock, dashed, idBytes, instant, newId, type OrganisationId } from '#kernel'
import { type Database, type Keys, openingAad, type Query, seal } from '#platform'
import { type Chain, ChainKeeper } from './chains.ts'
import { decodeLeaves, encodeLeaves, tileRoot } from './leaves.ts'
import { commitmentOf, prepare, type Waiting } from './outbox.ts'
import { bodyFields, judgeHead, pauseAfter, publicLeafOf, sealedLeafOf, turn } from './rules.ts'
import type { LogSigner } from './signing.ts'
import * as store from './store.ts'
import { sortedPairs, writeTagIndex } from './tags.ts'
import type { TileStore } from './tile-store.ts'
import { signatureLines, type WitnessClient, type WitnessView } from './witnesses.ts'

/** Someone else holds office now, or the database moved under us. The loop ends; nothing was signed. */
export class Fenced extends Error {
  override readonly name = 'Fenced'
}
/** Signing would be a fork of what others have seen. The server does not start. */
export class ForkRefused extends Error {
  override readonly name = 'ForkRefused'
}
export interface SequencerSettings {
  readonly epochSeconds: number
  /** Tags at most in one epoch: a crowded epoch closes early. */
  readonly epochTags: number
  readonly witnessEveryMilliseconds: number
}
export interface SequencerDeps {
  readonly db: Database
  readonly keys: Keys
  readonly clock: Clock
  readonly tiles: TileStore
  readonly signer: LogSigner
  readonly witnesses: readonly WitnessClient[]
  readonly settings: SequencerSettings
  readonly report: (state: SequencerState) => void
  readonly warn: (message: string, error?: unknown) => void
  /** Is the thread that answers requests busy nearly all the time? Then sequencing lets it go first. */
  readonly crowded?: () => boolean
}
export interface SequencerState {
  readonly size: number
  readonly root: string
  readonly note: string
  readonly signedAt: number
  readonly witnessedSize: number
  readonly witnessedNote: string | null
  readonly backlog: number
  readonly oldestSeconds: number
  readonly witnesses: readonly WitnessView[]
  readonly epoch: number
  readonly epochEndsAt: number
  /** Since the last report: how long each transaction's entries waited for their index, and how many they were. */
  readonly assigned: readonly { readonly milliseconds: number; readonly entries: number }[]
}

const mostEntries = 4_096
const mostRows = 256

/**
 * The one writer of the ledger. It assigns indexes in batches, and keeps this order so that a crash at any point loses
 * nothing and forks nothing: order durable in the database, tiles, signed checkpoint durable in the database, publication.
 * (The order of FiloSottile's Sunlight; research notes in docs/decisions/0005.)
 */
export class Sequencer {
  readonly #deps: SequencerDeps
  readonly #db: Query
  readonly #chains: ChainKeeper
  #frontier = Frontier.empty()
  #fence = 0
  /** Leaves of the last, unfinished bundle. */
  #tail: Uint8Array[] = []
  #note = ''
  #signedAt = 0
  #signedSize = -1
  #witnessedSize = 0
  #witnessedNote: string | null = null
  #epochFirst = 0
  #epochNumber = 0
  #epochEndsAt = 0
  #backlog = { entries: 0, oldestSeconds: 0 }
  #oldestTaken = 0
  #assigned: { milliseconds: number; entries: number }[] = []
  #nextWitness = 0
  #witnessing: Promise<void> | undefined
  #stopping = false

  constructor(deps: SequencerDeps) {
    this.#deps = deps
    this.#db = deps.db.as('ledger')
    this.#chains = new ChainKeeper(deps.keys)
  }

  /** Takes office. @throws {ForkRefused} */
  async start(): Promise<void> {
    await store.createHead(this.#db, this.#deps.signer.origin, Frontier.empty().toBytes())
    const head = (await store.readHead(this.#db))!
    if (head.origin !== this.#deps.signer.origin)
      throw new ForkRefused(
        `this database holds the ledger of ${head.origin}, the configuration names ${this.#deps.signer.origin}`,
      )
    this.#frontier = Frontier.fromBytes(head.frontier)
    if (this.#frontier.size !== head.size) throw new ForkRefused('the head row contradicts itself')
    await this.#refuseForks()
    this.#fence = await store.takeFence(this.#db)
    const kept = await store.readCheckpoint(this.#db)
    this.#signedSize = kept?.size ?? -1
    this.#note = kept?.note ?? ''
    this.#signedAt = kept?.signedAt.getTime() ?? 0
    this.#witnessedSize = kept?.witnessedSize ?? 0
    this.#witnessedNote = kept?.witnessedNote ?? null
    await this.#rebuildTiles(Math.max(0, this.#signedSize))
    const [epoch] = await store.readEpochs(this.#db, 1)
    this.#epochFirst = epoch?.endIndex ?? 0
    this.#epochNumber = (epoch?.epoch ?? -1) + 1
    this.#epochEndsAt = this.#deps.clock.now().getTime() + this.#deps.settings.epochSeconds * 1000
    await this.#publish()
    await this.#witness()
    await this.#countBacklog()
    this.#report()
  }

  /** Works until `stop`. Each round takes what waits; an idle round costs one small query. */
  async run(): Promise<void> {
    let counted = 0
    while (!this.#stopping) {
      const began = performance.now()
      const took = await this.round()
      const now = performance.now()
      if (now - counted > 1000) {
        counted = now
        await this.#countBacklog()
        this.#report()
      }
      if (
        this.#deps.witnesses.length > 0 &&
        now >= this.#nextWitness &&
        this.#witnessedSize < this.#signedSize &&
        !this.#witnessing
      ) {
        this.#nextWitness = now + this.#deps.settings.witnessEveryMilliseconds
        this.#witnessing = this.#witness().finally(() => {
          this.#witnessing = undefined
        })
      }
      const pause = pauseAfter({
        took,
        full: took >= mostEntries / 2,
        milliseconds: now - began,
        oldestSeconds: this.#oldestTaken,
        crowded: this.#deps.crowded?.() ?? false,
      })
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    await this.#witnessing
    // A last round, so that what was published before a stop is not without a witness until the next start.
    if (this.#witnessedSize < this.#signedSize)
      await this.#witness().catch((error) => this.#deps.warn('no last witness', error))
  }

  /** Sequences and publishes one batch; answers how many entries it took. */
  async round(): Promise<number> {
    const rows = await store.readOutbox(this.#db, mostRows)
    const taken: store.OutboxRow[] = []
    let count = 0
    for (const row of rows) {
      if (count > 0 && count + row.count > mostEntries) break
      taken.push(row)
      count += row.count
    }
    this.#oldestTaken = taken[0] ? Math.max(0, (this.#deps.clock.now().getTime() - taken[0].at.getTime()) / 1000) : 0
    if (count > 0) {
      await this.#sequence(taken)
      await this.#publish()
      this.#report()
    }
    await this.#maybeCloseEpoch()
    return count
  }

  stop(): void {
    this.#stopping = true
  }

  async #sequence(rows: readonly store.OutboxRow[]): Promise<void> {
    const firstIndex = this.#frontier.size
    const waiting: { line: Waiting; text: string; outcome: string | null }[] = []
    const people = new Map<string, OrganisationId>()
    for (const row of rows) {
      const lines = row.entries.split('\n')
      for (const [at, text] of lines.entries()) {
        const outcome = row.outcomes?.[at] ?? null
        // Void: the statement found that nothing happened, to nobody.
        if (outcome === '-') continue
        const line = JSON.parse(text) as Waiting
        waiting.push({ line, text, outcome })
        if ('s' in line) people.set(line.s, line.t)
      }
    }
    const chains = await this.#chains.fetch(this.#db, people)
    const leaves: Uint8Array[] = []
    const openings: store.Sequenced['openings'][number][] = []
    const shredded = new Set<string>()
    const epochLeaves: { epoch: number; index: number }[] = []
    const place = (line: Waiting, text: string, outcome: string | null) => {
      const index = firstIndex + leaves.length
      if (!('s' in line)) {
        leaves.push(publicLeafOf(line.p))
        if (line.p.type === 'epoch-close') epochLeaves.push({ epoch: line.p.epoch as number, index })
        return
      }
      const chain = chains.get(line.s)!
      if (!chain.secrets) {
        // Nobody can open it any more; it still stands in the log as one entry among others.
        leaves.push(sealedLeafOf(line.a, randomBytes(32), randomBytes(32), [], randomBytes(32)))
        return
      }
      const { tag, seed, next } = turn(chain.secrets.ratchet)
      const fields = bodyFields(
        {
          entry: dashed(line.e),
          kind: line.k,
          at: instant(line.a),
          commitment: base64Encode(commitmentOf(text, outcome)),
        },
        line.f,
        outcome,
      )
      const opening = Buffer.from(JSON.stringify({ v: 1, seed: base64Encode(seed), fields }))
      const sealed = seal(chain.secrets.ledgerKey, idBytes(line.s), opening, openingAad(line.s, line.e))
      leaves.push(sealedLeafOf(line.a, tag, seed, fields, hash('sha256', sealed, 'buffer')))
      openings.push({ subject: line.s, entry: line.e, tenant: line.t, n: chain.n, leafIndex: index, sealed })
      chain.n += 1
      chain.secrets.ratchet = next
      if (line.k === 'erase') {
        chain.secrets = undefined
        shredded.add(line.s)
        // The public form: how many entries can no longer be opened, and nothing else.
        leaves.push(publicLeafOf({ type: 'erasure', v: 1, entries: chain.n }))
      }
    }
    for (const { line, text, outcome } of waiting) place(line, text, outcome)

    const hashes = Buffer.allocUnsafe(leaves.length * 32)
    for (const [at, leaf] of leaves.entries()) hashes.set(hashLeaf(leaf), at * 32)
    const { tiles } = this.#frontier.append(hashes)
    let moved = false
    try {
      moved = await store.commitSequenced(this.#db, {
        fence: this.#fence,
        firstIndex,
        count: leaves.length,
        leaves: encodeLeaves(leaves),
        frontier: this.#frontier.toBytes(),
        openings: openings.filter((opening) => !shredded.has(opening.subject)),
        chains: await this.#chains.sealed(chains.values()),
        outboxIds: rows.map((row) => row.id),
        shredded: [...shredded],
      })
    } finally {
      // Whether it took effect is not known when the connection broke: start again from what is stored.
      if (!moved) this.#stopping = true
    }
    if (!moved) throw new Fenced('another sequencer has taken office')
    const placedAt = this.#deps.clock.now().getTime()
    for (const row of rows)
      this.#assigned.push({ milliseconds: Math.max(0, placedAt - row.at.getTime()), entries: row.count })
    this.#chains.remember(chains.values() as Iterable<Chain>)
    for (const { epoch, index } of epochLeaves) await store.placeEpochLeaf(this.#db, epoch, index)
    await this.#writeTiles(firstIndex, leaves, tiles)
  }

  async #writeTiles(
    firstIndex: number,
    leaves: readonly Uint8Array[],
    tiles: readonly { level: number; n: number; width: number; bytes: Uint8Array }[],
  ) {
    const { tiles: files } = this.#deps
    let bundle = Math.floor(firstIndex / tileWidth)
    const pending = [...this.#tail, ...leaves]
    const writes: Promise<void>[] = []
    let at = 0
    while (at < pending.length) {
      const slice = pending.slice(at, at + tileWidth)
      writes.push(files.put(`${entriesPath(bundle, slice.length)}`, encodeEntryBundle(slice)))
      this.#tail = slice.length === tileWidth ? [] : slice
      at += tileWidth
      bundle += 1
    }
    for (const tile of tiles) writes.push(files.put(tilePath(tile.level, tile.n, tile.width), tile.bytes))
    await Promise.all(writes)
  }

  /** Tiles are a pure function of the segments: after a crash, whatever may be missing is written again. */
  async #rebuildTiles(from: number): Promise<void> {
    const size = this.#frontier.size
    const start = Math.floor(Math.min(from, size) / tileWidth) * tileWidth
    const leaves: Uint8Array[] = []
    for (const segment of await store.readSegments(this.#db, start, size)) {
      for (const [at, leaf] of decodeLeaves(segment.leaves).entries())
        if (segment.firstIndex + at >= start) leaves.push(leaf)
    }
    this.#tail = leaves.slice(Math.floor((size - start) / tileWidth) * tileWidth)
    if (start === 0) {
      const rebuilt = Frontier.empty()
      const { tiles } = rebuilt.append(Buffer.concat(leaves.map((leaf) => hashLeaf(leaf))))
      if (Buffer.compare(rebuilt.root(), this.#frontier.root()) !== 0)
        throw new ForkRefused('the stored leaves do not make the stored head')
      this.#tail = []
      await this.#writeTiles(0, leaves, tiles)
    } else {
      // Lower levels only: a full tile above was written when it became full, and is checked by whoever reads it.
      const tail = this.#tail
      this.#tail = []
      const tiles: { level: number; n: number; width: number; bytes: Uint8Array }[] = []
      for (let at = 0; at < leaves.length; at += tileWidth) {
        const slice = leaves.slice(at, at + tileWidth)
        tiles.push({
          level: 0,
          n: (start + at) / tileWidth,
          width: slice.length,
          bytes: Buffer.concat(slice.map((leaf) => hashLeaf(leaf))),
        })
      }
      await this.#writeTiles(start, leaves, [...tiles, ...(await this.#upperTiles(tiles, start))])
      this.#tail = tail
    }
    await this.#deps.tiles.settle()
  }

  /** The tiles above level 0 that contain anything from `start` on, from the stored tiles below. */
  async #upperTiles(changed: readonly { level: number; n: number; width: number; bytes: Uint8Array }[], start: number) {
    const made: { level: number; n: number; width: number; bytes: Uint8Array }[] = []
    let below = changed
    let first = Math.floor(start / tileWidth)
    for (let level = 1; ; level++) {
      const full = below.filter((tile) => tile.width === tileWidth)
      const total = Math.floor(this.#frontier.size / tileWidth ** level)
      if (total === 0) return made
      const tileFirst = Math.floor(first / tileWidth)
      const known = new Map(full.map((tile) => [tile.n, tileRoot(tile.bytes)]))
      const next: typeof made = []
      for (let n = tileFirst; n * tileWidth < total; n++) {
        const width = Math.min(tileWidth, total - n * tileWidth)
        const hashes: Uint8Array[] = []
        for (let at = n * tileWidth; at < n * tileWidth + width; at++) {
          const hash =
            known.get(at) ?? tileRoot((await this.#deps.tiles.get(tilePath(level - 1, at))) ?? Buffer.alloc(0))
          hashes.push(hash)
        }
        next.push({ level, n, width, bytes: Buffer.concat(hashes) })
      }
      made.push(...next)
      below = next
      first = tileFirst
    }
  }

  async #publish(): Promise<void> {
    const size = this.#frontier.size
    if (size === this.#signedSize) return
    await this.#deps.tiles.settle()
    const at = this.#deps.clock.now()
    const note = this.#deps.signer.sign(size, this.#frontier.root(), at)
    // Durable before anybody sees it: after a crash we never sign another history of this size.
    const kept = await store.keepCheckpoint(this.#db, this.#signedSize, { size, note, signedAt: at }, this.#fence)
    if (!kept) {
      this.#stopping = true
      throw new Fenced('another sequencer has signed')
    }
    this.#note = note
    this.#signedAt = at.getTime()
    this.#signedSize = size
    if (this.#deps.witnesses.length === 0) {
      this.#witnessedSize = size
      this.#witnessedNote = note
      await store.keepWitnessed(this.#db, size, note)
      await this.#deps.tiles.put('checkpoint', Buffer.from(note))
    }
  }

  async #witness(): Promise<void> {
    const size = this.#signedSize
    const note = this.#note
    if (size < 0 || this.#deps.witnesses.length === 0) return
    const hashes = new TileHashes((level, n, width) => this.#tile(level, n, width), size)
    const lines: string[] = []
    for (const witness of this.#deps.witnesses) {
      try {
        lines.push(...(await witness.submit(note, size, (oldSize) => hashes.consistencyProof(oldSize))))
      } catch (error) {
        this.#deps.warn(`witness ${witness.view.name} did not cosign`, error)
      }
    }
    // Two of the witnesses, or the only one: the quorum of the published policy.
    const answered = this.#deps.witnesses.filter((witness) => witness.view.size === size).length
    if (answered < Math.min(2, this.#deps.witnesses.length)) return
    const { text } = parseNote(note)
    const cosigned = formatNote(text, [...signatureLines(note.slice(text.length)), ...lines])
    await store.keepWitnessed(this.#db, size, cosigned)
    if (size >= this.#witnessedSize) {
      this.#witnessedSize = size
      this.#witnessedNote = cosigned
      await this.#deps.tiles.put('checkpoint', Buffer.from(cosigned))
      this.#report()
    }
  }

  async #tile(level: number, n: number, width: number): Promise<Uint8Array> {
    const bytes =
      (await this.#deps.tiles.get(tilePath(level, n, width))) ??
      (await this.#deps.tiles.get(tilePath(level, n)))?.subarray(0, width * 32)
    if (!bytes) throw new Error(`tile ${tilePath(level, n, width)} is missing`)
    return bytes
  }

  /** Asks everybody who may have seen more of this ledger than the database remembers. */
  async #refuseForks(): Promise<void> {
    const own = { size: this.#frontier.size }
    const compare = async (who: string, seen: { size: number; root: Uint8Array }) => {
      const sameRoot = seen.size > own.size || Buffer.compare(await this.#rootAt(seen.size), seen.root) === 0
      const verdict = judgeHead(own, { who, size: seen.size, sameRoot })
      if (!verdict.ok) throw new ForkRefused(verdict.why)
    }
    const published = await this.#deps.tiles.get('checkpoint')
    if (published) await compare('the published checkpoint', parseCheckpoint(parseNote(published).text))
    for (const witness of this.#deps.witnesses) {
      for (let attempt = 1; ; attempt++) {
        let seen: { size: number; root: Uint8Array } | undefined
        try {
          seen = await witness.latest()
        } catch (error) {
          if (this.#stopping) throw error
          // Not knowing what it has seen, we must not sign. Entries wait in the outbox meanwhile.
          this.#deps.warn(
            `witness ${witness.view.name} cannot be asked; nothing is signed until it can (attempt ${attempt})`,
            error,
          )
          await new Promise((resolve) => setTimeout(resolve, Math.min(attempt * 200, 5000)))
          continue
        }
        if (seen) await compare(`witness ${witness.view.name}`, seen)
        break
      }
    }
  }

  /** From the database, not from tiles: the tiles may be what is wrong. */
  async #rootAt(size: number): Promise<Uint8Array> {
    if (size === this.#frontier.size) return this.#frontier.root()
    const frontier = Frontier.empty()
    const step = 65_536
    for (let from = 0; from < size; from += step) {
      const hashes: Uint8Array[] = []
      const to = Math.min(size, from + step)
      for (const segment of await store.readSegments(this.#db, from, to)) {
        for (const [at, leaf] of decodeLeaves(segment.leaves).entries()) {
          const index = segment.firstIndex + at
          if (index >= from && index < to) hashes.push(hashLeaf(leaf))
        }
      }
      frontier.append(Buffer.concat(hashes))
    }
    return frontier.root()
  }

  async #maybeCloseEpoch(): Promise<void> {
    const size = this.#frontier.size
    const now = this.#deps.clock.now()
    const due = now.getTime() >= this.#epochEndsAt || size - this.#epochFirst >= this.#deps.settings.epochTags
    if (!due) return
    this.#epochEndsAt = now.getTime() + this.#deps.settings.epochSeconds * 1000
    const from = this.#epochFirst
    const leaves: { index: number; leaf: Uint8Array }[] = []
    for (const segment of await store.readSegments(this.#db, from, size))
      for (const [at, leaf] of decodeLeaves(segment.leaves).entries())
        if (segment.firstIndex + at >= from) leaves.push({ index: segment.firstIndex + at, leaf })
    const pairs = sortedPairs(leaves)
    // Nothing sealed since the last close: the epoch stays open, so that a quiet ledger does not grow by its own housekeeping.
    if (pairs.length === 0) return
    const epoch = this.#epochNumber
    const root = await writeTagIndex(this.#deps.tiles, epoch, pairs, hashLeaf)
    const tags = pairs.length / 40
    const appended = prepare([
      {
        entry: newId(),
        tenant: null,
        at: now.getTime(),
        leaf: { type: 'epoch-close', v: 1, epoch, firstIndex: from, endIndex: size, tags, root: base64Encode(root) },
      },
    ])
    await store.closeEpoch(
      this.#db,
      { epoch, firstIndex: from, endIndex: size, tags, root, closedAt: now },
      { id: appended.id, entries: appended.entries[0]!.line },
    )
    this.#epochFirst = size
    this.#epochNumber += 1
  }

  async #countBacklog(): Promise<void> {
    const { entries, oldestAt } = await store.backlog(this.#db)
    this.#backlog = {
      entries,
      oldestSeconds: oldestAt ? Math.max(0, (this.#deps.clock.now().getTime() - oldestAt.getTime()) / 1000) : 0,
    }
  }

  #report() {
    this.#deps.report({
      size: this.#signedSize,
      root: base64Encode(this.#frontier.root()),
      note: this.#note,
      signedAt: this.#signedAt,
      witnessedSize: this.#witnessedSize,
      witnessedNote: this.#witnessedNote,
      backlog: this.#backlog.entries,
      oldestSeconds: this.#backlog.oldestSeconds,
      witnesses: this.#deps.witnesses.map((witness) => ({ ...witness.view })),
      epoch: this.#epochNumber,
      epochEndsAt: this.#epochEndsAt,
      assigned: this.#assigned,
    })
    this.#assigned = []
  }
}

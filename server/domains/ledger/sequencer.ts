import { hash, randomBytes } from 'node:crypto'
import {
  base64Encode,
  decodeSealedLeaf,
  emptyRoot,
  equalBytes,
  Frontier,
  formatNote,
  hashLeaf,
  isSealedLeaf,
  openCheckpoint,
  ProofError,
  parseCheckpoint,
  parseNote,
  TileHashes,
  type TileWrite,
  tilePath,
  tileWidth,
  verifierFor,
  verifyConsistency,
} from '@bailee/proof'
import { type Clock, dashed, idBytes, instant, newId, type OrganisationId } from '#kernel'
import { type Database, type Keys, openingAad, type Query, seal } from '#platform'
import { type Chain, ChainKeeper } from './chains.ts'
import { encodeLeaves } from './leaves.ts'
import { commitmentOf, prepare, readLine, type Waiting } from './outbox.ts'
import {
  bodyFields,
  judgeHead,
  mostInARound,
  pauseAfter,
  publicLeafOf,
  sealedLeafOf,
  strangersLeafOf,
  turn,
} from './rules.ts'
import { type LogSigner, nodeChecks } from './signing.ts'
import * as store from './store.ts'
import { sortedPairs, writeTagIndex } from './tags.ts'
import type { TileStore } from './tile-store.ts'
import { bundleWrites, finishedBetween, frontierAt, LeavesMissing, readLeaves, replay, storedTile } from './tiles.ts'
import { signatureLines, type WitnessClient, WitnessDisagrees, type WitnessView } from './witnesses.ts'

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
  /** Something that an operator must look at. Ids and numbers only. */
  readonly alarm?: (message: string, details: object) => void
  /** Do requests come faster than they are answered? Then sequencing lets them go first. */
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

interface History {
  readonly size: number
  readonly root: Uint8Array
}

const mostRows = 1024

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
  #signedRoot: Uint8Array = emptyRoot
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
  /** What a task beside the rounds has died of. */
  #failure: unknown
  #stopping = false
  /** Not started, or broken: what it remembers may differ from what is stored. */
  #spent = true
  #careful = true

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
    const newest = await store.readNewestSegment(this.#db)
    if ((newest?.end ?? 0) !== head.size)
      throw new ForkRefused('the head row and the stored leaves contradict each other')
    await this.#refuseForks({ size: head.size, root: this.#frontier.root() })
    this.#fence = await this.#takeOffice()
    const kept = await store.readCheckpoint(this.#db)
    this.#signedSize = kept?.size ?? -1
    this.#signedRoot = kept ? rootOfNote(kept.note) : emptyRoot
    this.#note = kept?.note ?? ''
    this.#signedAt = kept?.signedAt.getTime() ?? 0
    this.#witnessedSize = kept?.witnessedSize ?? 0
    this.#witnessedNote = kept?.witnessedNote ?? null
    await this.#restoreTiles().catch((cause: unknown) => {
      if (!(cause instanceof LeavesMissing)) throw cause
      throw new ForkRefused(`the stored leaves do not make the stored head: ${cause.message}`, { cause })
    })
    const [epoch] = await store.readEpochs(this.#db, 1)
    this.#epochFirst = epoch?.endIndex ?? 0
    this.#epochNumber = (epoch?.epoch ?? -1) + 1
    // Counted from the last close, or else a server that restarts often would never close one.
    const now = this.#deps.clock.now().getTime()
    const began = epoch ? epoch.closedAt.getTime() : await this.#firstSealedAt()
    this.#epochEndsAt = Math.min(now, began ?? now) + this.#deps.settings.epochSeconds * 1000
    await this.#publish()
    if (this.#deps.witnesses.length === 0) await this.#publishWitnessed(this.#signedSize, this.#note)
    else if (this.#witnessedNote !== null) await this.#deps.tiles.put('checkpoint', Buffer.from(this.#witnessedNote))
    await this.#witness()
    if (newest) await this.#tidy(newest.firstIndex)
    await this.#countBacklog()
    this.#spent = false
    this.#report()
  }

  async #firstSealedAt(): Promise<number | undefined> {
    const leaves = await readLeaves(this.#db, 0, Math.min(this.#frontier.size, tileWidth))
    const first = leaves.find((leaf) => isSealedLeaf(leaf))
    return first && decodeSealedLeaf(first).bucketSeconds * 1000
  }

  async #takeOffice(): Promise<number> {
    const { fence, size } = await store.takeFence(this.#db)
    if (size !== this.#frontier.size) throw new Fenced('the head moved while this sequencer took office')
    return fence
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
        this.#witnessing = this.#witness()
          .catch((error: unknown) => {
            this.#failure = error
            this.#stopping = true
          })
          .finally(() => {
            this.#witnessing = undefined
          })
      }
      const pause = pauseAfter({ took, milliseconds: now - began }, this.#pressure())
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    }
    await this.#witnessing
    if (this.#failure) throw this.#failure
    // A last round, so that what was published before a stop is not without a witness until the next start.
    if (this.#witnessedSize < this.#signedSize)
      await this.#witness().catch((error) => this.#deps.warn('no last witness', error))
  }

  #pressure() {
    return { oldestSeconds: this.#oldestTaken, crowded: this.#deps.crowded?.() ?? false }
  }

  /** Sequences and publishes one batch; answers how many entries it took. */
  async round(): Promise<number> {
    if (this.#spent) throw new Fenced('this sequencer has broken: another must begin from what is stored')
    try {
      return await this.#round()
    } catch (error) {
      // Whether a step took effect is not known when the connection broke.
      this.#spent = true
      throw error
    }
  }

  stop(): void {
    this.#stopping = true
  }

  async #round(): Promise<number> {
    const rows = await store.readOutbox(this.#db, mostRows)
    const taken: store.OutboxRow[] = []
    let count = 0
    const most = mostInARound(this.#pressure())
    for (const row of rows) {
      if (count > 0 && count + row.count > most) break
      taken.push(row)
      count += row.count
    }
    this.#oldestTaken = taken[0] ? Math.max(0, (this.#deps.clock.now().getTime() - taken[0].at.getTime()) / 1000) : 0
    if (count > 0) {
      const before = this.#frontier.size
      await this.#sequence(taken)
      await this.#publish()
      await this.#tidy(before)
      this.#report()
    }
    await this.#maybeCloseEpoch()
    return count
  }

  async #sequence(rows: readonly store.OutboxRow[]): Promise<void> {
    const firstIndex = this.#frontier.size
    const waiting: { line: Waiting | undefined; text: string; outcome: string | null }[] = []
    const people = new Map<string, OrganisationId>()
    for (const row of rows) {
      const lines = row.entries.split('\n')
      for (const [at, text] of lines.entries()) {
        const outcome = row.outcomes?.[at] ?? null
        // Void: the statement found that nothing happened, to nobody.
        if (outcome === '-') continue
        const line = readLine(text)
        waiting.push({ line, text, outcome })
        if (line && 's' in line) people.set(line.s, line.t)
      }
    }
    const chains = await this.#chains.fetch(this.#db, people)
    const placed = await this.#alreadyPlaced(waiting)
    const leaves: Uint8Array[] = []
    const openings: store.Sequenced['openings'][number][] = []
    const shredded = new Set<string>()
    const epochLeaves: { epoch: number; index: number }[] = []
    const unreadable: store.Sequenced['unreadable'][number][] = []
    const setAside = (text: string, outcome: string | null) => {
      const index = firstIndex + leaves.length
      const commitment = base64Encode(commitmentOf(text, outcome))
      leaves.push(publicLeafOf({ type: 'entry-unreadable', v: 1, commitment }))
      unreadable.push({ leafIndex: index, line: text, outcome })
    }
    const place = (line: Waiting, text: string, outcome: string | null) => {
      const index = firstIndex + leaves.length
      if (!('s' in line)) {
        leaves.push(publicLeafOf(line.p))
        if (line.p.type === 'epoch-close' && Number.isInteger(line.p.epoch))
          epochLeaves.push({ epoch: line.p.epoch as number, index })
        return
      }
      const chain = chains.get(line.s)
      // The chain does not open, or this entry has its leaf already: a second opening would have no place.
      if (!chain || placed.has(line.e)) return setAside(text, outcome)
      placed.add(line.e)
      if (!chain.secrets) {
        // Nobody can open it any more; it still stands in the log as one entry among others.
        leaves.push(strangersLeafOf(line.a, randomBytes(96)))
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
    for (const { line, text, outcome } of waiting) {
      try {
        if (line) place(line, text, outcome)
        else setAside(text, outcome)
      } catch (error) {
        // What the formats cannot hold, no later attempt will hold either; anything else is an error of ours.
        if (!(error instanceof ProofError)) throw error
        setAside(text, outcome)
      }
    }

    const hashes = Buffer.allocUnsafe(leaves.length * 32)
    for (const [at, leaf] of leaves.entries()) hashes.set(hashLeaf(leaf), at * 32)
    const { tiles } = this.#frontier.append(hashes)
    const moved = await store.commitSequenced(this.#db, {
      fence: this.#fence,
      firstIndex,
      count: leaves.length,
      leaves: encodeLeaves(leaves),
      frontier: this.#frontier.toBytes(),
      openings: openings.filter((opening) => !shredded.has(opening.subject)),
      chains: await this.#chains.sealed(chains.values()),
      outboxIds: rows.map((row) => row.id),
      shredded: [...shredded],
      epochLeaves,
      unreadable: unreadable.filter(({ line }) => !shredded.values().some((subject) => line.includes(subject))),
    })
    if (!moved) throw new Fenced('another sequencer has taken office')
    for (const { leafIndex } of unreadable)
      this.#deps.alarm?.('an entry cannot be read; its hash stands in the ledger, its words in ledger.unreadable', {
        leafIndex,
      })
    const placedAt = this.#deps.clock.now().getTime()
    for (const row of rows)
      this.#assigned.push({ milliseconds: Math.max(0, placedAt - row.at.getTime()), entries: row.count })
    this.#chains.remember(chains.values() as Iterable<Chain>)
    await this.#writeTiles(firstIndex, leaves, tiles)
  }

  /**
   * A statement that took effect although it failed may have been sent again after its first row had been sequenced.
   * Asked for by the first round alone: a repeated entry breaks the round that meets it, and the next instance asks.
   */
  async #alreadyPlaced(waiting: readonly { readonly line: Waiting | undefined }[]): Promise<Set<string>> {
    if (!this.#careful) return new Set()
    this.#careful = false
    const sealed = waiting.flatMap(({ line }) => (line && 's' in line ? [line] : []))
    return new Set(await store.findPlaced(this.#db, sealed))
  }

  async #writeTiles(firstIndex: number, leaves: readonly Uint8Array[], tiles: readonly TileWrite[]) {
    const bundles = bundleWrites(firstIndex, this.#tail, leaves)
    this.#tail = bundles.tail
    await Promise.all([
      ...bundles.writes.map(({ path, bytes }) => this.#deps.tiles.put(path, bytes)),
      ...tiles.map((tile) => this.#deps.tiles.put(tilePath(tile.level, tile.n, tile.width), tile.bytes)),
    ])
  }

  /**
   * After a crash, whatever may be missing is written again: from the bundle that the last checkpoint ends in, on top of
   * the tiles that stand above it. If those do not make the stored head, or the folder is a new one, everything is.
   */
  async #restoreTiles(): Promise<void> {
    const { tiles } = this.#deps
    const signed = Math.max(0, Math.min(this.#signedSize, this.#frontier.size))
    const start = Math.floor(signed / tileWidth) * tileWidth
    const isNew = signed > 0 && (await tiles.get('checkpoint')) === undefined
    const edge = isNew ? undefined : await frontierAt(tiles, start, signed)
    const leaves = await readLeaves(
      this.#db,
      this.#frontier.size - (this.#frontier.size % tileWidth),
      this.#frontier.size,
    )
    if (edge) {
      this.#tail = []
      await replay(this.#db, edge, this.#frontier.size, (piece) =>
        this.#writeTiles(piece.from, piece.leaves, piece.tiles),
      )
    }
    if (!edge || !equalBytes(edge.root(), this.#frontier.root()))
      await this.#rebuildTiles(this.#frontier.size, this.#frontier.root())
    this.#tail = leaves
    await tiles.settle()
  }

  /** Every tile and every bundle, as the database has them: once it is sure that they make the root. Writes what differs. */
  async #rebuildTiles(size: number, root: Uint8Array): Promise<void> {
    const { tiles } = this.#deps
    const tree = Frontier.empty()
    await replay(this.#db, tree, size)
    if (!equalBytes(tree.root(), root)) throw new ForkRefused('the stored leaves do not make the stored head')
    let written = 0
    const keep = async (path: string, bytes: Uint8Array) => {
      if ((await tiles.get(path))?.equals(bytes)) return
      written++
      await tiles.put(path, bytes)
    }
    await replay(this.#db, Frontier.empty(), size, async (piece) => {
      const { writes } = bundleWrites(piece.from, [], piece.leaves)
      await Promise.all([
        ...writes.map(({ path, bytes }) => keep(path, bytes)),
        ...piece.tiles.map((tile) => keep(tilePath(tile.level, tile.n, tile.width), tile.bytes)),
      ])
    })
    await tiles.settle()
    if (written > 0) this.#deps.warn(`${written} tiles were missing or damaged and were made again from the database`)
  }

  /** Unfinished tiles go once the full one is published: at most one folder a level stays. */
  async #tidy(before: number): Promise<void> {
    for (const folder of finishedBetween(before, this.#frontier.size)) await this.#deps.tiles.remove(folder)
  }

  async #publish(): Promise<void> {
    const size = this.#frontier.size
    if (size === this.#signedSize) return
    await this.#deps.tiles.settle()
    const at = this.#deps.clock.now()
    const root = this.#frontier.root()
    const note = this.#deps.signer.sign(size, root, at)
    // Durable before anybody sees it: after a crash we never sign another history of this size.
    if (!(await store.keepCheckpoint(this.#db, this.#signedSize, { size, note, signedAt: at }, this.#fence)))
      throw new Fenced('another sequencer has signed')
    this.#note = note
    this.#signedAt = at.getTime()
    this.#signedSize = size
    this.#signedRoot = root
    if (this.#deps.witnesses.length === 0) await this.#publishWitnessed(size, note)
  }

  /** In the database first, so that proofs are made against nothing that a restart forgets. */
  async #publishWitnessed(size: number, note: string): Promise<void> {
    if (size < this.#witnessedSize || !(await store.keepWitnessed(this.#db, size, note, this.#fence))) return
    this.#witnessedSize = size
    this.#witnessedNote = note
    await this.#deps.tiles.put('checkpoint', Buffer.from(note))
  }

  async #witness(): Promise<void> {
    const size = this.#signedSize
    const note = this.#note
    const root = this.#signedRoot
    if (size < 0 || this.#deps.witnesses.length === 0) return
    const lines: string[] = []
    let answered = 0
    for (const witness of this.#deps.witnesses) {
      try {
        lines.push(...(await witness.submit(note, size, (oldSize) => this.#consistencyProof(oldSize, size, root))))
        answered++
      } catch (error) {
        if (error instanceof ForkRefused) throw error
        this.#deps.warn(`witness ${witness.view.name} did not cosign`, error)
        // Has it seen another history? Its signed checkpoint says so, and then nothing more is signed.
        if (error instanceof WitnessDisagrees)
          await this.#compareWith(witness, () => ({ size: this.#signedSize, root: this.#signedRoot }))
      }
    }
    // Two of the witnesses, or the only one: the quorum of the published policy.
    if (answered < Math.min(2, this.#deps.witnesses.length)) return
    const { text } = parseNote(note)
    await this.#publishWitnessed(size, formatNote(text, [...signatureLines(note.slice(text.length)), ...lines]))
    this.#report()
  }

  /** Checked before it is sent: a damaged tile must not look like a fork. */
  async #consistencyProof(oldSize: number, size: number, root: Uint8Array): Promise<readonly Uint8Array[]> {
    const attempt = async () => {
      const tree = (at: number) => new TileHashes((level, n, width) => this.#tile(level, n, width, size), at)
      const proof = await tree(size).consistencyProof(oldSize)
      const root1 = await tree(oldSize).root()
      return verifyConsistency({ size1: oldSize, size2: size, root1, root2: root, proof }) ? proof : undefined
    }
    const proof = await attempt().catch(() => undefined)
    if (proof) return proof
    await this.#rebuildTiles(size, root)
    const second = await attempt()
    if (!second) throw new Error('the stored tiles do not make the signed root')
    return second
  }

  async #tile(level: number, n: number, width: number, size: number): Promise<Uint8Array> {
    const bytes = await storedTile(this.#deps.tiles, level, n, width, size)
    if (!bytes) throw new Error(`tile ${tilePath(level, n, width)} is missing`)
    return bytes
  }

  /** Asks everybody who may have seen more of this ledger than the database remembers. */
  async #refuseForks(own: History): Promise<void> {
    const kept = await store.readCheckpoint(this.#db)
    if (kept) await this.#compare('this database’s own checkpoint', parseCheckpoint(parseNote(kept.note).text), own)
    const published = await this.#deps.tiles.get('checkpoint')
    const opened = published && openOwn(published, this.#deps.signer)
    if (opened) await this.#compare('the published checkpoint', opened, own)
    else if (published) this.#deps.warn('the published checkpoint does not bear our signature; it is written again')
    for (const witness of this.#deps.witnesses) {
      for (let attempt = 1; ; attempt++) {
        try {
          await this.#compareWith(witness, () => own)
          break
        } catch (error) {
          if (this.#stopping || error instanceof ForkRefused) throw error
          // Not knowing what it has seen, we must not sign. Entries wait in the outbox meanwhile.
          this.#deps.warn(
            `witness ${witness.view.name} cannot be asked; nothing is signed until it can (attempt ${attempt})`,
            error,
          )
          await new Promise((resolve) => setTimeout(resolve, Math.min(attempt * 200, 5000)))
        }
      }
    }
  }

  async #compareWith(witness: WitnessClient, own: () => History): Promise<void> {
    const seen = await witness.latest()
    if (seen) await this.#compare(`witness ${witness.view.name}`, seen, own())
  }

  /** @throws {ForkRefused} */
  async #compare(who: string, seen: History, own: History): Promise<void> {
    const sameRoot = seen.size > own.size || equalBytes(await this.#rootAt(seen.size, own), seen.root)
    const verdict = judgeHead(own, { who, size: seen.size, sameRoot })
    if (!verdict.ok) throw new ForkRefused(verdict.why)
  }

  /**
   * The root that this database's leaves had at an earlier size. From the right edge that the tiles had then, if the
   * leaves after it lead to our own root: no other edge does. Else from the first leaf, since the tiles may be what is wrong.
   */
  async #rootAt(size: number, own: History): Promise<Uint8Array> {
    if (size === own.size) return own.root
    const edge = await frontierAt(this.#deps.tiles, size, size)
    for (const tree of edge ? [edge, Frontier.empty()] : [Frontier.empty()]) {
      try {
        await replay(this.#db, tree, size)
        const root = tree.root()
        await replay(this.#db, tree, own.size)
        if (equalBytes(tree.root(), own.root)) return root
      } catch (error) {
        if (!(error instanceof LeavesMissing)) throw error
      }
    }
    throw new ForkRefused('the stored leaves do not make the stored head')
  }

  async #maybeCloseEpoch(): Promise<void> {
    const size = this.#frontier.size
    const now = this.#deps.clock.now()
    const due = now.getTime() >= this.#epochEndsAt || size - this.#epochFirst >= this.#deps.settings.epochTags
    if (!due) return
    this.#epochEndsAt = now.getTime() + this.#deps.settings.epochSeconds * 1000
    const from = this.#epochFirst
    const leaves = await readLeaves(this.#db, from, size)
    const pairs = sortedPairs(leaves.map((leaf, at) => ({ index: from + at, leaf })))
    // Nothing sealed since the last close: the epoch stays open, so that a quiet ledger does not grow by its own housekeeping.
    if (pairs.length === 0) return
    const epoch = this.#epochNumber
    const root = await writeTagIndex(this.#deps.tiles, epoch, pairs)
    const tags = pairs.length / 40
    const appended = prepare([
      {
        entry: newId(),
        tenant: null,
        at: now.getTime(),
        leaf: { type: 'epoch-close', v: 1, epoch, firstIndex: from, endIndex: size, tags, root: base64Encode(root) },
      },
    ])
    const closed = await store.closeEpoch(
      this.#db,
      { epoch, firstIndex: from, endIndex: size, tags, root, closedAt: now },
      { id: appended.id, entries: appended.entries[0]!.line },
      this.#fence,
    )
    if (!closed) throw new Fenced('another sequencer has taken office')
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
      root: base64Encode(this.#signedRoot),
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

const rootOfNote = (note: string): Uint8Array => parseCheckpoint(parseNote(note).text).root

/** A checkpoint that we have signed; undefined for anything else that lies in its place. */
function openOwn(note: Uint8Array, { origin, vkeys }: LogSigner): History | undefined {
  try {
    return openCheckpoint(note, { origin, log: vkeys.map((vkey) => verifierFor(vkey, nodeChecks)) }).checkpoint
  } catch (error) {
    if (error instanceof ProofError) return undefined
    throw error
  }
}

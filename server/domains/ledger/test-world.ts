import assert from 'node:assert/strict'
import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Receipt } from '@bailee/contract'
import {
  base64Encode,
  bodyRoot,
  decodeEntryBundle,
  decodePublicLeaf,
  decodeSealedLeaf,
  emptyRoot,
  encodeEntryBundle,
  entriesPath,
  equalBytes,
  Frontier,
  hashLeaf,
  hexEncode,
  isSealedLeaf,
  openCheckpoint,
  Ratchet,
  tagIndexRoot,
  tilePath,
  tileWidth,
  verifierFor,
} from '@bailee/proof'
import pg from 'pg'
import { dashed, type EntryId, fixedClock, newId, type PersonId } from '#kernel'
import {
  chainAad,
  createKeys,
  createLog,
  type Database,
  fileKeyProvider,
  keyIdOf,
  migrate,
  open,
  openDatabase,
  openingAad,
  openKeyStore,
  platformMigrations,
  type Query,
  type Room,
  type Statement,
  seal,
  startEmbeddedPostgres,
} from '#platform'
import {
  createLedger,
  createLogSigner,
  diskTileStore,
  type EntryDraft,
  ledgerMigrations,
  type PublicDraft,
  Sequencer,
  type SequencerSettings,
  type SequencerState,
  type TileStore,
  WitnessClient,
} from './index.ts'
import { decodeLeaves } from './leaves.ts'
import { nodeChecks } from './signing.ts'
import { type Break, startTestWitness, type TestWitness } from './test-witness.ts'

/**
 * A ledger on a real PostgreSQL, real files and a real witness connection, whose every step a test can break. One
 * cluster for a test file, one database for a ledger.
 */
export const dawn = new Date('2026-11-23T01:00:00.000Z')
const origin = 'ledger.example/log'
const settings: SequencerSettings = { epochSeconds: 3600, epochTags: 500_000, witnessEveryMilliseconds: 1 }

/** What a lost connection looks like: nobody knows whether the step took effect. */
const lost = (step: string) => Object.assign(new Error(`broken at: ${step}`), { code: 'ECONNRESET' })

/** Counts the steps that a sequencer takes in the outer world, and breaks one. After it nothing works: it is a death. */
export class Faults {
  readonly steps: string[] = []
  #armed: { at: number | string; when: Break } | undefined
  #dead: string | undefined
  readonly #underway = new Set<Promise<unknown>>()
  /** Ends with the next death. */
  victim: { stop(): void } | undefined

  /** Breaks the step with this number from here, or the next one with this name. */
  arm(at: number | string, when: Break) {
    this.#armed = { at: typeof at === 'number' ? this.steps.length + at : at, when }
  }
  get broke(): string | undefined {
    return this.#dead
  }
  /** As after a restart; what the dead process had begun has ended one way or the other. */
  async revive() {
    await Promise.allSettled(this.#underway)
    this.#armed = undefined
    this.#dead = undefined
  }
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#dead) throw lost(`${name}, after ${this.#dead}`)
    const number = this.steps.push(name) - 1
    const armed = this.#armed && (this.#armed.at === number || this.#armed.at === name) ? this.#armed : undefined
    if (armed) {
      this.#dead = `${name}, ${armed.when}`
      this.victim?.stop()
      if (armed.when === 'failed') throw lost(name)
    }
    const doing = work()
    this.#underway.add(doing)
    try {
      const answer = await doing
      if (armed) throw lost(name)
      return answer
    } finally {
      this.#underway.delete(doing)
    }
  }
  database(db: Database): Database {
    const wrapped = (room: Room): Query => ({
      query: <Row extends object>(statement: Statement) =>
        this.step(nameOf(statement), () => db.as(room).query<Row>(statement)),
    })
    return { ...db, as: wrapped }
  }
  tiles(store: TileStore): TileStore {
    return {
      ...store,
      get: store.get,
      getRange: store.getRange,
      put: (path, bytes) => this.step(`put ${path}`, () => store.put(path, bytes)),
      remove: (path) => this.step(`remove ${path}`, () => store.remove(path)),
      settle: () => this.step('settle', () => store.settle()),
    }
  }
}
const nameOf = ({ name, text }: Statement) => name ?? text.trim().split(/\s+/).slice(0, 4).join(' ')

export type House = Awaited<ReturnType<typeof openHouse>>
export type World = Awaited<ReturnType<House['ledger']>>

export async function openHouse() {
  const directory = await mkdtemp(join(tmpdir(), 'bailee-ledger-'))
  // As root, PostgreSQL runs as somebody else: where they cannot pass through, the cluster would lie elsewhere and stay.
  await chmod(directory, 0o711)
  const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), log: createLog('silent') })
  const admin = new pg.Pool({ ...postgres.connection, database: 'postgres', max: 1 })
  // PostgreSQL may end before our sockets do.
  admin.on('error', () => {})
  await admin.query('create database seed')
  await migrate({ ...postgres.connection, database: 'seed' }, [platformMigrations, ledgerMigrations])
  let ledgers = 0
  const worlds: { close(): Promise<void> }[] = []
  return {
    async ledger(options: Partial<SequencerSettings> & { readonly witnesses?: number } = {}) {
      const name = `ledger_${++ledgers}`
      await admin.query(`create database ${name} template seed`)
      const world = await openWorld({ ...postgres.connection, database: name }, join(directory, name), options)
      worlds.push(world)
      // Each holds connections; no test looks at more than a few at once.
      if (worlds.length > 6) await worlds.shift()!.close()
      return world
    },
    async close() {
      for (const world of worlds) await world.close()
      await admin.end()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What one instance has otherwise than the next. */
type Change = { readonly db?: Database; readonly tiles?: TileStore } & Partial<SequencerSettings>

interface Promised {
  readonly receipt: Receipt
  readonly draft: EntryDraft
}

async function openWorld(
  connection: pg.PoolConfig,
  directory: string,
  options: Partial<SequencerSettings> & { readonly witnesses?: number },
) {
  const clock = fixedClock(dawn)
  const whole = openDatabase({ connection, applicationName: 'ledger-test', poolSize: 2 })
  const admin = new pg.Pool({ ...connection, max: 1 })
  admin.on('error', () => {})
  const keys = createKeys({
    provider: await fileKeyProvider(join(directory, 'root.key')),
    store: await openKeyStore(connection, () => {}),
    clock,
  })
  const ed25519 = await keys.signer('ed25519', 'ed25519')
  const mlDsa44 = await keys.signer('ml-dsa-44', 'ml-dsa-44')
  const tilesFolder = join(directory, 'tiles')
  const faults = new Faults()
  const signed = new Map<number, string>()
  const trueSigner = createLogSigner(origin, ed25519, mlDsa44)
  /** Every signature of every instance: two roots for one size would be a fork, whether or not anybody saw it. */
  const signer: typeof trueSigner = {
    ...trueSigner,
    sign(size, root, at) {
      const before = signed.get(size)
      assert.ok(before === undefined || before === base64Encode(root), `a fork was signed at size ${size}`)
      signed.set(size, base64Encode(root))
      return trueSigner.sign(size, root, at)
    },
  }
  const witnesses: TestWitness[] = []
  for (let at = 0; at < (options.witnesses ?? 1); at++)
    witnesses.push(await startTestWitness(`witness.example/${at}`, origin, trueSigner.vkeys[0]!))
  /** The connection to a witness is a step like any other. */
  class FaultyWitness extends WitnessClient {
    override latest() {
      return faults.step('ask the witness', () => super.latest())
    }
    override submit(...args: Parameters<WitnessClient['submit']>) {
      return faults.step('submit to the witness', () => super.submit(...args))
    }
  }
  const warnings: string[] = []
  const alarms: { message: string; details: object }[] = []
  let latest: SequencerState | undefined
  const tiles = diskTileStore(tilesFolder)
  const room = createLedger({
    db: whole,
    keys,
    clock,
    log: createLog('silent'),
    tiles,
    origin,
    ed25519,
    mlDsa44,
    serverKey: new Uint8Array(32),
    witnesses: witnesses.map(({ config }) => config),
  })
  const tenant = newId<'org'>()
  let closed = false
  const promised: Promised[] = []
  const chains = new Map<PersonId, OwnChain>()
  const query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await admin.query<Row>(text, values)).rows

  const world = {
    origin,
    clock,
    keys,
    db: whole,
    room,
    reader: room.reader,
    tiles,
    tilesFolder,
    faults,
    signer,
    signed,
    witnesses,
    warnings,
    alarms,
    tenant,
    promised,
    query,
    get state() {
      return latest
    },

    /** A new instance, as after a start of the process. */
    sequencer(change: Change = {}) {
      const { db = whole, tiles: store = diskTileStore(tilesFolder), ...rest } = change
      const sequencer = new Sequencer({
        db: faults.database(db),
        keys,
        clock,
        tiles: faults.tiles(store),
        signer,
        witnesses: witnesses.map(({ config }) => new FaultyWitness(config, origin)),
        settings: { ...settings, ...options, ...rest },
        report: (state) => {
          latest = state
        },
        warn: (message) => void warnings.push(message),
        alarm: (message, details) => void alarms.push({ message, details }),
      })
      faults.victim = sequencer
      return sequencer
    },
    /** Starts, and works until nothing waits and everything is witnessed: in two lives, since a start witnesses. */
    async settle(change: Change = {}) {
      const sequencer = world.sequencer(change)
      await sequencer.start()
      while ((await sequencer.round()) > 0);
      await world.sequencer(change).start()
    },

    /** A person whose first ratchet key the test knows. */
    async person(firstKey = new Uint8Array(randomBytes(32))): Promise<PersonId> {
      const person = newId<'per'>()
      const { key, idBytes: keyId } = await keys.current(tenant, 'ledger')
      const sealed = seal(key, keyId, Buffer.concat([firstKey, randomBytes(32)]), chainAad(person, 0))
      await query('insert into ledger.chain (subject, tenant, n, sealed) values ($1, $2, 0, $3)', [
        person,
        tenant,
        sealed,
      ])
      chains.set(person, new OwnChain(firstKey))
      return person
    },
    entry: (
      subject: PersonId,
      kind = 'look',
      fields: EntryDraft['fields'] = [['purpose', 'delivery']],
    ): EntryDraft => ({
      entry: newId<'ent'>(),
      subject,
      tenant,
      kind,
      at: clock.now().getTime(),
      fields,
    }),
    publicEntry: (leaf: PublicDraft['leaf']): PublicDraft => ({
      entry: newId<'ent'>(),
      tenant: null,
      at: clock.now().getTime(),
      leaf,
    }),
    /** One transaction with these entries; their receipts. A void outcome promises nothing. */
    async append(drafts: readonly (EntryDraft | PublicDraft)[], outcomes?: readonly (string | null)[]) {
      const appended = room.prepare(drafts)
      await whole.transaction('vault', (tx) =>
        tx.query({
          text: 'insert into ledger.outbox (id, at, count, entries, outcomes) values ($1, to_timestamp($2::float8 / 1000), $3, $4, $5)',
          values: [
            appended.id,
            appended.at,
            drafts.length,
            appended.entries.map(({ line }) => line).join('\n'),
            outcomes ?? null,
          ],
        }),
      )
      const receipts = room.promise(appended, outcomes)
      for (const [at, draft] of drafts.entries())
        if ('subject' in draft && outcomes?.[at] !== '-') promised.push({ receipt: receipts[at]!, draft })
      return receipts
    },
    /** A row that no honest room would write. */
    async appendRaw(entries: string, count = 1) {
      await query('insert into ledger.outbox (id, at, count, entries) values ($1, $2, $3, $4)', [
        newId(),
        clock.now(),
        count,
        entries,
      ])
    },
    async leaves(): Promise<Buffer[]> {
      const rows = await query<{ first_index: string; count: number; leaves: Buffer }>(
        'select first_index, count, leaves from ledger.segment order by first_index',
      )
      const leaves: Buffer[] = []
      for (const row of rows) {
        assert.equal(Number(row.first_index), leaves.length, 'segments follow each other without gap or overlap')
        const decoded = decodeLeaves(row.leaves)
        assert.equal(decoded.length, row.count)
        leaves.push(...decoded)
      }
      return leaves
    },
    ownChain: (person: PersonId) => chains.get(person)!,

    async close() {
      if (closed) return
      closed = true
      for (const witness of witnesses) await witness.close()
      await whole.close()
      await keys.close()
      await admin.end()
    },
  }
  return world
}

/** Everything that must be true of a ledger at rest. */
export async function assertWhole(world: World, erased: ReadonlySet<PersonId> = new Set()): Promise<Buffer[]> {
  const leaves = await world.leaves()
  assert.deepEqual(await world.query('select id from ledger.outbox'), [], 'nothing is left waiting')
  await assertHead(world, leaves)
  await assertTiles(world, leaves)
  await assertEntries(world, leaves, erased)
  await assertEpochs(world)
  return leaves
}

async function assertHead(world: World, leaves: readonly Buffer[]) {
  const [head] = await world.query<{ size: string; frontier: Buffer }>('select size, frontier from ledger.head')
  const [checkpoint] = await world.query<{
    size: string
    note: string
    witnessed_size: string
    witnessed_note: string
  }>('select size, note, witnessed_size, witnessed_note from ledger.checkpoint')
  const tree = Frontier.empty()
  const roots = [emptyRoot]
  for (const leaf of leaves) {
    tree.append(hashLeaf(leaf))
    roots.push(tree.root())
  }
  assert.equal(Number(head!.size), leaves.length)
  assert.ok(equalBytes(Frontier.fromBytes(head!.frontier).root(), tree.root()), 'the head is the root of the leaves')
  for (const [size, root] of world.signed) {
    assert.ok(size <= leaves.length, `${size} entries were signed and ${leaves.length} are stored`)
    assert.equal(root, base64Encode(roots[size]!), `what was signed at size ${size} is the ledger's own history`)
  }
  const log = world.signer.vkeys.map((vkey) => verifierFor(vkey, nodeChecks))
  const cosigners = world.witnesses.flatMap(({ config }) => config.vkeys.map((vkey) => verifierFor(vkey, nodeChecks)))
  const published = await world.tiles.get('checkpoint')
  for (const [at, note] of [checkpoint!.note, checkpoint!.witnessed_note, String(published)].entries()) {
    const opened = openCheckpoint(note, { origin: world.origin, log, cosigners })
    assert.equal(opened.checkpoint.size, leaves.length)
    assert.ok(equalBytes(opened.checkpoint.root, tree.root()))
    assert.equal(opened.logSignatures.length, 2)
    if (at > 0) assert.ok(opened.cosignatures.length >= Math.min(2, world.witnesses.length), 'the quorum has signed')
  }
  assert.equal(String(published), checkpoint!.witnessed_note)
}

/** Stored tiles and bundles against a tree that is made anew from the leaves. */
export async function assertTiles(world: World, leaves: readonly Buffer[]) {
  const { tiles } = Frontier.empty().append(Buffer.concat(leaves.map((leaf) => hashLeaf(leaf))))
  for (const { level, n, width, bytes } of tiles) {
    const path = tilePath(level, n, width)
    assert.ok((await world.tiles.get(path))?.equals(bytes), `${path} is there and right`)
  }
  for (let at = 0; at < leaves.length; at += tileWidth) {
    const slice = leaves.slice(at, at + tileWidth)
    const path = entriesPath(at / tileWidth, slice.length)
    const bundle = await world.tiles.get(path)
    assert.ok(bundle?.equals(encodeEntryBundle(slice)), `${path} is there and right`)
  }
}

async function assertEntries(world: World, leaves: readonly Buffer[], erased: ReadonlySet<PersonId>) {
  const tags = leaves.filter((leaf) => isSealedLeaf(leaf)).map((leaf) => hexEncode(decodeSealedLeaf(leaf).tag))
  assert.equal(new Set(tags).size, tags.length, 'tags never repeat')
  const unreadable = leaves.filter((leaf) => leaf[0] === 0x7b && decodePublicLeaf(leaf).type === 'entry-unreadable')
  assert.equal(tags.length + unreadable.length, world.promised.length, 'each promised entry has one leaf and no second')
  const rows = await world.query<{ subject: string; entry: string; n: number; leaf_index: string; sealed: Buffer }>(
    'select subject, entry, n, leaf_index, sealed from ledger.opening order by subject, n',
  )
  const openings = new Map(rows.map((row) => [row.entry.replaceAll('-', ''), row]))
  const numbers = new Map<PersonId, Set<number>>()
  for (const { draft, receipt } of world.promised) {
    const opening = openings.get(draft.entry)
    if (erased.has(draft.subject)) {
      assert.equal(opening, undefined, 'nothing opens what was erased')
      continue
    }
    assert.ok(opening, `${draft.kind} of ${draft.subject} can be opened`)
    const leaf = leaves[Number(opening.leaf_index)]!
    const { tag, bodyRoot: root, copyHash } = decodeSealedLeaf(leaf)
    const { seed, fields } = await openedBy(world, draft.subject, draft.entry, opening.sealed)
    assert.ok(equalBytes(bodyRoot(seed, fields), root), 'the opening opens the leaf')
    assert.ok(equalBytes(createHash('sha256').update(opening.sealed).digest(), copyHash))
    const body = Object.fromEntries(fields)
    assert.deepEqual([body.entry, body.commitment, body.kind], [dashed(draft.entry), receipt.commitment, draft.kind])
    assert.ok(
      equalBytes(tag, world.ownChain(draft.subject).tag(opening.n)),
      `the tag is number ${opening.n} of the person's own chain`,
    )
    numbers.set(draft.subject, (numbers.get(draft.subject) ?? new Set()).add(opening.n))
  }
  for (const seen of numbers.values())
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      Array.from({ length: seen.size }, (_, at) => at),
    )
  assert.equal(
    rows.length,
    [...numbers.values()].reduce((sum, seen) => sum + seen.size, 0),
  )
}

/** What a person computes who was given the first key of their chain. */
export class OwnChain {
  readonly #ratchet: Ratchet
  readonly #tags: Uint8Array[] = []
  readonly #keys: Uint8Array[] = []
  constructor(firstKey: Uint8Array) {
    this.#ratchet = new Ratchet(firstKey)
  }
  #turnTo(n: number) {
    while (this.#tags.length <= n) {
      this.#keys.push(this.#ratchet.toBytes().slice(12))
      this.#tags.push(this.#ratchet.next().tag)
    }
  }
  tag(n: number): Uint8Array {
    this.#turnTo(n)
    return this.#tags[n]!
  }
  key(n: number): Uint8Array {
    this.#turnTo(n)
    return this.#keys[n]!
  }
}

async function openedBy(world: World, subject: PersonId, entry: EntryId, sealed: Buffer) {
  const [chain] = await world.query<{ n: number; sealed: Buffer }>(
    'select n, sealed from ledger.chain where subject = $1',
    [subject],
  )
  await world.keys.load([keyIdOf(chain!.sealed)])
  const secret = open(world.keys.cached(keyIdOf(chain!.sealed))!, chain!.sealed, chainAad(subject, chain!.n))
  assert.ok(
    equalBytes(secret.subarray(0, 32), world.ownChain(subject).key(chain!.n)),
    'the stored ratchet stands at the next entry',
  )
  const text = open(createSecretKey(secret.subarray(32)), sealed, openingAad(subject, entry)).toString()
  const { seed, fields } = JSON.parse(text) as { seed: string; fields: [string, never][] }
  return { seed: new Uint8Array(Buffer.from(seed, 'base64')), fields }
}

/** An outsider: rebuilds every epoch's index from the published bundles and compares it with the public leaf. */
export async function assertEpochs(world: World) {
  const leaves: Uint8Array[] = []
  const [head] = await world.query<{ size: string }>('select size from ledger.head')
  const size = Number(head!.size)
  for (let n = 0; n * tileWidth < size; n++) {
    const bundle = await world.tiles.get(entriesPath(n, Math.min(tileWidth, size - n * tileWidth)))
    leaves.push(...decodeEntryBundle(bundle!))
  }
  const closes = leaves.flatMap((leaf, index) => {
    const content = leaf[0] === 0x7b ? decodePublicLeaf(leaf) : undefined
    return content?.type === 'epoch-close' ? [{ index, content }] : []
  })
  const rows = await world.query('select epoch, leaf_index, end_index from ledger.epoch order by epoch')
  assert.deepEqual(
    rows.map((row) => [row.epoch, Number(row.leaf_index)]),
    closes.map(({ index, content }) => [content.epoch, index]),
    'each closed epoch has one public leaf, and its row knows where',
  )
  let from = 0
  for (const [at, { content }] of closes.entries()) {
    const { epoch, firstIndex, endIndex, tags, root } = content as Record<string, number>
    assert.deepEqual([epoch, firstIndex], [at, from], 'epochs follow each other without a gap')
    const pairs = leaves
      .map((leaf, index) => ({ leaf, index }))
      .slice(firstIndex, endIndex)
      .filter(({ leaf }) => isSealedLeaf(leaf))
      .map(({ leaf, index }) => ({ tag: decodeSealedLeaf(leaf).tag, index }))
    assert.equal(pairs.length, tags)
    assert.equal(base64Encode(tagIndexRoot(pairs)), String(root), 'anybody can rebuild the index of an epoch')
    from = endIndex!
  }
}

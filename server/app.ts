import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createDemands, type DemandsRoom, demandsMigrations, demandsRewrapper } from '#demands'
import { type Clock, day, newId, type OrganisationId, type PersonId, Refusal } from '#kernel'
import { chainRewrapper, createLedger, type LedgerRoom, ledgerMigrations } from '#ledger'
import { basisOf, createNotices, grantRewrapper, type NoticesRoom, noticesMigrations, withdrawConsent } from '#notices'
import { createParties, type Parties, partiesMigrations, useApprovalAtTerminal } from '#parties'
import {
  createEvents,
  createHttpServer,
  createJobs,
  createLog,
  createMetrics,
  createRotation,
  type HttpServer,
  type Log,
  mountHealth,
  mountPortal,
  mountReference,
  onceRewrapper,
  platformMigrations,
  type Rotation,
  type Tx,
} from '#platform'
import { createVault, vaultMigrations } from '#vault'
import type { Config } from './config.ts'
import { type Foundation, layFoundation, type Settled } from './foundation.ts'
import type { RecordCeremony } from './ops/key-verbs.ts'
import { mountKeysRoutes } from './ops/keys-routes.ts'
import type { FromSequencer } from './sequencer-thread.ts'

/** The hall: the only file that knows every room. Wiring only; no condition on anybody's business. */
export interface App {
  readonly http: HttpServer
  readonly ledger: LedgerRoom
  readonly parties: Parties
  readonly notices: NoticesRoom
  readonly demands: DemandsRoom
  readonly foundation: Foundation
  readonly rotation: Rotation
  listen(options: { host: string; port: number }): Promise<string>
  close(): Promise<void>
}
/** Every room's, lowest floor first. */
export const migrations = [
  platformMigrations,
  ledgerMigrations,
  partiesMigrations,
  noticesMigrations,
  vaultMigrations,
  demandsMigrations,
]

export class StartRefused extends Error {
  override readonly name = 'StartRefused'
}

export async function createApp(
  settled: Settled & { readonly config: Config; readonly settleMilliseconds?: number },
  log: Log,
  wanted?: Clock,
): Promise<App> {
  const { config } = settled
  const foundation = await layFoundation(settled, log, 'bailee')
  const { db, keys, tiles, ed25519, mlDsa44 } = foundation
  const clock = wanted ?? foundation.clock
  const metrics = createMetrics()
  const http = createHttpServer({
    log,
    metrics,
    perClientPerMinute: config.perClientPerMinute,
    perAddressPerMinute: config.perAddressPerMinute,
    secureCookies: config.publicUrl.protocol === 'https:',
    trustProxy: config.trustProxy,
    digestKey: await keys.indexKey(nobody, 'once', 1),
  })
  const serverSigner = await keys.signer('server-ed25519', 'ed25519')
  const ledger = createLedger({
    db,
    keys,
    clock,
    log,
    tiles,
    origin: config.ledgerOrigin,
    ed25519,
    mlDsa44,
    serverKey: serverSigner.publicKey,
    witnesses: settled.witnesses,
  })
  const parties = createParties({
    db,
    keys,
    ledger,
    clock,
    log,
    origin: { rpId: config.publicUrl.hostname, origin: config.publicUrl.origin },
  })
  const persons = {
    insertPersons: parties.insertPersons,
    async assertLive(tx: Tx, tenant: OrganisationId, id: PersonId) {
      const person = await parties.findPerson(tx, tenant, id)
      if (!person) throw new Refusal('person_unknown', { field: '/person' })
      if (person.state === 'erased') throw new Refusal('person_erased', { field: '/person' })
    },
    async markErased(tx: Tx, tenant: OrganisationId, id: PersonId) {
      // Two erasures raced: the other one has done it, with its own entry.
      if (!(await parties.markErased(tx, tenant, id))) throw new Refusal('person_erased', { field: '/person' })
    },
  }
  const notices = createNotices({
    db,
    keys,
    clock,
    ledger,
    persons,
    signer: serverSigner,
  })
  const crowd = watchCrowd()
  const vault = createVault({
    observeBatch: crowd.observe,
    db,
    keys,
    clock,
    log,
    ledger,
    notices,
    persons,
    approvals: parties,
    findsPerMinute: config.findsPerMinute,
    keyBackupDays: config.keyBackupDays,
  })
  const rotation = createRotation({
    db,
    keys,
    clock,
    log,
    // Every room that keeps anything sealed under an epoch key stands here, or those keys are never destroyed.
    rewrappers: [grantRewrapper(db), chainRewrapper(db), onceRewrapper(db), demandsRewrapper(db)],
    async announce(tx, destroyed) {
      const leaf = { type: 'epoch-keys-destroyed', v: 1, ...destroyed }
      await ledger.append(tx, [{ entry: newId(), tenant: null, at: clock.now().getTime(), leaf }])
    },
    ...(settled.settleMilliseconds === undefined ? {} : { settleMilliseconds: settled.settleMilliseconds }),
  })

  const demands = createDemands({
    db,
    keys,
    clock,
    log,
    ledger,
    persons,
    acts: {
      mine: vault.mine,
      erase: vault.erase,
      withdraw: (actor, person, purpose, once) =>
        withdrawConsent(notices.deps, actor, { person, purpose, recipient: undefined }, once),
      basisOf: (tenant, person) => basisOf(db.as('notices'), tenant, person, clock.now()),
    },
  })

  http.setAuthenticator(parties.authenticate)
  for (const room of [ledger, parties, notices, vault, demands]) room.mountRoutes(http)
  mountKeysRoutes(http, rotation, parties.isFirstOrganisation, config.keyBackupDays)
  ledger.observe(metrics)
  mountHealth(http, metrics, {
    database: () => db.ping().then(() => true),
    ledger: () => ledger.state() !== undefined && !ledger.behind(),
  })
  mountReference(http, '0.1.0')
  const portal = await mountPortal(http, join(import.meta.dirname, '..', 'web', 'dist'))
  if (!portal) log.warn('the portal is not built; `npm run build` makes it')

  const jobs = createJobs({ db, log, clock })
  jobs.every('platform/purge-once', 3600, async () => {
    await db.query({
      text: 'delete from platform.once where made_at < $1',
      values: [new Date(clock.now().getTime() - 7 * day)],
    })
  })
  // Found every hour, worked off beside the queue: it may take days, and nothing else should wait for it.
  jobs.every('platform/rotate-keys', 3600, () => rotation.daily())
  jobs.every('parties/sweep', 600, () => parties.sweep())
  jobs.every('notices/sweep', 600, async () => void (await notices.sweep()))
  demands.registerJobs(jobs)
  jobs.every('vault/retention', 21_600, async () => void (await vault.sweepRetention()))
  const events = createEvents({ db, log })

  const sequencer = await startSequencer(settled, ledger, log, crowd)
  jobs.start()
  events.start()
  return {
    http,
    ledger,
    parties,
    notices,
    demands,
    foundation,
    rotation,
    listen: (options) => http.listen(options),
    async close() {
      await http.close()
      await jobs.stop()
      await rotation.pause()
      await events.stop()
      await sequencer.stop()
      await foundation.close()
    },
  }
}

/** A key ceremony at the server's own terminal: the approval of two people and the leaf that names them, or neither. */
export const recordCeremony: RecordCeremony = (foundation, origin, wanted, made) => {
  const { db, clock, ed25519 } = foundation
  const log = createLog('silent')
  const ledger = createLedger({ ...foundation, log, origin, serverKey: ed25519.publicKey, witnesses: [] })
  return db.transaction('parties', async (tx) => {
    const people = await useApprovalAtTerminal(clock, tx, wanted)
    const leaf = { type: 'root-shared', v: 1, ...made, approval: wanted.approval, ...people }
    await ledger.append(tx, [{ entry: newId(), tenant: null, at: clock.now().getTime(), leaf }])
  })
}

/** The installation itself, where a key belongs to no organisation. */
const nobody = '0'.repeat(32) as OrganisationId

/** A URL cannot be cloned into another thread, and the thread needs none. */
const plain = ({ config, connections, witnesses, clockAhead }: Settled): Settled => ({
  connections,
  witnesses,
  ...(clockAhead === undefined ? {} : { clockAhead }),
  config: {
    dataDirectory: config.dataDirectory,
    ledgerOrigin: config.ledgerOrigin,
    ledgerEpochSeconds: config.ledgerEpochSeconds,
    ledgerEpochTags: config.ledgerEpochTags,
    witnessEveryMilliseconds: config.witnessEveryMilliseconds,
    poolSize: config.poolSize,
    logLevel: config.logLevel,
    keyProvider: config.keyProvider,
  },
})

interface Crowd {
  readonly shared: SharedArrayBuffer
  observe(batchSize: number): void
  stop(): void
}

/**
 * Tells the sequencer's thread, through one shared word, whether requests come faster than they are answered: then many of
 * them travel in one batch. How busy the event loop is says less, because small batches fill it as well as large ones.
 */
function watchCrowd(): Crowd {
  const shared = new SharedArrayBuffer(4)
  const word = new Int32Array(shared)
  let size = 0
  let seen = 0
  const timer = setInterval(() => {
    if (seen === 0) size = 0
    seen = 0
    Atomics.store(word, 0, size > crowdedBatch ? 1 : 0)
  }, 100)
  timer.unref()
  return {
    shared,
    observe(batchSize) {
      seen += 1
      size += 0.05 * (batchSize - size)
    },
    stop: () => clearInterval(timer),
  }
}
/** Requests in one batch, on the average of the last twenty, that make a crowd. */
const crowdedBatch = 20

/** Resolves when the ledger has an answer to give: this thread's sequencer holds office, or refuses to. */
async function startSequencer(
  settled: Settled,
  ledger: LedgerRoom,
  log: Log,
  crowd: Crowd,
): Promise<{ stop(): Promise<void> }> {
  const worker = new Worker(new URL('./sequencer-thread.ts', import.meta.url), {
    workerData: { ...plain(settled), crowd: crowd.shared },
  })
  let stopping = false
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    // Another server may hold office: then its reports are in the database, and this one serves.
    const patience = setTimeout(resolve, 5_000)
    worker.on('message', (message: FromSequencer) => {
      if (message.type === 'state') {
        ledger.heard(message.state)
        clearTimeout(patience)
        resolve()
      } else if (message.type === 'refused') {
        clearTimeout(patience)
        log.fatal({ why: message.why }, 'the ledger refuses to sign')
        reject(
          new StartRefused(
            `The ledger refuses to sign: ${message.why}. Nothing was changed. See docs/operations.md, "Restore".`,
          ),
        )
      }
    })
    worker.once('error', (error) => {
      clearTimeout(patience)
      log.fatal({ err: error }, 'the sequencer died')
      reject(error)
    })
  })
  worker.on('exit', () => {
    if (!stopping) log.fatal('the sequencer has ended; looks stop when its deadline passes')
  })
  return {
    async stop() {
      stopping = true
      crowd.stop()
      worker.postMessage('stop')
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 10_000).unref())])
      await worker.terminate()
    },
  }
}

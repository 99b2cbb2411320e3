import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HmacKey } from '@bailee/proof'
import { fixedClock, newId, type PersonId } from '#kernel'
import { createLedger, diskTileStore, ledgerMigrations } from '#ledger'
import {
  createHttpServer,
  createKeys,
  createLog,
  createMetrics,
  type Database,
  fileKeyProvider,
  migrate,
  openDatabase,
  openKeyStore,
  platformMigrations,
  startEmbeddedPostgres,
} from '#platform'
import { createParties, type Parties, partiesMigrations, softwareAuthenticator } from './index.ts'

/** A house with this room in it, on a real PostgreSQL, spoken to over the wire. For tests of this room alone. */

export const site = { rpId: 'portal.example', origin: 'https://portal.example' }
export const dawn = new Date('2026-11-23T01:00:00.000Z')

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests name the member they expect and compare it; that is the check
  readonly body: any
  /** The session cookie's value, if one was set. */
  readonly session: string | undefined
  readonly text: string
}
export interface Credentials {
  readonly key?: string
  readonly session?: string
  readonly once?: string
}

/** Fails the next transaction of the room that writes, before it commits or after it has. */
export type Break = 'before commit' | 'after commit'
function breakable(db: Database) {
  let next: Break | undefined
  return {
    breakNext(when: Break) {
      next = when
    },
    db: {
      ...db,
      async transaction<T>(room: Parameters<Database['transaction']>[0], work: Parameters<Database['transaction']>[1]) {
        const when = next
        next = undefined
        const answer = await db.transaction(room, async (tx) => {
          const inner = await work(tx)
          if (when === 'before commit') throw new Error('broken before the commit')
          return inner
        })
        if (when === 'after commit') throw new Error('broken after the commit')
        return answer as T
      },
    } as Database, // the wrapped transaction has the type of the one it wraps
  }
}

export async function openWorld() {
  const directory = await mkdtemp(join(tmpdir(), 'bailee-parties-'))
  // As root, PostgreSQL runs as somebody else: where they cannot pass through, the cluster would lie elsewhere and stay.
  await chmod(directory, 0o711)
  const log = createLog('silent')
  const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), log })
  const { connection } = postgres
  await migrate(connection, [platformMigrations, ledgerMigrations, partiesMigrations])
  const clock = fixedClock(dawn)
  const whole = openDatabase({ connection, applicationName: 'parties-test' })
  const keys = createKeys({
    provider: await fileKeyProvider(join(directory, 'root.key')),
    store: await openKeyStore(connection, () => {}),
    clock,
  })
  const { db, breakNext } = breakable(whole)
  const ledger = createLedger({
    db,
    keys,
    clock,
    log,
    tiles: diskTileStore(join(directory, 'tiles')),
    origin: 'parties.example/log',
    ed25519: await keys.signer('test/ed25519', 'ed25519'),
    mlDsa44: await keys.signer('test/ml-dsa-44', 'ml-dsa-44'),
    serverKey: new Uint8Array(32),
    witnesses: [],
  })
  const lines: string[] = []
  const roomLog = createLog('debug', { write: (line: string) => void lines.push(line) })
  const build = (): Parties => createParties({ db, keys, ledger, clock, log: roomLog, origin: site })
  const parties = build()
  const http = createHttpServer({
    digestKey: new HmacKey(randomBytes(32)),
    log: roomLog,
    metrics: createMetrics(),
    perClientPerMinute: 100_000,
    perAddressPerMinute: 100_000,
    secureCookies: true,
  })
  parties.mountRoutes(http)
  http.setAuthenticator((credentials) => parties.authenticate(credentials))

  async function call(method: 'GET' | 'POST', url: string, body?: object, as: Credentials = {}): Promise<Answer> {
    const response = await http.raw.inject({
      method,
      url: `/v1/parties${url}`,
      headers: {
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(as.key ? { authorization: `Bearer ${as.key}` } : {}),
        ...(as.session ? { cookie: `bailee_session=${as.session}` } : {}),
        ...(method === 'POST' ? { 'idempotency-key': as.once ?? newId() } : {}),
      },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    })
    const cookie = String(response.headers['set-cookie'] ?? '')
    return {
      status: response.statusCode,
      body: JSON.parse(response.payload),
      session: /^bailee_session=([^;]+);/.exec(cookie)?.[1],
      text: response.payload,
    }
  }
  const post = (url: string, body: object, as?: Credentials) => call('POST', url, body, as)
  const get = (url: string, as?: Credentials) => call('GET', url, undefined, as)

  const world = {
    parties,
    /** The room as another process of the same house would have it. */
    anotherProcess: build,
    db,
    breakNext,
    clock,
    log: lines,
    post,
    get,
    wait: (milliseconds: number) => clock.set(new Date(clock.now().getTime() + milliseconds)),

    /** Back to a server that nobody has set up. The session's own role may do what the room's may not. */
    async clear() {
      await whole.transaction('parties', async (tx) => {
        await tx.query({ text: 'set local role none' })
        await tx.query({
          text: 'truncate parties.organisation, parties.setup, parties.ceremony, parties.person cascade',
        })
        await tx.query({ text: 'truncate ledger.outbox' })
      })
      clock.set(dawn)
    },
    /** What stands in the ledger's outbox, oldest first: public leaves as they are, entries of persons by kind. */
    async logged(): Promise<readonly Logged[]> {
      const rows = await whole.as('ledger').query<{ entries: string }>({
        text: 'select entries from ledger.outbox order by id',
      })
      return rows.flatMap((row) => row.entries.split('\n').map(loggedOf))
    },
    async count(table: string): Promise<number> {
      const [row] = await whole
        .as('parties')
        .query<{ n: number }>({ text: `select count(*) as n from parties.${table}` })
      return row?.n ?? 0
    },

    /** The first organisation, set up by machine. */
    async found(name = 'First House') {
      const token = await parties.ensureSetupLink()
      const answer = await post('/setup', { token, organisation: provider(name), client: { name: 'automation' } })
      return { key: answer.body.key as string, organisation: answer.body.organisation.id as string }
    },
    /** The first organisation, set up by its first administrator. */
    async foundByPasskey() {
      const token = await parties.ensureSetupLink()
      const device = softwareAuthenticator(site)
      const begun = await post('/setup/passkey/begin', { token, displayName: 'Lin Invented' })
      const finished = await post('/setup/passkey/finish', {
        token,
        ceremony: begun.body.ceremony,
        organisation: provider('First House'),
        credential: device.register(begun.body.options),
      })
      return { device, session: finished.session!, staff: finished.body.staff.id as string }
    },
    async anotherOrganisation(founderKey: string, name = 'Second House') {
      const answer = await post(
        '/organisations',
        { ...provider(name), client: { name: 'automation' } },
        { key: founderKey },
      )
      return { key: answer.body.key as string, organisation: answer.body.organisation.id as string }
    },
    async client(as: Credentials, abilities: readonly string[], purposes: readonly string[] = []) {
      const answer = await post('/clients', { name: 'a machine', abilities, purposes }, as)
      return { ...answer, key: answer.body.key as string, id: answer.body.client?.id as string }
    },
    /** Takes up an invitation with a new passkey. */
    async join(invitation: string) {
      const device = softwareAuthenticator(site)
      const begun = await post('/staff/register/begin', { invitation })
      const credential = device.register(begun.body.options)
      const finished = await post('/staff/register/finish', { invitation, ceremony: begun.body.ceremony, credential })
      return { device, session: finished.session!, staff: finished.body.staff?.id as string, finished }
    },
    async signIn(device: ReturnType<typeof softwareAuthenticator>) {
      const begun = await post('/staff/sign-in/begin', {})
      return post('/staff/sign-in/finish', {
        ceremony: begun.body.ceremony,
        credential: device.signIn(begun.body.options),
      })
    },
    /** A live person of an organisation, made as the vault makes one: in its own role. */
    async person(organisation: string): Promise<string> {
      const id: PersonId = newId()
      await db.transaction('vault', (tx) => parties.insertPersons(tx, tenantOf(organisation), [id]))
      return `per_${id}`
    },
    async close() {
      await http.close()
      await keys.close()
      await whole.close()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
  return world
}
export type World = Awaited<ReturnType<typeof openWorld>>

export interface Logged {
  readonly type: string
  readonly leaf: Record<string, unknown> | undefined
  readonly subject: string | undefined
  readonly fields: Record<string, unknown>
}
function loggedOf(line: string): Logged {
  const { p, k, s, f } = JSON.parse(line)
  return { type: p?.type ?? k, leaf: p, subject: s && `per_${s}`, fields: Object.fromEntries(f ?? []) }
}

export const provider = (name: string) => ({ kind: 'provider', name: { en: name, zh: '某家' } })
/** The wire id without its prefix, as the house writes it. */
export const tenantOf = (organisation: string) => organisation.slice(4) as Parameters<Parties['insertPersons']>[1]
export const personOf = (person: string) => person.slice(4) as PersonId

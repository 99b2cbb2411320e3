import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HmacKey } from '@bailee/proof'
import { fixedClock, newId, type OrganisationId, type PersonId, Refusal } from '#kernel'
import { createLedger, diskTileStore, ledgerMigrations } from '#ledger'
import { createNotices, noticesMigrations } from '#notices'
import { createParties, partiesMigrations } from '#parties'
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
  type Statement,
  startEmbeddedPostgres,
  type Tx,
} from '#platform'
import { createVault, vaultMigrations } from './index.ts'

/**
 * A house up to this floor, on a real PostgreSQL, spoken to over its routes. No sequencer: what is logged stays in the
 * outbox, where it can be counted. For tests of this room alone.
 */
export const dawn = new Date('2026-11-23T01:00:00.000Z')

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests name the member they expect and compare it; that is the check
  readonly body: any
  readonly text: string
}
export type Break = 'before it took effect' | 'after it took effect'

/** What a lost connection looks like: nobody knows whether the statement took effect. */
const lost = () => Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' })

/** Breaks the next write of the room: a transaction, or one of the statements that are a whole act by themselves. */
function breakable(db: Database) {
  const wholeActs = ['vault/insert-collected', 'vault/fetch-and-log', 'notices/insert-consented', 'vault/log-found']
  let next: Break | undefined
  const take = () => {
    const when = next
    next = undefined
    return when
  }
  return {
    breakNext(when: Break) {
      next = when
    },
    db: {
      ...db,
      as: (room: Parameters<Database['as']>[0]) => ({
        async query(statement: Statement) {
          const when = wholeActs.includes(statement.name ?? '') ? take() : undefined
          if (when === 'before it took effect') throw lost()
          const rows = await db.as(room).query(statement)
          if (when === 'after it took effect') throw lost()
          return rows
        },
      }),
      async transaction<T>(room: Parameters<Database['transaction']>[0], work: (tx: Tx) => Promise<T>) {
        const when = take()
        const answer = await db.transaction(room, async (tx) => {
          const inner = await work(tx)
          if (when === 'before it took effect') throw lost()
          return inner
        })
        if (when === 'after it took effect') throw lost()
        return answer
      },
    } as Database, // the wrapped functions have the types of those that they wrap
  }
}

export const notice = {
  slug: 'orders',
  title: { en: 'Orders', zh: '订单' },
  contact: { en: 'privacy desk of the test shop', zh: '测试商店隐私专员' },
  recipients: [],
  purposes: [
    { id: 'delivery', title: { en: 'Delivering your order', zh: '配送订单' }, basis: 'consent', retentionDays: 180 },
    { id: 'support', title: { en: 'Answering your questions', zh: '客户服务' }, basis: 'consent', retentionDays: 180 },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: { en: 'How to reach you', zh: '联系方式' },
      sensitive: false,
      purposes: ['delivery', 'support'],
      fields: [
        { name: 'name', title: { en: 'Name', zh: '姓名' } },
        { name: 'phone', title: { en: 'Phone', zh: '电话' }, search: true },
      ],
    },
    {
      id: 'place',
      term: 'pd:PhysicalAddress',
      title: { en: 'Where you live', zh: '住址' },
      sensitive: false,
      purposes: ['delivery'],
      fields: [{ name: 'address', title: { en: 'Address', zh: '地址' } }],
    },
  ],
}

export async function openWorld({ findsPerMinute = 10_000 } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'bailee-vault-'))
  // As root, PostgreSQL runs as somebody else: where they cannot pass through, the cluster would lie elsewhere and stay.
  await chmod(directory, 0o711)
  const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), log: createLog('silent') })
  const { connection } = postgres
  await migrate(connection, [
    platformMigrations,
    ledgerMigrations,
    partiesMigrations,
    noticesMigrations,
    vaultMigrations,
  ])
  const clock = fixedClock(dawn)
  const lines: string[] = []
  const log = createLog('debug', { write: (line: string) => void lines.push(line) })
  const whole = openDatabase({ connection, applicationName: 'vault-test' })
  const { db, breakNext } = breakable(whole)
  const provider = await fileKeyProvider(join(directory, 'root.key'))
  const openKeys = async () => createKeys({ provider, store: await openKeyStore(connection, () => {}), clock })
  const signing = await openKeys()
  const ed25519 = await signing.signer('test/ed25519', 'ed25519')
  const mlDsa44 = await signing.signer('test/ml-dsa-44', 'ml-dsa-44')

  /** The rooms and their routes, as one process has them; another process has its own caches. */
  async function build() {
    const keys = await openKeys()
    const metrics = createMetrics()
    const ledger = createLedger({
      db,
      keys,
      clock,
      log,
      tiles: diskTileStore(join(directory, 'tiles')),
      origin: 'vault.example/log',
      ed25519,
      mlDsa44,
      serverKey: new Uint8Array(32),
      witnesses: [],
    })
    // Nobody sequences here; the ledger is told that somebody is alive.
    const alive = () =>
      ledger.heard({
        size: 0,
        root: '',
        note: '',
        signedAt: 0,
        witnessedSize: 0,
        witnessedNote: null,
        backlog: 0,
        oldestSeconds: 0,
        witnesses: [],
        epoch: 0,
        epochEndsAt: 0,
        assigned: [],
      })
    alive()
    const breathing = setInterval(alive, 1_000).unref()
    const parties = createParties({
      db: whole,
      keys,
      ledger,
      clock,
      log,
      origin: { rpId: 'portal.example', origin: 'https://portal.example' },
    })
    const persons = {
      insertPersons: parties.insertPersons,
      async assertLive(tx: Tx, tenant: OrganisationId, id: PersonId) {
        const person = await parties.findPerson(tx, tenant, id)
        if (!person) throw new Refusal('person_unknown', { field: '/person' })
        if (person.state === 'erased') throw new Refusal('person_erased', { field: '/person' })
      },
      async markErased(tx: Tx, tenant: OrganisationId, id: PersonId) {
        if (!(await parties.markErased(tx, tenant, id))) throw new Refusal('person_erased', { field: '/person' })
      },
    }
    const signer = await keys.signer('server-ed25519', 'ed25519')
    const notices = createNotices({ db, keys, clock, ledger, persons, signer })
    const vault = createVault({
      db,
      keys,
      clock,
      log,
      ledger,
      notices,
      persons,
      approvals: parties,
      findsPerMinute,
      keyBackupDays: 7,
    })
    const http = createHttpServer({
      digestKey: new HmacKey(randomBytes(32)),
      log,
      metrics,
      perClientPerMinute: 1_000_000,
      perAddressPerMinute: 1_000_000,
      secureCookies: true,
    })
    http.setAuthenticator((credentials) => parties.authenticate(credentials))
    for (const room of [parties, notices, vault]) room.mountRoutes(http)
    async function call(path: string, body: object, as: { key?: string; session?: string; once?: string } = {}) {
      const response = await http.raw.inject({
        method: 'POST',
        url: `/v1${path}`,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': as.once ?? newId(),
          ...(as.key ? { authorization: `Bearer ${as.key}` } : {}),
          ...(as.session ? { cookie: `bailee_session=${as.session}` } : {}),
        },
        payload: JSON.stringify(body),
      })
      const text = response.payload
      const session = /^bailee_session=([^;]+);/.exec(String(response.headers['set-cookie'] ?? ''))?.[1]
      return { status: response.statusCode, body: JSON.parse(text), text, session }
    }
    return {
      http,
      parties,
      notices,
      vault,
      keys,
      metrics,
      call,
      async close() {
        clearInterval(breathing)
        await http.close()
        await keys.close()
      },
    }
  }
  const house = await build()
  const { call } = house
  let founder: string | undefined
  const good = async (answer: Promise<Answer>) => {
    const { status, body, text } = await answer
    if (status >= 300) throw new Error(`unexpected ${status}: ${text}`)
    return body
  }

  /** A provider with a live notice and a key that may do everything in this room. */
  async function shop() {
    const name = { en: 'Test Shop', zh: '测试商店' }
    const made =
      founder === undefined
        ? await good(
            call('/parties/setup', {
              token: await house.parties.ensureSetupLink(),
              organisation: { kind: 'provider', name },
              client: { name: 'administrator' },
            }),
          )
        : await good(
            call(
              '/parties/organisations',
              { kind: 'provider', name, client: { name: 'administrator' } },
              { key: founder },
            ),
          )
    founder ??= made.key as string
    const { key } = await good(
      call(
        '/parties/clients',
        {
          name: 'backend',
          abilities: ['publish', 'consent', 'collect', 'look', 'find', 'erase'],
          purposes: ['delivery', 'support'],
        },
        { key: made.key },
      ),
    )
    const published = await good(call('/notices', notice, { key }))
    const snapshot = async (): Promise<string> =>
      (await good(call('/notices/snapshots', { notice: published.notice.id, language: 'en' }))).snapshot
    const post = (path: string, body: object, once?: string) =>
      call(path, body, { key, ...(once === undefined ? {} : { once }) })
    return {
      key,
      tenant: made.organisation.id.slice(4) as string,
      notice: published.notice.id as string,
      snapshot,
      post,
      look: (person: string, purpose: string, fields: readonly string[], record?: string) =>
        post('/vault/look', { person, purpose, fields, ...(record === undefined ? {} : { record }) }),
      find: async (value: string, purpose = 'delivery') =>
        (await good(post('/vault/find', { purpose, field: 'phone', value }))).items.map(
          (hit: { person: string }) => hit.person,
        ) as string[],
      async person(
        fields: Readonly<Record<string, string>> = { name: 'Invented Person', phone: '13800000000' },
        purposes: readonly string[] = ['delivery', 'support'],
      ): Promise<string> {
        const consent = { snapshot: await snapshot(), purposes }
        return (await good(post('/vault/collect', { consent, fields }))).person
      },
      /** A session of this person's own. */
      async visit(person: string): Promise<string> {
        const { token } = await good(post('/parties/persons/access-links', { person }))
        return (await call('/parties/persons/sessions', { token })).session!
      },
    }
  }

  return {
    ...house,
    shop,
    good,
    /** As another process of the same house would have it: nothing is cached. */
    anotherProcess: build,
    breakNext,
    clock,
    log: lines,
    db: whole,
    /** As whoever owns the database, whom no role stops. */
    async steal<Row extends object = Record<string, unknown>>(text: string, values: readonly unknown[] = []) {
      return whole.transaction('vault', async (tx) => {
        await tx.query({ text: 'set local role none' })
        return tx.query<Row>({ text, values })
      })
    },
    /** Kinds and outcomes of what was logged about a person, oldest first. */
    async logged(person: string): Promise<string[]> {
      const rows = await whole.as('ledger').query<{ entries: string; outcomes: (string | null)[] | null }>({
        text: 'select entries, outcomes from ledger.outbox order by id',
      })
      return rows.flatMap((row) =>
        row.entries.split('\n').flatMap((line, at) => {
          const { s, k } = JSON.parse(line)
          const outcome = row.outcomes?.[at]
          return s !== person.slice(4) || outcome === '-' ? [] : [outcome ? `${k}: ${outcome}` : (k as string)]
        }),
      )
    },
    async close() {
      await house.close()
      await signing.close()
      await whole.close()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    },
  }
}
export type World = Awaited<ReturnType<typeof openWorld>>
export type Shop = Awaited<ReturnType<World['shop']>>

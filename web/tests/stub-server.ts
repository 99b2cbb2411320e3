import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { allRoutes, type ErrorCode, errorCatalogue } from '@bailee/contract'
import { encodeEntryBundle, parseTilePath } from '@bailee/proof'
import { base64Decode, base64Encode, flipOf } from './stub-bytes.ts'
import {
  approvals,
  clients,
  consents,
  demands,
  explanation,
  grants,
  held,
  keysStatus,
  notice,
  organisation,
  person,
  refusalReasons,
  staff,
} from './stub-people.ts'
import { makeKey, origin, World } from './stub-world.ts'

/** What the server lies about. */
export type Lie =
  | 'leaf'
  | 'path'
  | 'signature'
  | 'second-signature'
  | 'witness'
  | 'opening'
  | 'words'
  | 'other-entry'
  | 'absence'
  | 'epoch-root'
  | 'history'
  | 'open-period'

export const personToken = 'person-token-000000000001'
/** As strict as a page can be served: no inline script, no inline style, nothing from elsewhere. */
export const strictPolicy =
  "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const dist = join(import.meta.dirname, '..', 'dist')
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
}
// A path without parameters is meant before one that has some.
const routes = [...allRoutes].sort((a, b) => Number(a.path.includes(':')) - Number(b.path.includes(':')))
type Session = 'person' | 'staff'

class Refused extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode) {
    super(code)
    this.code = code
  }
}
interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly session: Session | undefined
  readonly setCookie: (value: string) => void
}

export async function startStub() {
  const world = new World()
  const sessions = new Map<string, Session>()
  const state = {
    lie: undefined as Lie | undefined,
    /** Refuses every call of this route with this code. */
    refuse: undefined as { readonly route: string; readonly code: ErrorCode } | undefined,
    setupNeeded: false,
    /** What is live; a test may publish another. */
    notice: notice as Omit<typeof notice, 'version' | 'hash'> & { readonly version: number; readonly hash: string },
    snapshots: 0,
    holds: [] as object[],
    demands: [...demands],
    /** Bodies of the acts that were carried out, by route. */
    acts: [] as { readonly route: string; readonly body: unknown }[],
    snapshotSeconds: 3600,
    tokens: new Set([personToken]),
    grants: [...grants] as (typeof grants)[number][],
    onceKeys: [] as string[],
    requests: [] as string[],
    clients: [...clients] as object[],
    /** Hides nothing, but leaves the newest entry waiting. */
    pending: false,
  }

  const tampered = (index: number) => {
    let leaf = base64Encode(world.leaves[index]!)
    let proof = world.proofOf(index)
    const lines = proof.split('\n')
    if (state.lie === 'leaf') leaf = flipOf(leaf, 60)
    if (state.lie === 'path') proof = lines.map((line, at) => (at === 2 ? flipOf(line, 3) : line)).join('\n')
    if (state.lie === 'signature') proof = flipSignature(proof, origin, 0)
    if (state.lie === 'second-signature') proof = flipSignature(proof, origin, 1)
    if (state.lie === 'witness') proof = lines.filter((line) => !line.includes('witness.hill')).join('\n')
    return { leaf, proof }
  }
  const status = () => ({
    origin,
    vkeys: [world.log.vkey, world.logPq.vkey],
    policy: world.policy(),
    serverKey: base64Encode(new Uint8Array(32).fill(9)),
    size: world.size,
    root: base64Encode(world.tree().root()),
    checkpoint: world.checkpoint(),
    checkpointAt: new Date().toISOString(),
    backlog: 0,
    lagSeconds: 0,
    behind: false,
    witnesses: world.witnesses.map(({ name, vkey }) => ({
      name,
      vkeys: [vkey],
      url: `https://${name}`,
      size: world.size,
      seenAt: '2026-03-15T00:00:00Z',
      reachable: true,
    })),
    epoch: world.epochs.length,
    epochEndsAt: '2027-04-14T00:00:00Z',
  })
  const receipt = () => ({
    v: 1,
    origin,
    entry: '0198c2f0-0000-0000-0000-000000000001',
    commitment: base64Encode(randomBytes(32)),
    index: 0,
    count: 1,
    path: [],
    signedAt: new Date().toISOString(),
    deadline: new Date(Date.now() + 10_000).toISOString(),
    signature: base64Encode(randomBytes(64)),
  })
  const asPerson = ({ session }: Asked) => {
    if (session !== 'person') throw new Refused('credentials_missing')
  }
  const wordsOf = (entry: (typeof world.entries)[number]) => {
    const { disclosure: _, ...shown } = entry
    if (state.lie === 'words') return { ...shown, fields: { ...shown.fields, purpose: 'support' } }
    if (state.pending && entry === world.entries[0]) return { ...shown, n: null, index: null }
    return shown
  }

  const handlers: Record<string, (asked: Asked) => unknown> = {
    ledgerStatus: status,
    whoAmI: ({ session }) => ({
      kind: session ?? 'anyone',
      organisation: session ? organisation : null,
      id: session === 'person' ? person : session === 'staff' ? staff.id : null,
      displayName: session === 'staff' ? staff.displayName : null,
      abilities: session === 'staff' ? staff.abilities : [],
      purposes: session === 'staff' ? staff.purposes : [],
      setupNeeded: state.setupNeeded,
    }),
    openPersonSession: ({ body, setCookie }) => {
      if (!state.tokens.delete(String(body.token))) throw new Refused('link_invalid')
      const cookie = randomBytes(8).toString('hex')
      sessions.set(cookie, 'person')
      setCookie(cookie)
      return { person, organisation, expiresAt: '2027-01-01T00:00:00Z' }
    },
    signOut: ({ setCookie }) => {
      setCookie('')
      return { signedOut: true }
    },
    myEntries: (asked) => {
      asPerson(asked)
      const from = Number(asked.query.get('cursor') ?? 0)
      const items = world.entries.slice(from, from + 20).map(wordsOf)
      const next = from + 20 < world.entries.length ? String(from + 20) : null
      return { items, next, total: world.entries.length }
    },
    myProof: (asked) => {
      asPerson(asked)
      const at = world.entries.findIndex(({ entry }) => entry === asked.params.entry)
      const found = world.entries[state.lie === 'other-entry' ? at + 1 : at]
      if (!found) throw new Refused('entry_unknown')
      const disclosure = {
        ...found.disclosure,
        disclosed: found.disclosure.disclosed.map((field) =>
          state.lie === 'opening' && field.name === 'commitment'
            ? { ...field, value: base64Encode(new Uint8Array(32)) }
            : field,
        ),
      }
      return { entry: asked.params.entry, index: found.index, ...tampered(found.index), disclosure }
    },
    myMonitor: (asked) => {
      asPerson(asked)
      const { n, key } = world.chain
      const tags = world.entries.map(({ n: place, index }) => ({
        n: place,
        tag: base64Encode(world.leaves[index]!.slice(16, 48)),
        index,
      }))
      return { n, key: state.lie === 'absence' ? world.usedKey : key, tags }
    },
    chainStart: (asked) => {
      asPerson(asked)
      const [checkpoint, policy, known] = [world.checkpoint(), world.policy(), world.chain.n]
      return { v: 1, n: 0, key: world.startKey, known, policy, checkpoint, receipt: receipt() }
    },
    releases: (asked) => {
      asPerson(asked)
      const release = {
        person,
        recipient: 'lighthouse',
        purpose: 'newsletter',
        contract: 'LH-2026-03',
        fields: ['phone'],
        entry: world.entries[2]!.entry,
        at: '2026-03-16T02:07:13Z',
        keptUntil: '2029-03-16T02:07:13Z',
      }
      return { items: [release], next: null }
    },
    holds: () => ({ items: state.holds }),
    listEpochs: () => ({
      items: world.epochs.map((epoch) =>
        state.lie === 'epoch-root' ? { ...epoch, root: flipOf(epoch.root, 3) } : epoch,
      ),
    }),
    epochBucket: ({ params }) => {
      const epoch = Number(params.epoch)
      const index = world.indexes.get(epoch)
      if (!index) throw new Refused('epoch_unknown')
      const hex = index.pairs.map(({ tag }) => Buffer.from(tag).toString('hex'))
      const inside = (tag: string) => tag.startsWith(String(params.prefix))
      const low = hex.findIndex((tag) => tag >= String(params.prefix))
      const first = hex.findIndex(inside)
      const begin = first >= 0 ? first : low >= 0 ? low : hex.length
      const end = begin + hex.filter(inside).length
      const proofs = index.pairs.slice(Math.max(0, begin - 1), end + 1).flatMap(({ tag }) => index.proveTag(tag))
      return { epoch, size: index.size, root: base64Encode(index.root()), proofs }
    },
    proveIndex: ({ params }) => {
      const index = Number(params.index)
      if (index >= world.size) throw new Refused('index_out_of_range')
      return { index, ...tampered(index) }
    },
    proveConsistency: ({ query }) => {
      const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
      const path = world
        .tree()
        .consistencyPath(from, to)
        .map((hash) => base64Encode(hash))
      return { from, to, proof: state.lie === 'history' ? path.map((hash) => flipOf(hash, 2)) : path }
    },
    takeSnapshot: ({ body }) => {
      if (body.notice !== notice.id) throw new Refused('notice_unknown')
      state.snapshots += 1
      const life = state.snapshotSeconds * 1000
      return {
        snapshot: `${Buffer.from(`invented snapshot ${state.snapshots} in ${body.language}`).toString('base64url')}.c2lnbmF0dXJl`,
        notice: state.notice,
        expiresAt: new Date(Date.now() + life).toISOString(),
      }
    },
    listNotices: () => ({ items: [notice], next: null }),
    getNotice: ({ params }) => {
      if (params.notice !== notice.id) throw new Refused('notice_unknown')
      return notice
    },
    listGrants: (asked) => {
      asPerson(asked)
      return { items: state.grants }
    },
    withdrawConsent: (asked) => {
      asPerson(asked)
      const before = state.grants.length
      state.grants = state.grants.filter(({ purpose }) => purpose !== asked.body.purpose)
      world.act('withdraw', [
        ['actor', { kind: 'person', id: person }],
        ['purpose', String(asked.body.purpose)],
        ['keysDestroyed', before - state.grants.length],
      ])
      return { person, purpose: asked.body.purpose, destroyed: before - state.grants.length, receipt: receipt() }
    },
    listConsents: (asked) => {
      asPerson(asked)
      return consents
    },
    giveConsent: (asked) => {
      asPerson(asked)
      const consentReceipt = consents.items[0].consentReceipt
      const given = { person, grants: [], recipients: [], consentReceipt, receipt: receipt() }
      return { consent: consents.items[0].consent, ...given }
    },
    refuseConsent: (asked) => {
      asPerson(asked)
      return { person, askAgainAt: '2027-04-19T02:07:13Z', receipt: receipt() }
    },
    previewNotice: ({ body }) => {
      const isBroken = (body.title as { en: string }).en === 'Broken'
      return {
        problems: isBroken
          ? [{ field: '/purposes/0/id', rule: 'needs no category: a purpose without information is none' }]
          : [],
        live: body.slug === notice.content.slug ? { notice: notice.id, version: notice.version } : null,
        changes: [
          {
            path: '/purposes/newsletter/retentionDays',
            kind: 'widens',
            purposes: ['newsletter'],
            en: '“Sending our newsletter” keeps for 400 days instead of 365.',
            zh: '“发送小铺通讯”的保存期限由 365 天改为 400 天。',
          },
        ],
        widens: true,
        shown: [],
        askedAnew: 17,
      }
    },
    diffNotice: ({ query }) => ({
      notice: notice.id,
      from: Number(query.get('from')),
      to: Number(query.get('to')),
      widens: true,
      changes: consents.items[0].asksAnew,
    }),
    publishNotice: ({ body }) => ({ notice: { ...notice, version: 3, content: body }, receipt: receipt() }),
    find: ({ body }) => ({
      items: body.value === '+86 000 0000 0042' ? [{ person, record: held[0].record, receipt: receipt() }] : [],
    }),
    look: ({ body }) => {
      const all: Readonly<Record<string, string>> = Object.assign({}, ...held.map(({ fields }) => fields))
      const fields = Object.fromEntries((body.fields as string[]).map((name) => [name, all[name] ?? '']))
      return { person, record: held[0].record, fields, receipt: receipt() }
    },
    listActs: () => ({
      items: [
        {
          entry: `ent_${'7'.repeat(32)}`,
          index: 41,
          at: '2026-03-02T08:00:00.000Z',
          kind: 'look',
          person,
          actor: { kind: 'client', id: `cli_${'5'.repeat(32)}` },
          fields: { purpose: 'delivery', fields: ['phone'], outcome: 'refused: grant_missing', case: 'T-1' },
        },
      ],
      next: null,
    }),
    listDemands: ({ session, query }) => ({
      items: (query.get('which') === 'waiting'
        ? state.demands.filter((one) => one.state === 'open')
        : state.demands
      ).map(({ clock, ...demand }) => ({
        ...demand,
        clock: clock && { ...clock, steps: undefined },
        can: demand.can.filter((act) =>
          (session === 'person'
            ? ['withdraw', 'escalate', 'confirm']
            : ['fulfil', 'refuse', 'extend', 'confirm']
          ).includes(act),
        ),
      })),
      next: null,
    }),
    getDemand: ({ params }) => {
      const found = state.demands.find(({ id }) => id === params.demand)
      if (!found) throw new Refused('demand_unknown')
      return found
    },
    getRegimes: () => ({ regimes: [{ regime: 'cn' }], reasons: refusalReasons }),
    makeDemand: ({ body }) => {
      const isAtOnce = body.kind === 'copy' || body.kind === 'explain'
      const demand = {
        ...demands[0]!,
        id: `dem_${randomBytes(16).toString('hex')}`,
        fields: [],
        text: null,
        ...body,
        ...(isAtOnce ? { state: 'fulfilled', ready: true, clock: null, can: [] } : {}),
      }
      state.demands.unshift(demand)
      return { demand, receipt: receipt() }
    },
    answerDemand: ({ params, body }) => {
      state.demands = state.demands.map((one) =>
        one.id === params.demand ? { ...one, state: String(body.outcome), can: [] } : one,
      )
      return { demand: state.demands.find(({ id }) => id === params.demand), receipt: receipt() }
    },
    escalateDemand: ({ params }) => {
      state.demands = state.demands.map((one) =>
        one.id === params.demand ? { ...one, state: 'escalated', can: [] } : one,
      )
      return { demand: state.demands.find(({ id }) => id === params.demand), receipt: receipt() }
    },
    copyDemand: () => ({}),
    explainDemand: () => explanation,
    keysStatus: () => keysStatus,
    mine: (asked) => {
      asPerson(asked)
      const wanted = asked.body.categories as string[] | undefined
      return { records: held.filter(({ category }) => wanted?.includes(category) ?? true), receipt: receipt() }
    },
    erase: (asked) => {
      asPerson(asked)
      const unrecoverableAfter = { at: '2027-05-14T00:00:00Z', meaning: 'the date of the epoch keys' }
      return { person, erasedAt: new Date().toISOString(), drawers: 2, keys: 4, unrecoverableAfter, receipt: receipt() }
    },
    listOrganisations: () => ({ items: [organisation], next: null }),
    listClients: () => ({ items: state.clients }),
    createClient: ({ body }) => {
      const client = { ...clients[0], id: `cli_${randomBytes(16).toString('hex')}`, ...body }
      state.clients.push(client)
      return { client, key: 'blk_invented_key_that_is_shown_once' }
    },
    revokeClient: () => ({ client: clients[1] }),
    listApprovals: () => ({ items: approvals }),
    inviteStaff: () => ({ invitation: 'invitation-token-00000001', expiresAt: '2027-01-01T00:00:00Z' }),
    setupBegin: () => ({ ceremony: 'ceremony-00000000000000001', options: creationOptions() }),
    setupFinish: ({ setCookie }) => {
      const cookie = randomBytes(8).toString('hex')
      sessions.set(cookie, 'staff')
      setCookie(cookie)
      state.setupNeeded = false
      return { organisation, staff }
    },
  }

  const api = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const answer = (code: number, body: unknown, type = 'application/json') =>
      response
        .writeHead(code, { ...headers, 'content-type': type, 'cache-control': 'no-store' })
        .end(JSON.stringify(body))
    const refuse = (code: ErrorCode) => {
      const { status: number, en, zh } = errorCatalogue[code]
      const problem = {
        type: `urn:bailee:${code}`,
        title: en,
        titleZh: zh,
        status: number,
        code,
        instance: 'req_stub1',
      }
      return answer(number, problem, 'application/problem+json')
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const all = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' }
    if (request.method === 'OPTIONS') return response.writeHead(204, all).end()
    for (const shape of routes) {
      const names = [...shape.path.matchAll(/:([a-z]+)/g)].map(([, name]) => name!)
      const found = new RegExp(`^${shape.path.replace(/:[a-z]+/g, '([^/]+)')}$`).exec(url.pathname)
      if (!found || shape.method !== request.method) continue
      if (shape.crossOrigin) response.setHeader('access-control-allow-origin', '*')
      if (state.refuse?.route === shape.name) return refuse(state.refuse.code)
      const once = request.headers['idempotency-key']
      if (shape.idempotency === 'required') {
        if (typeof once !== 'string') return refuse('idempotency_key_required')
        state.onceKeys.push(once)
      }
      const handler = handlers[shape.name]
      if (!handler) return refuse('unavailable')
      const cookie = /bailee_session=([0-9a-f]+)/.exec(request.headers.cookie ?? '')?.[1]
      try {
        const asked: Asked = {
          params: Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1]!)])),
          query: url.searchParams,
          body: chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {},
          session: cookie === undefined ? undefined : sessions.get(cookie),
          setCookie: (value) =>
            response.setHeader('set-cookie', `bailee_session=${value}; Path=/; HttpOnly; SameSite=Strict`),
        }
        const result = handler(asked)
        if (shape.idempotency === 'required') state.acts.push({ route: shape.name, body: asked.body })
        if (shape.name === 'copyDemand')
          return response
            .writeHead(200, { ...headers, 'content-type': 'application/zip' })
            .end(Buffer.from('PK invented'))
        return answer(shape.status ?? 200, result)
      } catch (error) {
        if (error instanceof Refused) return refuse(error.code)
        throw error
      }
    }
    return refuse('route_unknown')
  }
  const headers = { 'content-security-policy': strictPolicy, 'x-content-type-options': 'nosniff' }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub')
    state.requests.push(`${request.method} ${url.pathname}${url.search}`)
    if (url.pathname.startsWith('/v1/'))
      return void api(request, response, url).catch((error) => {
        console.error(error)
        response.writeHead(500).end()
      })
    if (url.pathname.startsWith('/ledger/tile/entries/')) {
      const { n, width } = parseTilePath(url.pathname.slice('/ledger/'.length))
      const leaves = world.leaves.slice(n * 256, n * 256 + width)
      if (leaves.length < width) return void response.writeHead(404, headers).end()
      if (state.lie === 'open-period') {
        const last = Uint8Array.from(leaves.pop()!)
        last[70]! ^= 1
        leaves.push(last)
      }
      return void response.writeHead(200, headers).end(encodeEntryBundle(leaves))
    }
    const file = join(dist, normalize(url.pathname))
    if (url.pathname.startsWith('/embed/')) response.setHeader('access-control-allow-origin', '*')
    const path = existsSync(file) && statSync(file).isFile() ? file : join(dist, 'index.html')
    response.writeHead(200, { ...headers, 'content-type': types[extname(path)] ?? 'application/octet-stream' })
    createReadStream(path).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    // localhost, and not 127.0.0.1: passkeys need a name.
    url: `http://localhost:${port}`,
    world,
    state,
    /** A session without a ceremony, as a cookie. */
    sessionCookie(session: Session) {
      const value = randomBytes(8).toString('hex')
      sessions.set(value, session)
      return { name: 'bailee_session', value, url: `http://localhost:${port}` }
    },
    /** Another signing key from now on. */
    changeLogKey() {
      world.log = makeKey(origin, 1)
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
export type Stub = Awaited<ReturnType<typeof startStub>>

/** The nth signature of this name in a note, with one bit turned. The key id stays, so that the key is a known one. */
function flipSignature(proof: string, name: string, nth: number): string {
  let met = 0
  return proof
    .split('\n')
    .map((line) => {
      if (!line.startsWith(`\u2014 ${name} `) || met++ !== nth) return line
      const [dash, who, value] = line.split(' ')
      const bytes = base64Decode(value!)
      bytes[bytes.length - 20]! ^= 1
      return [dash, who, base64Encode(bytes)].join(' ')
    })
    .join('\n')
}

const creationOptions = () => ({
  rp: { name: 'Bailee', id: 'localhost' },
  user: { id: 'c3RhZmY', name: 'staff', displayName: 'Test Plum' },
  challenge: randomBytes(32).toString('base64url'),
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  timeout: 60_000,
  attestation: 'none',
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
})

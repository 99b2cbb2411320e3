import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '#platform'
import type { App } from './app.ts'
import { type Config, readConfig } from './config.ts'
import { type Running, type ServeOptions, serve } from './serve.ts'

export { day, fromWire, newId } from '#kernel'
export { grantAad, open, seal } from '#platform'
export type { App }

/**
 * A whole server for tests: real PostgreSQL, real witness, real HTTP on a free loopback port, in a folder that goes away.
 * Everything is done through the wire, as a provider would.
 */
export interface TestServer {
  readonly url: string
  readonly config: Config
  readonly running: Running
  /** JSON in, JSON out; an Idempotency-Key is made up unless one is given. */
  call(method: 'GET' | 'POST', path: string, options?: CallOptions): Promise<Answer>
  /** Registers a provider with one key that may do everything of `abilities`. */
  provider(purposes?: readonly string[]): Promise<TestProvider>
  /** Waits until everything promised so far is sequenced and witnessed. */
  settle(): Promise<void>
  stop(): Promise<void>
}
export interface CallOptions {
  readonly body?: unknown
  readonly key?: string
  readonly cookie?: string
  readonly idempotencyKey?: string
  readonly headers?: Readonly<Record<string, string>>
}
export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests read members of answers whose shape they are checking
  readonly json: any
  readonly headers: Headers
}
export interface TestProvider {
  readonly organisation: string
  readonly admin: string
  readonly key: string
  readonly notice: string
  /** A new person who agreed to these purposes, with these fields sealed. */
  person(fields?: Readonly<Record<string, string>>, purposes?: readonly string[]): Promise<string>
  snapshot(language?: 'en' | 'zh'): Promise<string>
}

export const testNotice = {
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
} as const

export async function startTestServer(
  environment: Readonly<Record<string, string>> = {},
  dataDirectory?: string,
  options: ServeOptions = {},
): Promise<TestServer> {
  const folder = dataDirectory ?? (await mkdtemp(join(tmpdir(), 'bailee-test-')))
  // An embedded PostgreSQL under root runs as somebody else, who must be able to pass through.
  await chmod(folder, 0o711)
  const config = readConfig({
    BAILEE_LOG_LEVEL: 'error',
    BAILEE_WITNESS_EVERY_MS: '100',
    // Everybody in a test comes from one address; a test of the limits sets its own.
    BAILEE_RATE_ADDRESS_PER_MINUTE: '100000',
    ...environment,
    BAILEE_DATA: folder,
    BAILEE_PORT: environment.BAILEE_PORT ?? '0',
  })
  const running = await serve(config, createLog(config.logLevel), options)
  const url = running.address
  let setupToken = await running.app.parties.ensureSetupLink()
  let founder: string | undefined
  const call: TestServer['call'] = async (method, path, options = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
        ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
        'idempotency-key': options.idempotencyKey ?? randomUUID(),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : text, headers: response.headers }
  }
  const good = async (answer: Promise<Answer>) => {
    const { status, json } = await answer
    if (status >= 300) throw new Error(`unexpected ${status}: ${JSON.stringify(json)}`)
    return json
  }
  return {
    url,
    config,
    running,
    call,
    async provider(purposes = ['delivery', 'support']) {
      const name = { en: 'Test Shop', zh: '测试商店' }
      let made: { organisation: { id: string }; key: string }
      if (setupToken !== undefined) {
        made = await good(
          call('POST', '/v1/parties/setup', {
            body: { token: setupToken, organisation: { kind: 'provider', name }, client: { name: 'administrator' } },
          }),
        )
        setupToken = undefined
        founder = made.key
      } else {
        if (founder === undefined) throw new Error('this data directory was set up by another run')
        made = await good(
          call('POST', '/v1/parties/organisations', {
            key: founder,
            body: { kind: 'provider', name, client: { name: 'administrator' } },
          }),
        )
      }
      const { key } = await good(
        call('POST', '/v1/parties/clients', {
          key: made.key,
          body: { name: 'backend', abilities: ['publish', 'consent', 'collect', 'look', 'find', 'erase'], purposes },
        }),
      )
      const { notice } = await good(call('POST', '/v1/notices', { key, body: testNotice }))
      const snapshot = async (language: 'en' | 'zh' = 'en') =>
        (await good(call('POST', '/v1/notices/snapshots', { body: { notice: notice.id, language } })))
          .snapshot as string
      return {
        organisation: made.organisation.id,
        admin: made.key,
        key,
        notice: notice.id,
        snapshot,
        async person(fields = { name: 'Invented Person', phone: '13800000000' }, agreed = ['delivery', 'support']) {
          return (
            await good(
              call('POST', '/v1/vault/collect', {
                key,
                body: { consent: { snapshot: await snapshot(), purposes: agreed }, fields },
              }),
            )
          ).person as string
        },
      }
    },
    async settle() {
      for (let attempt = 0; attempt < 300; attempt++) {
        const { json } = await call('GET', '/v1/ledger/status')
        const { rows } = {
          rows: await running.app.foundation.db
            .as('ledger')
            .query<{ waiting: number }>({ text: 'select count(*)::int as waiting from ledger.outbox' }),
        }
        const [checkpoint] = await running.app.foundation.db.as('ledger').query<{ ok: boolean }>({
          text: 'select c.witnessed_size = h.size as ok from ledger.checkpoint c, ledger.head h',
        })
        if (rows[0]!.waiting === 0 && checkpoint?.ok && json.size !== undefined) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error('the ledger did not settle')
    },
    async stop() {
      await running.stop()
      if (dataDirectory === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fromWire, newId, startTestServer, type TestProvider } from '../server/testing.ts'
import { common, vault } from './shapes.ts'

/**
 * The server under test: Bailee itself, with two more routes on the same HTTP layer, the same authentication and the
 * same PostgreSQL, that do what people do today: one SELECT or one INSERT of plaintext for each request, and no log.
 */
const [folder = '', people = '20000'] = process.argv.slice(2)
let mounted: Awaited<ReturnType<typeof vault.mountPlain>> | undefined
const server = await startTestServer(
  {
    BAILEE_RATE_CLIENT_PER_MINUTE: '1000000000',
    BAILEE_RATE_ADDRESS_PER_MINUTE: '1000000000',
    BAILEE_FINDS_PER_MINUTE: '1000000',
    BAILEE_WITNESS_EVERY_MS: '1000',
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('BAILEE_POOL'))),
  } as Record<string, string>,
  folder,
  {
    beforeListening: async (app, connections) => {
      mounted = await vault.mountPlain(app, connections.main)
    },
  },
)
const { app } = server.running
const plain = mounted!
const provider: TestProvider = await server.provider()
const noticeAnswer = await server.call('POST', '/v1/notices', { key: provider.key, body: common.notice })
if (noticeAnswer.status !== 201) throw new Error(JSON.stringify(noticeAnswer.json))
const snapshot = (
  await server.call('POST', '/v1/notices/snapshots', { body: { notice: noticeAnswer.json.notice.id, language: 'en' } })
).json.snapshot as string

process.stdout.write(`collecting ${people} invented people\n`)
const ids: string[] = []
const count = Number(people)
const size = 500
for (let from = 0; from < count; from += size * 2) {
  await Promise.all(
    [from, from + size].map(async (start) => {
      const numbers = Array.from({ length: Math.max(0, Math.min(size, count - start)) }, (_, n) => start + n)
      if (numbers.length === 0) return
      const fields = numbers.map((n) => common.fieldsOf(n))
      const answer = await server.call('POST', '/v1/vault/collect/batch', {
        key: provider.key,
        body: {
          items: fields.map((each) => ({ consent: { snapshot, purposes: ['delivery', 'support'] }, fields: each })),
        },
      })
      const made = answer.json.items as { person?: string; problem?: object }[]
      if (made.some((item) => item.person === undefined))
        throw new Error(JSON.stringify(made.find((item) => item.problem)))
      await plain.insert(made.map((item, at) => ({ person: item.person!, fields: fields[at]! })))
      ids.push(...made.map((item) => item.person!))
    }),
  )
}
const idsFile = join(folder, 'ids.txt')
writeFileSync(idsFile, ids.join('\n'))
await plain.analyze()
const db = app.foundation.db.as('ledger')
const backlog = async () =>
  (await db.query<{ n: number }>({ text: 'select coalesce(sum(count), 0)::int as n from ledger.outbox' }))[0]!.n
const drain = async () => {
  const started = performance.now()
  const before = await backlog()
  while ((await backlog()) > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  return { before, milliseconds: performance.now() - started }
}
await drain()
process.stdout.write(
  `${JSON.stringify({ port: Number(new URL(server.url).port), token: provider.key, idsFile, snapshot, notice: noticeAnswer.json.notice.id })}\n`,
)

const assigned: { milliseconds: number; entries: number }[] = []
const { heard } = app.ledger
app.ledger.heard = (state) => {
  assigned.push(...state.assigned)
  heard(state)
}
const questions: Record<string, () => Promise<object>> = {
  /** How long entries waited for their index since this was last asked: p50 and p99 over entries. */
  async assigned() {
    const taken = assigned.splice(0).sort((a, b) => a.milliseconds - b.milliseconds)
    const total = taken.reduce((sum, row) => sum + row.entries, 0)
    const at = (q: number) => {
      let seen = 0
      for (const row of taken) {
        seen += row.entries
        if (seen >= total * q) return row.milliseconds
      }
      return 0
    }
    return { entries: total, p50: at(0.5), p99: at(0.99) }
  },
  /** A hundred thousand entries at once, as a stopped sequencer would find them. */
  async fill() {
    const rows = 1000
    const each = 100
    const tx = app.foundation.db
    for (let row = 0; row < rows; row++) {
      const drafts = Array.from({ length: each }, (_, n) => {
        const person = fromWire('per', ids[(row * each + n) % ids.length]!)
        return {
          entry: newId<'ent'>(),
          subject: person,
          tenant: fromWire('org', provider.organisation),
          kind: 'look',
          at: Date.now(),
          fields: [
            ['actor', { kind: 'client', id: 'cli_bench' }],
            ['purpose', 'delivery'],
            ['fields', ['name', 'phone']],
            ['record', `rec_${person}`],
            ['outcome', 'opened'],
          ] as const,
        }
      })
      await tx.transaction('vault', (each) => app.ledger.append(each, drafts))
    }
    return { entries: rows * each }
  },
  drain,
  async memory() {
    return { rss: process.memoryUsage().rss }
  },
  /** CPU seconds so far: this process with all its threads, and this thread alone. */
  async cpu() {
    const all = process.cpuUsage()
    const own = process.threadCpuUsage()
    return { process: (all.user + all.system) / 1e6, thread: (own.user + own.system) / 1e6 }
  },
  async head() {
    const [row] = await db.query<{ size: number }>({ text: 'select size from ledger.head' })
    return { size: row!.size, backlog: await backlog(), published: app.ledger.state()?.size ?? 0 }
  },
  checkpoint: async () => {
    await plain.checkpoint()
    return {}
  },
}
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await questions[line]!())}\n`)
await plain.close()
await server.stop()

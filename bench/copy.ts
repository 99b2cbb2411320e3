import { fromWire, newId, startTestServer, type TestServer } from '../server/testing.ts'
import { type Bench, median, round } from './harness.ts'

/**
 * A person's copy with 10,000 entries, as a zip of JSON and CSV over HTTP, against reading the same entries page by page over the
 * wire, which is the only other way. How much the process grows while it is sent, for 10,000 and for four times as many; and a
 * page of 1,000 usages of the Data Tracker. Client and server share one process here: their sum is what is measured.
 */
export const copy: Bench = async ({ quick, say }) => {
  const server = await startTestServer()
  try {
    const shop = await server.provider()
    const entries = 10_000
    const rounds = quick ? 3 : 7
    const one = await reader(server, shop, entries)
    const four = await reader(server, shop, entries * 4)
    for (let warm = 0; warm < 3; warm++) await one.copy()
    await four.copy()
    const paged: number[] = []
    const copied: number[] = []
    const grown: number[] = []
    const grownFour: number[] = []
    let bytes = 0
    for (let at = 0; at < rounds; at++) {
      paged.push(await timed(one.page))
      const { milliseconds, growth, answer } = await watched(one.copy)
      copied.push(milliseconds)
      grown.push(growth)
      bytes = answer
      grownFour.push((await watched(four.copy)).growth)
      say(
        `round ${at + 1}: copy ${milliseconds.toFixed(0)} ms, paging ${paged.at(-1)!.toFixed(0)} ms, ${growth.toFixed(1)} MiB grown`,
      )
    }
    const usages: number[] = []
    for (let at = 0; at < rounds * 3; at++) usages.push(await timed(() => one.usages(at * 100)))
    const figures = {
      copy_ms: round(median(copied), 0),
      copy_rss_growth_mib: round(median(grown), 1),
      copy_of_four_times_rss_growth_mib: round(median(grownFour), 1),
      copy_bytes: bytes,
      paging_ms: round(median(paged), 0),
      usages_1000_ms: round(median(usages), 1),
    }
    return {
      ratios: { copy_over_paging: round(median(copied) / median(paged)) },
      figures,
      table: [
        ['10,000 entries', 'ms', 'MiB grown'],
        ['copy as zip', String(figures.copy_ms), String(figures.copy_rss_growth_mib)],
        ['copy of 40,000', '', String(figures.copy_of_four_times_rss_growth_mib)],
        ['page by page', String(figures.paging_ms), ''],
        ['1,000 usages', String(figures.usages_1000_ms), ''],
      ],
    }
  } finally {
    await server.stop()
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await run()
  return performance.now() - begun
}
/** The most that the process grew while it ran, in MiB, looked at every ten milliseconds. */
async function watched(run: () => Promise<number>) {
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 10)
  const begun = performance.now()
  const answer = await run()
  const milliseconds = performance.now() - begun
  clearInterval(watch)
  return { answer, milliseconds, growth: (most - before) / 2 ** 20 }
}

/** A person about whom so much was logged, with a session of their own and a demand whose copy is ready. */
async function reader(server: TestServer, shop: Awaited<ReturnType<TestServer['provider']>>, entries: number) {
  const { call } = server
  const person = await shop.person()
  const { app } = server.running
  for (let from = 0; from < entries; from += 500) {
    const drafts = Array.from({ length: 500 }, () => ({
      entry: newId<'ent'>(),
      subject: fromWire('per', person),
      tenant: fromWire('org', shop.organisation),
      kind: 'look',
      at: Date.now(),
      fields: [
        ['actor', { kind: 'client', id: `cli_${'0'.repeat(32)}` }],
        ['purpose', 'delivery'],
        ['fields', ['name', 'phone']],
        ['record', `rec_${person.slice(4)}`],
        ['outcome', 'opened'],
      ] as const,
    }))
    await app.foundation.db.transaction('vault', (tx) => app.ledger.append(tx, drafts))
  }
  await server.settle()
  const link = await call('POST', '/v1/parties/persons/access-links', { key: shop.key, body: { person } })
  const session = await call('POST', '/v1/parties/persons/sessions', { body: { token: link.json.token } })
  const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
  const made = await call('POST', '/v1/demands', { cookie, body: { kind: 'copy' } })
  const address = `${server.url}/v1/demands/${made.json.demand.id}/copy`
  const headers = { cookie, 'content-type': 'application/json' }
  return {
    async copy() {
      const response = await fetch(address, { method: 'POST', headers, body: '{}' })
      if (response.status !== 200) throw new Error(`the copy answered ${response.status}`)
      let bytes = 0
      for await (const part of response.body!) bytes += part.length
      return bytes
    },
    async page() {
      for (let cursor: string | null = ''; cursor !== null; ) {
        const { json } = await call('GET', `/v1/ledger/me/entries${cursor && `?cursor=${cursor}`}`, { cookie })
        cursor = json.next as string | null
      }
    },
    async usages(offset: number) {
      const path = `/v1/demands/tracker/v2/findUsage?userCode=${person}&limit=1000&offset=${offset}`
      const { json } = await call('GET', path, { cookie })
      if (json.usages.length !== 1000) throw new Error(`${json.usages.length} usages`)
    },
  }
}

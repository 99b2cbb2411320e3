import { type Bench, median, round, runLoad, startBenchServer } from './harness.ts'

/** A protected look against a plain SELECT for each request, on the same server, with the same authentication. */
export const look: Bench = async ({ quick, say }) => {
  const server = await startBenchServer({ people: quick ? 10_000 : 100_000, say })
  try {
    const rounds = quick ? 3 : 5
    const seconds = quick ? 2 : 4
    const order = { port: server.port, connections: 64, token: server.token, idsFile: server.idsFile }
    const looks: { requests: number; perSecond: number; p50: number; p99: number }[] = []
    const plains: typeof looks = []
    const drains: number[] = []
    const cpu = async () => server.ask<{ process: number; thread: number }>('cpu')
    const cost = { look: [] as number[], plain: [] as number[] }
    await runLoad({ ...order, kind: 'plain-look', seconds: 1, seed: 1 })
    await runLoad({ ...order, kind: 'look', seconds: 1, seed: 1 })
    await server.ask('drain')
    for (let at = 1; at <= rounds; at++) {
      const c0 = await cpu()
      plains.push(await runLoad({ ...order, kind: 'plain-look', seconds, seed: at }))
      const c1 = await cpu()
      looks.push(await runLoad({ ...order, kind: 'look', seconds, seed: at }))
      const c2 = await cpu()
      cost.plain.push(((c1.thread - c0.thread) * 1e6) / plains.at(-1)!.requests)
      cost.look.push(((c2.thread - c1.thread) * 1e6) / looks.at(-1)!.requests)
      // The baseline must not pay for our sequencing: what is left over is sequenced before it runs again.
      const { before, milliseconds } = await server.ask<{ before: number; milliseconds: number }>('drain')
      drains.push(milliseconds)
      say(
        `round ${at}: plain ${plains.at(-1)!.perSecond.toFixed(0)}/s p99 ${plains.at(-1)!.p99.toFixed(1)} ms · look ${looks.at(-1)!.perSecond.toFixed(0)}/s p99 ${looks.at(-1)!.p99.toFixed(1)} ms · ${before} entries left over, sequenced in ${milliseconds.toFixed(0)} ms · main-thread CPU µs a request: plain ${cost.plain.at(-1)!.toFixed(0)}, look ${cost.look.at(-1)!.toFixed(0)}`,
      )
    }
    const { rss } = await server.ask<{ rss: number }>('memory')
    const of = (rows: typeof looks, key: 'perSecond' | 'p50' | 'p99') => median(rows.map((row) => row[key]))
    const ratios = {
      look_over_plain_select: round(median(looks.map((row, at) => row.perSecond / plains[at]!.perSecond))),
      p99_over_plain_p99: round(median(looks.map((row, at) => row.p99 / plains[at]!.p99))),
    }
    return {
      ratios,
      figures: {
        looks_per_second: round(of(looks, 'perSecond'), 0),
        plain_selects_per_second: round(of(plains, 'perSecond'), 0),
        look_p50_ms: round(of(looks, 'p50'), 2),
        look_p99_ms: round(of(looks, 'p99'), 2),
        plain_p50_ms: round(of(plains, 'p50'), 2),
        plain_p99_ms: round(of(plains, 'p99'), 2),
        look_cpu_us: round(median(cost.look), 1),
        plain_cpu_us: round(median(cost.plain), 1),
        left_over_sequenced_ms: round(median(drains), 0),
        server_rss_mib: round(rss / 2 ** 20, 0),
      },
      table: [
        ['variant', 'req/s', 'p50 ms', 'p99 ms'],
        [
          'plain SELECT, no log',
          of(plains, 'perSecond').toFixed(0),
          of(plains, 'p50').toFixed(2),
          of(plains, 'p99').toFixed(2),
        ],
        [
          'look: purpose, key, seal, ledger entry',
          of(looks, 'perSecond').toFixed(0),
          of(looks, 'p50').toFixed(2),
          of(looks, 'p99').toFixed(2),
        ],
        ['ratio', ratios.look_over_plain_select.toFixed(2), '', ratios.p99_over_plain_p99.toFixed(2)],
      ],
    }
  } finally {
    await server.stop()
  }
}

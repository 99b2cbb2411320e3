import { type Bench, median, round, runLoad, startBenchServer } from './harness.ts'

/**
 * A collect of a new person (consent, own keys, wraps for two purposes and the person's own, sealed drawer, blind index,
 * idempotency key, ledger entry) against a plain INSERT of the same plaintext for each request.
 */
export const collect: Bench = async ({ quick, say }) => {
  const server = await startBenchServer({ people: 1_000, say })
  try {
    const rounds = quick ? 3 : 5
    const seconds = quick ? 2 : 4
    const order = { port: server.port, connections: 64, token: server.token, snapshot: server.snapshot }
    type Row = Awaited<ReturnType<typeof runLoad>>
    const collects: Row[] = []
    const plains: Row[] = []
    await runLoad({ ...order, kind: 'plain-insert', seconds: 1, seed: 901 })
    await runLoad({ ...order, kind: 'collect', seconds: 1, seed: 902 })
    await server.ask('drain')
    for (let at = 1; at <= rounds; at++) {
      // Both start after a checkpoint: the first pages touched after one are written to the log whole.
      await server.ask('checkpoint')
      plains.push(await runLoad({ ...order, kind: 'plain-insert', seconds, seed: at * 2 }))
      await server.ask('checkpoint')
      collects.push(await runLoad({ ...order, kind: 'collect', seconds, seed: at * 2 + 1 }))
      const { before, milliseconds } = await server.ask<{ before: number; milliseconds: number }>('drain')
      say(
        `round ${at}: plain ${plains.at(-1)!.perSecond.toFixed(0)}/s p99 ${plains.at(-1)!.p99.toFixed(1)} ms · collect ${collects.at(-1)!.perSecond.toFixed(0)}/s p99 ${collects.at(-1)!.p99.toFixed(1)} ms · ${before} entries left over, sequenced in ${milliseconds.toFixed(0)} ms`,
      )
    }
    const of = (rows: readonly Row[], key: 'perSecond' | 'p50' | 'p99') => median(rows.map((row) => row[key]))
    const ratios = {
      collect_over_plain_insert: round(median(collects.map((row, at) => row.perSecond / plains[at]!.perSecond))),
      p99_over_plain_p99: round(median(collects.map((row, at) => row.p99 / plains[at]!.p99))),
    }
    return {
      ratios,
      figures: {
        collects_per_second: round(of(collects, 'perSecond'), 0),
        plain_inserts_per_second: round(of(plains, 'perSecond'), 0),
        collect_p50_ms: round(of(collects, 'p50'), 2),
        collect_p99_ms: round(of(collects, 'p99'), 2),
        plain_p50_ms: round(of(plains, 'p50'), 2),
        plain_p99_ms: round(of(plains, 'p99'), 2),
      },
      table: [
        ['variant', 'req/s', 'p50 ms', 'p99 ms'],
        [
          'plain INSERT',
          of(plains, 'perSecond').toFixed(0),
          of(plains, 'p50').toFixed(2),
          of(plains, 'p99').toFixed(2),
        ],
        [
          'collect: consent, keys, seal, index, entry',
          of(collects, 'perSecond').toFixed(0),
          of(collects, 'p50').toFixed(2),
          of(collects, 'p99').toFixed(2),
        ],
        ['ratio', ratios.collect_over_plain_insert.toFixed(2), '', ratios.p99_over_plain_p99.toFixed(2)],
      ],
    }
  } finally {
    await server.stop()
  }
}

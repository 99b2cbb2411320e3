import { type Bench, interleaved, round, startBenchServer } from './harness.ts'

/** A protected look against a plain SELECT for each request, on the same server, with the same authentication. */
export const look: Bench = async (options) => {
  const server = await startBenchServer({ people: options.quick ? 10_000 : 100_000, say: options.say })
  try {
    const { rates, p99s, figures, table } = await interleaved(
      server,
      options,
      { kind: 'plain-look', title: 'plain SELECT, no log' },
      { kind: 'look', title: 'look: purpose, key, seal, ledger entry' },
    )
    const { rss } = await server.ask<{ rss: number }>('memory')
    return {
      ratios: { look_over_plain_select: rates, p99_over_plain_p99: p99s },
      figures: { ...figures, server_rss_mib: round(rss / 2 ** 20, 0) },
      table,
    }
  } finally {
    await server.stop()
  }
}

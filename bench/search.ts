import { type Bench, interleaved, startBenchServer } from './harness.ts'

/** A find by equality, which hits one person and logs the hit, against a look at one person. */
export const search: Bench = async (options) => {
  const server = await startBenchServer({ people: options.quick ? 10_000 : 100_000, say: options.say })
  try {
    const { rates, p99s, figures, table } = await interleaved(
      server,
      options,
      { kind: 'look', title: 'look: purpose, key, seal, ledger entry' },
      { kind: 'find', title: 'find: blind index, grant, ledger entry for each hit' },
    )
    return { ratios: { search_over_look: rates, search_p99_over_look_p99: p99s }, figures, table }
  } finally {
    await server.stop()
  }
}

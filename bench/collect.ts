import { type Bench, interleaved, startBenchServer } from './harness.ts'

/**
 * A collect of a new person (consent, own keys, wraps for two purposes and the person's own, sealed drawer, blind index,
 * idempotency key, ledger entry) against a plain INSERT of the same plaintext for each request.
 */
export const collect: Bench = async (options) => {
  const server = await startBenchServer({ people: 1_000, say: options.say })
  try {
    const { rates, p99s, figures, table } = await interleaved(
      server,
      options,
      { kind: 'plain-insert', title: 'plain INSERT' },
      { kind: 'collect', title: 'collect: consent, keys, seal, index, entry' },
    )
    return { ratios: { collect_over_plain_insert: rates, p99_over_plain_p99: p99s }, figures, table }
  } finally {
    await server.stop()
  }
}

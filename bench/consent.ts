import { type Bench, interleaved, startBenchServer } from './harness.ts'

/**
 * A consent round trip of a new person (signed snapshot, then consent: person, own keys, wraps for two purposes, signed
 * receipt, idempotency key, ledger entry) against one plain INSERT of plaintext. Bar: p99 under 30 ms at 64 connections.
 */
export const consent: Bench = async (options) => {
  const server = await startBenchServer({ people: 1_000, say: options.say })
  try {
    const { rates, p99s, figures, table } = await interleaved(
      server,
      options,
      { kind: 'plain-insert', title: 'plain INSERT' },
      { kind: 'consent', title: 'consent: snapshot, keys, receipt, entry' },
    )
    return { ratios: { consent_over_plain_insert: rates, p99_over_plain_p99: p99s }, figures, table }
  } finally {
    await server.stop()
  }
}

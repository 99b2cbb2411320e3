import { type Bench, interleaved, median, orderTo, round, runLoad, startBenchServer } from './harness.ts'

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
    // How long one person waits when others do as people do, and the machine is not asked for all that it can give.
    const paced: number[] = []
    for (let seed = 101; seed < (options.quick ? 104 : 106); seed++) {
      const seconds = options.quick ? 2 : 4
      paced.push((await runLoad({ ...orderTo(server), kind: 'consent', seconds, seed, rate: 1_000 })).p99)
      await server.ask('drain')
    }
    const p99 = median(paced)
    return {
      ratios: { consent_over_plain_insert: rates, p99_over_plain_p99: p99s },
      figures: { ...figures, paced_consent_p99_ms: round(p99, 2) },
      table: [...table, ['consent at 1,000 a second', '1000', '', p99.toFixed(2)]],
    }
  } finally {
    await server.stop()
  }
}

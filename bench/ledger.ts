import { randomBytes } from 'node:crypto'
import { Frontier, hashLeaf } from '@bailee/proof'
import { type Bench, median, round, runLoad, startBenchServer } from './harness.ts'

/**
 * Leaves sequenced and published a second while looks run, how long an entry waits for its index, how long an inclusion
 * proof takes over HTTP; and how fast a backlog is worked off, against hashing the same number of leaves in memory alone.
 */
export const ledger: Bench = async ({ quick, say }) => {
  const server = await startBenchServer({ people: quick ? 5_000 : 50_000, say })
  try {
    const order = { port: server.port, connections: 64, token: server.token, idsFile: server.idsFile }
    const rate = 5_200
    const seconds = quick ? 10 : 60
    await runLoad({ ...order, kind: 'look', seconds: 2, seed: 1, rate })
    await server.ask('drain')
    await server.ask('assigned')

    type Head = { size: number; published: number; backlog: number }
    const before = await server.ask<Head>('head')
    const started = performance.now()
    const load = await runLoad({ ...order, kind: 'look', seconds, seed: 2, rate })
    const after = await server.ask<Head>('head')
    const elapsed = (performance.now() - started) / 1000
    const assigned = await server.ask<{ entries: number; p50: number; p99: number }>('assigned')
    const sequencedPerSecond = (after.published - before.published) / elapsed
    say(
      `${load.perSecond.toFixed(0)} looks/s for ${seconds} s: ${sequencedPerSecond.toFixed(0)} entries/s sequenced and published, ${after.backlog} waiting at the end; index assigned p50 ${assigned.p50} ms, p99 ${assigned.p99} ms`,
    )
    await server.ask('drain')

    const { size } = await server.ask<Head>('head')
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const proofs: number[] = []
    for (let n = 0; n < 300; n++) {
      const index = Math.floor((((n * 7919) % 1000) / 1000) * (size - 1))
      const at = performance.now()
      const response = await fetch(`http://127.0.0.1:${server.port}/v1/ledger/proofs/${index}`)
      await response.text()
      if (response.status !== 200) throw new Error(`proof of ${index}: ${response.status}`)
      proofs.push(performance.now() - at)
    }

    await server.ask('fill')
    const { before: waiting, milliseconds } = await server.ask<{ before: number; milliseconds: number }>('drain')
    const drained = waiting / (milliseconds / 1000)
    const leaves = Array.from({ length: 20_000 }, () => randomBytes(112))
    const hashing = median(
      Array.from({ length: 5 }, () => {
        const at = performance.now()
        const frontier = Frontier.empty()
        for (let from = 0; from < leaves.length; from += 4096)
          frontier.append(Buffer.concat(leaves.slice(from, from + 4096).map((leaf) => hashLeaf(leaf))))
        frontier.root()
        return leaves.length / ((performance.now() - at) / 1000)
      }),
    )
    say(`a backlog of ${waiting} is worked off at ${drained.toFixed(0)}/s; hashing alone does ${hashing.toFixed(0)}/s`)
    const proofMs = median(proofs)
    return {
      ratios: {
        drained_over_hashing_alone: round(drained / hashing, 4),
        sequenced_over_looks: round(sequencedPerSecond / load.perSecond),
      },
      figures: {
        sequenced_per_second: round(sequencedPerSecond, 0),
        looks_per_second: round(load.perSecond, 0),
        look_p99_ms: round(load.p99, 2),
        index_assigned_p50_ms: assigned.p50,
        index_assigned_p99_ms: assigned.p99,
        inclusion_proof_ms: round(proofMs, 2),
        drained_per_second: round(drained, 0),
        hashed_per_second: round(hashing, 0),
        seconds,
      },
      table: [
        ['figure', 'value', 'bar'],
        ['sequenced and published /s', sequencedPerSecond.toFixed(0), '>= 5000'],
        ['index assigned p99 ms', String(assigned.p99), '< 500'],
        ['inclusion proof ms (median, HTTP)', proofMs.toFixed(2), '< 5'],
        ['backlog worked off /s', drained.toFixed(0), ''],
        ['hashing alone /s', hashing.toFixed(0), ''],
      ],
    }
  } finally {
    await server.stop()
  }
}

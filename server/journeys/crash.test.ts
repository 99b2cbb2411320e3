import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Load, type Random } from './crash-load.ts'
import { crashServer, targets } from './crash-server.ts'

/**
 * kill -9 of the server, of PostgreSQL and its guardian, of the witness and of all of them, at random moments under load.
 * `node --test server/journeys/crash.test.ts` runs 50 rounds, a few minutes; `npm test` runs 7. BAILEE_TEST_CRASH_ROUNDS sets
 * the number, BAILEE_TEST_CRASH_SEED repeats the choices of an earlier run (its timing remains the machine's).
 */
const ordinary = process.env.npm_lifecycle_event === undefined ? 50 : 7
const rounds = Number(process.env.BAILEE_TEST_CRASH_ROUNDS ?? ordinary)
const seed = Number(process.env.BAILEE_TEST_CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** mulberry32: small, seedable, good enough to choose. */
function randomFrom(start: number): Random {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test(`article 8 of the design: kill -9 anywhere, ${rounds} rounds (50 when named alone, 7 in npm test): no acknowledged write is lost, no look is without its leaf, no fork, no act twice`, {
  timeout: 60_000 + rounds * 60_000,
  skip: process.platform === 'linux' ? false : 'processes are found through /proc',
}, async () => {
  console.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const server = await crashServer()
  const began = performance.now()
  try {
    await server.start()
    const load = new Load(server.url, random)
    for (let attempt = 0; server.setupToken === undefined && attempt < 100; attempt++) await sleep(50)
    await load.setUp(server.setupToken!)
    for (let round = 1; round <= rounds; round++) {
      // Each kind of death in turn, then at random.
      const target = targets[round <= targets.length ? round - 1 : Math.floor(random() * targets.length)]!
      const after = Math.floor(80 + random() * 1200)
      const running = load.run(8)
      // A finding of the load must not be an unhandled rejection while we sleep.
      running.catch(() => {})
      await sleep(after)
      await server.kill(target)
      load.halt()
      const acknowledged = await running
      const again = random() < 0.2
      if (again) await server.startAndKill(Math.floor(random() * 2500))
      const down = performance.now()
      await server.start()
      const upAfter = performance.now() - down
      const { retried, replayed } = await load.retry()
      const proofs = await load.checkPromises(20)
      const checkpoints = await load.checkGrowth(25)
      await load.checkNothingTwice(3)
      assert.deepEqual(await server.orphans(), [], 'nothing of an earlier server is left')
      console.log(
        `round ${round}: ${target} after ${after} ms${again ? ', and again while starting' : ''}; ${acknowledged} acts acknowledged, ${retried} retried, ${replayed} replayed, ${proofs} promises kept, ${checkpoints} checkpoints consistent, up in ${Math.round(upAfter)} ms${server.starts > 1 ? ` at start ${server.starts}` : ''}, ${load.size} leaves`,
      )
    }
    // Everything that was ever promised, once more.
    await load.checkPromises(Math.min(load.promises, 2_000))
    await load.checkGrowth(500)
    await load.checkNothingTwice(100)
    await server.stop()
    assert.deepEqual(await server.orphans(), [], 'a stop leaves nothing behind')
    console.log(
      `${rounds} rounds, seed ${seed}: ${load.promises} promises, ${load.size} leaves, ${load.checkpoints} checkpoints, ${Math.round((performance.now() - began) / 1000)} s`,
    )
  } catch (error) {
    console.error(`seed ${seed}; the server's last words:\n${server.logTail()}`)
    throw error
  } finally {
    await server.kill('everything').catch(() => {})
    await rm(server.folder, { recursive: true, force: true })
  }
})

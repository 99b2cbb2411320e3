import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Fenced } from './index.ts'
import type { Break } from './test-witness.ts'
import { assertWhole, openHouse, type World } from './test-world.ts'

const house = await openHouse()
after(() => house.close())

/**
 * A short life with everything in it: two lives of a sequencer, bundles that fill up, two people in one transaction, an
 * erasure, a public leaf, a void line, a closed epoch. `begin` is called again after a death, and does what is left.
 */
async function shortLife(world: World) {
  const [early, late] = [await world.person(), await world.person()]
  const acts = [
    () => world.append(Array.from({ length: 250 }, () => world.entry(early))),
    () => world.append([world.entry(early, 'collect'), world.entry(late), world.entry(early)], [null, 'opened', '-']),
    () => world.append([world.publicEntry({ type: 'notice', v: 1, slug: 'orders' }), world.entry(late, 'consent')]),
    () => world.append([world.entry(early, 'erase')]),
    () => world.append([world.entry(early), world.entry(late)]),
  ]
  let done = 0
  return {
    erased: new Set([early]),
    async begin() {
      const start = async () => {
        const started = world.sequencer()
        await started.start()
        return started
      }
      let sequencer = await start()
      while (done < acts.length) {
        await acts[done++]!()
        await sequencer.round()
        if (done === 3) {
          world.clock.set(new Date(world.clock.now().getTime() + 3_600_001))
          await sequencer.round()
          sequencer = await start()
        }
      }
      while ((await sequencer.round()) > 0);
      await start()
    },
  }
}

test('a ledger whose every step works is whole', async () => {
  const world = await house.ledger()
  const life = await shortLife(world)
  await life.begin()
  const leaves = await assertWhole(world, life.erased)
  assert.ok(leaves.length > 256)
  const seen = new Set(world.faults.steps.map((step) => step.split(' ')[0]))
  for (const step of [
    'ledger/commit-sequenced',
    'ledger/keep-checkpoint',
    'ledger/keep-witnessed',
    'ledger/close-epoch',
    'put',
    'settle',
    'submit',
    'ask',
  ])
    assert.ok(seen.has(step), `${step} is among the steps that are broken below`)
})

for (const when of ['failed', 'failed but took effect'] satisfies Break[])
  test(`whichever step breaks (${when}), after a restart nothing is lost, doubled or forked`, async (t) => {
    let broken = 0
    for (let step = 0; ; step++) {
      const world = await house.ledger()
      const life = await shortLife(world)
      world.faults.arm(step, when)
      const survived = await life.begin().then(
        () => true,
        () => false,
      )
      const broke = world.faults.broke
      // A witness that cannot be reached is no death: the sequencer warns, waits or goes on.
      if (survived && broke === undefined) break
      broken++
      await world.faults.revive()
      await life.begin()
      await assertWhole(world, life.erased).catch((error: unknown) => {
        throw new Error(`after step ${step}, ${broke}`, { cause: error })
      })
      await world.close()
    }
    t.diagnostic(`${broken} steps broken`)
    assert.ok(broken > 30)
  })

test('a sequencer that broke is spent: it takes no further round, and its successor does the work', async () => {
  const world = await house.ledger()
  const person = await world.person()
  for (const step of ['ledger/read-chains', 'ledger/commit-sequenced', 'settle', 'ledger/keep-checkpoint']) {
    const sequencer = world.sequencer()
    await sequencer.start()
    await world.append([world.entry(person)])
    world.faults.arm(step, 'failed')
    await assert.rejects(sequencer.round())
    await world.faults.revive()
    await assert.rejects(sequencer.round(), Fenced)
    await world.settle()
    await assertWhole(world)
  }
})

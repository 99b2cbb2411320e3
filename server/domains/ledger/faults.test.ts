import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, test } from 'node:test'
import { diskTileStore, Fenced } from './index.ts'
import type { Break } from './test-witness.ts'
import { assertTiles, assertWhole, openHouse, type World } from './test-world.ts'

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

/** Answers where it broke; undefined if the life has fewer steps than that. */
async function breakAndRecover(step: number, when: Break): Promise<string | undefined> {
  const world = await house.ledger()
  const life = await shortLife(world)
  world.faults.arm(step, when)
  await life.begin().catch(() => {})
  const { broke } = world.faults
  await world.faults.revive()
  await life.begin()
  await assertWhole(world, life.erased).catch((error: unknown) => {
    throw new Error(`after step ${step}, ${broke}`, { cause: error })
  })
  await world.close()
  return broke
}

for (const when of ['failed', 'failed but took effect'] satisfies Break[])
  test(`whichever step breaks (${when}), after a restart nothing is lost, doubled or forked`, async (t) => {
    const together = [0, 1, 2, 3]
    const broken: (string | undefined)[] = []
    while (!broken.includes(undefined))
      broken.push(...(await Promise.all(together.map((at) => breakAndRecover(broken.length + at, when)))))
    t.diagnostic(`${broken.filter(Boolean).length} steps broken`)
    assert.ok(broken.length > 60)
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

test('a batch that was sequenced before a crash and has no tiles yet gets every tile, whatever its size', async (t) => {
  const world = await house.ledger()
  const sizes = [1, 255, 1, 300, 256, 2_000, 7, 66_000, 70_000, 511, 1]
  for (const size of sizes) {
    const sequencer = world.sequencer()
    await sequencer.start()
    // A small batch that is published, then one that is only in the database when the process dies.
    await world.append([world.publicEntry({ type: 'test', v: 1 })])
    await sequencer.round()
    await world.append(Array.from({ length: size }, (_, at) => world.publicEntry({ type: 'test', v: 1, at })))
    world.faults.arm('ledger/commit-sequenced', 'failed but took effect')
    await assert.rejects(sequencer.round())
    await world.faults.revive()
    await world.settle()
    await assertTiles(world, await world.leaves())
  }
  await assertWhole(world)
  t.diagnostic(`${world.state?.size} leaves`)
})

test('a person’s chain does not move in memory when the batch that moved it is lost', async () => {
  const world = await house.ledger()
  const person = await world.person()
  await world.append([world.entry(person)])
  const broken = world.sequencer()
  await broken.start()
  world.faults.arm('ledger/commit-sequenced', 'failed')
  await assert.rejects(broken.round())
  await world.faults.revive()
  await world.settle()
  await assertWhole(world)
})

test('an older sequencer can neither move the head, nor sign, nor close an epoch once a newer one has taken office', async () => {
  const world = await house.ledger({ epochSeconds: 10 })
  const person = await world.person()
  const older = world.sequencer()
  await older.start()
  await world.append([world.entry(person)])
  await older.round()
  const newer = world.sequencer()
  await newer.start()
  await world.append([world.entry(person)])
  const signed = world.signed.size
  await assert.rejects(older.round(), Fenced)
  assert.equal(world.signed.size, signed)
  await newer.round()

  const third = world.sequencer()
  await third.start()
  world.clock.set(new Date(world.clock.now().getTime() + 10_001))
  await assert.rejects(newer.round(), Fenced, 'the epoch is due, and not this one’s to close')
  await third.round()
  await world.settle()
  await assertWhole(world)
})

test('an older sequencer that has committed a batch when it loses office signs nothing of it', async () => {
  const world = await house.ledger()
  const person = await world.person()
  await world.append([world.entry(person)])
  let takeOver = async () => {}
  const tiles = diskTileStore(world.tilesFolder)
  const older = world.sequencer({
    tiles: {
      ...tiles,
      settle: async () => {
        await tiles.settle()
        await takeOver()
      },
    },
  })
  await older.start()
  takeOver = async () => {
    takeOver = async () => {}
    const newer = world.sequencer()
    await newer.start()
    await world.append([world.entry(person)])
    await newer.round()
  }
  await assert.rejects(older.round(), Fenced)
  await world.settle()
  await assertWhole(world)
})

test('a cosignature that reaches an older sequencer late does not set the published checkpoint back', async () => {
  const world = await house.ledger()
  const person = await world.person()
  const older = world.sequencer()
  await older.start()
  await world.append([world.entry(person)])
  let answer = () => {}
  world.witnesses[0]!.holdNext = new Promise((resolve) => {
    answer = resolve
  })
  const running = older.run()
  while (world.witnesses[0]!.stored?.size !== 1) await new Promise((resolve) => setTimeout(resolve, 10))
  older.stop()
  await world.append([world.entry(person)])
  await world.settle()
  answer()
  await running
  await assertWhole(world)
})

test('two sequencers that take turns without knowing of each other make one history', async () => {
  const world = await house.ledger()
  const person = await world.person()
  let [one, other] = [world.sequencer(), world.sequencer()]
  for (let turn = 0; turn < 12; turn++) {
    await world.append([world.entry(person)])
    await one.start().catch(() => {})
    await Promise.allSettled([one.round(), other.round()])
    ;[one, other] = [other, world.sequencer()]
  }
  await world.settle()
  await assertWhole(world)
})

test('a witness task that fails beside the rounds ends the run with its reason, and kills nothing else', async () => {
  const world = await house.ledger()
  const person = await world.person()
  const sequencer = world.sequencer()
  await sequencer.start()
  await world.append([world.entry(person)])
  world.faults.arm('ledger/keep-witnessed', 'failed')
  await assert.rejects(sequencer.run(), /broken at: ledger\/keep-witnessed/)
  await world.faults.revive()
  await world.settle()
  await assertWhole(world)
})

test('unfinished tiles go once the full one is published', async () => {
  const world = await house.ledger()
  const sequencer = world.sequencer()
  await sequencer.start()
  for (let batch = 0; batch < 30; batch++) {
    await world.append(Array.from({ length: 37 }, (_, at) => world.publicEntry({ type: 'test', v: 1, at })))
    await sequencer.round()
  }
  await world.settle()
  await assertWhole(world)
  const partial = (await readdir(world.tilesFolder, { recursive: true })).filter((name) => name.endsWith('.p'))
  assert.deepEqual(partial.sort(), ['tile/0/004.p', 'tile/1/000.p', 'tile/entries/004.p'])
})

test('without witnesses a checkpoint that was signed before a crash is published after it', async () => {
  const world = await house.ledger({ witnesses: 0 })
  const person = await world.person()
  const sequencer = world.sequencer()
  await sequencer.start()
  await world.append([world.entry(person)])
  world.faults.arm('ledger/keep-checkpoint', 'failed but took effect')
  await assert.rejects(sequencer.round())
  await world.faults.revive()
  await world.sequencer().start()
  await assertWhole(world)
})

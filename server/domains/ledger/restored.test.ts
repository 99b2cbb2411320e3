import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Frontier, hashLeaf } from '@bailee/proof'
import { ForkRefused } from './index.ts'
import { encodeLeaves } from './leaves.ts'
import { assertWhole, openHouse, type World } from './test-world.ts'

const house = await openHouse()
after(() => house.close())

const tables = ['head', 'segment', 'chain', 'opening', 'checkpoint', 'epoch', 'outbox']
async function backUp(world: World) {
  for (const table of tables) await world.query(`create table public.old_${table} as table ledger.${table}`)
}
async function restore(world: World) {
  for (const table of tables)
    await world
      .query(`delete from ledger.${table}`)
      .then(() => world.query(`insert into ledger.${table} table public.old_${table}`))
}
async function grow(world: World, entries: number) {
  const person = await world.person()
  await world.append(Array.from({ length: entries }, () => world.entry(person)))
  await world.settle()
}
async function withoutPublished(world: World) {
  await world.tiles.remove('checkpoint')
}

test('a database restored from an older state is refused in the name of the witness that has seen more', async () => {
  const world = await house.ledger()
  await grow(world, 3)
  await backUp(world)
  await grow(world, 300)
  await restore(world)
  await withoutPublished(world)
  const signed = world.signed.size
  await assert.rejects(world.sequencer().start(), (error) => {
    assert.ok(error instanceof ForkRefused)
    assert.match(error.message, /^witness witness\.example\/0 has seen 303 entries, this database holds 3:/)
    return true
  })
  assert.equal(world.signed.size, signed)
})

test('a database restored from an older state is refused for what was published, without any witness', async () => {
  const world = await house.ledger({ witnesses: 0 })
  await grow(world, 3)
  await backUp(world)
  await grow(world, 300)
  await restore(world)
  await assert.rejects(world.sequencer().start(), /^ForkRefused: the published checkpoint has seen 303 entries/)
})

test('a restored database that has gone on since is refused as another history of the same size', async () => {
  const world = await house.ledger()
  await grow(world, 3)
  await backUp(world)
  await grow(world, 2)
  await restore(world)
  const tree = Frontier.fromBytes(
    (await world.query<{ frontier: Buffer }>('select frontier from ledger.head'))[0]!.frontier,
  )
  const others = ['{"type":"other","v":1}', '{"type":"other","v":2}', '{"type":"other","v":3}'].map((text) =>
    Buffer.from(text),
  )
  for (const leaf of others) tree.append(hashLeaf(leaf))
  await world.query('insert into ledger.segment values (3, 3, $1)', [encodeLeaves(others)])
  await world.query('update ledger.head set size = 6, frontier = $1', [Buffer.from(tree.toBytes())])
  await withoutPublished(world)
  await assert.rejects(
    world.sequencer().start(),
    /witness witness\.example\/0 has seen another history of the first 5 entries/,
  )
})

for (const [what, spoil] of [
  [
    'the newest leaves are gone',
    `delete from ledger.segment where first_index = (select max(first_index) from ledger.segment)`,
  ],
  [
    'the head was set back and the leaves were not',
    `update ledger.head set size = old.size, frontier = old.frontier from public.old_head as old`,
  ],
  ['leaves in the middle are gone', `delete from ledger.segment where first_index = 3`],
] as const)
  test(`a database that contradicts itself is refused: ${what}`, async () => {
    const world = await house.ledger()
    await grow(world, 3)
    await backUp(world)
    await grow(world, 2)
    await grow(world, 2)
    await world.query(spoil)
    await withoutPublished(world)
    world.witnesses[0]!.stored = undefined
    // The folder of tiles is a new one, too: they would have to be made from leaves that are not there.
    await world.tiles.remove('tile')
    await assert.rejects(world.sequencer().start(), (error) => error instanceof ForkRefused)
    assert.equal(world.signed.has(8), false)
  })

test('newest leaves and head set back together are refused for the database’s own signed checkpoint', async () => {
  const world = await house.ledger()
  await grow(world, 3)
  await backUp(world)
  await grow(world, 2)
  await world.query(`delete from ledger.segment where first_index >= 3`)
  await world.query(`update ledger.head set size = old.size, frontier = old.frontier from public.old_head as old`)
  await withoutPublished(world)
  world.witnesses[0]!.stored = undefined
  await assert.rejects(
    world.sequencer().start(),
    /this database’s own checkpoint has seen 5 entries, this database holds 3/,
  )
})

test('while a witness cannot be asked nothing is signed, and once it answers everything is', async () => {
  const world = await house.ledger({ witnesses: 2 })
  await grow(world, 3)
  const person = await world.person()
  await world.append([world.entry(person)])
  world.witnesses[1]!.down = true
  const sequencer = world.sequencer()
  const started = sequencer.start()
  await new Promise((resolve) => setTimeout(resolve, 700))
  assert.equal(world.signed.has(4), false)
  assert.ok(world.warnings.some((warning) => warning.includes('nothing is signed until it can')))
  world.witnesses[1]!.down = false
  await started
  await sequencer.round()
  await world.settle()
  await assertWhole(world)
})

test('a witness that falls silent later does not stop the ledger, and one cosignature of two is no quorum', async () => {
  const world = await house.ledger({ witnesses: 2 })
  const person = await world.person()
  await grow(world, 2)
  const sequencer = world.sequencer()
  await sequencer.start()
  world.witnesses[1]!.answer = { status: 500, body: 'out of order\n' }
  await world.append([world.entry(person)])
  await sequencer.round()
  const running = sequencer.run()
  await new Promise((resolve) => setTimeout(resolve, 300))
  sequencer.stop()
  await running
  assert.deepEqual([world.state?.size, world.state?.witnessedSize], [3, 2])
  world.witnesses[1]!.answer = undefined
  await world.settle()
  await assertWhole(world)
})

test('a witness that answered at the start and signs nothing afterwards is not counted as having signed', async () => {
  const world = await house.ledger()
  await grow(world, 2)
  world.witnesses[0]!.answer = { status: 500, body: 'out of order\n' }
  await world.sequencer().start()
  world.witnesses[0]!.answer = undefined
  await assertWhole(world)
})

test('a witness behind our memory of it says so, and is brought up to date from there', async () => {
  const world = await house.ledger()
  await grow(world, 3)
  const early = world.witnesses[0]!.stored
  await grow(world, 300)
  const sequencer = world.sequencer()
  await sequencer.start()
  world.witnesses[0]!.stored = early
  const person = await world.person()
  await world.append([world.entry(person)])
  const before = world.witnesses[0]!.submissions
  const running = sequencer.run()
  while ((world.state?.witnessedSize ?? 0) < 304) await new Promise((resolve) => setTimeout(resolve, 20))
  sequencer.stop()
  await running
  assert.equal(world.witnesses[0]!.submissions - before, 2, 'one refusal with its size, one success')
  await assertWhole(world)
})

test('a witness that turns out to know another history while we run stops the sequencer', async () => {
  const world = await house.ledger()
  await grow(world, 3)
  const twin = await house.ledger()
  await grow(twin, 5)
  const sequencer = world.sequencer()
  await sequencer.start()
  // The same witness as seen by a fork of ours: its signed memory has another root.
  const person = await world.person()
  await world.append([world.entry(person)])
  const other = world.witnesses[0]!
  other.answer = { status: 422, body: 'the consistency proof does not verify\n' }
  const running = sequencer.run()
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.ok(world.warnings.some((warning) => warning.includes('did not cosign')))
  sequencer.stop()
  await running
  assert.equal(world.state?.size, 4, 'words alone stop nothing: its signed checkpoint agrees with ours')
  await backUp(world)
  other.answer = undefined
  await grow(world, 2)
  await restore(world)
  const forked = world.sequencer()
  const remembered = other.stored
  other.stored = undefined
  await withoutPublished(world)
  await forked.start()
  other.stored = remembered
  await world.append([world.entry(person)])
  await assert.rejects(forked.run(), /ForkRefused: witness witness\.example\/0 has seen 6 entries/)
})

test('a published checkpoint without our signature frightens nobody and is written again', async () => {
  const world = await house.ledger()
  await grow(world, 3)
  await writeFile(
    join(world.tilesFolder, 'checkpoint'),
    `${world.origin}\n99999\n${Buffer.alloc(32).toString('base64')}\n\n— x AAAAAAA=\n`,
  )
  await world.settle()
  await assertWhole(world)
})

test('an empty database beside a ledger that a witness remembers signs nothing', async () => {
  const [world, empty] = [await house.ledger(), await house.ledger()]
  await grow(world, 3)
  // The witness signs for another key store's ledger of the same name: it cannot be believed, and not be ignored.
  empty.witnesses[0]!.stored = world.witnesses[0]!.stored
  const sequencer = empty.sequencer()
  const started = sequencer.start()
  await new Promise((resolve) => setTimeout(resolve, 500))
  sequencer.stop()
  await assert.rejects(started, /no signature by a known key/)
  assert.equal(empty.signed.size, 0)
})

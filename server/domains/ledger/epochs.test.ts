import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  base64Decode,
  compareBytes,
  decodePublicLeaf,
  decodeSealedLeaf,
  hexEncode,
  isSealedLeaf,
  verifyAbsence,
  verifyTagProof,
} from '@bailee/proof'
import { assertWhole, openHouse, type World } from './test-world.ts'

const house = await openHouse()
after(() => house.close())

const later = (world: World, seconds: number) => world.clock.set(new Date(world.clock.now().getTime() + seconds * 1000))

/** One epoch with this many tags, closed and public. */
async function closedEpoch(tags: number) {
  const world = await house.ledger({ epochSeconds: 10 })
  const person = await world.person()
  const sequencer = world.sequencer()
  await sequencer.start()
  await world.append(Array.from({ length: tags }, () => world.entry(person)))
  await sequencer.round()
  later(world, 11)
  await sequencer.round()
  await sequencer.round()
  await world.settle()
  return { world, person, sorted: await sortedTags(world) }
}
const sortedTags = async (world: World) =>
  (await world.leaves())
    .filter((leaf) => isSealedLeaf(leaf))
    .map((leaf) => decodeSealedLeaf(leaf).tag)
    .sort(compareBytes)
const headOf = ({ size, root }: { size: number; root: string }) => ({ size, root: base64Decode(root) })
const plus = (tag: Uint8Array, by: 1 | -1) =>
  Buffer.from((BigInt(`0x${hexEncode(tag)}`) + BigInt(by)).toString(16).padStart(64, '0'), 'hex')

/** What a client does with the bucket of a tag's prefix. */
async function stateOf(world: World, tag: Uint8Array, digits: number): Promise<'present' | 'absent'> {
  const bucket = await world.reader.bucket(0, hexEncode(tag).slice(0, digits))
  const head = headOf(bucket)
  const own = bucket.proofs.find((proof) => Buffer.from(proof.tag, 'base64').equals(tag))
  if (own) {
    assert.ok(verifyTagProof(own, head))
    return 'present'
  }
  const at = bucket.proofs.findIndex((proof) => compareBytes(base64Decode(proof.tag), tag) > 0)
  const before = bucket.proofs[at < 0 ? bucket.proofs.length - 1 : at - 1]
  const after = at < 0 ? undefined : bucket.proofs[at]
  const proof = { ...(before && { before }), ...(after && { after }) }
  assert.ok(verifyAbsence(proof, tag, head), `the absence of ${hexEncode(tag)} is proved by its bucket`)
  return 'absent'
}

test('epochs close by the clock, one after the other, and anybody can rebuild their indexes', async () => {
  const world = await house.ledger({ epochSeconds: 10 })
  const people = [await world.person(), await world.person()]
  const sequencer = world.sequencer()
  await sequencer.start()
  for (let epoch = 0; epoch < 4; epoch++) {
    await world.append(people.map((person) => world.entry(person)))
    await world.append([world.publicEntry({ type: 'notice', v: 1 })])
    await sequencer.round()
    later(world, 11)
    await sequencer.round()
  }
  await world.settle()
  const leaves = await assertWhole(world)
  const closes = leaves.filter((leaf) => leaf[0] === 0x7b && decodePublicLeaf(leaf).type === 'epoch-close')
  assert.equal(closes.length, 4)
  const listed = await world.reader.epochs()
  assert.deepEqual(
    listed.map(({ epoch, tags }) => [epoch, tags]),
    [
      [3, 2],
      [2, 2],
      [1, 2],
      [0, 2],
    ],
  )
})

test('a quiet ledger does not grow by closing epochs in which nothing happened to anybody', async () => {
  const world = await house.ledger({ epochSeconds: 10 })
  const sequencer = world.sequencer()
  await sequencer.start()
  await world.append([world.publicEntry({ type: 'notice', v: 1 })])
  for (let hour = 0; hour < 5; hour++) {
    await sequencer.round()
    later(world, 11)
  }
  assert.equal((await world.leaves()).length, 1)
  await world.append([world.entry(await world.person())])
  await sequencer.round()
  await sequencer.round()
  await world.settle()
  await assertWhole(world)
  assert.deepEqual(
    (await world.reader.epochs()).map(({ firstIndex, tags }) => [firstIndex, tags]),
    [[0, 1]],
  )
})

test('a crowded epoch closes before its time', async () => {
  const world = await house.ledger({ epochTags: 20 })
  const person = await world.person()
  const sequencer = world.sequencer()
  await sequencer.start()
  for (let batch = 0; batch < 5; batch++) {
    await world.append(Array.from({ length: 15 }, () => world.entry(person)))
    await sequencer.round()
  }
  await world.settle()
  await assertWhole(world)
  assert.deepEqual(
    (await world.reader.epochs()).map(({ tags }) => tags),
    [30, 30],
  )
})

test('a server that restarts more often than epochs last still closes them', async () => {
  const world = await house.ledger({ epochSeconds: 10 })
  const person = await world.person()
  await world.append([world.entry(person)])
  await world.settle()
  later(world, 11)
  await world.settle()
  for (let restart = 0; restart < 6; restart++) {
    await world.append([world.entry(person)])
    later(world, 4)
    await world.settle()
  }
  await assertWhole(world)
  assert.ok((await world.reader.epochs()).length >= 2)
})

test('each tag of an epoch is proved present, and every other absent, at both edges too', async () => {
  const { world, sorted } = await closedEpoch(700)
  for (const digits of [1, 2, 3, 4]) {
    for (const tag of sorted.filter((_, at) => at % 97 === 0 || at === sorted.length - 1)) {
      assert.equal(await stateOf(world, tag, digits), 'present')
      assert.equal(await stateOf(world, plus(tag, 1), digits), 'absent')
      assert.equal(await stateOf(world, plus(tag, -1), digits), 'absent')
    }
    for (const edge of [Buffer.alloc(32, 0), Buffer.alloc(32, 0xff), randomBytes(32)])
      assert.equal(await stateOf(world, edge, digits), 'absent')
  }
  const whole = await world.reader.bucket(0, '')
  assert.deepEqual(
    whole.proofs.map(({ position }) => position),
    sorted.map((_, at) => at),
  )
})

test('an epoch with one tag proves that tag, and the absence of others on either side of it', async () => {
  const { world, sorted } = await closedEpoch(1)
  assert.equal(await stateOf(world, sorted[0]!, 4), 'present')
  for (const tag of [plus(sorted[0]!, -1), plus(sorted[0]!, 1), Buffer.alloc(32, 0), Buffer.alloc(32, 0xff)])
    assert.equal(await stateOf(world, tag, 4), 'absent')
  await assert.rejects(world.reader.bucket(1, '0'), { code: 'epoch_unknown' })
})

test('the person’s next tag is absent from an epoch in which nothing more was logged about them', async () => {
  const { world, person } = await closedEpoch(30)
  assert.equal(await stateOf(world, world.ownChain(person).tag(29), 4), 'present')
  assert.equal(await stateOf(world, world.ownChain(person).tag(30), 4), 'absent')
})

test('a damaged tag index is made again from the leaves, and no bucket is wrong', async () => {
  const { world, sorted } = await closedEpoch(300)
  for (const path of ['tags/0/pairs', 'tags/0/tile/0/000', 'tags/0/tile/0/001.p/44', 'tags/0/tile/1/000.p/1']) {
    const file = join(world.tilesFolder, path)
    const before = await readFile(file)
    const spoilt = [Buffer.from(before), before.subarray(0, before.length - 41), Buffer.alloc(before.length)]
    spoilt[0]![before.length >> 1]! ^= 1
    for (const bytes of [...spoilt, undefined]) {
      await (bytes ? writeFile(file, bytes) : rm(file))
      for (const tag of sorted.filter((_, at) => at % 20 === 0)) {
        assert.equal(await stateOf(world, tag, 2), 'present')
        assert.equal(await stateOf(world, plus(tag, 1), 2), 'absent')
      }
    }
  }
})

test('a tag index that neither files nor leaves can make is refused', async () => {
  const { world, sorted } = await closedEpoch(30)
  await world.query('update ledger.epoch set root = $1', [randomBytes(32)])
  await assert.rejects(world.reader.bucket(0, hexEncode(sorted[0]!).slice(0, 1)), { code: 'tile_damaged' })
})

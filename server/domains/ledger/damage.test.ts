import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  base64Decode,
  equalBytes,
  Frontier,
  hashLeaf,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  verifyConsistency,
  verifyEntry,
} from '@bailee/proof'
import { Refusal } from '#kernel'
import { encodeLeaves } from './leaves.ts'
import { nodeChecks } from './signing.ts'
import { readSegments } from './store.ts'
import { assertTiles, assertWhole, openHouse, type World } from './test-world.ts'
import { readLeaves } from './tiles.ts'

const house = await openHouse()
after(() => house.close())

const isDamaged = (error: unknown) => error instanceof Refusal && error.code === 'tile_damaged'
const spoilings: Readonly<Record<string, (path: string, bytes: Buffer) => Promise<void>>> = {
  'a bit is flipped': (path, bytes) => {
    const at = Math.floor(bytes.length / 2)
    bytes[at]! ^= 1
    return writeFile(path, bytes)
  },
  'the first bytes are others': (path, bytes) =>
    writeFile(path, Buffer.concat([Buffer.alloc(40, 7), bytes.subarray(40)])),
  'the end is cut off': (path, bytes) => writeFile(path, bytes.subarray(0, bytes.length - 20)),
  'nothing is left in it': (path) => writeFile(path, ''),
  'it is gone': (path) => rm(path, { force: true }),
  'it is twice as long': (path, bytes) => writeFile(path, Buffer.concat([bytes, bytes])),
}

/** Right, or refused as damaged: anything else fails. Answers whether it was right. */
async function proveLeaf(world: World, leaves: readonly Buffer[], index: number): Promise<boolean> {
  try {
    const { leaf, proof } = await world.reader.proveIndex(index)
    const checked = verifyEntry({
      proofText: proof,
      leafBytes: base64Decode(leaf),
      policyText: world.room.policy,
      checks: nodeChecks,
    })
    assert.ok(checked.ok, JSON.stringify(checked.steps))
    assert.equal(parseTlogProof(proof).index, index)
    assert.ok(leaves[index]!.equals(base64Decode(leaf)))
    return true
  } catch (error) {
    if (isDamaged(error)) return false
    throw error
  }
}
async function proveGrowth(world: World, roots: readonly Uint8Array[], from: number, to: number): Promise<boolean> {
  try {
    const { proof } = await world.reader.proveConsistency(from, to)
    assert.ok(
      verifyConsistency({
        size1: from,
        size2: to,
        root1: roots[from]!,
        root2: roots[to]!,
        proof: proof.map((hash) => base64Decode(hash)),
      }),
      `${from} to ${to}`,
    )
    return true
  } catch (error) {
    if (isDamaged(error)) return false
    throw error
  }
}
function rootsOf(leaves: readonly Buffer[]): Uint8Array[] {
  const tree = Frontier.empty()
  const roots = [tree.root()]
  for (const leaf of leaves) {
    tree.append(hashLeaf(leaf))
    roots.push(tree.root())
  }
  return roots
}
async function ledgerOf(sizes: readonly number[]) {
  const world = await house.ledger()
  const sequencer = world.sequencer()
  await sequencer.start()
  for (const size of sizes) {
    await world.append(Array.from({ length: size }, (_, at) => world.publicEntry({ type: 'test', v: 1, at })))
    await sequencer.round()
  }
  await world.settle()
  return { world, leaves: await world.leaves() }
}
const tileFiles = async (world: World) => {
  const entries = await readdir(join(world.tilesFolder, 'tile'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

test('every leaf is proved, and the growth between any two sizes', async () => {
  const { world, leaves } = await ledgerOf([40, 60, 200, 1, 300, 50])
  const roots = rootsOf(leaves)
  for (let index = 0; index < leaves.length; index += 7) assert.ok(await proveLeaf(world, leaves, index))
  for (let from = 1; from <= leaves.length; from += 13)
    for (let to = from; to <= leaves.length; to += 31) assert.ok(await proveGrowth(world, roots, from, to))
  await assert.rejects(world.reader.proveIndex(leaves.length), { code: 'index_out_of_range' })
  await assert.rejects(world.reader.proveConsistency(1, leaves.length + 1), { code: 'index_out_of_range' })
})

for (const [what, spoil] of Object.entries(spoilings))
  test(`a file of the tiles of which ${what} is made again from the database, and no proof is wrong`, async () => {
    const { world, leaves } = await ledgerOf([40, 60, 200, 1, 300, 50])
    const roots = rootsOf(leaves)
    const near = [0, 39, 100, 255, 256, 299, 511, 512, 600, 650]
    const files = await tileFiles(world)
    assert.ok(files.length >= 8)
    for (const file of files) {
      const before = await readFile(file)
      await spoil(file, Buffer.from(before))
      for (const index of near) assert.ok(await proveLeaf(world, leaves, index), `${file}, leaf ${index}`)
      await spoil(file, Buffer.from(before))
      for (const from of [1, 100, 256, 300, 512, 601])
        for (const to of [300, 512, 601, 651])
          if (from <= to) assert.ok(await proveGrowth(world, roots, from, to), `${file}, ${from} to ${to}`)
      await writeFile(file, before)
    }
    await assertTiles(world, leaves)
  })

test('damaged files that proofs passed by are whole on disk again', async () => {
  const { world, leaves } = await ledgerOf([600])
  for (const file of await tileFiles(world)) await rm(file)
  for (const index of [0, 256, 512]) assert.ok(await proveLeaf(world, leaves, index))
  await assertTiles(world, leaves)
})

test('when the database is damaged in the same place, the proof is refused and the others stand', async () => {
  const { world, leaves } = await ledgerOf([300, 300])
  const roots = rootsOf(leaves)
  const changed = leaves.slice(0, 300)
  changed[7] = Buffer.from('{"at":8,"type":"test","v":1}')
  await world.query('update ledger.segment set leaves = $1 where first_index = 0', [encodeLeaves(changed)])
  for (const file of ['tile/0/000', 'tile/entries/000']) await rm(join(world.tilesFolder, file))
  for (const index of [0, 7, 255]) assert.equal(await proveLeaf(world, leaves, index), false)
  for (const index of [256, 400, 599]) assert.equal(await proveLeaf(world, leaves, index), true)
  assert.equal(await proveGrowth(world, roots, 7, 600), false)
  assert.equal(await proveGrowth(world, roots, 512, 600), true)
  await assert.rejects(readFile(join(world.tilesFolder, 'tile/0/000')), 'what does not make the root is not written')
})

test('leaves that do not make the signed root overwrite no tile: the start is refused', async () => {
  const { world, leaves } = await ledgerOf([300, 300])
  const changed = leaves.slice(0, 300)
  changed[7] = Buffer.from('{"at":8,"type":"test","v":1}')
  await world.query('update ledger.segment set leaves = $1 where first_index = 0', [encodeLeaves(changed)])
  await world.tiles.remove('checkpoint')
  await assert.rejects(world.sequencer().start(), { name: 'ForkRefused' })
  await assertTiles(world, leaves)
})

test('in a ledger of three levels, tiles of every level are made again', async () => {
  const { world, leaves } = await ledgerOf([65_000, 1_100, 10])
  const roots = new Map([64_999, 65_536, 66_000, leaves.length].map((size) => [size, 0]))
  const tree = Frontier.empty()
  const kept: Uint8Array[] = []
  for (const leaf of leaves) {
    tree.append(hashLeaf(leaf))
    if (roots.has(tree.size)) kept[tree.size] = tree.root()
  }
  for (const path of [
    'tile/0/000',
    'tile/0/255',
    'tile/1/000',
    'tile/1/001.p/2',
    'tile/2/000.p/1',
    'tile/0/258.p/62',
  ]) {
    const file = join(world.tilesFolder, path)
    for (const spoil of [spoilings['a bit is flipped']!, spoilings['it is gone']!]) {
      await spoil(file, await readFile(file))
      for (const index of [3, 65_535, 66_000, leaves.length - 1]) assert.ok(await proveLeaf(world, leaves, index), path)
      assert.ok(await proveGrowth(world, kept, 64_999, leaves.length))
      assert.ok(await proveGrowth(world, kept, 65_536, 66_000))
    }
  }
  await assertTiles(world, leaves)
})

test('after a restart the right edge is right again, and a folder that was moved aside is filled again', async () => {
  const { world, leaves } = await ledgerOf([300, 300])
  for (const path of ['tile/0/002.p/88', 'tile/1/000.p/2', 'tile/entries/002.p/88']) {
    await writeFile(join(world.tilesFolder, path), 'x')
    await world.settle()
    await assertTiles(world, leaves)
  }
  await rm(world.tilesFolder, { recursive: true })
  await world.settle()
  await assertWhole(world)
})

test('a damaged tile does not look like a fork to a witness: it is made again before the proof is sent', async () => {
  const { world } = await ledgerOf([300])
  const early = world.witnesses[0]!.stored
  const sequencer = world.sequencer()
  await sequencer.start()
  await world.append(Array.from({ length: 600 }, (_, at) => world.publicEntry({ type: 'test', v: 1, at })))
  await sequencer.round()
  world.witnesses[0]!.stored = early
  await spoilings['a bit is flipped']!(
    join(world.tilesFolder, 'tile/0/001'),
    await readFile(join(world.tilesFolder, 'tile/0/001')),
  )
  const running = sequencer.run()
  while ((world.state?.witnessedSize ?? 0) < 900) await new Promise((resolve) => setTimeout(resolve, 20))
  sequencer.stop()
  await running
  assert.ok(world.warnings.some((warning) => /^\d+ tiles were missing or damaged/.test(warning)))
  await assertWhole(world)
})

test('a person’s own tags come from proved leaves, whatever lies on disk', async () => {
  const world = await house.ledger()
  const person = await world.person()
  await world.append(Array.from({ length: 300 }, () => world.entry(person)))
  await world.settle()
  for (const path of ['tile/entries/000', 'tile/entries/001.p/44']) {
    const bundle = await readFile(join(world.tilesFolder, path))
    for (let at = 20; at < bundle.length; at += 114) bundle[at]! ^= 1
    await writeFile(join(world.tilesFolder, path), bundle)
  }
  const { n, tags } = await world.reader.monitorOf(person)
  assert.equal(n, 300)
  assert.equal(tags.length, 200)
  for (const { n, tag } of tags) assert.ok(equalBytes(base64Decode(tag), world.ownChain(person).tag(n)))
})

test('leaves are read from the middle of one segment to the middle of another', async () => {
  const { world, leaves } = await ledgerOf([10, 1, 25, 300])
  const db = world.db.as('ledger')
  for (const [from, to] of [
    [0, 1],
    [0, 336],
    [3, 5],
    [9, 12],
    [10, 11],
    [20, 300],
    [335, 336],
    [336, 336],
    [5, 5],
  ] as const) {
    assert.deepEqual(await readLeaves(db, from, to), leaves.slice(from, to))
    const segments = await readSegments(db, from, to)
    assert.ok(segments.every((segment) => segment.firstIndex < Math.max(to, 1)))
  }
  await assert.rejects(readLeaves(db, 300, 337), { name: 'LeavesMissing' })
  const { root } = parseCheckpoint(parseNote(String(await world.tiles.get('checkpoint'))).text)
  assert.ok(equalBytes(root, rootsOf(leaves).at(-1)!))
})

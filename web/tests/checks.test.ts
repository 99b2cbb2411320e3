import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64Encode } from '@bailee/proof'
import { checkEntry, checkLeaf, type ShownEntry } from '../src/ledger/check.ts'
import { prefixOf } from '../src/ledger/check-absence.ts'
import { checkCheckpoint, checkGrowth } from '../src/ledger/check-growth.ts'
import { flipOf } from './stub-bytes.ts'
import { origin, World } from './stub-world.ts'

const world = new World()
const policy = world.policy()
const answerOf = (entry: (typeof world.entries)[number]) => ({
  entry: entry.entry,
  index: entry.index,
  leaf: base64Encode(world.leaves[entry.index]!),
  proof: world.proofOf(entry.index),
  disclosure: { ...entry.disclosure, disclosed: [...entry.disclosure.disclosed], hashes: [...entry.disclosure.hashes] },
})
const failing = (checked: ReturnType<typeof checkEntry>) => checked.steps.flatMap(({ id, ok }) => (ok ? [] : [id]))

test('every entry of a life holds, and the arithmetic shown ends at the root', () => {
  for (const entry of world.entries) {
    const checked = checkEntry(entry, answerOf(entry), policy)
    assert.ok(checked.ok, JSON.stringify(checked.steps))
    assert.equal(checked.joinings.at(-1)?.result, base64Encode(world.tree().root()))
    assert.deepEqual(
      checked.steps.map(({ id }) => id),
      ['shown', 'body', 'leaf', 'inclusion', 'log-signature', 'log-signature-pq', 'witnesses'],
    )
  }
})

test('the arithmetic shown ends at the root for every place in trees of every size', () => {
  for (let index = 0; index < world.size; index++) {
    const checked = checkLeaf(
      { index, leaf: base64Encode(world.leaves[index]!), proof: world.proofOf(index) },
      index,
      policy,
    )
    assert.ok(checked.ok)
    assert.equal(checked.joinings.at(-1)?.result, base64Encode(world.tree().root()))
  }
})

test('words that are not the opened ones fail, whichever side they were changed on', () => {
  const entry = world.entries[3]!
  const answer = answerOf(entry)
  const lies: Partial<ShownEntry>[] = [
    { kind: 'consent' },
    { at: '2026-03-14T01:31:00.000Z' },
    { entry: world.entries[4]!.entry },
    { fields: { ...entry.fields, purpose: 'support' } },
    { fields: { ...entry.fields, more: 'than was opened' } },
    { fields: Object.fromEntries(Object.entries(entry.fields).filter(([name]) => name !== 'outcome')) },
  ]
  for (const lie of lies) assert.deepEqual(failing(checkEntry({ ...entry, ...lie }, answer, policy)), ['shown'])
})

test('a field that is kept closed from the person fails, though the hashes fit', async () => {
  const { discloseFields, Ratchet, bodyRoot } = await import('@bailee/proof')
  const seed = new Ratchet(new Uint8Array(32).fill(1)).next().seed
  const body = [['kind', 'look']] as const
  const closed = discloseFields(seed, body, [])
  assert.ok(bodyRoot(seed, body))
  const entry = world.entries[0]!
  const answer = { ...answerOf(entry), disclosure: { ...closed, disclosed: [], hashes: [...closed.hashes] } }
  assert.ok(failing(checkEntry(entry, answer, policy)).includes('shown'))
})

test('a proof of another entry does not pass for the one that was asked for', () => {
  const other = world.entries[5]!
  assert.ok(failing(checkEntry(world.entries[3]!, answerOf(other), policy)).includes('shown'))
  const answer = { index: 3, leaf: base64Encode(world.leaves[3]!), proof: world.proofOf(3) }
  assert.deepEqual(failing(checkLeaf(answer, 4, policy)), ['inclusion'])
})

test('remembered signatures are not mistaken for others', () => {
  const entry = world.entries[0]!
  const answer = answerOf(entry)
  assert.ok(checkEntry(entry, answer, policy).ok)
  const other = new World()
  assert.deepEqual(failing(checkEntry(entry, answer, other.policy())), [
    'log-signature',
    'log-signature-pq',
    'witnesses',
  ])
  assert.ok(checkEntry(entry, answer, policy).ok)
})

test('one verification takes less than 50 ms, every signature worked out anew', () => {
  const times: number[] = []
  for (let round = 0; round < 12; round++) {
    const fresh = new World()
    const entry = fresh.entries[0]!
    const answer = {
      ...answerOf(entry),
      index: entry.index,
      leaf: base64Encode(fresh.leaves[entry.index]!),
      proof: fresh.proofOf(entry.index),
    }
    const checked = checkEntry(entry, answer, fresh.policy())
    assert.ok(checked.ok)
    times.push(checked.milliseconds)
  }
  const median = times.sort((a, b) => a - b)[6]!
  assert.ok(median < 50, `${median} ms`)
})

test('a checkpoint is believed only with the log’s signatures, both of them, and none that fails', () => {
  const note = world.checkpoint()
  const good = checkCheckpoint(note, origin, policy)
  assert.ok(good.signed)
  assert.equal(good.quorum, 'reached')
  const lines = note.split('\n')
  const without = (part: string) => lines.filter((line) => !line.startsWith(`— ${part}`)).join('\n')
  assert.equal(checkCheckpoint(without('witness.hill'), origin, policy).quorum, 'missed')
  assert.equal(checkCheckpoint(without(origin).replace('\n\n', '\n\n'), origin, policy).signed, false)
  assert.equal(
    checkCheckpoint(note.replace(`\n${world.size}\n`, `\n${world.size + 1}\n`), origin, policy).signed,
    false,
  )
  assert.equal(checkCheckpoint(note, 'another.example', policy).problem, 'other-origin')
  assert.equal(checkCheckpoint('nonsense', origin, policy).problem, 'unreadable')
})

test('growth is shown by proof and by nothing else', () => {
  const tree = world.tree()
  const before = { size: 60, root: base64Encode(tree.root(60)) }
  const now = { size: world.size, root: base64Encode(tree.root()) }
  const proof = tree.consistencyPath(60).map((hash) => base64Encode(hash))
  assert.equal(checkGrowth(before, now, proof).verdict, 'grew')
  assert.equal(checkGrowth({ ...before, root: flipOf(before.root, 1) }, now, proof).verdict, 'broken')
  assert.equal(checkGrowth(before, now, proof.slice(1)).verdict, 'broken')
  assert.equal(checkGrowth(before, now, ['*']).verdict, 'broken')
})

test('the bucket asked for hides the tag among others', () => {
  const tag = Uint8Array.of(0xab, 0xcd)
  assert.equal(prefixOf(tag, 0), 'a')
  assert.equal(prefixOf(tag, 200), 'a')
  assert.equal(prefixOf(tag, 16 * 256), 'ab')
  assert.equal(prefixOf(tag, 1e9), 'abcd')
})

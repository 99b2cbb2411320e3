import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import {
  base64Decode,
  base64Encode,
  decodePublicLeaf,
  decodeSealedLeaf,
  hexEncode,
  isSealedLeaf,
  parseVerifierKey,
  receiptVerifier,
  verifyEntry,
  verifyReceipt,
} from '@bailee/proof'
import { day, type EntryId, newId } from '#kernel'
import { keyIdOf } from '#platform'
import { type EntryDraft, Fenced } from './index.ts'
import { commitmentOf, prepare } from './outbox.ts'
import { nodeChecks } from './signing.ts'
import { assertTiles, assertWhole, openHouse, type World } from './test-world.ts'

const house = await openHouse()
after(() => house.close())

const publicOf = (leaves: readonly Buffer[], type: string) =>
  leaves
    .filter((leaf) => leaf[0] === 0x7b)
    .map((leaf) => decodePublicLeaf(leaf))
    .filter((leaf) => leaf.type === type)
const kindsOf = async (world: World, person: EntryDraft['subject']) =>
  (await world.reader.entriesOf(person, undefined)).items.map(({ kind }) => kind)

test('tags follow the chain that begins with the person’s own first key', async () => {
  const world = await house.ledger()
  const person = await world.person(new Uint8Array(32).fill(7))
  for (let entry = 0; entry < 3; entry++) {
    await world.append([world.entry(person)])
    await world.settle()
  }
  const leaves = await assertWhole(world)
  assert.deepEqual(
    leaves.slice(0, 2).map((leaf) => hexEncode(decodeSealedLeaf(leaf).tag)),
    [
      // research/ledger.md 4.4: k_0 is 32 times 07.
      'a6571998db1c5f9219f953c6d229e420e496de339a979250959e212f07f51ddc',
      '6da7e3942e09ed8e27d7d7aa6a628075726aeb56757b62ee85cdc695d0eb9eb4',
    ],
  )
  const { n, key, nextTag } = await world.reader.monitorOf(person)
  assert.equal(n, 3)
  assert.equal(key, base64Encode(world.ownChain(person).key(3)))
  assert.equal(nextTag, base64Encode(world.ownChain(person).tag(3)))
})

test('a person’s chain goes on over restarts and over the epochs of the keys that seal it', async () => {
  const world = await house.ledger()
  const person = await world.person()
  const sealedUnder = new Set<string>()
  for (let month = 0; month < 4; month++) {
    await world.append([world.entry(person), world.entry(person)])
    await world.settle()
    const [row] = await world.query<{ sealed: Buffer }>('select sealed from ledger.chain')
    sealedUnder.add(keyIdOf(row!.sealed))
    world.clock.set(new Date(world.clock.now().getTime() + 31 * day))
  }
  assert.equal(sealedUnder.size, 4)
  await assertWhole(world)
  assert.equal((await world.reader.entriesOf(person, undefined)).total, 8)
})

test('the receipt of an entry is kept: what it commits to stands in the body, and the entry is proved to anybody', async () => {
  const world = await house.ledger()
  const person = await world.person()
  const outcomes = ['opened', null, 'grant_missing']
  const receipts = await world.append(
    outcomes.map(() => world.entry(person)),
    outcomes,
  )
  await world.settle()
  await assertWhole(world)
  const logKey = receiptVerifier(parseVerifierKey(world.signer.vkeys[0]!).publicKey)
  for (const [at, receipt] of receipts.entries()) {
    assert.ok(verifyReceipt(receipt, logKey))
    const { leaf, proof, disclosure } = await world.reader.proveEntry(
      person,
      receipt.entry.replaceAll('-', '') as EntryId,
      undefined,
    )
    const checked = verifyEntry({
      proofText: proof,
      leafBytes: base64Decode(leaf),
      disclosure,
      policyText: world.room.policy,
      checks: nodeChecks,
    })
    assert.ok(checked.ok)
    const body = Object.fromEntries(disclosure.disclosed.map(({ name, value }) => [name, value]))
    assert.equal(body.commitment, receipt.commitment)
    assert.equal(body.outcome ?? null, outcomes[at])
  }
})

test('a void line leaves nothing behind, and a row of void lines alone only goes', async () => {
  const world = await house.ledger()
  const [person, stranger] = [await world.person(), newId<'per'>()]
  await world.append([world.entry(stranger), world.entry(person), world.entry(stranger)], ['-', 'opened', '-'])
  await world.settle()
  await world.append([world.entry(stranger), world.entry(stranger)], ['-', '-'])
  await world.settle()
  assert.equal((await assertWhole(world)).length, 1)
  assert.deepEqual(await world.query('select 1 from ledger.chain where subject = $1', [stranger]), [])
})

test('a row larger than a batch is taken whole, and rows before and after it keep their order', async () => {
  const world = await house.ledger()
  const [person, other] = [await world.person(), await world.person()]
  await world.append([world.entry(other)])
  await world.append(Array.from({ length: 5_000 }, () => world.entry(person)))
  await world.append([world.entry(other)])
  const sequencer = world.sequencer()
  await sequencer.start()
  assert.deepEqual(
    [await sequencer.round(), await sequencer.round(), await sequencer.round(), await sequencer.round()],
    [1, 5_000, 1, 0],
  )
  await world.settle()
  await assertWhole(world)
})

test('erasure leaves no opening and no chain, one public leaf, and everybody else’s proofs as they were', async () => {
  const world = await house.ledger()
  const [gone, other] = [await world.person(), await world.person()]
  await world.append([world.entry(gone), world.entry(other)])
  await world.settle()
  // The erasure and what surrounds it come in one batch: what was waiting is not openable either.
  await world.append([world.entry(gone, 'look'), world.entry(other)])
  const [erase] = await world.append([world.entry(gone, 'erase')])
  await world.append([world.entry(gone, 'look'), world.entry(other), world.entry(gone, 'look')])
  await world.settle()
  await world.append([world.entry(gone, 'look')])
  await world.settle()
  const leaves = await assertWhole(world, new Set([gone]))
  assert.deepEqual(publicOf(leaves, 'erasure'), [{ type: 'erasure', v: 1, entries: 3 }])
  assert.deepEqual(await world.query('select n, sealed from ledger.chain where subject = $1', [gone]), [
    { n: 3, sealed: null },
  ])
  assert.deepEqual(await world.reader.entriesOf(gone, undefined), { items: [], next: null, total: 0 })
  await assert.rejects(world.reader.monitorOf(gone), { code: 'person_erased' })
  await assert.rejects(world.reader.proveEntry(gone, erase!.entry.replaceAll('-', '') as EntryId, undefined), {
    code: 'entry_unknown',
  })
  assert.equal((await world.reader.entriesOf(other, undefined)).total, 3)
  for (let index = 0; index < leaves.length; index++) await world.reader.proveIndex(index)

  const tags = leaves.filter((leaf) => isSealedLeaf(leaf)).map((leaf) => decodeSealedLeaf(leaf))
  const own = Array.from({ length: 10 }, (_, n) => hexEncode(world.ownChain(gone).tag(n)))
  const known = tags.filter(({ tag }) => own.includes(hexEncode(tag)))
  assert.equal(known.length, 3, 'after the erasure not even the person’s own key recognises a tag')
  assert.equal(
    new Set(tags.map(({ bodyRoot }) => hexEncode(bodyRoot))).size,
    tags.length,
    'nothing in a leaf tells that its person was erased',
  )
})

test('two people of one transaction, one of them erased in it, keep their own chains', async () => {
  const world = await house.ledger()
  const [gone, other] = [await world.person(), await world.person()]
  await world.append([
    world.entry(other),
    world.entry(gone),
    world.entry(gone, 'erase'),
    world.entry(other),
    world.entry(gone),
  ])
  await world.settle()
  await assertWhole(world, new Set([gone]))
  assert.deepEqual(await kindsOf(world, other), ['look', 'look'])
})

const id = '0'.repeat(32)
const unreadable = {
  'no JSON': 'neither JSON nor a line',
  'an empty line': '',
  'a number': '7',
  null: 'null',
  'an id that is none': `{"e":"x","s":"${id}","t":"${id}","k":"look","a":1,"r":"","f":[]}`,
  'no person': `{"e":"${id}","t":"${id}","k":"look","a":1,"r":"","f":[]}`,
  'a time that is none': `{"e":"${id}","s":"${id}","t":"${id}","k":"look","a":1e300,"r":"","f":[]}`,
  'a time before 1970': `{"e":"${id}","s":"${id}","t":"${id}","k":"look","a":-5,"r":"","f":[]}`,
  'fields that are none': `{"e":"${id}","s":"${id}","t":"${id}","k":"look","a":1,"r":"","f":["x"]}`,
  'a text with half a surrogate': `{"e":"${id}","s":"${id}","t":"${id}","k":"look","a":1,"r":"","f":[["x","\\ud800"]]}`,
  'more fields than a body holds': `{"e":"${id}","s":"${id}","t":"${id}","k":"look","a":1,"r":"","f":[${'["x",1],'.repeat(1100)}["x",1]]}`,
  'a person and a public leaf': `{"e":"${id}","s":"${id}","t":"${id}","k":"look","a":1,"r":"","f":[],"p":{"type":"x","v":1}}`,
  'a public leaf without a type': `{"e":"${id}","a":1,"r":"","p":{"v":1}}`,
  'a public leaf that is too long': `{"e":"${id}","a":1,"r":"","p":{"type":"x","v":1,"text":"${'x'.repeat(70_000)}"}}`,
} as const

for (const [what, line] of Object.entries(unreadable))
  test(`a line that nobody can read does not stop the ledger: ${what}`, async () => {
    const world = await house.ledger()
    const person = await world.person()
    const sequencer = world.sequencer()
    await sequencer.start()
    await world.append([world.entry(person)])
    const good = prepare([world.entry(person)]).entries[0]!.line
    await world.appendRaw(`${line}\n${good}`, 2)
    await world.append([world.entry(person)])
    while ((await sequencer.round()) > 0);
    await world.sequencer().start()
    const leaves = await world.leaves()
    assert.equal(leaves.length, 4)
    await assertTiles(world, leaves)
    assert.deepEqual(publicOf(leaves, 'entry-unreadable'), [
      { type: 'entry-unreadable', v: 1, commitment: createHash('sha256').update(line).digest('base64') },
    ])
    assert.deepEqual(await world.query('select leaf_index::int as index, line, outcome from ledger.unreadable'), [
      { index: 1, line, outcome: null },
    ])
    assert.deepEqual(
      world.alarms.map(({ details }) => details),
      [{ leafIndex: 1 }],
    )
    assert.equal(JSON.stringify(world.alarms).includes(id), false)
    assert.equal((await world.reader.entriesOf(person, undefined)).total, 3, 'the entries around it are as ever')
  })

test('an unreadable line that names a person goes when that person is erased', async () => {
  const world = await house.ledger()
  const [person, other] = [await world.person(), await world.person()]
  await world.appendRaw(`{"s":"${person}"`)
  await world.appendRaw(`{"s":"${other}"`)
  await world.settle()
  await world.append([world.entry(person, 'erase')])
  await world.appendRaw(`{"s":"${person}", in the same batch`)
  await world.settle()
  assert.deepEqual(await world.query('select line from ledger.unreadable'), [{ line: `{"s":"${other}"` }])
})

test('an entry that comes twice gets one place; the second is a hash and an alarm', async () => {
  const world = await house.ledger()
  const person = await world.person()
  const repeated = prepare([world.entry(person)]).entries[0]!.line
  await world.appendRaw(repeated)
  await world.settle()
  await world.appendRaw(repeated)
  await world.appendRaw(repeated)
  const sequencer = world.sequencer()
  await sequencer.start()
  await sequencer.round()
  // Met by a sequencer that has long been at work, it costs one restart.
  await world.appendRaw(repeated)
  await assert.rejects(sequencer.round(), { code: '23505' })
  await assert.rejects(sequencer.round(), Fenced)
  await world.settle()
  const leaves = await world.leaves()
  assert.equal(leaves.filter((leaf) => isSealedLeaf(leaf)).length, 1)
  assert.deepEqual(
    publicOf(leaves, 'entry-unreadable').map(({ commitment }) => commitment),
    Array(3).fill(base64Encode(commitmentOf(repeated, null))),
  )
  assert.equal((await world.reader.entriesOf(person, undefined)).total, 1)
})

test('a ruined chain row costs its person’s entries their openings, and nobody else anything', async () => {
  const world = await house.ledger()
  const [ruined, other] = [await world.person(), await world.person()]
  await world.append([world.entry(ruined), world.entry(other)])
  await world.settle()
  await world.query('update ledger.chain set n = n + 1 where subject = $1', [ruined])
  const [receipt] = await world.append([world.entry(ruined), world.entry(other)])
  await world.settle()
  const leaves = await world.leaves()
  assert.deepEqual(
    publicOf(leaves, 'entry-unreadable').map(({ commitment }) => commitment),
    [receipt!.commitment],
  )
  assert.equal((await world.reader.entriesOf(other, undefined)).total, 2)
  assert.equal(world.alarms.length, 1)
})

test('a chain whose key the key store no longer has stops the ledger: without keys nothing goes on', async () => {
  const world = await house.ledger()
  const person = await world.person()
  const [{ sealed }] = (await world.query<{ sealed: Buffer }>('select sealed from ledger.chain')) as [
    { sealed: Buffer },
  ]
  const foreign = Buffer.from(sealed)
  foreign.fill(9, 2, 18)
  await world.query('update ledger.chain set sealed = $1', [foreign])
  await world.append([world.entry(person)])
  await assert.rejects(world.settle(), /the epoch key of a chain is not in the key store/)
  await world.query('update ledger.chain set sealed = $1', [sealed])
  await world.settle()
  await assertWhole(world)
})

test('an entry on its way is pending to the person and to its maker, and unknown to everybody else', async () => {
  const world = await house.ledger()
  const [person, other] = [await world.person(), await world.person()]
  await world.settle()
  const [receipt] = await world.append([world.entry(person)])
  const entry = receipt!.entry.replaceAll('-', '') as EntryId
  const codeOf = (subject: typeof person, maker: typeof world.tenant | undefined) =>
    world.reader.proveEntry(subject, entry, maker).then(
      () => 'proved',
      (error) => error.code,
    )
  assert.equal(await codeOf(person, undefined), 'entry_pending')
  assert.equal(await codeOf(person, world.tenant), 'entry_pending')
  assert.equal(await codeOf(person, newId<'org'>()), 'entry_unknown')
  assert.equal(await codeOf(other, undefined), 'entry_unknown')
  await world.settle()
  assert.equal(await codeOf(person, world.tenant), 'proved')
  assert.equal(await codeOf(person, newId<'org'>()), 'entry_unknown')
})

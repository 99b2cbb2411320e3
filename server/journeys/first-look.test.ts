import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import {
  base64Decode,
  decodeSealedLeaf,
  parseVerifierKey,
  receiptVerifier,
  sealedLeafLength,
  verifyEntry,
  verifyReceipt,
} from '@bailee/proof'
import type { PersonId } from '#kernel'
import { type Answer, startTestServer, testNotice } from '../testing.ts'
import { entryOf, visit } from './test-person.ts'

const server = await startTestServer()
after(() => server.stop())
const { call } = server

const shop = await server.provider()
const rival = await server.provider()
const invented = { name: 'Mei Invented', phone: '139 0000-0001', address: '1 Made-up Lane' }
const look = (person: string, purpose: string, fields: readonly string[], key = shop.key) =>
  call('POST', '/v1/vault/look', { key, body: { person, purpose, fields } })
const find = (value: string, purpose = 'delivery', field = 'phone') =>
  call('POST', '/v1/vault/find', { key: shop.key, body: { purpose, field, value } })
const erase = (person: string) => call('POST', '/v1/vault/erase', { key: shop.key, body: { person } })
const withdraw = (person: string, purpose: string) =>
  call('POST', '/v1/notices/consents/withdraw', { key: shop.key, body: { person, purpose } })
const collect = (body: object) => call('POST', '/v1/vault/collect', { key: shop.key, body })
const outcomeOf = ({ status, json }: Answer) => [status, json.code ?? json.problem?.code]

/** Checks one entry with the proof library alone, against the policy that the ledger publishes. */
async function verified(proof: Answer) {
  const { policy } = (await call('GET', '/v1/ledger/status')).json
  assert.equal(proof.status, 200)
  const { leaf, proof: proofText, disclosure } = proof.json
  const answer = verifyEntry({
    proofText,
    leafBytes: base64Decode(leaf),
    disclosure,
    policyText: policy,
    now: Math.floor(Date.now() / 1000) + 1,
  })
  assert.deepEqual(
    answer.steps.filter((step) => !step.ok),
    [],
  )
  return Object.fromEntries(
    disclosure.disclosed.map((field: { name: string; value: unknown }) => [field.name, field.value]),
  )
}

test('articles 1, 2 and 8: what was published, agreed to, sealed and looked at is proved to the person it is about', async (t) => {
  const person = await shop.person(invented)

  await t.test('the provider reads exactly the fields that it asks for', async () => {
    const answer = await look(person, 'delivery', ['address', 'name'])
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json.fields, { address: invented.address, name: invented.name })
    assert.equal(answer.json.record, `rec_${person.slice(4)}`)
  })
  await t.test('the receipt is signed by the ledger’s own key', async () => {
    const { receipt } = (await look(person, 'delivery', ['name'])).json
    const status = (await call('GET', '/v1/ledger/status')).json
    const key = parseVerifierKey(status.vkeys[0])
    assert.equal(verifyReceipt(receipt, receiptVerifier(key.publicKey)), true)
    assert.equal(verifyReceipt({ ...receipt, deadline: '2199-01-01T00:00:00Z' }, receiptVerifier(key.publicKey)), false)
    assert.ok(Date.parse(receipt.deadline) - Date.parse(receipt.signedAt) <= 60_000)
  })
  await t.test('the person is found by their number, however it is spaced, and by nobody else’s', async () => {
    const hits = await find('13900000001')
    assert.deepEqual(
      hits.json.items.map((hit: { person: string }) => hit.person),
      [person],
    )
    assert.deepEqual((await find('13900000002')).json.items, [])
    assert.deepEqual(outcomeOf(await find(invented.name, 'delivery', 'name')), [422, 'field_not_searchable'])
  })
  await t.test('the person reads everything that is known about them', async () => {
    const visitor = await visit(server, shop, person)
    const { json } = await visitor.mine()
    const held = Object.assign({}, ...json.records.map((record: { fields: object }) => record.fields))
    assert.deepEqual(held, invented)
    assert.deepEqual(json.records.map((record: { category: string }) => record.category).sort(), ['contact', 'place'])
  })
  await t.test('each of these acts is in the person’s list, and each is proved', async () => {
    const visitor = await visit(server, shop, person)
    const entries = await visitor.entries()
    const kinds = entries.map((entry) => entry.kind).reverse()
    assert.deepEqual(kinds, [
      'collect',
      'look',
      'look',
      'find',
      'access-link',
      'sign-in',
      'look',
      'access-link',
      'sign-in',
    ])
    assert.deepEqual(
      entries.map((entry) => entry.n),
      entries.map((_, at) => entries.length - 1 - at),
    )
    for (const entry of entries) {
      const fields = await verified(await visitor.proof(entry.entry))
      assert.equal(fields.kind, entry.kind)
      assert.equal(`ent_${String(fields.entry).replaceAll('-', '')}`, entry.entry)
    }
    const first = entries.at(-2)
    assert.deepEqual(first.fields.fields, ['address', 'name'])
    assert.deepEqual([first.fields.purpose, first.fields.outcome], ['delivery', 'opened'])
    assert.equal(JSON.stringify(entries).includes(invented.name), false, 'entries name fields, never their values')
  })
  await t.test('the provider can prove its own look, and the rival cannot ask', async () => {
    const { receipt } = (await look(person, 'delivery', ['name'])).json
    await server.settle()
    const body = { person, entry: entryOf(receipt) }
    const fields = await verified(await call('POST', '/v1/ledger/proofs', { key: shop.key, body }))
    assert.equal(fields.commitment, receipt.commitment)
    assert.deepEqual(outcomeOf(await call('POST', '/v1/ledger/proofs', { key: rival.key, body })), [
      404,
      'entry_unknown',
    ])
  })
})

test('article 2: consent names the notice that was shown, and a receipt for it can be checked by anybody', async () => {
  const snapshot = await shop.snapshot('zh')
  const consent = await call('POST', '/v1/notices/consents', {
    key: shop.key,
    body: { snapshot, purposes: ['support'] },
  })
  assert.equal(consent.status, 201)
  const { person, grants, consentReceipt } = consent.json
  assert.deepEqual(
    grants.map((grant: { category: string; purpose: string }) => [grant.category, grant.purpose]),
    [['contact', 'support']],
  )
  assert.equal(consentReceipt.document.purposes[0].title, '客户服务')
  assert.equal((await collect({ person, fields: { name: 'Later Invented' } })).status, 201)
  assert.deepEqual((await look(person, 'support', ['name'])).json.fields, { name: 'Later Invented' })
  assert.deepEqual(outcomeOf(await collect({ person, fields: { address: 'nowhere' } })), [403, 'grant_missing'])
  // Agreeing later opens what was sealed before: it is the same key, wrapped once more.
  const more = await call('POST', '/v1/notices/consents', {
    key: shop.key,
    body: { person, snapshot: await shop.snapshot(), purposes: ['delivery'] },
  })
  assert.equal(more.status, 201)
  assert.deepEqual((await look(person, 'delivery', ['name'])).json.fields, { name: 'Later Invented' })
})

test('article 2: withdrawing consent makes the next look fail for lack of a key and leaves other purposes alone', async () => {
  const person = await shop.person(invented)
  const withdrawn = await withdraw(person, 'support')
  assert.deepEqual([withdrawn.status, withdrawn.json.destroyed], [200, 1])
  const refused = await look(person, 'support', ['name'])
  assert.deepEqual(outcomeOf(refused), [403, 'grant_missing'])
  assert.deepEqual(refused.json.missing, { purpose: 'support', categories: ['contact'] })
  assert.deepEqual((await look(person, 'delivery', ['name'])).json.fields, { name: invented.name })
  const found = async (purpose: string) =>
    (await find(invented.phone, purpose)).json.items.map((hit: { person: string }) => hit.person)
  assert.deepEqual(
    [await found('support'), await found('delivery')].map((hits) => hits.includes(person)),
    [false, true],
  )
  assert.deepEqual(outcomeOf(await withdraw(person, 'support')), [404, 'consent_unknown'])
  const visitor = await visit(server, shop, person)
  const told = (await visitor.entries()).map(({ kind, fields }) => `${kind} ${fields.purpose} ${fields.outcome ?? ''}`)
  assert.deepEqual(told.slice(2, -1), [
    'find delivery ',
    'look delivery opened',
    'look support refused: grant_missing',
    'withdraw support ',
  ])
})

test('article 2: the person withdraws by themselves, with their own session', async () => {
  const person = await shop.person(invented)
  const other = await shop.person(invented)
  const { cookie } = await visit(server, shop, person)
  const own = await call('POST', '/v1/notices/consents/withdraw', { cookie, body: { person, purpose: 'delivery' } })
  assert.deepEqual([own.status, own.json.destroyed], [200, 2])
  assert.deepEqual(outcomeOf(await look(person, 'delivery', ['name'])), [403, 'grant_missing'])
  const foreign = await call('POST', '/v1/notices/consents/withdraw', {
    cookie,
    body: { person: other, purpose: 'delivery' },
  })
  assert.deepEqual(outcomeOf(foreign), [404, 'person_unknown'])
})

test('article 8: erasure leaves nothing to look at, and the proofs of others still hold', async () => {
  const gone = await shop.person(invented)
  const stays = await shop.person({ ...invented, phone: '13900000077' })
  const before = entryOf((await look(stays, 'delivery', ['name'])).json.receipt)
  const goneVisitor = await visit(server, shop, gone)
  const staysVisitor = await visit(server, shop, stays)
  assert.ok((await goneVisitor.entries()).length > 0)
  const erased = await erase(gone)
  assert.equal(erased.status, 200)
  assert.deepEqual([erased.json.drawers, erased.json.keys], [2, 5])
  assert.ok(Date.parse(erased.json.unrecoverableAfter.at) > Date.now())
  assert.deepEqual(outcomeOf(await look(gone, 'delivery', ['name'])), [410, 'person_erased'])
  assert.deepEqual(outcomeOf(await look(gone, 'delivery', ['name'], rival.key)), [404, 'person_unknown'])
  // Their session ended with them, and no link opens another.
  assert.deepEqual(outcomeOf(await goneVisitor.mine()), [401, 'credentials_invalid'])
  const link = await call('POST', '/v1/parties/persons/access-links', { key: shop.key, body: { person: gone } })
  assert.deepEqual(outcomeOf(link), [404, 'person_unknown'])
  await server.settle()
  const entries = await server.running.app.ledger.reader.entriesOf(gone.slice(4) as PersonId, undefined)
  assert.deepEqual(entries, { items: [], next: null, total: 0 })
  assert.deepEqual(outcomeOf(await erase(gone)), [410, 'person_erased'])
  assert.deepEqual(outcomeOf(await collect({ person: gone, fields: { name: 'Again' } })), [410, 'person_erased'])
  assert.deepEqual(
    outcomeOf(
      await call('POST', '/v1/notices/consents', {
        key: shop.key,
        body: { person: gone, snapshot: await shop.snapshot(), purposes: ['delivery'] },
      }),
    ),
    [410, 'person_erased'],
  )
  await verified(await staysVisitor.proof(before))
  const rows = await server.running.app.foundation.db.as('vault').query({
    text: `select 1 from vault.drawer where subject = $1 union all select 1 from vault.blind_index where subject = $1
      union all select 1 from notices.live_grant where subject = $1`,
    values: [gone.slice(4)],
  })
  assert.deepEqual(rows, [], 'no drawer, token or wrap of theirs is left')
})

test('article 2: a refused look is in the person’s list, with the reason', async () => {
  const person = await shop.person(invented)
  const narrow = await call('POST', '/v1/parties/clients', {
    key: shop.admin,
    body: { name: 'support desk', abilities: ['look'], purposes: ['support'] },
  })
  const refusals = [
    await look(person, 'advertising', ['name']),
    await look(person, 'support', ['address']),
    await look(person, 'delivery', ['passport']),
    await look(person, 'delivery', ['name'], narrow.json.key),
    await call('POST', '/v1/vault/look', {
      key: shop.key,
      body: { person, purpose: 'delivery', fields: ['name'], record: `rec_${'0'.repeat(32)}` },
    }),
  ]
  const codes = ['purpose_unknown', 'field_not_allowed', 'field_not_covered', 'purpose_not_bound', 'record_unknown']
  assert.deepEqual(
    refusals.map(({ json }) => json.code),
    codes,
  )
  const visitor = await visit(server, shop, person)
  const entries = await visitor.entries()
  for (const [at, { json }] of refusals.entries()) {
    const entry = entries.find((candidate) => candidate.entry === entryOf(json.receipt))
    assert.equal(entry?.fields.outcome, `refused: ${codes[at]}`)
    await verified(await visitor.proof(entry.entry))
  }
})

test('article 2: another organisation’s key learns nothing about a person, and the person sees that it asked', async () => {
  const person = await shop.person(invented)
  const answer = await look(person, 'delivery', ['name'], rival.key)
  const never = await look(`per_${'0'.repeat(31)}1`, 'delivery', ['name'], rival.key)
  assert.deepEqual(outcomeOf(answer), [404, 'person_unknown'])
  assert.equal(answer.json.receipt, undefined)
  const { instance: _one, ...told } = answer.json
  const { instance: _two, ...toldOfNobody } = never.json
  assert.deepEqual(told, toldOfNobody, 'a stranger’s person and nobody’s look the same')
  const visitor = await visit(server, shop, person)
  const asked = (await visitor.entries()).find((entry) => entry.fields.outcome?.startsWith('refused'))
  assert.equal(asked.fields.outcome, 'refused: another organisation')
  await verified(await visitor.proof(asked.entry))
})

test('articles 1 and 2: a batch answers each item for itself', async () => {
  const snapshot = await shop.snapshot()
  const consent = { snapshot, purposes: ['delivery'] }
  const known = await shop.person(invented)
  const collected = await call('POST', '/v1/vault/collect/batch', {
    key: shop.key,
    body: {
      items: [
        { consent, fields: { name: 'First Invented' } },
        { consent, fields: { passport: 'X' } },
        { person: known, fields: { name: 'Taken' } },
        { person: known, replace: true, fields: { name: 'Corrected Invented' } },
        { person: `per_${'0'.repeat(32)}`, fields: { name: 'Nobody' } },
        { consent: { ...consent, purposes: ['support'] }, fields: { address: 'not for support' } },
      ],
    },
  })
  assert.equal(collected.status, 200)
  const [first, ...others] = collected.json.items
  assert.match(first.person, /^per_/)
  assert.deepEqual(
    others.map((item: { person?: string; problem?: { code: string } }) => item.problem?.code ?? 'collected'),
    ['field_not_covered', 'record_exists', 'collected', 'person_unknown', 'grant_missing'],
  )
  const looked = await call('POST', '/v1/vault/look/batch', {
    key: shop.key,
    body: {
      items: [
        { person: first.person, purpose: 'delivery', fields: ['name'] },
        { person: known, purpose: 'delivery', fields: ['name', 'phone'] },
        { person: first.person, purpose: 'support', fields: ['name'] },
        { person: `per_${'0'.repeat(32)}`, purpose: 'delivery', fields: ['name'] },
        { person: known, purpose: 'delivery', fields: ['passport'] },
      ],
    },
  })
  assert.deepEqual(
    looked.json.items.map((item: { fields?: object; problem?: { code: string } }) => item.fields ?? item.problem?.code),
    [
      { name: 'First Invented' },
      { name: 'Corrected Invented', phone: invented.phone },
      'grant_missing',
      'person_unknown',
      'field_not_covered',
    ],
  )
  const visitor = await visit(server, shop, first.person)
  const kinds = (await visitor.entries()).map((entry) => `${entry.kind} ${entry.fields.outcome ?? ''}`.trim()).reverse()
  assert.deepEqual(kinds.slice(0, 3), ['collect collected', 'look opened', 'look refused: grant_missing'])
})

test('article 8: a correction keeps the other fields, and what was wrong is no longer found', async () => {
  const person = await shop.person({ name: 'Wrong Invented', phone: '13911112222', address: '2 Made-up Lane' })
  const corrected = await collect({ person, replace: true, fields: { phone: '13933334444' } })
  assert.equal(corrected.status, 201)
  const { fields } = (await look(person, 'delivery', ['name', 'phone', 'address'])).json
  assert.deepEqual(fields, { name: 'Wrong Invented', phone: '13933334444', address: '2 Made-up Lane' })
  assert.deepEqual((await find('13911112222')).json.items, [])
  assert.deepEqual(
    (await find('13933334444')).json.items.map((hit: { person: string }) => hit.person),
    [person],
  )
  const visitor = await visit(server, shop, person)
  const entry = (await visitor.entries()).find(({ kind }) => kind === 'correct')
  assert.deepEqual(entry.fields.fields, ['phone'], 'the entry names what changed, not what was sealed anew')
})

test('promise 2: every answered look has its leaf, and the leaves all look alike', async () => {
  const people = await Promise.all(Array.from({ length: 6 }, () => shop.person()))
  const answers = await Promise.all(
    Array.from({ length: 120 }, (_, at) =>
      look(people[at % people.length]!, at % 3 === 0 ? 'support' : 'delivery', at % 5 === 0 ? ['address'] : ['name']),
    ),
  )
  await server.settle()
  const entries = new Map<string, number>()
  const { size } = (await call('GET', '/v1/ledger/status')).json
  for (const person of people)
    for (const { entry, index } of await (await visit(server, shop, person)).entries()) entries.set(entry, index)
  for (const { json } of answers) {
    const index = entries.get(entryOf(json.receipt))
    assert.ok(index !== undefined && index < size, 'an answered look without a leaf')
    const { leaf } = (await call('GET', `/v1/ledger/proofs/${index}`)).json
    const bytes = base64Decode(leaf)
    assert.equal(bytes.length, sealedLeafLength)
    assert.equal(decodeSealedLeaf(bytes).tag.length, 32)
  }
  assert.equal(new Set(answers.map(({ json }) => json.receipt.entry)).size, answers.length)
})

test('article 2: the test notice itself is a public leaf that anybody can read', async () => {
  const { json } = await call('GET', `/v1/notices/${shop.notice}`)
  assert.deepEqual(json.content, JSON.parse(JSON.stringify(testNotice)))
  await server.settle()
  const { size } = (await call('GET', '/v1/ledger/status')).json
  const leaves: string[] = []
  for (let index = 0; index < Math.min(size, 12); index++) {
    const proof = await call('GET', `/v1/ledger/proofs/${index}`)
    leaves.push(Buffer.from(base64Decode(proof.json.leaf)).toString('utf8'))
  }
  assert.ok(leaves.some((leaf) => leaf.includes('notice-published') && leaf.includes(json.hash)))
})

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { base64Decode, parseCheckpoint, parseNote, utf8Encode, verifyConsistency, verifyEntry } from '@bailee/proof'
import fc from 'fast-check'
import { type Answer, startTestServer } from '../testing.ts'
import { entryOf, type Visitor, visit } from './test-person.ts'

/**
 * The five promises under any sequence of acts by many actors. A model says what each act must answer and leave behind;
 * after each act its answer and its durable trace are compared, after each sequence everything that a person can check.
 */
const server = await startTestServer()
after(() => server.stop())
const { call } = server
const shop = await server.provider()
const rival = await server.provider()
const courier = (
  await call('POST', '/v1/parties/clients', {
    key: shop.admin,
    body: { name: 'courier', abilities: ['look', 'find'], purposes: ['delivery'] },
  })
).json.key as string
const db = server.running.app.foundation.db.as('ledger')
const { policy } = (await call('GET', '/v1/ledger/status')).json

const purposes = ['delivery', 'support'] as const
type Purpose = (typeof purposes)[number]
const categories: Readonly<Record<string, { fields: readonly string[]; purposes: readonly Purpose[] }>> = {
  contact: { fields: ['name', 'phone'], purposes: ['delivery', 'support'] },
  place: { fields: ['address'], purposes: ['delivery'] },
}
const categoryOf = (field: string) => Object.keys(categories).find((id) => categories[id]!.fields.includes(field))!

/** What must be true of one person. */
interface Person {
  readonly id: string
  readonly grants: Set<string>
  readonly held: Map<string, string>
  readonly log: string[]
  readonly secrets: string[]
  erased: boolean
  visitor: Visitor | undefined
}
const everybody: Person[] = []
const saidOf = (kind: string, detail = '') => (detail ? `${kind} ${detail}` : kind)

/** Promise 2, at once: whatever was answered, its entry is durable already. */
async function assertDurable(receipt: { entry: string }) {
  const entry = receipt.entry.replaceAll('-', '')
  const [row] = await db.query<{ found: boolean }>({
    text: `select exists (select from ledger.outbox where position($1 in entries) > 0) or exists (select from ledger.opening where entry = $1::uuid) as found`,
    values: [entry],
  })
  assert.ok(row!.found, 'the act is answered and its entry is nowhere')
}
let serial = 0
const invent = (field: string) => {
  serial += 1
  return field === 'phone' ? `139${String(serial).padStart(8, '0')}` : `Invented ${field} ${serial} Zyx`
}
const valuesFor = (fields: readonly string[]) => Object.fromEntries(fields.map((field) => [field, invent(field)]))
const keep = (person: Person, fields: Record<string, string>) => {
  for (const [field, value] of Object.entries(fields)) {
    person.held.set(field, value)
    person.secrets.push(value)
  }
}
const grant = (person: Person, agreed: readonly Purpose[]) => {
  for (const [category, { purposes: allowed }] of Object.entries(categories))
    for (const purpose of agreed) if (allowed.includes(purpose)) person.grants.add(`${category}/${purpose}`)
}
const hasAny = (person: Person, category: string) => [...person.grants].some((one) => one.startsWith(`${category}/`))
const refusedAs = (answer: Answer, code: string) => assert.equal(answer.json.code, code, JSON.stringify(answer.json))

type Act =
  | { readonly do: 'arrive'; readonly agreed: readonly Purpose[]; readonly fields: readonly string[] }
  | { readonly do: 'agree'; readonly who: number; readonly agreed: readonly Purpose[] }
  | { readonly do: 'withdraw'; readonly who: number; readonly purpose: Purpose; readonly self: boolean }
  | { readonly do: 'collect'; readonly who: number; readonly fields: readonly string[]; readonly replace: boolean }
  | {
      readonly do: 'look'
      readonly who: number
      readonly by: 'shop' | 'courier' | 'rival'
      readonly purpose: Purpose
      readonly fields: readonly string[]
    }
  | { readonly do: 'find'; readonly who: number; readonly purpose: Purpose }
  | { readonly do: 'mine'; readonly who: number }
  | { readonly do: 'erase'; readonly who: number; readonly self: boolean }

const who = fc.nat({ max: 5 })
const someFields = fc.subarray(['name', 'phone', 'address'], { minLength: 1 })
const somePurposes = fc.subarray([...purposes], { minLength: 1 })
const aPurpose = fc.constantFrom(...purposes)
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('arrive'), agreed: somePurposes, fields: someFields }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('agree'), who, agreed: somePurposes }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('withdraw'), who, purpose: aPurpose, self: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('collect'), who, fields: someFields, replace: fc.boolean() }) },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('look'),
      who,
      by: fc.constantFrom('shop', 'shop', 'courier', 'rival'),
      purpose: aPurpose,
      fields: someFields,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('find'), who, purpose: aPurpose }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mine'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase'), who, self: fc.boolean() }) },
) as fc.Arbitrary<Act> // the records are spelled out above; the library widens their literals

async function visitOnce(person: Person): Promise<Visitor> {
  if (!person.visitor) {
    person.visitor = await visit(server, shop, person.id)
    person.log.push('access-link', 'sign-in')
  }
  return person.visitor
}

async function arrive(people: Person[], act: Act & { do: 'arrive' }) {
  const fields = valuesFor(act.fields)
  const answer = await call('POST', '/v1/vault/collect', {
    key: shop.key,
    body: { consent: { snapshot: await shop.snapshot(), purposes: act.agreed }, fields },
  })
  const covered = act.fields.every((field) =>
    categories[categoryOf(field)]!.purposes.some((purpose) => act.agreed.includes(purpose)),
  )
  if (!covered) return refusedAs(answer, 'grant_missing')
  assert.equal(answer.status, 201, JSON.stringify(answer.json))
  await assertDurable(answer.json.receipt)
  const person: Person = {
    id: answer.json.person,
    grants: new Set(),
    held: new Map(),
    log: ['collect'],
    secrets: [],
    erased: false,
    visitor: undefined,
  }
  grant(person, act.agreed)
  keep(person, fields)
  people.push(person)
  everybody.push(person)
}

async function agree(person: Person, act: Act & { do: 'agree' }) {
  const answer = await call('POST', '/v1/notices/consents', {
    key: shop.key,
    body: { person: person.id, snapshot: await shop.snapshot(), purposes: act.agreed },
  })
  if (person.erased) return refusedAs(answer, 'person_erased')
  assert.equal(answer.status, 201, JSON.stringify(answer.json))
  await assertDurable(answer.json.receipt)
  grant(person, act.agreed)
  person.log.push('consent')
}

async function withdraw(person: Person, act: Act & { do: 'withdraw' }) {
  const caller = act.self && !person.erased ? { cookie: (await visitOnce(person)).cookie } : { key: shop.key }
  const answer = await call('POST', '/v1/notices/consents/withdraw', {
    ...caller,
    body: { person: person.id, purpose: act.purpose },
  })
  if (person.erased) return refusedAs(answer, 'person_erased')
  const gone = [...person.grants].filter((one) => one.endsWith(`/${act.purpose}`))
  if (gone.length === 0) return refusedAs(answer, 'consent_unknown')
  assert.equal(answer.json.destroyed, gone.length, JSON.stringify(answer.json))
  await assertDurable(answer.json.receipt)
  for (const one of gone) person.grants.delete(one)
  person.log.push(saidOf('withdraw', act.purpose))
}

async function collect(person: Person, act: Act & { do: 'collect' }) {
  const fields = valuesFor(act.fields)
  const answer = await call('POST', '/v1/vault/collect', {
    key: shop.key,
    body: { person: person.id, replace: act.replace, fields },
  })
  if (person.erased) return refusedAs(answer, 'person_erased')
  const wanted = [...new Set(act.fields.map(categoryOf))]
  if (wanted.some((category) => !hasAny(person, category))) return refusedAs(answer, 'grant_missing')
  if (!act.replace && wanted.some((category) => categories[category]!.fields.some((field) => person.held.has(field))))
    return refusedAs(answer, 'record_exists')
  assert.equal(answer.status, 201, JSON.stringify(answer.json))
  await assertDurable(answer.json.receipt)
  keep(person, fields)
  person.log.push(act.replace ? 'correct' : 'collect')
}

async function look(person: Person, act: Act & { do: 'look' }) {
  const key = { shop: shop.key, courier, rival: rival.key }[act.by]
  const answer = await call('POST', '/v1/vault/look', {
    key,
    body: { person: person.id, purpose: act.purpose, fields: act.fields },
  })
  // A stranger learns nothing, not even that there is such a person; the person learns that somebody tried.
  const notAllowed = act.fields.some((field) => !categories[categoryOf(field)]!.purposes.includes(act.purpose))
  if (act.by === 'rival') {
    refusedAs(answer, notAllowed ? 'field_not_allowed' : 'person_unknown')
    assert.equal(answer.json.receipt, undefined)
    if (!person.erased) person.log.push(saidOf('look', `${act.purpose} refused: another organisation`))
    return
  }
  const refuse = async (code: string) => {
    refusedAs(answer, code)
    // What concerns somebody who is gone goes nowhere: their chain went with them.
    if (!person.erased) {
      await assertDurable(answer.json.receipt)
      person.log.push(saidOf('look', `${act.purpose} refused: ${code}`))
    }
  }
  if (act.by === 'courier' && act.purpose !== 'delivery') return refuse('purpose_not_bound')
  if (notAllowed) return refuse('field_not_allowed')
  if (person.erased) return refuse('person_erased')
  const wanted = [...new Set(act.fields.map(categoryOf))]
  if (wanted.some((category) => !person.grants.has(`${category}/${act.purpose}`))) return refuse('grant_missing')
  if (wanted.some((category) => !categories[category]!.fields.some((field) => person.held.has(field))))
    return refuse('record_unknown')
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  const held = act.fields.filter((field) => person.held.has(field)).map((field) => [field, person.held.get(field)])
  assert.deepEqual(answer.json.fields, Object.fromEntries(held))
  await assertDurable(answer.json.receipt)
  person.log.push(saidOf('look', `${act.purpose} opened`))
}

async function find(person: Person, act: Act & { do: 'find' }) {
  const phone = person.held.get('phone')
  if (phone === undefined) return
  const answer = await call('POST', '/v1/vault/find', {
    key: shop.key,
    body: { purpose: act.purpose, field: 'phone', value: phone },
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  const visible = !person.erased && person.grants.has(`contact/${act.purpose}`)
  assert.deepEqual(
    answer.json.items.map((item: { person: string }) => item.person),
    visible ? [person.id] : [],
  )
  if (visible) person.log.push(saidOf('find', act.purpose))
}

async function mine(person: Person) {
  if (person.erased) return
  const answer = await (await visitOnce(person)).mine()
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  await assertDurable(answer.json.receipt)
  const shown = Object.assign({}, ...answer.json.records.map((record: { fields: object }) => record.fields))
  assert.deepEqual(shown, Object.fromEntries(person.held))
  person.log.push(saidOf('look', 'self'))
}

async function erase(person: Person, act: Act & { do: 'erase' }) {
  const caller = act.self && !person.erased ? { cookie: (await visitOnce(person)).cookie } : { key: shop.key }
  const answer = await call('POST', '/v1/vault/erase', { ...caller, body: { person: person.id } })
  if (person.erased) return refusedAs(answer, 'person_erased')
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  person.erased = true
  person.grants.clear()
}

async function play(people: Person[], act: Act): Promise<unknown> {
  if (act.do === 'arrive') return arrive(people, act)
  const person = people[act.who % Math.max(people.length, 1)]
  if (!person) return
  if (act.do === 'agree') return agree(person, act)
  if (act.do === 'withdraw') return withdraw(person, act)
  if (act.do === 'collect') return collect(person, act)
  if (act.do === 'look') return look(person, act)
  if (act.do === 'find') return find(person, act)
  if (act.do === 'mine') return mine(person)
  return erase(person, act)
}

let last: { size: number; root: Uint8Array } | undefined
/** Promise 3: what stood in the ledger before still stands in it. */
async function assertGrown() {
  const note = parseNote(utf8Encode((await call('GET', '/ledger/checkpoint')).json))
  const { size, root } = parseCheckpoint(note.text)
  if (last && size > last.size) {
    const { proof } = (await call('GET', `/v1/ledger/consistency?from=${last.size}&to=${size}`)).json
    const claim = { size1: last.size, size2: size, root1: last.root, root2: root }
    assert.ok(verifyConsistency({ ...claim, proof: proof.map(base64Decode) }), 'the ledger was rewritten')
  }
  last = { size, root }
}

/** Promises 2, 3 and 5: the person's list is exactly what was done, by whomever, and each line is proved. */
async function assertListed(person: Person) {
  const visitor = await visitOnce(person)
  const entries = (await visitor.entries()).reverse()
  assert.deepEqual(
    entries.map(({ kind, fields }) => {
      if (kind === 'look' && fields.purpose === 'self') return 'look self'
      if (kind === 'look') return saidOf(kind, `${fields.purpose} ${fields.outcome}`)
      return kind === 'withdraw' || kind === 'find' ? saidOf(kind, fields.purpose) : kind
    }),
    person.log,
  )
  for (const entry of [entries[0], entries.at(-1)]) {
    const { json } = await visitor.proof(entry.entry)
    const { steps } = verifyEntry({
      proofText: json.proof,
      leafBytes: base64Decode(json.leaf),
      disclosure: json.disclosure,
      policyText: policy,
      now: Math.floor(Date.now() / 1000) + 1,
    })
    assert.deepEqual(
      steps.filter((step) => !step.ok),
      [],
    )
  }
}

/** Promise 4: of somebody erased nothing is left that a key could ever open. */
async function assertForgotten(person: Person) {
  for (const [room, table] of [
    ['vault', 'vault.drawer'],
    ['vault', 'vault.blind_index'],
    ['notices', 'notices.live_grant'],
    ['notices', 'notices.consent'],
    ['ledger', 'ledger.opening'],
    ['ledger', 'ledger.chain where sealed is not null and'],
  ] as const) {
    const [row] = await server.running.app.foundation.db.as(room).query<{ n: number }>({
      text: `select count(*)::int as n from ${table.includes(' where ') ? table : `${table} where`} subject = $1`,
      values: [person.id.slice(4)],
    })
    assert.equal(row!.n, 0, `${table} still knows somebody who was erased`)
  }
}

test('whatever many actors do in whatever order, the five promises hold after each act', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { minLength: 8, maxLength: 30 }), async (sequence) => {
      const people: Person[] = []
      for (const act of sequence) await play(people, act)
      await server.settle()
      await assertGrown()
      for (const person of people) await (person.erased ? assertForgotten(person) : assertListed(person))
    }),
    { numRuns: Number(process.env.BAILEE_TEST_PROMISE_RUNS ?? 25), endOnFailure: false },
  )
  assert.ok(everybody.filter((person) => person.erased).length > 3, 'somebody was erased')
  assert.ok(everybody.filter((person) => !person.erased && person.log.length > 3).length > 10, 'many lived on')
})

test('afterwards no value that anybody gave stands in the clear in what the server publishes', async () => {
  const secrets = everybody.flatMap((person) => person.secrets)
  const tiles = join(server.config.dataDirectory, 'ledger')
  const files = (await readdir(tiles, { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  assert.ok(files.length > 3)
  for (const file of files) {
    const text = (await readFile(join(file.parentPath, file.name))).toString('latin1')
    for (const secret of secrets) assert.equal(text.includes(secret), false, file.name)
  }
})

test('a proof taken before others were erased is good after', async () => {
  const survivor = everybody.find((person) => !person.erased && person.visitor)!
  const { receipt } = (
    await call('POST', '/v1/vault/look', {
      key: shop.key,
      body: { person: survivor.id, purpose: 'support', fields: ['name'] },
    })
  ).json
  await server.settle()
  const before = (await survivor.visitor!.proof(entryOf(receipt))).json
  for (const person of everybody.filter((one) => !one.erased && one !== survivor).slice(0, 5)) {
    assert.equal((await call('POST', '/v1/vault/erase', { key: shop.key, body: { person: person.id } })).status, 200)
    person.erased = true
  }
  await server.settle()
  const { steps } = verifyEntry({
    proofText: before.proof,
    leafBytes: base64Decode(before.leaf),
    disclosure: before.disclosure,
    policyText: policy,
    now: Math.floor(Date.now() / 1000) + 1,
  })
  assert.ok(steps.length > 3 && steps.every((step) => step.ok))
  await assertGrown()
})

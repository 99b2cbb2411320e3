import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { demandsRewrapper } from '#demands'
import { keyIdOf, open, seal } from '#platform'
import { type Answer, startTestServer } from '../testing.ts'
import { entryOf, visit } from './test-person.ts'
import { readZip } from './test-zip.ts'

/** Article 8, and articles 44 to 50 of the Personal Information Protection Law: what a person may ask, and what becomes of it. */
const server = await startTestServer()
after(() => server.stop())
const { call } = server
const { db } = server.running.app.foundation
const room = server.running.app.demands
const shop = await server.provider()
const rival = await server.provider()
const codeOf = ({ status, json }: Answer) => [status, json.code]
const invented = { name: '=cmd|calc Invented', phone: '13900000001', address: '1 Made-up Lane, "upper" floor' }

interface Options {
  readonly cookie?: string
  readonly key?: string
  readonly idempotencyKey?: string
}
const make = (body: object, as: Options) => call('POST', '/v1/demands', { ...as, body })
const act = (demand: string, verb: string, body: object, as: Options) =>
  call('POST', `/v1/demands/${demand}/${verb}`, { ...as, body })
const get = (demand: string, as: Options) => call('GET', `/v1/demands/${demand}`, as)
async function newPerson(purposes?: readonly string[]) {
  const person = await shop.person(invented, purposes)
  return { person, ...(await visit(server, shop, person)) }
}
const asShop = { key: shop.key }
/** Moves the clock of a demand into the past, as if the days had gone by. */
const runOut = (demand: string) =>
  db.as('demands').query({
    text: `update demands.demand set due_at = now() - interval '1 second', started_at = started_at - interval '60 days' where id = $1`,
    values: [demand.slice(4)],
  })

test('article 8: see and copy are answered at once, and the copy holds everything', async (t) => {
  const { cookie, person, entries } = await newPerson()
  const made = await make({ kind: 'copy', text: 'all of it, please' }, { cookie })
  assert.equal(made.status, 201, JSON.stringify(made.json))
  const { demand } = made.json
  assert.deepEqual([demand.state, demand.ready, demand.answer.by], ['fulfilled', true, 'software'])
  assert.equal(demand.text, 'all of it, please')
  assert.equal(demand.clock.zone, 'Asia/Shanghai')
  assert.ok(demand.clock.steps.length > 15, 'the computation is shown')
  await server.settle()
  const response = await fetch(`${server.url}/v1/demands/${demand.id}/copy`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: '{}',
  })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/zip')
  const bytes = Buffer.from(await response.arrayBuffer())
  const files = readZip(bytes)
  await t.test('held fields stand in it as they are, and in CSV without danger', () => {
    const information = JSON.parse(files.get('information.json')!)
    const values = Object.fromEntries(
      information.map((row: { field: string; value: string }) => [row.field, row.value]),
    )
    assert.deepEqual(values, invented)
    const csv = files.get('information.csv')!
    assert.ok(csv.startsWith('\uFEFFrecord,category,collectedAt,field,value\r\n'))
    assert.match(csv, /,name,'=cmd\|calc Invented\r\n/)
    assert.match(csv, /,address,"1 Made-up Lane, ""upper"" floor"\r\n/)
  })
  await t.test('every entry is in it, each with where its proof is', async () => {
    const copied = JSON.parse(files.get('entries.json')!)
    const kinds = copied.map((entry: { kind: string }) => entry.kind)
    assert.deepEqual(kinds.slice(-5), ['demand', 'demand', 'sign-in', 'access-link', 'collect'])
    for (const entry of copied) assert.equal(entry.proof, `/v1/ledger/me/entries/${entry.entry}/proof`)
    assert.equal(files.get('entries.csv')!.split('\r\n').length, copied.length + 2)
    const proof = await call('GET', copied.at(-1).proof, { cookie })
    assert.equal(proof.status, 200)
  })
  await t.test('grants, consents, notices and demands are in it', () => {
    const of = (name: string) => JSON.parse(files.get(name)!)
    assert.deepEqual(
      of('grants.json').map((grant: { purpose: string }) => grant.purpose),
      ['delivery', 'support', 'delivery'],
    )
    assert.deepEqual(of('consents.json')[0].purposes, ['delivery', 'support'])
    assert.equal(of('notices.json')[0].content.slug, 'orders')
    assert.equal(of('demands.json')[0].id, demand.id)
    assert.equal(of('manifest.json').person, person)
  })
  await t.test('another program reads the zip', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'bailee-zip-'))
    context.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'copy.zip'), bytes)
    try {
      execFileSync('unzip', ['-tqq', join(folder, 'copy.zip')], { stdio: 'pipe' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip('there is no unzip here')
      throw error
    }
  })
  await t.test('the look for the copy is a look like any other', async () => {
    const newest = (await entries()).slice(0, 2).map(({ kind, fields }) => [kind, fields.act ?? fields.purpose])
    assert.deepEqual(newest, [
      ['demand', 'copy'],
      ['look', 'self'],
    ])
  })
})

test('article 8: a demand to stop withdraws the purpose at once', async () => {
  const { cookie, person } = await newPerson()
  const { json } = await make({ kind: 'stop', purpose: 'support' }, { cookie })
  assert.equal(json.demand.state, 'fulfilled')
  const look = await call('POST', '/v1/vault/look', {
    ...asShop,
    body: { person, purpose: 'support', fields: ['name'] },
  })
  assert.deepEqual(codeOf(look), [403, 'grant_missing'])
  const again = await make({ kind: 'stop', purpose: 'support' }, { cookie })
  assert.equal(again.json.demand.state, 'open', 'with nothing left to withdraw, the provider must answer')
  assert.deepEqual(codeOf(await make({ kind: 'stop' }, { cookie })), [422, 'schema_violation'])
})

test('article 2: a demand to explain brings notices, grants and what was done', async () => {
  const { cookie, person } = await newPerson()
  await call('POST', '/v1/vault/look', { ...asShop, body: { person, purpose: 'delivery', fields: ['name'] } })
  const { demand } = (await make({ kind: 'explain' }, { cookie })).json
  await server.settle()
  const { status, json } = await call('GET', `/v1/demands/${demand.id}/explanation`, { cookie })
  assert.equal(status, 200)
  assert.equal(json.notices[0].content.contact.en, 'privacy desk of the test shop')
  assert.equal(json.grants.length, 3)
  assert.equal(json.entries.byPurpose.delivery, 1)
  assert.equal(json.entries.byKind.collect, 1)
})

test('article 8: a demand to correct waits for the provider, who answers it', async () => {
  const { cookie, person, entries } = await newPerson()
  const { demand } = (await make({ kind: 'correct', fields: ['phone'], text: 'my number is wrong' }, { cookie })).json
  assert.deepEqual([demand.state, demand.can], ['open', ['withdraw']])
  assert.equal(demand.clock.id, 'cn-191-6', '15 working days come before 30 days')
  const waiting = await call('GET', '/v1/demands', asShop)
  const seen = waiting.json.items.find((item: { id: string }) => item.id === demand.id)
  assert.deepEqual([seen.text, seen.can], ['my number is wrong', ['fulfil', 'refuse']])
  await call('POST', '/v1/vault/collect', {
    ...asShop,
    body: { person, replace: true, fields: { phone: '13911112222' } },
  })
  const answered = await act(demand.id, 'answer', { outcome: 'fulfilled', text: 'corrected' }, asShop)
  assert.equal(answered.status, 200)
  assert.deepEqual([answered.json.demand.state, answered.json.demand.answer.text], ['fulfilled', 'corrected'])
  const told = (await entries()).filter(({ kind }) => kind === 'demand').map(({ fields }) => fields.act)
  assert.deepEqual(told, ['fulfil', 'made'])
  assert.deepEqual(codeOf(await act(demand.id, 'withdraw', {}, { cookie })), [409, 'demand_state'])
})

test('article 8: a demand to delete erases when it is answered, and the words go as well', async () => {
  const { cookie, person } = await newPerson()
  const { demand } = (await make({ kind: 'delete', text: 'forget me' }, { cookie })).json
  assert.deepEqual([demand.state, demand.clock.id], ['open', 'cn-order24-12'])
  const unable = await call('POST', '/v1/parties/clients', {
    key: shop.admin,
    body: { name: 'desk', abilities: ['consent'], purposes: [] },
  })
  const denied = await act(demand.id, 'answer', { outcome: 'fulfilled' }, { key: unable.json.key })
  assert.deepEqual(codeOf(denied), [403, 'ability_missing'])
  const answered = await act(demand.id, 'answer', { outcome: 'fulfilled' }, asShop)
  assert.deepEqual([answered.status, answered.json.demand.state, answered.json.demand.text], [200, 'fulfilled', null])
  const look = await call('POST', '/v1/vault/look', {
    ...asShop,
    body: { person, purpose: 'delivery', fields: ['name'] },
  })
  assert.deepEqual(codeOf(look), [410, 'person_erased'])
})

test('PIPL 50: a refusal needs a lawful reason and words, and may be escalated at once', async () => {
  const { cookie } = await newPerson()
  const { demand } = (await make({ kind: 'delete' }, { cookie })).json
  const refuse = (body: object) => act(demand.id, 'answer', { outcome: 'refused', ...body }, asShop)
  assert.deepEqual(
    [(await refuse({ text: 'no' })).json.code, (await refuse({ text: 'no' })).json.field],
    ['schema_violation', '/reason'],
  )
  assert.equal((await refuse({ reason: 'legal-duty-to-keep' })).json.field, '/text')
  assert.equal((await refuse({ reason: 'because', text: 'no' })).json.field, '/reason')
  const unfit = await refuse({ reason: 'already-accurate', text: 'no' })
  assert.deepEqual(codeOf(unfit), [422, 'refusal_reason_unfit'])
  assert.ok(unfit.json.missing.reasons.includes('legal-duty-to-keep'))
  assert.deepEqual(codeOf(await act(demand.id, 'escalate', {}, { cookie })), [409, 'demand_not_overdue'])
  const refused = await refuse({ reason: 'legal-duty-to-keep', text: 'tax law, until 2030' })
  const { answer, state } = refused.json.demand
  assert.deepEqual([state, answer.law, answer.text], ['refused', 'PIPL 47(2)', 'tax law, until 2030'])
  assert.ok((await get(demand.id, { cookie })).json.can.includes('escalate'))
  const escalated = await act(demand.id, 'escalate', {}, { cookie })
  assert.deepEqual([escalated.json.demand.state, escalated.json.demand.escalated.by], ['escalated', 'person'])
  // The table itself refuses what nobody may write.
  await assert.rejects(
    db.as('demands').query({
      text: `update demands.demand set state = 'refused', reason = null where id = $1`,
      values: [demand.id.slice(4)],
    }),
    { code: '23514' },
  )
})

test('a clock that runs out escalates by itself, once, and the person may do it too', async () => {
  const { cookie, entries } = await newPerson()
  const one = (await make({ kind: 'correct' }, { cookie })).json.demand
  const other = (await make({ kind: 'delete' }, { cookie })).json.demand
  await runOut(one.id)
  await runOut(other.id)
  assert.equal((await get(one.id, { cookie })).json.overdue, true)
  const byPerson = await act(one.id, 'escalate', {}, { cookie })
  assert.equal(byPerson.json.demand.escalated.by, 'person')
  assert.equal(await room.escalateOverdue(), 1)
  assert.equal(await room.escalateOverdue(), 0)
  const escalated = (await get(other.id, { cookie })).json
  assert.deepEqual([escalated.state, escalated.escalated.by, escalated.overdue], ['escalated', 'clock', true])
  const told = (await entries()).filter(({ fields }) => fields.act === 'escalate').map(({ fields }) => fields.by)
  assert.deepEqual(told, ['clock', 'person'])
  const late = await act(other.id, 'answer', { outcome: 'refused', reason: 'legal-claims', text: 'too late' }, asShop)
  assert.equal(late.json.demand.state, 'refused', 'a late answer is still an answer')
})

test('the provider’s list is by clock, soonest due first, page by page', async () => {
  const { cookie } = await newPerson()
  for (const kind of ['correct', 'delete', 'correct', 'delete']) await make({ kind }, { cookie })
  const items: { id: string; state: string; clock: { dueAt: string; steps?: unknown } }[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { json } = await call('GET', `/v1/demands?limit=2${cursor && `&cursor=${cursor}`}`, asShop)
    items.push(...json.items)
    cursor = json.next
  }
  const due = items.filter((item) => item.state !== 'pending').map((item) => item.clock.dueAt)
  assert.deepEqual(due, [...due].sort())
  assert.equal(new Set(items.map((item) => item.id)).size, items.length)
  assert.equal(items[0]?.clock.steps, undefined)
  const mine = await call('GET', '/v1/demands?limit=3', { cookie })
  assert.equal(mine.json.items.length, 3)
  assert.deepEqual(codeOf(await call('GET', '/v1/demands?cursor=x', asShop)), [400, 'cursor_malformed'])
})

test('somebody at a counter: the clock waits until it is known who asks', async () => {
  const { cookie, person } = await newPerson()
  const made = await make({ person, kind: 'correct' }, asShop)
  assert.deepEqual(
    [made.json.demand.state, made.json.demand.identity, made.json.demand.clock],
    ['pending', 'pending', null],
  )
  const { id } = made.json.demand
  assert.deepEqual(codeOf(await act(id, 'answer', { outcome: 'fulfilled' }, asShop)), [409, 'identity_pending'])
  assert.deepEqual(codeOf(await act(id, 'confirm', {}, asShop)), [422, 'evidence_needed'])
  const confirmed = await act(id, 'confirm', {}, { cookie })
  assert.deepEqual([confirmed.json.demand.state, confirmed.json.demand.identity], ['open', 'proven'])
  assert.ok(confirmed.json.demand.clock.dueAt)
  const known = await make({ person, kind: 'correct', evidence: 'desk-2026/17' }, asShop)
  assert.equal(known.json.demand.state, 'open')
})

test('who was refused for want of identity may sign in and escalate, and from then on the clock runs', async () => {
  const { cookie, person } = await newPerson()
  const { demand } = (await make({ person, kind: 'delete' }, asShop)).json
  assert.match(demand.clockStarts.en, /who asks/)
  const refusal = { outcome: 'refused', reason: 'identity-unproven', text: 'nobody came' }
  assert.equal((await act(demand.id, 'answer', refusal, asShop)).json.demand.state, 'refused')
  const escalated = await act(demand.id, 'escalate', {}, { cookie })
  assert.equal(escalated.status, 200, JSON.stringify(escalated.json))
  const { state, identity, clock, clockStarts } = escalated.json.demand
  assert.deepEqual([state, identity, clock.id, clockStarts], ['escalated', 'proven', 'cn-order24-12', null])
  const answered = await act(demand.id, 'answer', { outcome: 'fulfilled' }, asShop)
  assert.equal(answered.json.demand.state, 'fulfilled')
})

test('a stranger sees nothing, and another provider neither', async () => {
  const { cookie } = await newPerson()
  const other = await newPerson()
  const { demand } = (await make({ kind: 'copy' }, { cookie })).json
  for (const as of [{ cookie: other.cookie }, { key: rival.key }]) {
    assert.deepEqual(codeOf(await get(demand.id, as)), [404, 'demand_unknown'])
    const list = await call('GET', '/v1/demands?which=all', as)
    assert.equal(
      list.json.items.some((item: { id: string }) => item.id === demand.id),
      false,
    )
  }
  assert.deepEqual(codeOf(await act(demand.id, 'copy', {}, { cookie: other.cookie })), [404, 'demand_unknown'])
  assert.deepEqual(codeOf(await act(demand.id, 'withdraw', {}, { cookie: other.cookie })), [404, 'demand_unknown'])
  assert.deepEqual(codeOf(await act(demand.id, 'copy', {}, asShop)), [403, 'ability_missing'])
  assert.deepEqual(codeOf(await make({ person: other.person, kind: 'see' }, { cookie })), [404, 'person_unknown'])
  assert.deepEqual(codeOf(await make({ person: other.person, kind: 'correct' }, { key: rival.key })), [
    404,
    'person_unknown',
  ])
  assert.deepEqual(codeOf(await get(demand.id, {})), [401, 'credentials_missing'])
})

test('each act happens once for one key', async () => {
  const { cookie, entries } = await newPerson()
  const idempotencyKey = randomUUID()
  const [first, second] = [
    await make({ kind: 'correct' }, { cookie, idempotencyKey }),
    await make({ kind: 'correct' }, { cookie, idempotencyKey }),
  ]
  assert.deepEqual(
    [second.json.demand.id, entryOf(second.json.receipt)],
    [first.json.demand.id, entryOf(first.json.receipt)],
  )
  const changed = await make({ kind: 'delete' }, { cookie, idempotencyKey })
  assert.deepEqual(codeOf(changed), [422, 'idempotency_key_reused'])
  const { id } = first.json.demand
  const answer = { outcome: 'refused', reason: 'already-accurate', text: 'checked' }
  const refusalKey = randomUUID()
  const refused = await act(id, 'answer', answer, { ...asShop, idempotencyKey: refusalKey })
  const again = await act(id, 'answer', answer, { ...asShop, idempotencyKey: refusalKey })
  assert.deepEqual([again.status, entryOf(again.json.receipt)], [200, entryOf(refused.json.receipt)])
  // The same words to another demand are another act: the address counts as well as the body.
  const other = (await make({ kind: 'correct' }, { cookie })).json.demand
  const elsewhere = await act(other.id, 'answer', answer, { ...asShop, idempotencyKey: refusalKey })
  assert.deepEqual(codeOf(elsewhere), [422, 'idempotency_key_reused'])
  assert.equal((await get(other.id, { cookie })).json.state, 'open')
  const escalationKey = randomUUID()
  for (let time = 0; time < 2; time++)
    assert.equal((await act(id, 'escalate', {}, { cookie, idempotencyKey: escalationKey })).status, 200)
  const told = (await entries()).filter(({ kind }) => kind === 'demand').map(({ fields }) => fields.act)
  assert.deepEqual(told, ['escalate', 'made', 'refuse', 'made'])
})

test('an answer and a withdrawal at the same moment: one wins, and the ledger says which', async () => {
  for (let round = 0; round < 8; round++) {
    const { cookie, entries } = await newPerson()
    const { id } = (await make({ kind: 'correct' }, { cookie })).json.demand
    const answers = await Promise.all([
      act(id, 'answer', { outcome: 'fulfilled' }, asShop),
      act(id, 'withdraw', {}, { cookie }),
    ])
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409])
    const { state } = (await get(id, { cookie })).json
    assert.equal(state, answers[0]!.status === 200 ? 'fulfilled' : 'withdrawn')
    const [last] = (await entries()).filter(({ kind }) => kind === 'demand')
    assert.equal(last.fields.act, answers[0]!.status === 200 ? 'fulfil' : 'withdraw')
  }
})

test('GDPR 12(3): a provider in the European Union may extend once, in time, with reasons; one in China may not', async () => {
  const { cookie } = await newPerson()
  const chinese = (await make({ kind: 'correct' }, { cookie })).json.demand
  assert.deepEqual(codeOf(await act(chinese.id, 'extend', { text: 'busy' }, asShop)), [409, 'extension_not_allowed'])
  const european = await server.provider()
  const admin = { key: european.admin }
  const unknown = await call('POST', '/v1/demands/regimes', {
    ...admin,
    body: { regimes: [{ regime: 'eu', zone: 'Mars/Olympus' }] },
  })
  assert.deepEqual(codeOf(unknown), [422, 'zone_unknown'])
  const stated = await call('POST', '/v1/demands/regimes', {
    ...admin,
    body: { regimes: [{ regime: 'eu', zone: 'Europe/Tallinn' }] },
  })
  assert.equal(stated.status, 200, JSON.stringify(stated.json))
  const asEuropean = { key: european.key }
  const person = await european.person(invented)
  const visitor = await visit(server, european, person)
  const { demand } = (await make({ kind: 'correct' }, { cookie: visitor.cookie })).json
  assert.deepEqual([demand.clock.id, demand.clock.zone, demand.clock.assumed], ['eu-gdpr-12-3', 'Europe/Tallinn', true])
  const extended = await act(demand.id, 'extend', { text: 'many records' }, asEuropean)
  assert.equal(extended.status, 200, JSON.stringify(extended.json))
  const after = extended.json.demand
  assert.equal(after.clock.extended, true)
  assert.ok(Date.parse(after.clock.dueAt) > Date.parse(demand.clock.dueAt) + 50 * 86_400_000)
  assert.equal((await get(demand.id, { cookie: visitor.cookie })).json.extension.text, 'many records')
  const twice = await act(demand.id, 'extend', { text: 'more' }, asEuropean)
  assert.deepEqual([twice.json.code, twice.json.missing.why], ['extension_not_allowed', 'it was used'])
  const late = (await make({ kind: 'correct' }, { cookie: visitor.cookie })).json.demand
  await runOut(late.id)
  const tooLate = await act(late.id, 'extend', { text: 'more' }, asEuropean)
  assert.equal(tooLate.json.missing.why, 'the clock has run out')
})

test('what people write is not in the database in the clear', async () => {
  const { cookie } = await newPerson()
  await make({ kind: 'correct', text: 'a sentence that nobody else may read' }, { cookie })
  const rows = await db.as('demands').query<{ n: number }>({
    text: `select count(*) as n from demands.demand d where position('nobody else may read' in d::text) > 0
      or position(encode('nobody else may read', 'hex') in d::text) > 0`,
  })
  assert.equal(rows[0]!.n, 0)
})

test('promise 4: a server that dies after the answer and before the erasure is finished by the next', async () => {
  const { cookie, person } = await newPerson()
  const { demand } = (await make({ kind: 'delete', text: 'forget me' }, { cookie })).json
  const client = (await call('GET', '/v1/parties/me', asShop)).json
  // What the first transaction of an answer leaves behind, as if the process had ended there a minute ago.
  await db.as('demands').query({
    text: `update demands.demand set state = 'fulfilling', came_from = 'open', outcome = 'fulfilled', answered_at = now() - interval '1 minute',
      answered_by = $2 where id = $1`,
    values: [demand.id.slice(4), JSON.stringify({ kind: 'client', id: client.id.slice(4) })],
  })
  assert.deepEqual(codeOf(await act(demand.id, 'withdraw', {}, { cookie })), [409, 'demand_state'])
  await room.finishAll()
  const look = await call('POST', '/v1/vault/look', {
    ...asShop,
    body: { person, purpose: 'delivery', fields: ['name'] },
  })
  assert.deepEqual(codeOf(look), [410, 'person_erased'])
  const after = (await get(demand.id, asShop)).json
  assert.deepEqual([after.state, after.text], ['fulfilled', null])
})

test('a demand of somebody who was erased by another way lapses instead of escalating', async () => {
  const { cookie, person } = await newPerson()
  const { id } = (await make({ kind: 'correct' }, { cookie })).json.demand
  await call('POST', '/v1/vault/erase', { ...asShop, body: { person } })
  await runOut(id)
  await room.escalateOverdue()
  const after = (await get(id, asShop)).json
  assert.deepEqual([after.state, after.escalated], ['withdrawn', null])
})

test('words outlive the key that sealed them: the rotation of epoch keys knows where they lie', async () => {
  const { cookie } = await newPerson()
  const { id } = (await make({ kind: 'correct', text: 'still readable' }, { cookie })).json.demand
  const { db: database, keys } = server.running.app.foundation
  const rewrapper = demandsRewrapper(database)
  const stored = async () =>
    (
      await db
        .as('demands')
        .query<{ words: Buffer }>({ text: 'select words from demands.demand where id = $1', values: [id.slice(4)] })
    )[0]!.words
  const was = await stored()
  const batch = await rewrapper.nextBatch!(null, 1000, [keyIdOf(was)])
  const row = batch.rows.find(({ blob }) => blob.equals(was))!
  assert.equal(await rewrapper.owns(row.tenant, row.purpose), true)
  assert.ok(((await rewrapper.countUnder([keyIdOf(was)])).get(keyIdOf(was)) ?? 0) >= 1)
  await keys.load([keyIdOf(was)])
  const { key, idBytes } = await keys.current(row.tenant, row.purpose)
  const now = seal(key, idBytes, open(keys.cached(keyIdOf(was))!, was, row.aad), row.aad)
  assert.equal(
    await rewrapper.replace!([{ place: row.place, was: now, now: was }]),
    0,
    'only what was read is replaced',
  )
  assert.equal(await rewrapper.replace!([{ place: row.place, was, now }]), 1)
  assert.equal((await stored()).equals(now), true)
  assert.equal((await get(id, { cookie })).json.text, 'still readable')
})

test('a clock that rested on an unpublished calendar is counted again', async () => {
  const { cookie, entries } = await newPerson()
  const { id, clock } = (await make({ kind: 'correct' }, { cookie })).json.demand
  await db.as('demands').query({
    text: `update demands.demand set due_at = due_at + interval '3 days', assumed = true where id = $1`,
    values: [id.slice(4)],
  })
  await room.recount()
  assert.equal((await get(id, { cookie })).json.clock.dueAt, clock.dueAt)
  assert.equal((await entries())[0].fields.act, 'recount', 'and the person is told')
})

test('anybody concerned can read by which laws the provider answers, and for which reasons it may refuse', async () => {
  const { cookie } = await newPerson()
  const { json } = await call('GET', '/v1/demands/regimes', { cookie })
  assert.deepEqual(json.regimes, [{ regime: 'cn' }])
  const keep = json.reasons.find((reason: { id: string }) => reason.id === 'legal-duty-to-keep')
  assert.deepEqual([keep.law.cn, keep.law.eu], ['PIPL 47(2)', 'GDPR 17(3)(b)'])
})

test('bad input is answered with the member and its rule', async () => {
  const { cookie } = await newPerson()
  const told = async (body: object) => {
    const { json } = await make(body, { cookie })
    return [json.code, json.field]
  }
  assert.deepEqual(await told({ kind: 'everything' }), ['schema_violation', '/kind'])
  assert.deepEqual(await told({ kind: 'see', text: 'x'.repeat(2001) }), ['schema_violation', '/text'])
  assert.deepEqual(await told({ kind: 'see', wish: 'x' }), ['schema_violation', '/wish'])
  assert.deepEqual(await told({ kind: 'correct', fields: ['no field'] }), ['schema_violation', '/fields/0'])
  assert.deepEqual(codeOf(await get('dem_1', { cookie })), [422, 'schema_violation'])
  const noKey = await call('POST', '/v1/demands', { cookie, body: { kind: 'see' }, headers: { 'idempotency-key': '' } })
  assert.equal(noKey.status, 400)
})

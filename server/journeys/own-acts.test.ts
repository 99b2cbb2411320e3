import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestServer } from '../testing.ts'
import { visit } from './test-person.ts'

const server = await startTestServer()
after(() => server.stop())
const { call } = server
const shop = await server.provider()
const rival = await server.provider()
const look = (person: string, purpose: string, fields: readonly string[]) =>
  call('POST', '/v1/vault/look', { key: shop.key, body: { person, purpose, fields, case: 'T-7' } })
const acts = (key: string, query = '') => call('GET', `/v1/ledger/acts${query}`, { key })

test('article 3: a provider reads what its own staff and keys did, never a value and nobody else’s', async () => {
  const person = await shop.person({ name: 'Mei Invented', phone: '13900000001' })
  await look(person, 'delivery', ['phone'])
  await look(person, 'support', ['address'])
  const stranger = await rival.person()
  const visitor = await visit(server, shop, person)
  await visitor.mine()
  await server.settle()
  const { status, json } = await acts(shop.admin)
  assert.equal(status, 200)
  assert.deepEqual(
    json.items.map((item: { kind: string; fields: { outcome?: string } }) => [item.kind, item.fields.outcome ?? null]),
    [
      ['access-link', null],
      ['look', 'refused: field_not_allowed'],
      ['look', 'opened'],
      ['collect', 'collected'],
    ],
    'what the person did themself is theirs',
  )
  const [, , opened] = json.items
  assert.deepEqual(
    [opened.person, opened.fields.purpose, opened.fields.fields, opened.fields.case],
    [person, 'delivery', ['phone'], 'T-7'],
  )
  assert.doesNotMatch(JSON.stringify(json), /13900000001|Mei/)
  assert.equal(JSON.stringify(json).includes(stranger), false)

  const mine = await acts(shop.admin, `?actor=${opened.actor.id}`)
  assert.deepEqual(
    new Set(mine.json.items.map((item: { actor: { id: string } }) => item.actor.id)),
    new Set([opened.actor.id]),
  )
  const older = await acts(shop.admin, `?before=${opened.index}`)
  assert.deepEqual(
    older.json.items.map((item: { kind: string }) => item.kind),
    ['collect'],
  )
  assert.equal(older.json.next, null)

  assert.equal((await acts(shop.key)).json.code, 'ability_missing', 'a key that looks does not oversee')
  assert.equal((await call('GET', '/v1/ledger/acts', { cookie: visitor.cookie })).status, 403)
  assert.equal((await acts(shop.admin, '?actor=per_1')).status, 422)
  await call('POST', '/v1/vault/erase', { key: shop.key, body: { person } })
  await server.settle()
  assert.deepEqual((await acts(shop.admin)).json.items, [], 'what cannot be opened any more is not shown')
})

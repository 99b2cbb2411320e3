import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type Answer, startTestServer } from '../testing.ts'
import { entryOf, visit } from './test-person.ts'

/** Every act on a demand, with the connection lost before it took effect and after: tried again, it has happened once. */
const server = await startTestServer({ BAILEE_LOG_LEVEL: 'silent' })
after(() => server.stop())
const { call } = server
const { db } = server.running.app.foundation
const shop = await server.provider()
const asShop = { key: shop.key }

type Break = 'before it took effect' | 'after it took effect'
const lost = () => Object.assign(new Error('the connection broke'), { code: 'ECONNRESET' })
/** Breaks the next transaction of a room, as a lost connection does: nobody knows whether it took effect. */
function breakNext(room: string, when: Break) {
  const real = db.transaction
  db.transaction = async (as, work) => {
    if (as !== room) return real(as, work)
    db.transaction = real
    const answer = await real(as, async (tx) => {
      const inner = await work(tx)
      if (when === 'before it took effect') throw lost()
      return inner
    })
    if (when === 'after it took effect') throw lost()
    return answer
  }
}
interface Prepared {
  readonly path: string
  readonly body: object
  readonly as: { readonly cookie?: string; readonly key?: string }
  /** The act as the ledger names it, and the state in which it ends. */
  readonly act: string
  readonly state: string
}
type Given = { readonly cookie: string; readonly person: string }
const made = async ({ cookie }: Given, kind: string): Promise<string> =>
  (await call('POST', '/v1/demands', { cookie, body: { kind } })).json.demand.id
const acts: Readonly<Record<string, (given: Given) => Promise<Prepared>>> = {
  'making a demand': async ({ cookie }) => ({
    path: '/v1/demands',
    body: { kind: 'correct', text: 'words' },
    as: { cookie },
    act: 'made',
    state: 'open',
  }),
  'a demand that software answers': async ({ cookie }) => ({
    path: '/v1/demands',
    body: { kind: 'copy' },
    as: { cookie },
    act: 'fulfil',
    state: 'fulfilled',
  }),
  'a refusal': async (given) => ({
    path: `/v1/demands/${await made(given, 'correct')}/answer`,
    body: { outcome: 'refused', reason: 'already-accurate', text: 'checked' },
    as: asShop,
    act: 'refuse',
    state: 'refused',
  }),
  'a withdrawal': async (given) => ({
    path: `/v1/demands/${await made(given, 'correct')}/withdraw`,
    body: {},
    as: { cookie: given.cookie },
    act: 'withdraw',
    state: 'withdrawn',
  }),
  'a confirmation': async ({ person }) => {
    const { json } = await call('POST', '/v1/demands', { ...asShop, body: { person, kind: 'correct' } })
    return {
      path: `/v1/demands/${json.demand.id}/confirm`,
      body: { evidence: 'desk-1' },
      as: asShop,
      act: 'confirm',
      state: 'open',
    }
  },
}
const breaks: readonly Break[] = ['before it took effect', 'after it took effect']
const unavailable = ({ status, json }: Answer) => assert.deepEqual([status, json.code], [503, 'unavailable'])

for (const [what, prepare] of Object.entries(acts))
  for (const when of breaks)
    test(`${what}, lost ${when}, has happened once when it is tried again`, async () => {
      const person = await shop.person()
      const visitor = await visit(server, shop, person)
      const { path, body, as, act, state } = await prepare({ cookie: visitor.cookie, person })
      const request = { ...as, body, idempotencyKey: randomUUID() }
      breakNext('demands', when)
      unavailable(await call('POST', path, request))
      const again = await call('POST', path, request)
      assert.ok(again.status < 300, JSON.stringify(again.json))
      assert.equal(again.json.demand.state, state)
      const third = await call('POST', path, request)
      assert.equal(entryOf(third.json.receipt), entryOf(again.json.receipt))
      const told = (await visitor.entries()).filter(({ kind, fields }) => kind === 'demand' && fields.act === act)
      assert.equal(told.length, 1)
      assert.equal((await call('GET', '/v1/demands', { cookie: visitor.cookie })).json.items.length, 1)
    })

for (const [room, nth] of [
  ['demands', 'the answer'],
  ['vault', 'the erasure'],
] as const)
  for (const when of breaks)
    test(`a deletion whose step, ${nth}, is lost ${when} is done once when it is tried again`, async () => {
      const person = await shop.person()
      const visitor = await visit(server, shop, person)
      const id = await made({ cookie: visitor.cookie, person }, 'delete')
      const request = { ...asShop, body: { outcome: 'fulfilled' }, idempotencyKey: randomUUID() }
      breakNext(room, when)
      unavailable(await call('POST', `/v1/demands/${id}/answer`, request))
      const again = await call('POST', `/v1/demands/${id}/answer`, request)
      assert.deepEqual([again.status, again.json.demand.state], [200, 'fulfilled'])
      const look = { ...asShop, body: { person, purpose: 'delivery', fields: ['name'] } }
      assert.equal((await call('POST', '/v1/vault/look', look)).json.code, 'person_erased')
    })

test('an act that its own room refuses puts the demand back, and the person is told why', async () => {
  const person = await shop.person()
  const visitor = await visit(server, shop, person)
  const id = (
    await call('POST', '/v1/demands', { cookie: visitor.cookie, body: { kind: 'stop', purpose: 'none-such' } })
  ).json.demand.id
  const { json } = await call('GET', `/v1/demands/${id}`, { cookie: visitor.cookie })
  assert.deepEqual([json.state, json.answer], ['open', null])
  const acts = (await visitor.entries()).filter(({ kind }) => kind === 'demand').map(({ fields }) => fields)
  assert.deepEqual(
    acts.map((fields) => fields.act),
    ['put-back', 'fulfil', 'made'],
  )
  assert.equal(acts[0].because, 'consent_unknown')
})

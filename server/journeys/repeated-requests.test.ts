import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Answer, startTestServer, testNotice } from '../testing.ts'

/** A request that is repeated, by the caller's retry or by somebody in between, acts once. */
const server = await startTestServer()
after(() => server.stop())
const { call } = server
const shop = await server.provider()

const marker = 'MARKER-9b2c'
interface Act {
  readonly path: string
  readonly key: string
  readonly body: Readonly<Record<string, unknown>>
  readonly other: Readonly<Record<string, unknown>>
}
const acts: Readonly<Record<string, () => Promise<Act>>> = {
  collect: async () => {
    const consent = { snapshot: await shop.snapshot(), purposes: ['delivery'] }
    return {
      path: '/v1/vault/collect',
      key: shop.key,
      body: { consent, fields: { name: 'Once' } },
      other: { consent, fields: { name: marker } },
    }
  },
  consent: async () => {
    const body = { snapshot: await shop.snapshot(), purposes: ['delivery'] }
    return { path: '/v1/notices/consents', key: shop.key, body, other: { ...body, purposes: ['support'] } }
  },
  withdraw: async () => {
    const body = { person: await shop.person(), purpose: 'delivery' }
    return { path: '/v1/notices/consents/withdraw', key: shop.key, body, other: { ...body, purpose: 'support' } }
  },
  erase: async () => {
    const body = { person: await shop.person() }
    return { path: '/v1/vault/erase', key: shop.key, body, other: { person: await shop.person() } }
  },
  publish: async () => {
    const body = { ...testNotice, slug: `s${Math.random().toString(36).slice(2, 10)}` }
    return { path: '/v1/notices', key: shop.key, body, other: { ...body, title: { en: marker, zh: marker } } }
  },
  createClient: async () => {
    const body = { name: 'one machine', abilities: ['look'], purposes: ['delivery'] }
    return { path: '/v1/parties/clients', key: shop.admin, body, other: { ...body, name: marker } }
  },
}
const entriesIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/"entry":"([^"]+)"/g)].map((match) => match[1]!)
/** A receipt is signed anew each time; the entry that it promises is the same. */
const withoutReceipts = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (name, member) => (name === 'receipt' ? undefined : member)))
async function ledgerSize(): Promise<number> {
  await server.settle()
  return (await call('GET', '/v1/ledger/status')).json.size
}

for (const [name, prepare] of Object.entries(acts)) {
  test(`${name}: the same key with the same body acts once and hears the same answer`, async () => {
    const { path, key, body } = await prepare()
    const once = crypto.randomUUID()
    const size = await ledgerSize()
    const send = () => call('POST', path, { key, body, idempotencyKey: once })
    const first = await send()
    assert.ok(first.status < 300, JSON.stringify(first.json))
    const later = [await send(), ...(await Promise.all([send(), send(), send()]))]
    for (const { status, json } of later) {
      assert.equal(status, first.status)
      assert.deepEqual(withoutReceipts(json), withoutReceipts(first.json))
      assert.deepEqual(entriesIn(json), entriesIn(first.json))
    }
    // An erasure writes its public form beside the entry.
    assert.equal((await ledgerSize()) - size, name === 'erase' ? 2 : 1)
  })

  test(`${name}: the same key many times at once acts once`, async () => {
    const { path, key, body } = await prepare()
    const once = crypto.randomUUID()
    const size = await ledgerSize()
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call('POST', path, { key, body, idempotencyKey: once })),
    )
    for (const { status, json } of answers) {
      assert.ok(status < 300, JSON.stringify(json))
      assert.deepEqual(withoutReceipts(json), withoutReceipts(answers[0]!.json))
    }
    assert.equal((await ledgerSize()) - size, name === 'erase' ? 2 : 1)
  })

  test(`${name}: the same key with another body is refused, one after the other and at once`, async () => {
    const refused = ({ status, json }: Answer) => {
      assert.deepEqual([status, json.code, json.field], [422, 'idempotency_key_reused', 'Idempotency-Key'])
      assert.equal(JSON.stringify(json).includes(marker), false)
    }
    const inTurn = await prepare()
    const once = crypto.randomUUID()
    const send = ({ path, key }: Act, body: unknown, idempotencyKey: string) =>
      call('POST', path, { key, body, idempotencyKey })
    assert.ok((await send(inTurn, inTurn.body, once)).status < 300)
    refused(await send(inTurn, inTurn.other, once))
    const together = await prepare()
    const shared = crypto.randomUUID()
    const answers = await Promise.all([together.body, together.other].map((body) => send(together, body, shared)))
    const good = answers.filter(({ status }) => status < 300)
    assert.equal(good.length, 1, JSON.stringify(answers.map(({ json }) => json)))
    refused(answers.find(({ status }) => status >= 300)!)
  })

  test(`${name}: without a key, or with one that is none, nothing is done`, async () => {
    const { path, key, body } = await prepare()
    const size = await ledgerSize()
    const send = (headers: Readonly<Record<string, string>>) =>
      fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const missing = await send({})
    assert.deepEqual([missing.status, (await missing.json()).code], [400, 'idempotency_key_required'])
    for (const wrong of ['short', 'x'.repeat(129), 'with a space', 'tab\tinside', 'caf\u00e9-au-lait', '']) {
      const answer = await send({ 'idempotency-key': wrong })
      const problem = await answer.json()
      assert.deepEqual([answer.status, problem.code], [400, 'idempotency_key_malformed'], wrong)
      assert.equal(JSON.stringify(problem).includes(wrong || 'nothing'), false)
    }
    assert.equal(await ledgerSize(), size)
  })
}

test('one organisation’s key says nothing about another’s', async () => {
  const rival = await server.provider()
  const once = crypto.randomUUID()
  const ours = await call('POST', '/v1/vault/collect', {
    key: shop.key,
    idempotencyKey: once,
    body: { consent: { snapshot: await shop.snapshot(), purposes: ['delivery'] }, fields: { name: 'Ours' } },
  })
  const theirs = await call('POST', '/v1/vault/collect', {
    key: rival.key,
    idempotencyKey: once,
    body: { consent: { snapshot: await rival.snapshot(), purposes: ['delivery'] }, fields: { name: 'Theirs' } },
  })
  assert.deepEqual([ours.status, theirs.status], [201, 201])
  assert.notEqual(ours.json.person, theirs.json.person)
})

test('whoever asks too often is told how long to wait, by key and by address, and for unreadable bodies too', async (t) => {
  const small = await startTestServer({
    BAILEE_RATE_CLIENT_PER_MINUTE: '30',
    BAILEE_RATE_ADDRESS_PER_MINUTE: '40',
    BAILEE_FINDS_PER_MINUTE: '3',
  })
  t.after(() => small.stop())
  const provider = await small.provider()
  const person = await provider.person()
  const told = (answers: readonly Answer[], code: string) => {
    const limited = answers.filter(({ status }) => status === 429)
    assert.ok(limited.length > 0, answers.map(({ status }) => status).join(' '))
    for (const { json, headers } of limited) {
      assert.equal(json.code, code)
      const seconds = Number(headers.get('retry-after'))
      assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, String(seconds))
      assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
    }
  }
  const several = async (count: number, ask: () => Promise<Answer>) => {
    const answers: Answer[] = []
    for (let at = 0; at < count; at++) answers.push(await ask())
    return answers
  }
  const body = { purpose: 'delivery', field: 'phone', value: '1' }
  told(await several(8, () => small.call('POST', '/v1/vault/find', { key: provider.key, body })), 'find_quota_exceeded')
  const look = { person, purpose: 'delivery', fields: ['name'] }
  told(await several(80, () => small.call('POST', '/v1/vault/look', { key: provider.key, body: look })), 'rate_limited')
  // Another key of another organisation is not held up by it.
  assert.equal((await small.call('GET', '/v1/parties/clients', { key: provider.admin })).status, 200)
  told(await several(90, () => small.call('POST', '/v1/vault/look', { body: '{', key: 'guess' })), 'rate_limited')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { allRoutes, errorCatalogue, ledger, parties } from '@bailee/contract'
import { type BaileeError, createBailee, createCaller, defineNotice } from './index.ts'
import { routes } from './routes.ts'
import { type Answer, type Seen, scriptedServer } from './testing/scripted-server.ts'

const both = (text: string) => ({ en: text, zh: text })
const notice = defineNotice({
  slug: 'shop',
  title: both('Shop'),
  contact: both('privacy@shop.example'),
  purposes: [{ id: 'delivery', title: both('Delivery'), basis: 'contract', retentionDays: 90 }],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: both('Contact'),
      sensitive: false,
      fields: [
        { name: 'name', title: both('Name') },
        { name: 'phone', title: both('Phone'), search: true },
      ],
      purposes: ['delivery'],
    },
  ],
  recipients: [],
})
const id = (prefix: string, n = 1) => `${prefix}_${n.toString(16).padStart(32, '0')}`
const receipt = {
  v: 1,
  origin: 'stub/ledger',
  entry: '01990000-0000-7000-8000-000000000001',
  commitment: 'AA==',
  index: 0,
  count: 1,
  path: [],
  signedAt: '2026-01-01T00:00:00Z',
  deadline: '2026-01-01T00:01:00Z',
  signature: 'AA==',
}
const problem = (code: keyof typeof errorCatalogue, more: object = {}): Answer => ({
  status: errorCatalogue[code].status,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '0' },
  body: {
    type: `/reference/errors#${code}`,
    title: errorCatalogue[code].en,
    titleZh: errorCatalogue[code].zh,
    status: errorCatalogue[code].status,
    code,
    ...more,
  },
})
const secret = 'Zhang San (invented) 13900000000'

async function withServer(
  answer: (seen: Seen, number: number) => Answer,
  run: (bailee: ReturnType<typeof connect>, seen: Seen[], url: string) => Promise<void>,
) {
  const server = await scriptedServer(answer)
  try {
    await run(connect(server.url), server.seen, server.url)
  } finally {
    await server.close()
  }
}
const connect = (url: string, more: { language?: 'en' | 'zh'; retries?: number } = {}) =>
  createBailee({ url, key: 'blk_secret_machine_key', notice, ...more })

const caught = async (promise: Promise<unknown>): Promise<BaileeError> => {
  try {
    await promise
  } catch (error) {
    return error as BaileeError
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}

test('the table of routes says what the contract says', () => {
  for (const [name, line] of Object.entries(routes)) {
    const shape = allRoutes.find((one) => one.name === name)
    assert.ok(shape, name)
    assert.equal(line.method, shape.method)
    assert.equal(line.path, shape.path)
    assert.equal('idempotency' in line ? line.idempotency : undefined, shape.idempotency)
  }
})

test('a look states its purpose and gives exactly the fields asked for, with a receipt', async () => {
  const answer = { person: id('per'), record: id('rec'), fields: { name: 'Li Si (invented)', phone: '1' }, receipt }
  await withServer(
    () => ({ body: answer }),
    async (bailee, seen) => {
      const look = await bailee.for('delivery').look(id('per'), ['name', 'phone'], { onBehalfOf: 'clerk-7' })
      assert.equal(look.fields.name, 'Li Si (invented)')
      assert.deepEqual(look.receipt, receipt)
      assert.equal(seen[0]?.path, '/v1/vault/look')
      assert.deepEqual(seen[0]?.body, {
        person: id('per'),
        purpose: 'delivery',
        fields: ['name', 'phone'],
        onBehalfOf: 'clerk-7',
      })
      assert.equal(seen[0]?.headers.authorization, 'Bearer blk_secret_machine_key')
      assert.equal(seen[0]?.headers['idempotency-key'], undefined)
    },
  )
})

test('a field that the record does not hold is an empty text, not a lie of the types', async () => {
  const answer = { person: id('per'), record: id('rec'), fields: { name: 'Li Si (invented)', extra: 'x' }, receipt }
  await withServer(
    ({ path }) => ({ body: path.endsWith('batch') ? { items: [answer] } : answer }),
    async (bailee) => {
      const wanted = { name: 'Li Si (invented)', phone: '' }
      assert.deepEqual((await bailee.for('delivery').look(id('per'), ['name', 'phone'])).fields, wanted)
      const [one] = await bailee.for('delivery').lookMany([id('per')], ['name', 'phone'])
      assert.ok(one?.ok)
      assert.deepEqual(one.fields, wanted)
    },
  )
})

test('a refused look is an error that carries the proof that it was logged', async () => {
  await withServer(
    () => problem('grant_missing', { receipt, missing: { purpose: 'delivery' } }),
    async (bailee, seen, url) => {
      const error = await caught(bailee.for('delivery').look(id('per'), ['name']))
      assert.equal(error.name, 'BaileeError')
      assert.equal(error.code, 'grant_missing')
      assert.equal(error.status, 403)
      assert.deepEqual(error.missing, { purpose: 'delivery' })
      assert.deepEqual(error.receipt, receipt)
      assert.equal(seen.length, 1)
      const chinese = await caught(connect(url, { language: 'zh' }).for('delivery').look(id('per'), ['name']))
      assert.equal(chinese.message, errorCatalogue.grant_missing.zh)
    },
  )
})

test('a POST that acts keeps one Idempotency-Key through its retries', async () => {
  const answers = [{ cut: true } as const, problem('unavailable'), { status: 201, body: { person: id('per') } }]
  await withServer(
    (_, number) => answers[number - 1] ?? {},
    async (bailee, seen) => {
      await bailee.collect({ person: id('per'), fields: { name: secret } })
      const keys = seen.map((one) => one.headers['idempotency-key'])
      assert.equal(keys.length, 3)
      assert.match(String(keys[0]), /^[\x21-\x7e]{8,128}$/)
      assert.equal(new Set(keys).size, 1)
    },
  )
})

test('two acts have two Idempotency-Keys, and a caller may give its own', async () => {
  await withServer(
    () => ({ body: {} }),
    async (bailee, seen) => {
      await bailee.erase(id('per'))
      await bailee.erase(id('per'))
      await bailee.erase(id('per'), { idempotencyKey: 'erase-order-17' })
      const keys = seen.map((one) => one.headers['idempotency-key'])
      assert.notEqual(keys[0], keys[1])
      assert.equal(keys[2], 'erase-order-17')
    },
  )
})

test('a look is repeated after a lost answer, because it only logs again', async () => {
  await withServer(
    (_, number) => (number === 1 ? { cut: true } : { body: { fields: { name: 'x' } } }),
    async (bailee, seen) => {
      await bailee.for('delivery').look(id('per'), ['name'])
      assert.equal(seen.length, 2)
    },
  )
})

test('an access link is not asked for twice after it may have been made', async () => {
  await withServer(
    () => ({ cut: true }),
    async (bailee, seen) => {
      assert.equal((await caught(bailee.accessLink(id('per')))).code, 'unreachable')
      assert.equal(seen.length, 1)
    },
  )
  await withServer(
    () => problem('unavailable'),
    async (bailee, seen) => {
      assert.equal((await caught(bailee.accessLink(id('per')))).code, 'unavailable')
      assert.equal(seen.length, 1)
    },
  )
})

test('429 did nothing, so even an access link is asked for again', async () => {
  await withServer(
    (_, number) => (number === 1 ? problem('rate_limited') : { status: 201, body: { token: 't', path: '/me#t' } }),
    async (bailee, seen, url) => {
      assert.equal((await bailee.accessLink(id('per'))).url, `${url}/me#t`)
      assert.equal(seen.length, 2)
    },
  )
})

test('a used-up quota for searches is not waited for', async () => {
  await withServer(
    () => problem('find_quota_exceeded'),
    async (bailee, seen) => {
      assert.equal((await caught(bailee.for('delivery').find('phone', secret))).code, 'find_quota_exceeded')
      assert.equal(seen.length, 1)
    },
  )
})

test('Retry-After is obeyed, and a long one is handed to the caller', async () => {
  const limited = (seconds: string): Answer => ({ ...problem('rate_limited'), headers: { 'retry-after': seconds } })
  await withServer(
    (_, number) => (number === 1 ? limited('1') : { body: { items: [] } }),
    async (bailee) => {
      const begin = performance.now()
      await bailee.grants(id('per'))
      assert.ok(performance.now() - begin >= 990)
    },
  )
  await withServer(
    () => limited('3600'),
    async (bailee, seen) => {
      assert.equal((await caught(bailee.grants(id('per')))).retryAfterSeconds, 3600)
      assert.equal(seen.length, 1)
    },
  )
})

test('refusals are not retried', async () => {
  for (const code of ['schema_violation', 'credentials_invalid', 'internal'] as const) {
    await withServer(
      () => problem(code),
      async (bailee, seen) => {
        assert.equal((await caught(bailee.grants(id('per')))).code, code)
        assert.equal(seen.length, 1)
      },
    )
  }
})

test('no error shows a field value, the key, or what the other side sent', async () => {
  const answers: Answer[] = [
    { cut: true },
    { status: 200, body: `not JSON: ${secret}` },
    { status: 502, body: `<html>${secret}</html>` },
    problem('schema_violation', { field: '/fields/phone', rule: 'maxLength', detail: secret, extra: secret }),
    { status: 307, headers: { location: 'http://127.0.0.1:1/elsewhere' }, body: secret },
  ]
  for (const answer of answers) {
    await withServer(
      () => answer,
      async (_, seen, url) => {
        const bailee = connect(url, { retries: 0 })
        const error = await caught(bailee.collect({ person: id('per'), fields: { name: secret, phone: secret } }))
        const shown = `${error} ${error.stack} ${JSON.stringify(error)} ${inspect(error, { depth: 9, showHidden: true })}`
        assert.doesNotMatch(shown, /Zhang|1390/)
        assert.doesNotMatch(shown, /blk_secret/)
        assert.doesNotMatch(inspect(bailee, { depth: 9, showHidden: true }), /blk_secret/)
        assert.equal(seen.length, 1)
        assert.ok(seen.every((one) => !one.path.includes('1390')))
      },
    )
  }
})

test('a foreign fetch whose error quotes the request is not quoted', async () => {
  const leaking = () => Promise.reject(new Error(`could not send ${secret}`))
  const bailee = createBailee({ url: 'https://bailee.invalid', key: 'k', notice, fetch: leaking, retries: 0 })
  const error = await caught(bailee.collect({ person: id('per'), fields: { name: secret } }))
  assert.equal(error.code, 'unreachable')
  assert.doesNotMatch(inspect(error, { depth: 9 }), /Zhang/)
})

test('a cancelled call is not retried', async () => {
  await withServer(
    () => problem('unavailable'),
    async (bailee, seen) => {
      const controller = new AbortController()
      controller.abort()
      const error = await caught(bailee.collect({ person: id('per'), fields: {} }, { signal: controller.signal }))
      assert.equal(error.code, 'aborted')
      assert.equal(seen.length, 0)
    },
  )
})

test('collecting many goes 1,000 at a time, with an outcome for each in order', async () => {
  const items = Array.from({ length: 2500 }, (_, n) => ({ person: id('per', n), fields: { name: `n${n}` } }))
  await withServer(
    ({ body }) => ({
      body: {
        items: (body as { items: { person: string }[] }).items.map(({ person }) =>
          person === id('per', 1700)
            ? { problem: problem('grant_missing', { receipt }).body }
            : { person, record: id('rec'), receipt },
        ),
      },
    }),
    async (bailee, seen) => {
      const progress: unknown[] = []
      const outcomes = await bailee.collectMany(items, {
        onProgress: (one) => progress.push(one),
        idempotencyKey: 'import-2026-01',
      })
      assert.deepEqual(
        seen.map((one) => (one.body as { items: unknown[] }).items.length),
        [1000, 1000, 500],
      )
      assert.deepEqual(
        seen.map((one) => one.headers['idempotency-key']),
        ['import-2026-01.0', 'import-2026-01.1', 'import-2026-01.2'],
      )
      assert.equal(outcomes.length, 2500)
      assert.ok(outcomes.every((one, n) => (one.ok ? one.person === id('per', n) : n === 1700)))
      const refused = outcomes[1700]
      assert.ok(refused && !refused.ok && refused.error.code === 'grant_missing' && refused.error.receipt)
      assert.deepEqual(progress.at(-1), { done: 2500, total: 2500, refused: 1 })
    },
  )
})

test('large items make smaller requests', async () => {
  const items = Array.from({ length: 1000 }, () => ({ person: id('per'), fields: { name: '名'.repeat(1300) } }))
  await withServer(
    ({ body }) => ({ body: { items: (body as { items: unknown[] }).items.map(() => ({ person: id('per') })) } }),
    async (bailee, seen) => {
      assert.equal((await bailee.collectMany(items)).length, 1000)
      assert.ok(seen.length > 1)
      assert.ok(seen.every((one) => Buffer.byteLength(JSON.stringify(one.body)) < 2_000_000))
    },
  )
})

test('when a batch fails, what was done before is kept and nothing more is sent', async () => {
  const items = Array.from({ length: 2500 }, (_, n) => ({ person: id('per', n), fields: { name: 'n' } }))
  await withServer(
    ({ body }, number) =>
      number === 1
        ? { body: { items: (body as { items: unknown[] }).items.map(() => ({ person: id('per') })) } }
        : problem('credentials_invalid'),
    async (bailee, seen) => {
      const outcomes = await bailee.collectMany(items)
      assert.equal(seen.length, 2)
      assert.equal(outcomes.filter(({ ok }) => ok).length, 1000)
      assert.equal(outcomes.filter((one) => !one.ok && one.error.code === 'credentials_invalid').length, 1500)
    },
  )
})

test('looking at many goes 100 at a time', async () => {
  const people = Array.from({ length: 250 }, (_, n) => id('per', n))
  await withServer(
    ({ body }) => ({
      body: {
        items: (body as { items: { person: string }[] }).items.map(({ person }) => ({
          person,
          record: id('rec'),
          fields: { name: 'x' },
          receipt,
        })),
      },
    }),
    async (bailee, seen) => {
      const looks = await bailee.for('delivery').lookMany(people, ['name'])
      assert.equal(seen.length, 3)
      assert.deepEqual(
        looks.map((look) => look.ok && look.person),
        people,
      )
      await bailee.for('delivery').lookMany([{ person: id('per'), fields: ['phone'], case: 'order/1' }])
      assert.deepEqual(seen[3]?.body, {
        items: [{ person: id('per'), purpose: 'delivery', fields: ['phone'], case: 'order/1' }],
      })
    },
  )
})

const organisation = { id: id('org'), kind: 'provider', name: both('Shop'), area: null, level: null }
const published = (content: unknown, live = true) => ({ id: id('ntc'), provider: id('org'), version: 1, live, content })

test('publishing is a no-op when the same notice is live already, whatever the order of its members', async () => {
  const reordered = Object.fromEntries(Object.entries(notice).reverse())
  await withServer(
    ({ path }) =>
      path === '/v1/parties/me'
        ? { body: { organisation } }
        : path.startsWith('/v1/notices?')
          ? { body: { items: [published({ ...notice, slug: 'other' }), published(reordered)], next: null } }
          : { body: { snapshot: 's', notice: published(notice), expiresAt: 'x' } },
    async (bailee, seen) => {
      assert.equal((await bailee.publish()).published, false)
      assert.equal((await bailee.takeSnapshot('zh')).snapshot, 's')
      assert.deepEqual(seen.at(-1)?.body, { notice: id('ntc'), language: 'zh' })
      assert.ok(seen.every(({ method, path }) => method === 'GET' || path === '/v1/notices/snapshots'))
    },
  )
})

test('publishing a changed notice posts it', async () => {
  await withServer(
    ({ path, method }) =>
      path === '/v1/parties/me'
        ? { body: { organisation } }
        : method === 'GET'
          ? { body: { items: [published({ ...notice, title: both('Old') })], next: null } }
          : { status: 201, body: { notice: published(notice), receipt } },
    async (bailee, seen) => {
      assert.equal((await bailee.publish()).published, true)
      assert.deepEqual(seen.at(-1)?.body, notice)
    },
  )
})

test('a snapshot of an unpublished notice is an error that says so', async () => {
  await withServer(
    ({ path }) => ({ body: path === '/v1/parties/me' ? { organisation } : { items: [], next: null } }),
    async (bailee) => assert.equal((await caught(bailee.takeSnapshot('en'))).code, 'notice_unpublished'),
  )
})

test('a route of the contract can be called by its shape, with params and query in their places', async () => {
  await withServer(
    () => ({ body: {} }),
    async (_, seen, url) => {
      const { call } = createCaller({ url: `${url}/` })
      await call(ledger.proveConsistency, { query: { from: 1, to: 2 } })
      await call(ledger.epochBucket, { params: { epoch: 3, prefix: 'ab' } })
      await call(parties.decideApproval, { body: { approval: id('apr'), decision: 'approve' } })
      assert.deepEqual(
        seen.map(({ path }) => path),
        ['/v1/ledger/consistency?from=1&to=2', '/v1/ledger/epochs/3/buckets/ab', '/v1/parties/approvals/decide'],
      )
      assert.equal(seen[0]?.headers.authorization, undefined)
      assert.ok(seen[2]?.headers['idempotency-key'])
    },
  )
})

test('organisations are listed through every page', async () => {
  await withServer(
    ({ path }) => ({
      body: path.endsWith('cursor=two') ? { items: [{ id: 'b' }], next: null } : { items: [{ id: 'a' }], next: 'two' },
    }),
    async (bailee) => {
      const ids: string[] = []
      for await (const one of bailee.organisations.list()) ids.push(one.id)
      assert.deepEqual(ids, ['a', 'b'])
    },
  )
})

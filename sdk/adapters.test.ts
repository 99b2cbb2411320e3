import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baileeForExpress } from './express.ts'
import { baileeForFastify } from './fastify.ts'
import { baileeForHono } from './hono.ts'
import { BaileeError, createBailee, dualRead, personColumns } from './index.ts'
import { type Answer, type Seen, scriptedServer } from './testing/scripted-server.ts'
import { notice } from './type-tests.test-d.ts'

const person = `per_${'0'.repeat(31)}1`
const secret = 'Zhang San (invented)'

async function withBailee(
  answer: (seen: Seen) => Answer,
  run: (bailee: ReturnType<typeof connect>, seen: Seen[]) => Promise<void>,
) {
  const server = await scriptedServer(answer)
  try {
    await run(connect(server.url), server.seen)
  } finally {
    await server.close()
  }
}
const connect = (url: string) => createBailee({ url, key: 'blk_invented', notice, retries: 0 })
const refusal = new BaileeError('grant_missing', 'There is no live grant.', { status: 403, field: '/purpose' })
const problem = { code: 'grant_missing', title: 'There is no live grant.', status: 403, field: '/purpose' }

test('a dual read takes a moved row from Bailee and the others from the old column, and counts both', async () => {
  await withBailee(
    () => ({ body: { person, record: person, fields: { name: secret } } }),
    async (bailee, seen) => {
      interface Row {
        readonly person?: string
        readonly full_name: string | null
      }
      const both = dualRead({
        bailee: bailee.for('delivery'),
        personOf: (row: Row) => row.person,
        old: { name: (row: Row) => row.full_name },
      })
      assert.deepEqual(await both.read({ person, full_name: null }, ['name']), { name: secret })
      assert.deepEqual(await both.read({ full_name: 'Li Si (invented)' }, ['name']), { name: 'Li Si (invented)' })
      assert.deepEqual(await both.read({ full_name: null }, ['name']), { name: '' })
      assert.deepEqual(both.counts(), { fromBailee: 1, fromOld: 2 })
      assert.equal(seen.length, 1)
      // @ts-expect-error a field without an old column
      both.read({ full_name: null }, ['phone']).catch(() => {})
    },
  )
})

test('a refused look is not answered from the old column', async () => {
  await withBailee(
    () => ({ status: 403, body: { ...problem, type: '', titleZh: '' } }),
    async (bailee) => {
      const both = dualRead({
        bailee: bailee.for('delivery'),
        personOf: () => person,
        old: { name: () => secret },
      })
      await assert.rejects(both.read({}, ['name']), { code: 'grant_missing' })
      assert.deepEqual(both.counts(), { fromBailee: 0, fromOld: 0 })
    },
  )
})

test('what is stored beside Bailee is the person id and what is not personal', async () => {
  await withBailee(
    () => ({ status: 201, body: { person, record: person, receipt: {} } }),
    async (bailee, seen) => {
      const columns = personColumns(bailee, { fields: ['name', 'phone'], column: 'person' })
      const row = await columns.store(
        { handle: 'mole', name: secret, phone: null },
        { snapshot: 's', purposes: ['delivery'] },
        'sign-up-17',
      )
      assert.deepEqual(row, { handle: 'mole', person })
      assert.deepEqual((seen[0]!.body as { fields: object }).fields, { name: secret })
      assert.equal(seen[0]!.headers['idempotency-key'], 'sign-up-17')
    },
  )
})

test('Fastify answers a refusal as a problem document and leaves other errors alone', async () => {
  await withBailee(
    () => ({}),
    async (bailee) => {
      const { default: fastify } = await import('fastify')
      const app = fastify({ logger: false })
      baileeForFastify(app, bailee)
      app.get('/refused', async (request) => {
        assert.equal(typeof (request as unknown as { bailee: typeof bailee }).bailee.for('delivery').look, 'function')
        throw refusal
      })
      app.get('/broken', async () => {
        throw new Error('other')
      })
      const refused = await app.inject('/refused')
      assert.equal(refused.statusCode, 403)
      assert.match(String(refused.headers['content-type']), /application\/problem\+json/)
      assert.deepEqual(refused.json(), problem)
      assert.equal((await app.inject('/broken')).statusCode, 500)
      await app.close()
    },
  )
})

test('Express and Hono get the same, through the shapes that they call', async () => {
  await withBailee(
    () => ({}),
    async (bailee) => {
      const express = baileeForExpress(bailee)
      const request: { bailee?: unknown } = {}
      let passed: unknown = 'not called'
      express.before(request, {}, (error) => {
        passed = error
      })
      assert.equal(passed, undefined)
      assert.ok(request.bailee)
      assert.equal(express.errors.length, 4)
      let sent = ''
      const response = {
        headersSent: false,
        status: (code: number) => {
          assert.equal(code, 403)
          return response
        },
        type: (type: string) => {
          assert.equal(type, 'application/problem+json')
          return response
        },
        send: (body: string) => {
          sent = body
        },
      }
      express.errors(refusal, request, response, () => assert.fail('handled'))
      assert.deepEqual(JSON.parse(sent), problem)
      const other = new Error('other')
      express.errors(other, request, response, (error) => assert.equal(error, other))

      const hono = baileeForHono(bailee)
      const kept = new Map<string, unknown>()
      await hono.before({ set: (name, value) => void kept.set(name, value) }, async () => {})
      assert.ok(kept.get('bailee'))
      const answer = hono.errors(refusal)
      assert.equal(answer.status, 403)
      assert.deepEqual(await answer.json(), problem)
      assert.throws(() => hono.errors(other), other)
    },
  )
})

test('a fault of our own key is not told as the visitor’s', async () => {
  const { problemReply } = await import('./index.ts')
  assert.equal(problemReply(new BaileeError('credentials_invalid', 'x', { status: 401 }))?.status, 502)
  assert.equal(problemReply(new BaileeError('unreachable', 'x'))?.status, 502)
  assert.equal(problemReply(new Error('x')), undefined)
})

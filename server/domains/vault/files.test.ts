import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { newId } from '#kernel'
import { inChunks } from './file-seals.ts'
import { notice, openWorld, type Shop } from './test-world.ts'

const world = await openWorld()
after(() => world.close())
let shop: Shop
before(async () => {
  shop = await world.shop()
  const [contact, place] = notice.categories
  const scan = { name: 'scan', title: { en: 'Scan', zh: '扫描件' }, kind: 'file' }
  const categories = [{ ...contact!, fields: [...contact!.fields, scan] }, place]
  await world.good(shop.post('/notices', { ...notice, categories }))
})
const store = async (person: string, payload: Buffer, once: string = newId(), field = 'scan', key = shop.key) => {
  const answer = await world.http.raw.inject({
    method: 'POST',
    url: `/v1/vault/files?person=${person}&field=${field}`,
    headers: { 'content-type': 'application/octet-stream', 'idempotency-key': once, authorization: `Bearer ${key}` },
    payload,
  })
  return { status: answer.statusCode, body: JSON.parse(answer.payload) }
}
const open = async (person: string, purpose = 'delivery') =>
  world.http.raw.inject({
    method: 'POST',
    url: '/v1/vault/files/look',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.key}` },
    payload: JSON.stringify({ person, purpose, field: 'scan' }),
  })
const chunksOf = async (person: string) =>
  world.steal<{ n: number }>('select n from vault.file_chunk where subject = $1 order by n', [person.slice(4)])

test('articles 1 and 2: a file comes back as it was, its look is logged, and it is nowhere in the clear', async () => {
  const person = await shop.person()
  const content = Buffer.concat([Buffer.from('MARKER-IN-THE-CLEAR'), randomBytes(4_999_981)])
  const stored = await store(person, content)
  assert.deepEqual([stored.status, stored.body.bytes], [201, 5_000_000])
  const answer = await open(person)
  assert.equal(answer.statusCode, 200)
  assert.ok(answer.rawPayload.equals(content))
  const receipt = JSON.parse(Buffer.from(String(answer.headers['bailee-receipt']), 'base64').toString())
  assert.equal(typeof receipt.signature, 'string')
  assert.deepEqual((await world.logged(person)).slice(-2), ['collect', 'look: opened'])
  const clear = await world.steal('select 1 from vault.file_chunk where position($1::bytea in sealed) > 0', [
    Buffer.from('MARKER-IN-THE-CLEAR'),
  ])
  assert.equal(clear.length, 0)
})
for (const when of ['before it took effect', 'after it took effect'] as const)
  test(`an upload whose last step broke ${when} is whole when it is repeated`, async () => {
    const person = await shop.person()
    const content = randomBytes(150_000)
    const once = newId()
    const breaking = async function* () {
      yield content.subarray(0, 100_000)
      world.breakNext(when)
      yield content.subarray(100_000)
    }
    const broken = await world.http.raw.inject({
      method: 'POST',
      url: `/v1/vault/files?person=${person}&field=scan`,
      headers: {
        'content-type': 'application/octet-stream',
        'idempotency-key': once,
        authorization: `Bearer ${shop.key}`,
      },
      payload: Readable.from(breaking()),
    })
    assert.equal(broken.statusCode, 503)
    assert.equal((await store(person, content, once)).status, 201)
    assert.ok((await open(person)).rawPayload.equals(content))
  })
test('one byte more than 5 MB is refused and nothing of it stays', async () => {
  const person = await shop.person()
  const { status, body } = await store(person, Buffer.alloc(5_000_001))
  assert.deepEqual([status, body.code], [413, 'file_too_large'])
  assert.deepEqual(await chunksOf(person), [])
})
test('the same key stores once, another content under it is refused, a second file in its place too', async () => {
  const person = await shop.person()
  const once = newId()
  const content = randomBytes(100_000)
  const [first, again] = [await store(person, content, once), await store(person, content, once)]
  assert.equal(first.body.receipt.entry, again.body.receipt.entry)
  assert.equal((await chunksOf(person)).length, 2)
  assert.equal((await store(person, randomBytes(10), once)).body.code, 'idempotency_key_reused')
  assert.equal((await store(person, randomBytes(10))).body.code, 'record_exists')
  assert.equal((await chunksOf(person)).length, 2)
  assert.ok((await open(person)).rawPayload.equals(content))
})
test('who may not, does not: no key, a field that is no file, a stranger, no grant, an erased person', async () => {
  const person = await shop.person()
  const content = randomBytes(10)
  assert.equal((await store(person, content, newId(), 'phone')).body.code, 'field_invalid')
  assert.equal((await store(person, content, newId(), 'passport')).body.code, 'field_not_covered')
  assert.equal((await store(person, content, newId(), 'scan', 'nobody')).status, 401)
  assert.equal((await store(`per_${newId()}`, content)).body.code, 'person_unknown')
  assert.equal((await store(person, content)).status, 201)
  await world.good(shop.post('/notices/consents/withdraw', { person, purpose: 'delivery' }))
  assert.equal(JSON.parse((await open(person)).payload).code, 'grant_missing')
  assert.equal((await open(person, 'support')).statusCode, 200)
  await world.good(shop.post('/vault/erase', { person }))
  assert.deepEqual(await chunksOf(person), [])
  assert.equal((await store(person, content)).body.code, 'person_erased')
})
for (const [what, break_] of Object.entries({
  'cut off': 'delete from vault.file_chunk where subject = $1 and n = 2',
  'shortened by its row': 'update vault.file set chunks = 2 where subject = $1',
  'with two chunks exchanged':
    'update vault.file_chunk c set sealed = (select o.sealed from vault.file_chunk o where o.subject = c.subject and o.n = 1 - c.n) where c.subject = $1 and c.n < 2',
  'with a chunk twice':
    'update vault.file_chunk c set sealed = (select o.sealed from vault.file_chunk o where o.subject = c.subject and o.n = 0) where c.subject = $1 and c.n = 1',
}))
  test(`a file that was ${what} does not come whole`, async () => {
    const person = await shop.person()
    const content = randomBytes(65_536 * 2 + 5)
    assert.equal((await store(person, content)).status, 201)
    await world.steal(break_, [person.slice(4)])
    const answer = await open(person).catch((error: Error) => error)
    assert.ok(answer instanceof Error || answer.rawPayload.length < content.length)
  })
test('chunks are full until the last, whatever the parts in which the bytes come', async () => {
  for (const parts of [[], [0], [65_536], [65_537], [1, 65_535, 65_536, 3], [200_000]]) {
    const source = (async function* () {
      for (const length of parts) yield Buffer.alloc(length, 1)
    })()
    const chunks = []
    for await (const chunk of inChunks(source)) chunks.push(chunk)
    const total = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
    assert.equal(
      total,
      parts.reduce((sum, length) => sum + length, 0),
    )
    for (const { bytes, last } of chunks) assert.ok(last || bytes.length === 65_536)
    assert.equal(chunks.filter(({ last }) => last).length, 1)
  }
})

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { newId } from '#kernel'
import { openWorld } from './test-world.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.clear())

const clerk = { name: 'parcel desk', abilities: ['look'], purposes: ['delivery'] }

test('a new key does what it was made for and nothing more', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['look'], ['delivery'])
  assert.equal(made.status, 201)
  const me = (await world.get('/me', { key: made.key })).body
  assert.deepEqual([me.kind, me.abilities, me.purposes], ['client', ['look'], ['delivery']])
  assert.equal((await world.get('/clients', { key: made.key })).body.code, 'ability_missing')
  assert.equal((await world.client({ key: made.key }, ['look'])).body.code, 'ability_missing')
})

test('a new key stands in the public ledger with its powers and without its name', async () => {
  const { key, organisation } = await world.found()
  const made = await world.client({ key }, ['look'], ['delivery'])
  const leaf = (await world.logged()).at(-1)?.leaf
  assert.deepEqual(leaf, {
    type: 'client-registered',
    v: 1,
    organisation,
    client: made.id,
    abilities: ['look'],
    purposes: ['delivery'],
  })
})

test('a replay with the same body gives the first answer, key included', async () => {
  const { key } = await world.found()
  const once = newId()
  const first = await world.post('/clients', clerk, { key, once })
  const again = await world.post('/clients', clerk, { key, once })
  assert.deepEqual([again.status, again.body], [first.status, first.body])
  assert.equal(await world.count('client'), 2)
  assert.equal((await world.logged()).length, 3)
})

test('a replay with another body is refused', async () => {
  const { key } = await world.found()
  const once = newId()
  await world.post('/clients', clerk, { key, once })
  const other = await world.post('/clients', { ...clerk, abilities: ['erase'] }, { key, once })
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])
  assert.equal(await world.count('client'), 2)
})

test('the same request sent twice at the same moment makes one key', async () => {
  const { key } = await world.found()
  const once = newId()
  const answers = await Promise.all([1, 2, 3].map(() => world.post('/clients', clerk, { key, once })))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  assert.equal(new Set(answers.map(({ body }) => body.key)).size, 1)
  assert.equal(await world.count('client'), 2)
})

test('a checked key is answered at once, without waiting for the database', async () => {
  const { key } = await world.found()
  const credentials = { bearer: key, session: undefined }
  await world.parties.authenticate(credentials)
  assert.equal((world.parties.authenticate(credentials) as { kind: string }).kind, 'client')
  assert.deepEqual(world.parties.authenticate({ bearer: undefined, session: undefined }), { kind: 'anyone' })
})

test('a revoked key is refused at once, though it was used a moment ago', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['administer'])
  assert.equal((await world.get('/me', { key: made.key })).status, 200)
  const revoked = await world.post('/clients/revoke', { client: made.id }, { key })
  assert.equal(typeof revoked.body.client.revokedAt, 'string')
  const refused = await world.get('/me', { key: made.key })
  assert.deepEqual([refused.status, refused.body.code], [401, 'credentials_invalid'])
})

test('another process that never saw the key refuses it once it is revoked', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['look'])
  await world.post('/clients/revoke', { client: made.id }, { key })
  const elsewhere = world.anotherProcess()
  await assert.rejects(async () => elsewhere.authenticate({ bearer: made.key, session: undefined }), {
    code: 'credentials_invalid',
  })
})

test('revoking twice is one revocation, in the ledger too', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['look'], ['delivery'])
  const first = await world.post('/clients/revoke', { client: made.id }, { key })
  world.wait(60_000)
  const second = await world.post('/clients/revoke', { client: made.id }, { key })
  assert.deepEqual(second.body, first.body)
  const leaves = (await world.logged()).filter(({ type }) => type === 'client-revoked')
  assert.deepEqual(
    leaves.map(({ leaf }) => leaf?.client),
    [made.id],
  )
})

test('another organisation’s client is answered exactly as one that never was', async () => {
  const first = await world.found()
  const second = await world.anotherOrganisation(first.key)
  const made = await world.client({ key: first.key }, ['look'])
  const foreign = await world.post('/clients/revoke', { client: made.id }, { key: second.key })
  const unknown = await world.post('/clients/revoke', { client: `cli_${newId()}` }, { key: second.key })
  assert.equal(foreign.status, 404)
  assert.deepEqual({ ...foreign.body, instance: '' }, { ...unknown.body, instance: '' })
  assert.equal((await world.get('/me', { key: made.key })).status, 200)
  const listed = (await world.get('/clients', { key: second.key })).body.items
  assert.deepEqual(
    listed.map(({ organisation }: { organisation: string }) => organisation),
    [second.organisation],
  )
})

test('the list of clients shows the revoked ones and no secret', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['look'])
  await world.post('/clients/revoke', { client: made.id }, { key })
  const listed = await world.get('/clients', { key })
  assert.deepEqual(
    listed.body.items.map((client: { revokedAt: unknown }) => client.revokedAt !== null),
    [false, true],
  )
  assert.ok(!listed.text.includes('bk_'))
})

test('a name that the database could not keep is refused by field and rule', async () => {
  const { key } = await world.found()
  const name = { en: 'Second', zh: '第\0二' }
  const client = await world.post('/clients', { ...clerk, name: 'a\0b' }, { key })
  const organisation = await world.post('/organisations', { kind: 'provider', name, client: { name: 'x' } }, { key })
  assert.deepEqual([client.status, client.body.code, client.body.field], [422, 'schema_violation', '/name'])
  assert.deepEqual([organisation.status, organisation.body.field], [422, '/name/zh'])
})

test('a wrong secret, another client’s secret and nonsense are all refused alike', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['look'])
  const swapped = `${made.key.slice(0, 36)}${key.slice(36)}`
  for (const bad of [swapped, `bk_${newId()}_${'A'.repeat(43)}`, 'nonsense', `${key}x`]) {
    const refused = await world.get('/me', { key: bad })
    assert.deepEqual([refused.status, refused.body.code], [401, 'credentials_invalid'])
  }
})

test('the database keeps no key in the clear, and the log none at all', async () => {
  const { key } = await world.found()
  const secret = key.slice(36)
  const [row] = await world.db.as('parties').query<{ text: string; hash: Buffer }>({
    text: 'select client::text as text, secret_hash as hash from parties.client as client',
  })
  assert.equal(row?.hash.length, 32)
  assert.ok(!row?.text.includes(secret) && !row?.text.includes(Buffer.from(secret, 'base64url').toString('hex')))
  assert.ok(!world.log.join('').includes(secret))
})

test('a client that fails before its commit is not there, and the retry makes it', async () => {
  const { key } = await world.found()
  const once = newId()
  world.breakNext('before commit')
  assert.equal((await world.post('/clients', clerk, { key, once })).status, 500)
  assert.equal(await world.count('client'), 1)
  assert.equal((await world.logged()).length, 2)
  assert.equal((await world.post('/clients', clerk, { key, once })).status, 201)
  assert.equal(await world.count('client'), 2)
})

test('a client whose answer was lost after the commit is given again, not made again', async () => {
  const { key } = await world.found()
  const once = newId()
  world.breakNext('after commit')
  assert.equal((await world.post('/clients', clerk, { key, once })).status, 500)
  const again = await world.post('/clients', clerk, { key, once })
  assert.equal(again.status, 201)
  assert.equal(await world.count('client'), 2)
  assert.equal((await world.logged()).length, 3)
  assert.equal((await world.get('/me', { key: again.body.key })).status, 200)
})

test('a revocation whose answer was lost is in force at once', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['look'])
  await world.get('/me', { key: made.key })
  world.breakNext('after commit')
  assert.equal((await world.post('/clients/revoke', { client: made.id }, { key })).status, 500)
  assert.equal((await world.get('/me', { key: made.key })).status, 401)
})

test('a revocation that failed before its commit revokes nothing and says nothing', async () => {
  const { key } = await world.found()
  const made = await world.client({ key }, ['look'])
  world.breakNext('before commit')
  assert.equal((await world.post('/clients/revoke', { client: made.id }, { key })).status, 500)
  assert.equal((await world.get('/me', { key: made.key })).status, 200)
  assert.ok(!(await world.logged()).some(({ type }) => type === 'client-revoked'))
})

test('an organisation that was registered twice by a lost answer exists once', async () => {
  const { key } = await world.found()
  const once = newId()
  const body = { kind: 'provider', name: { en: 'Second', zh: '第二' }, client: { name: 'x' } }
  world.breakNext('after commit')
  assert.equal((await world.post('/organisations', body, { key, once })).status, 500)
  const again = await world.post('/organisations', body, { key, once })
  assert.equal((await world.get('/me', { key: again.body.key })).body.organisation.id, again.body.organisation.id)
  assert.equal(await world.count('organisation'), 2)
})

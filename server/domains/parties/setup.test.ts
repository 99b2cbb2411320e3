import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { softwareAuthenticator } from './index.ts'
import { openWorld, provider, site } from './test-world.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.clear())

const byMachine = (token: string | undefined) => ({
  token,
  organisation: provider('First House'),
  client: { name: 'automation' },
})

test('a new server says that set-up is needed, and a set-up server gives no link', async () => {
  assert.equal((await world.get('/me')).body.setupNeeded, true)
  const { key } = await world.found()
  assert.equal((await world.get('/me')).body.setupNeeded, false)
  assert.equal((await world.get('/me', { key })).body.setupNeeded, false)
  assert.equal(await world.parties.ensureSetupLink(), undefined)
})

test('set-up by machine makes an administrator’s key that sees nobody’s information', async () => {
  const answer = await world.post('/setup', byMachine(await world.parties.ensureSetupLink()))
  assert.equal(answer.status, 201)
  assert.match(answer.body.key, /^bk_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(answer.body.client.abilities, ['administer', 'publish', 'approve'])
  assert.deepEqual(answer.body.client.purposes, [])
  const me = await world.get('/me', { key: answer.body.key })
  assert.equal(me.body.kind, 'client')
  assert.equal(me.body.id, answer.body.client.id)
  assert.equal(me.body.organisation.name.en, 'First House')
})

test('everybody can read in the ledger that the organisation and its first key came to be', async () => {
  const { organisation } = await world.found()
  const [founded, keyed, ...rest] = await world.logged()
  assert.deepEqual(founded?.leaf, {
    type: 'organisation-registered',
    v: 1,
    organisation,
    kind: 'provider',
    name: provider('First House').name,
  })
  assert.equal(keyed?.type, 'client-registered')
  assert.equal(keyed?.leaf?.organisation, organisation)
  assert.deepEqual(rest, [])
})

test('a set-up token serves once', async () => {
  const token = await world.parties.ensureSetupLink()
  assert.equal((await world.post('/setup', byMachine(token))).status, 201)
  const again = await world.post('/setup', byMachine(token))
  assert.deepEqual([again.status, again.body.code], [409, 'setup_closed'])
  assert.equal(await world.count('organisation'), 1)
})

test('a restart makes the earlier set-up token worthless', async () => {
  const earlier = await world.parties.ensureSetupLink()
  const later = await world.parties.ensureSetupLink()
  assert.equal((await world.post('/setup', byMachine(earlier))).body.code, 'setup_token_invalid')
  assert.equal((await world.post('/setup', byMachine(later))).status, 201)
})

test('a wrong or malformed set-up token opens nothing', async () => {
  await world.parties.ensureSetupLink()
  for (const token of ['A'.repeat(43), 'A'.repeat(20)])
    assert.equal((await world.post('/setup', byMachine(token))).body.code, 'setup_token_invalid')
  assert.equal((await world.post('/setup/passkey/begin', { token: 'A'.repeat(43), displayName: 'x' })).status, 403)
  assert.equal(await world.count('organisation'), 0)
})

test('of two set-ups by machine at the same moment, exactly one wins', async () => {
  const token = await world.parties.ensureSetupLink()
  const answers = await Promise.all([1, 2, 3].map(() => world.post('/setup', byMachine(token))))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  assert.equal(await world.count('organisation'), 1)
  assert.equal((await world.logged()).length, 2)
})

test('of two set-ups by passkey at the same moment, exactly one wins', async () => {
  const token = await world.parties.ensureSetupLink()
  const answers = await Promise.all(
    [1, 2].map(async () => {
      const begun = await world.post('/setup/passkey/begin', { token, displayName: 'Lin Invented' })
      const credential = softwareAuthenticator(site).register(begun.body.options)
      return { token, ceremony: begun.body.ceremony, organisation: provider('First House'), credential }
    }),
  ).then((finishes) => Promise.all(finishes.map((finish) => world.post('/setup/passkey/finish', finish))))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409])
  assert.equal(answers.find(({ status }) => status === 409)?.body.code, 'setup_closed')
  assert.equal(await world.count('organisation'), 1)
  assert.equal(await world.count('staff'), 1)
})

test('a machine and a passkey that race for set-up do not both win', async () => {
  const token = await world.parties.ensureSetupLink()
  const begun = await world.post('/setup/passkey/begin', { token, displayName: 'Lin Invented' })
  const credential = softwareAuthenticator(site).register(begun.body.options)
  const answers = await Promise.all([
    world.post('/setup', byMachine(token)),
    world.post('/setup/passkey/finish', {
      token,
      ceremony: begun.body.ceremony,
      organisation: provider('x'),
      credential,
    }),
  ])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409])
  assert.equal(await world.count('organisation'), 1)
})

test('set-up by passkey signs the first administrator in', async () => {
  const { session, staff } = await world.foundByPasskey()
  const me = (await world.get('/me', { session })).body
  assert.deepEqual([me.kind, me.id, me.displayName], ['staff', staff, 'Lin Invented'])
  assert.deepEqual(
    (await world.logged()).map(({ type }) => type),
    ['organisation-registered', 'staff-registered'],
  )
})

test('a failed passkey uses up the ceremony of set-up, and the set-up token stays good', async () => {
  const token = await world.parties.ensureSetupLink()
  const begun = await world.post('/setup/passkey/begin', { token, displayName: 'Lin Invented' })
  const device = softwareAuthenticator(site)
  const finish = { token, ceremony: begun.body.ceremony, organisation: provider('First House') }
  const bad = device.register(begun.body.options, { origin: 'https://elsewhere.example' })
  const good = device.register(begun.body.options)
  assert.equal((await world.post('/setup/passkey/finish', { ...finish, credential: bad })).body.code, 'passkey_invalid')
  assert.equal(
    (await world.post('/setup/passkey/finish', { ...finish, credential: good })).body.code,
    'passkey_invalid',
  )
  assert.equal((await world.post('/setup', byMachine(token))).status, 201)
})

test('a set-up that fails before its commit leaves nothing, and the token stays good', async () => {
  const token = await world.parties.ensureSetupLink()
  world.breakNext('before commit')
  assert.equal((await world.post('/setup', byMachine(token))).status, 500)
  assert.equal(await world.count('organisation'), 0)
  assert.deepEqual(await world.logged(), [])
  assert.equal((await world.post('/setup', byMachine(token))).status, 201)
})

test('a set-up whose answer was lost after the commit stays the only one', async () => {
  const token = await world.parties.ensureSetupLink()
  world.breakNext('after commit')
  assert.equal((await world.post('/setup', byMachine(token))).status, 500)
  assert.equal((await world.post('/setup', byMachine(token))).body.code, 'setup_closed')
  assert.equal(await world.count('organisation'), 1)
  assert.equal((await world.logged()).length, 2)
})

test('administrators of the first organisation register others, and those register none', async () => {
  const first = await world.found()
  const second = await world.anotherOrganisation(first.key)
  assert.equal((await world.get('/me', { key: second.key })).body.organisation.id, second.organisation)
  const third = await world.post('/organisations', { ...provider('Third'), client: { name: 'x' } }, { key: second.key })
  assert.deepEqual([third.status, third.body.code], [403, 'ability_missing'])
  const keyless = await world.post('/organisations', { ...provider('Third'), client: { name: 'x' } })
  assert.equal(keyless.body.code, 'credentials_missing')
})

test('the register of organisations is public and comes in pages', async () => {
  const { key } = await world.found()
  for (let n = 2; n <= 52; n += 1) await world.anotherOrganisation(key, `House ${n}`)
  const first = (await world.get('/organisations')).body
  const second = (await world.get(`/organisations?cursor=${first.next}`)).body
  assert.deepEqual([first.items.length, second.items.length, second.next], [50, 2, null])
  assert.equal(new Set([...first.items, ...second.items].map(({ id }) => id)).size, 52)
  assert.equal((await world.get('/organisations?cursor=abc')).body.code, 'cursor_malformed')
})

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { newId } from '#kernel'
import { openWorld, personOf, tenantOf } from './test-world.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.clear())

const minute = 60_000
const hour = 60 * minute
async function providerWithPerson() {
  const { key: administrator, organisation } = await world.found()
  const desk = await world.client({ key: administrator }, ['consent'])
  return { administrator, organisation, desk, person: await world.person(organisation) }
}
const link = (key: string, person: string) => world.post('/persons/access-links', { person }, { key })
const open = (token: string) => world.post('/persons/sessions', { token })

test('a person comes in by the provider’s link and is known by an id alone', async () => {
  const { desk, organisation, person } = await providerWithPerson()
  const given = await link(desk.key, person)
  assert.equal(given.status, 201)
  assert.equal(given.body.path, `/person#token=${given.body.token}`)
  const opened = await open(given.body.token)
  assert.deepEqual([opened.status, opened.body.person, opened.body.organisation.id], [201, person, organisation])
  const me = (await world.get('/me', { session: opened.session! })).body
  assert.deepEqual([me.kind, me.id, me.displayName, me.abilities], ['person', person, null, []])
})

test('the person can read that a link was made, by which key, and that somebody came in by it', async () => {
  const { desk, person } = await providerWithPerson()
  await open((await link(desk.key, person)).body.token)
  const [made, used] = (await world.logged()).slice(-2)
  assert.deepEqual([made?.type, made?.subject], ['access-link', person])
  assert.deepEqual(made?.fields.actor, { kind: 'client', id: desk.id })
  assert.deepEqual([used?.type, used?.subject, used?.fields.means], ['sign-in', person, 'access-link'])
})

test('a link opens one session', async () => {
  const { desk, person } = await providerWithPerson()
  const { token } = (await link(desk.key, person)).body
  assert.equal((await open(token)).status, 201)
  const again = await open(token)
  assert.deepEqual([again.status, again.body.code, again.session], [403, 'link_invalid', undefined])
})

test('of two who use a link at the same moment, one comes in', async () => {
  const { desk, person } = await providerWithPerson()
  const { token } = (await link(desk.key, person)).body
  const answers = await Promise.all([open(token), open(token), open(token)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 403, 403])
})

test('a link is good for a quarter of an hour', async () => {
  const { desk, person } = await providerWithPerson()
  const early = (await link(desk.key, person)).body.token
  const late = (await link(desk.key, person)).body.token
  world.wait(15 * minute - 1)
  assert.equal((await open(early)).status, 201)
  world.wait(1)
  assert.equal((await open(late)).body.code, 'link_invalid')
})

test('used up, expired and invented links are refused alike', async () => {
  const { desk, person } = await providerWithPerson()
  const { token } = (await link(desk.key, person)).body
  await open(token)
  const refusals = [await open(token), await open('A'.repeat(43)), await open('A'.repeat(30))]
  assert.deepEqual(new Set(refusals.map(({ body }) => JSON.stringify({ ...body, instance: '' }))).size, 1)
})

test('another organisation’s person is answered exactly as one that never was', async () => {
  const { administrator, person } = await providerWithPerson()
  const other = await world.anotherOrganisation(administrator)
  const desk = await world.client({ key: other.key }, ['consent'])
  const foreign = await link(desk.key, person)
  const unknown = await link(desk.key, `per_${newId()}`)
  assert.equal(foreign.status, 404)
  assert.deepEqual({ ...foreign.body, instance: '' }, { ...unknown.body, instance: '' })
})

test('an erased person gets no link, and a link from before opens nothing', async () => {
  const { desk, organisation, person } = await providerWithPerson()
  const { token } = (await link(desk.key, person)).body
  const erase = () =>
    world.db.transaction('vault', (tx) => world.parties.markErased(tx, tenantOf(organisation), personOf(person)))
  assert.equal(await erase(), true)
  assert.equal(await erase(), false)
  assert.equal((await open(token)).body.code, 'link_invalid')
  assert.equal((await link(desk.key, person)).body.code, 'person_unknown')
})

test('only a key that may take consent hands out links, and no member of staff does', async () => {
  const { administrator, person } = await providerWithPerson()
  assert.equal((await link(administrator, person)).body.code, 'ability_missing')
  assert.equal((await world.post('/persons/access-links', { person })).body.code, 'credentials_missing')
})

test('a person’s session lasts twelve hours, used or not, and ends by signing out', async () => {
  const { desk, person } = await providerWithPerson()
  const first = (await open((await link(desk.key, person)).body.token)).session!
  const second = (await open((await link(desk.key, person)).body.token)).session!
  await world.post('/sign-out', {}, { session: second })
  assert.equal((await world.get('/me', { session: second })).body.kind, 'anyone')
  world.wait(12 * hour - 1)
  assert.equal((await world.get('/me', { session: first })).body.kind, 'person')
  world.wait(1)
  assert.equal((await world.get('/me', { session: first })).body.kind, 'anyone')
})

test('a person’s session opens none of the organisation’s doors', async () => {
  const { desk, person } = await providerWithPerson()
  const session = (await open((await link(desk.key, person)).body.token)).session!
  for (const door of ['/clients', '/approvals'])
    assert.equal((await world.get(door, { session })).body.code, 'ability_missing')
})

test('upper rooms find their own organisation’s persons and no others', async () => {
  const { administrator, organisation, person } = await providerWithPerson()
  const other = await world.anotherOrganisation(administrator)
  const find = (tenant: string) =>
    world.db.transaction('notices', (tx) => world.parties.findPerson(tx, tenantOf(tenant), personOf(person)))
  assert.equal((await find(organisation))?.state, 'live')
  assert.equal(await find(other.organisation), undefined)
})

test('many persons are made in one statement, and none when the act fails', async () => {
  const { organisation } = await providerWithPerson()
  const before = await world.count('person')
  const make = () =>
    world.db.transaction('vault', (tx) =>
      world.parties.insertPersons(
        tx,
        tenantOf(organisation),
        Array.from({ length: 500 }, () => newId<'per'>()),
      ),
    )
  world.breakNext('before commit')
  await assert.rejects(make)
  assert.equal(await world.count('person'), before)
  await make()
  assert.equal(await world.count('person'), before + 500)
})

test('an upper room may make and erase persons, and touch nobody’s keys, roles or sessions', async () => {
  const vault = world.db.as('vault')
  for (const table of ['client', 'staff', 'passkey', 'session', 'access_link', 'invitation', 'ceremony', 'setup'])
    await assert.rejects(vault.query({ text: `select 1 from parties.${table}` }), { code: '42501' })
  await assert.rejects(vault.query({ text: 'delete from parties.person' }), { code: '42501' })
  await assert.rejects(world.db.as('parties').query({ text: 'delete from parties.approval' }), { code: '42501' })
})

test('a link that failed before its commit does not exist and is not logged', async () => {
  const { desk, person } = await providerWithPerson()
  world.breakNext('before commit')
  assert.equal((await link(desk.key, person)).status, 500)
  assert.equal(await world.count('access_link'), 0)
  assert.ok(!(await world.logged()).some(({ type }) => type === 'access-link'))
})

test('a link that was handed out without an answer is logged all the same', async () => {
  const { desk, person } = await providerWithPerson()
  world.breakNext('after commit')
  assert.equal((await link(desk.key, person)).status, 500)
  assert.equal((await world.logged()).filter(({ type }) => type === 'access-link').length, 1)
})

test('a sign-in that failed before its commit leaves the link good, one that was kept does not', async () => {
  const { desk, person } = await providerWithPerson()
  const { token } = (await link(desk.key, person)).body
  world.breakNext('before commit')
  assert.equal((await open(token)).status, 500)
  assert.ok(!(await world.logged()).some(({ type }) => type === 'sign-in'))
  world.breakNext('after commit')
  assert.equal((await open(token)).status, 500)
  assert.equal((await open(token)).body.code, 'link_invalid')
  assert.equal((await world.logged()).filter(({ type }) => type === 'sign-in').length, 1)
})

test('no link or session token is in the database or the log', async () => {
  const { desk, person } = await providerWithPerson()
  const pending = (await link(desk.key, person)).body.token
  const { token } = (await link(desk.key, person)).body
  const session = (await open(token)).session!
  const rows = await world.db.as('parties').query<{ text: string }>({
    text: 'select l::text as text from parties.access_link as l union all select s::text from parties.session as s',
  })
  const kept = rows.map(({ text }) => text).join('\n') + world.log.join('')
  for (const secret of [pending, token, session])
    for (const form of [secret, Buffer.from(secret, 'base64url').toString('hex')]) assert.ok(!kept.includes(form))
})

test('sweeping deletes what has expired and nothing else', async () => {
  const { desk, person } = await providerWithPerson()
  await world.post('/staff/sign-in/begin', {})
  await link(desk.key, person)
  const session = (await open((await link(desk.key, person)).body.token)).session!
  world.wait(5 * minute)
  await world.parties.sweep()
  assert.deepEqual([await world.count('ceremony'), await world.count('access_link')], [0, 1])
  world.wait(10 * minute)
  await world.parties.sweep()
  assert.deepEqual([await world.count('access_link'), await world.count('session')], [0, 1])
  assert.equal((await world.get('/me', { session })).body.kind, 'person')
})

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { softwareAuthenticator } from './index.ts'
import type { Bend } from './test-authenticator.ts'
import { openWorld, site } from './test-world.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.clear())

const minute = 60_000
const hour = 60 * minute
const mei = { displayName: 'Mei Invented', abilities: ['look'], purposes: ['delivery'] }
async function invited(members: object = mei) {
  const { session } = await world.foundByPasskey()
  const answer = await world.post('/staff/invitations', members, { session })
  assert.equal(answer.status, 201)
  return { administrator: session, invitation: answer.body.invitation as string, answer }
}
const bends: Record<string, Bend> = {
  'another site’s origin': { origin: 'https://portal.example.evil.example' },
  'another relying party': { rpId: 'elsewhere.example' },
  'another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
  'the wrong kind of ceremony': { type: 'payment.get' },
  'a user who was not verified': { userVerified: false },
}

test('an invited person registers a passkey, is signed in, and holds the offered role', async () => {
  const { invitation } = await invited()
  const { session, staff, finished } = await world.join(invitation)
  assert.equal(finished.status, 201)
  const me = (await world.get('/me', { session })).body
  assert.deepEqual(
    [me.kind, me.id, me.displayName, me.abilities, me.purposes],
    ['staff', staff, 'Mei Invented', ['look'], ['delivery']],
  )
})

test('the offer and the taking up of a role are public, without the name', async () => {
  const { invitation } = await invited()
  const { staff } = await world.join(invitation)
  const [offered, taken] = (await world.logged()).slice(-2)
  assert.deepEqual([offered?.type, offered?.leaf?.staff, offered?.leaf?.abilities], ['staff-invited', staff, ['look']])
  assert.deepEqual([taken?.type, taken?.leaf?.staff, taken?.leaf?.purposes], ['staff-registered', staff, ['delivery']])
  assert.ok(!JSON.stringify([offered, taken]).includes('Invented'))
})

test('registration asks for a discoverable passkey that verifies its user, and for no attestation', async () => {
  const { invitation } = await invited()
  const { body } = await world.post('/staff/register/begin', { invitation })
  assert.equal(body.displayName, 'Mei Invented')
  assert.equal(body.options.rp.id, site.rpId)
  assert.equal(body.options.attestation, 'none')
  assert.equal(body.options.authenticatorSelection.residentKey, 'required')
  assert.equal(body.options.authenticatorSelection.userVerification, 'required')
})

test('a registered passkey signs in', async () => {
  const { invitation } = await invited()
  const { device, staff } = await world.join(invitation)
  const signedIn = await world.signIn(device)
  assert.deepEqual([signedIn.status, signedIn.body.staff.id], [200, staff])
  assert.equal((await world.get('/me', { session: signedIn.session! })).body.id, staff)
})

for (const [what, bend] of Object.entries(bends)) {
  test(`a registration with ${what} is refused and leaves the invitation good`, async () => {
    const { invitation } = await invited()
    const begun = await world.post('/staff/register/begin', { invitation })
    const credential = softwareAuthenticator(site).register(begun.body.options, bend)
    const body = { invitation, ceremony: begun.body.ceremony, credential }
    const refused = await world.post('/staff/register/finish', body)
    assert.deepEqual([refused.status, refused.body.code, refused.session], [403, 'passkey_invalid', undefined])
    assert.equal(await world.count('staff'), 1)
    assert.equal((await world.join(invitation)).finished.status, 201)
  })
  test(`a sign-in with ${what} is refused and uses up its ceremony`, async () => {
    const { device } = await world.foundByPasskey()
    const { ceremony, options } = (await world.post('/staff/sign-in/begin', {})).body
    const refused = await world.post('/staff/sign-in/finish', { ceremony, credential: device.signIn(options, bend) })
    assert.deepEqual([refused.status, refused.body.code, refused.session], [403, 'passkey_invalid', undefined])
    const again = await world.post('/staff/sign-in/finish', { ceremony, credential: device.signIn(options) })
    assert.equal(again.body.code, 'link_invalid')
  })
}

test('a counter that stands still or goes back betrays a copied passkey', async () => {
  const { device } = await world.foundByPasskey()
  assert.equal((await world.signIn(device)).status, 200)
  assert.equal((await world.signIn(device)).status, 200)
  for (const counter of [2, 1, 0]) {
    const { ceremony, options } = (await world.post('/staff/sign-in/begin', {})).body
    const credential = device.signIn(options, { counter })
    assert.equal((await world.post('/staff/sign-in/finish', { ceremony, credential })).body.code, 'passkey_invalid')
  }
})

test('a signature by another key, another’s name, or an unknown passkey signs nobody in', async () => {
  const { invitation } = await invited()
  const { device } = await world.join(invitation)
  const stranger = softwareAuthenticator(site)
  const attempts = [
    (options: Record<string, unknown>) => ({
      ...stranger.signIn(options),
      id: device.credentialId,
      rawId: device.credentialId,
    }),
    (options: Record<string, unknown>) =>
      device.signIn(options, { userHandle: Buffer.alloc(16, 1).toString('base64url') }),
    (options: Record<string, unknown>) => device.signIn(options, { userHandle: '' }),
    (options: Record<string, unknown>) => stranger.signIn(options),
  ]
  for (const attempt of attempts) {
    const { ceremony, options } = (await world.post('/staff/sign-in/begin', {})).body
    const refused = await world.post('/staff/sign-in/finish', { ceremony, credential: attempt(options) })
    assert.deepEqual([refused.status, refused.body.code], [403, 'passkey_invalid'])
  }
})

test('malformed credentials are refused in order, whatever is in them', async () => {
  const { invitation } = await invited()
  const { device } = await world.join(invitation)
  const good = device.signIn((await world.post('/staff/sign-in/begin', {})).body.options)
  const long = 'A'.repeat(100_000)
  const response = good.response as Record<string, unknown>
  const broken: Record<string, unknown>[] = [
    {},
    { ...good, response: null },
    { ...good, response: [] },
    { ...good, id: 7 },
    { ...good, rawId: 'other' },
    { ...good, type: 'password' },
    { ...good, id: long, rawId: long },
    { ...good, response: { ...response, clientDataJSON: 'bm90IGpzb24' } },
    { ...good, response: { ...response, clientDataJSON: 'bnVsbA' } },
    { ...good, response: { ...response, clientDataJSON: long } },
    { ...good, response: { ...response, authenticatorData: 'AAAA' } },
    { ...good, response: { ...response, signature: 'AAAA' } },
    { ...good, response: { ...response, userHandle: {} } },
    { ...good, response: { ...response, attestationObject: '_____w' } },
    { ...good, response: { ...response, attestationObject: 'oWNmbXRkbm9uZQ' } },
  ]
  for (const credential of broken) {
    const signIn = (await world.post('/staff/sign-in/begin', {})).body.ceremony
    const refused = await world.post('/staff/sign-in/finish', { ceremony: signIn, credential })
    assert.deepEqual([refused.status, refused.body.code], [403, 'passkey_invalid'])
  }
  const { session } = await world.signIn(device)
  assert.ok(session)
})

test('malformed registrations are refused in order, too', async () => {
  const { invitation } = await invited()
  const objects = ['AAAA', 'oA', '_____w', 'oWNmbXRkbm9uZQ', 'gYGBgYGBgYGBgYGBgYGBgYGB']
  for (const attestationObject of objects) {
    const { ceremony, options } = (await world.post('/staff/register/begin', { invitation })).body
    const good = softwareAuthenticator(site).register(options)
    const credential = { ...good, response: { ...(good.response as object), attestationObject } }
    const refused = await world.post('/staff/register/finish', { invitation, ceremony, credential })
    assert.deepEqual([refused.status, refused.body.code], [403, 'passkey_invalid'])
  }
})

test('a ceremony is over after five minutes', async () => {
  const { device } = await world.foundByPasskey()
  const { ceremony, options } = (await world.post('/staff/sign-in/begin', {})).body
  world.wait(5 * minute)
  const late = await world.post('/staff/sign-in/finish', { ceremony, credential: device.signIn(options) })
  assert.equal(late.body.code, 'link_invalid')
})

test('a ceremony serves once, even when it is finished twice at the same moment', async () => {
  const { device } = await world.foundByPasskey()
  const { ceremony, options } = (await world.post('/staff/sign-in/begin', {})).body
  const credentials = [device.signIn(options), device.signIn(options)]
  const answers = await Promise.all(
    credentials.map((credential) => world.post('/staff/sign-in/finish', { ceremony, credential })),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403])
})

test('a ceremony opened for one thing finishes no other', async () => {
  const { invitation, administrator } = await invited()
  const other = await world.post(
    '/staff/invitations',
    { ...mei, displayName: 'Bo Invented' },
    { session: administrator },
  )
  const forSignIn = (await world.post('/staff/sign-in/begin', {})).body
  const forOther = (await world.post('/staff/register/begin', { invitation: other.body.invitation })).body
  for (const { ceremony, options } of [forSignIn, forOther]) {
    const withUser = { ...options, user: { id: 'AAAA' } }
    const credential = softwareAuthenticator(site).register(withUser)
    const refused = await world.post('/staff/register/finish', { invitation, ceremony, credential })
    assert.equal(refused.body.code, 'link_invalid')
  }
})

test('an invitation serves once', async () => {
  const { invitation } = await invited()
  assert.equal((await world.join(invitation)).finished.status, 201)
  assert.equal((await world.post('/staff/register/begin', { invitation })).body.code, 'link_invalid')
})

test('of two who take up one invitation at the same moment, one gets the role', async () => {
  const { invitation } = await invited()
  const finishes = await Promise.all(
    [1, 2].map(async () => {
      const { ceremony, options } = (await world.post('/staff/register/begin', { invitation })).body
      return { invitation, ceremony, credential: softwareAuthenticator(site).register(options) }
    }),
  )
  const answers = await Promise.all(finishes.map((finish) => world.post('/staff/register/finish', finish)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 403])
  assert.equal(await world.count('staff'), 2)
})

test('an invitation expires after three days, also between begin and finish', async () => {
  const { invitation } = await invited()
  world.wait(72 * hour - minute)
  const { ceremony, options } = (await world.post('/staff/register/begin', { invitation })).body
  world.wait(minute)
  const credential = softwareAuthenticator(site).register(options)
  assert.equal(
    (await world.post('/staff/register/finish', { invitation, ceremony, credential })).body.code,
    'link_invalid',
  )
  assert.equal((await world.post('/staff/register/begin', { invitation })).body.code, 'link_invalid')
})

test('a passkey that belongs to somebody registers nobody else', async () => {
  const { invitation, administrator } = await invited()
  const { device } = await world.join(invitation)
  const other = await world.post(
    '/staff/invitations',
    { ...mei, displayName: 'Bo Invented' },
    { session: administrator },
  )
  const { ceremony, options } = (await world.post('/staff/register/begin', { invitation: other.body.invitation })).body
  const finish = { invitation: other.body.invitation, ceremony, credential: device.register(options) }
  assert.equal((await world.post('/staff/register/finish', finish)).body.code, 'passkey_invalid')
  assert.equal(await world.count('staff'), 2)
  assert.equal((await world.join(other.body.invitation)).finished.status, 201)
})

test('an idle hour ends a staff session, and work keeps it for twelve', async () => {
  const { session } = await world.foundByPasskey()
  const kind = async () => (await world.get('/me', { session })).body.kind
  for (let quarter = 1; quarter < 48; quarter += 1) {
    world.wait(15 * minute)
    assert.equal(await kind(), 'staff')
  }
  world.wait(15 * minute)
  assert.equal(await kind(), 'anyone')
  assert.equal((await world.get('/clients', { session })).body.code, 'credentials_invalid')
})

test('a staff session that nobody used for an hour is over', async () => {
  const { session } = await world.foundByPasskey()
  world.wait(hour - 1)
  assert.equal((await world.get('/me', { session })).body.kind, 'staff')
  world.wait(hour)
  assert.equal((await world.get('/me', { session })).body.kind, 'anyone')
})

test('signing out ends the session for every process', async () => {
  const { session } = await world.foundByPasskey()
  const elsewhere = world.anotherProcess()
  assert.equal((await elsewhere.authenticate({ bearer: undefined, session })).kind, 'staff')
  assert.deepEqual((await world.post('/sign-out', {}, { session })).body, { signedOut: true })
  await assert.rejects(async () => elsewhere.authenticate({ bearer: undefined, session }), {
    code: 'credentials_invalid',
  })
  assert.equal((await world.post('/sign-out', {}, { session })).status, 200)
  assert.equal((await world.post('/sign-out', {})).status, 200)
})

test('a session that was never given is no session', async () => {
  for (const session of ['A'.repeat(43), 'short', 'A'.repeat(44)])
    await assert.rejects(async () => world.parties.authenticate({ bearer: undefined, session }), {
      code: 'credentials_invalid',
    })
})

test('a sign-in that fails before its commit opens no session, and its ceremony may be tried again', async () => {
  const { device } = await world.foundByPasskey()
  const { ceremony, options } = (await world.post('/staff/sign-in/begin', {})).body
  world.breakNext('before commit')
  const broken = await world.post('/staff/sign-in/finish', { ceremony, credential: device.signIn(options) })
  assert.deepEqual([broken.status, broken.session], [500, undefined])
  assert.equal(await world.count('session'), 1)
  const again = await world.post('/staff/sign-in/finish', { ceremony, credential: device.signIn(options) })
  assert.equal(again.status, 200)
})

test('a registration whose answer was lost can still sign in', async () => {
  const { invitation } = await invited()
  const { ceremony, options } = (await world.post('/staff/register/begin', { invitation })).body
  const device = softwareAuthenticator(site)
  world.breakNext('after commit')
  const lost = await world.post('/staff/register/finish', {
    invitation,
    ceremony,
    credential: device.register(options),
  })
  assert.deepEqual([lost.status, lost.session], [500, undefined])
  assert.equal((await world.signIn(device)).body.staff.displayName, 'Mei Invented')
})

test('neither names nor tokens reach the log', async () => {
  const { invitation } = await invited()
  const { device, session } = await world.join(invitation)
  const { ceremony, options } = (await world.post('/staff/sign-in/begin', {})).body
  await world.post('/staff/sign-in/finish', { ceremony, credential: device.signIn(options, { counter: 0 }) })
  const log = world.log.join('')
  assert.ok(log.includes('a known passkey was refused'))
  for (const secret of ['Invented', invitation, session, ceremony, options.challenge, device.credentialId])
    assert.ok(!log.includes(secret))
})

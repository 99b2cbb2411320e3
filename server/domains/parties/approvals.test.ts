import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ApprovalId, newId, type StaffId } from '#kernel'
import { openWorld, tenantOf } from './test-world.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.clear())

const approver = { displayName: 'Bo Invented', abilities: ['administer', 'approve'], purposes: [] }
/** An organisation with two who may approve. The first invites the second alone: there is nobody to ask yet. */
async function twoApprovers() {
  const first = await world.foundByPasskey()
  const invitation = await world.post('/staff/invitations', approver, { session: first.session })
  assert.equal(invitation.status, 201)
  return { first, second: await world.join(invitation.body.invitation) }
}
const ask = (session: string, act = 'bulk-export', subject = 'export of drawer 7') =>
  world.post('/approvals', { act, subject, reason: 'a reason that is private' }, { session })
const decide = (session: string, approval: string, decision = 'approve') =>
  world.post('/approvals/decide', { approval, decision }, { session })

test('a second person approves, and both stand in the public ledger without subject or reason', async () => {
  const { first, second } = await twoApprovers()
  const asked = await ask(first.session)
  assert.deepEqual([asked.status, asked.body.approval.state], [201, 'waiting'])
  const decided = await decide(second.session, asked.body.approval.id)
  assert.deepEqual([decided.body.approval.state, decided.body.approval.decidedBy], ['approved', second.staff])
  assert.match(decided.body.entry, /^ent_[0-9a-f]{32}$/)
  const leaf = (await world.logged()).at(-1)?.leaf
  assert.deepEqual(leaf, {
    type: 'approval-decided',
    v: 1,
    organisation: leaf?.organisation,
    approval: asked.body.approval.id,
    act: 'bulk-export',
    decision: 'approved',
    requestedBy: first.staff,
    decidedBy: second.staff,
  })
})

test('nobody approves their own request', async () => {
  const { first } = await twoApprovers()
  const asked = await ask(first.session)
  const refused = await decide(first.session, asked.body.approval.id)
  assert.deepEqual([refused.status, refused.body.code], [403, 'approval_same_person'])
})

test('a key that one made oneself is no second person', async () => {
  const { session } = await world.foundByPasskey()
  const machine = await world.client({ session }, ['approve'])
  const asked = await ask(session)
  const body = { approval: asked.body.approval.id, decision: 'approve' }
  assert.equal((await world.post('/approvals/decide', body, { key: machine.key })).body.code, 'approval_same_person')
  const byMachine = await world.post('/approvals', { act: 'x', subject: 'y', reason: 'because' }, { key: machine.key })
  assert.equal((await decide(session, byMachine.body.approval.id)).body.code, 'approval_same_person')
})

test('a key made by one’s key is no second person either', async () => {
  const { session } = await world.foundByPasskey()
  const machine = await world.client({ session }, ['administer'])
  const grandchild = await world.client({ key: machine.key }, ['approve'])
  const asked = await ask(session)
  const body = { approval: asked.body.approval.id, decision: 'approve' }
  assert.equal((await world.post('/approvals/decide', body, { key: grandchild.key })).body.code, 'approval_same_person')
})

test('machines decide in an organisation without approving staff, and no longer once it has some', async () => {
  const { key } = await world.found()
  const second = await world.client({ key }, ['approve'])
  const request = { act: 'bulk-export', subject: 'x', reason: 'because' }
  const asked = await world.post('/approvals', request, { key })
  const body = { approval: asked.body.approval.id, decision: 'approve' }
  assert.equal((await world.post('/approvals/decide', body, { key })).body.code, 'approval_same_person')
  assert.equal((await world.post('/approvals/decide', body, { key: second.key })).body.approval.state, 'approved')
  const invitation = await world.post('/staff/invitations', approver, { key })
  await world.join(invitation.body.invitation)
  const later = await world.post('/approvals', request, { key })
  const refused = await world.post(
    '/approvals/decide',
    { approval: later.body.approval.id, decision: 'approve' },
    { key: second.key },
  )
  assert.equal(refused.body.code, 'ability_missing')
})

test('the database itself refuses one person in both places', async () => {
  const { first } = await twoApprovers()
  const id = (await ask(first.session)).body.approval.id.slice(4)
  const forge = (decidedBy: string, decidedFor: string) =>
    world.db.as('parties').query({
      text: `update parties.approval set state = 'approved', decided_by = $2, decided_for = $3, decided_at = now() where id = $1`,
      values: [id, decidedBy, decidedFor],
    })
  await assert.rejects(forge(first.staff, 'stf_other'), { code: '23514', constraint: 'approval_two_people' })
  await assert.rejects(forge('cli_other', first.staff), { code: '23514', constraint: 'approval_two_people' })
  await assert.rejects(forge(first.staff, first.staff), { code: '23514', constraint: 'approval_two_people' })
})

test('an upper room can use an approval up and forge none', async () => {
  const { first } = await twoApprovers()
  const id = (await ask(first.session)).body.approval.id.slice(4)
  const vault = world.db.as('vault')
  const approve = { text: `update parties.approval set state = 'approved' where id = $1`, values: [id] }
  await assert.rejects(vault.query(approve), { code: '23514' })
  const decideToo = {
    text: `update parties.approval set state = 'approved', decided_by = 'stf_x' where id = $1`,
    values: [id],
  }
  await assert.rejects(vault.query(decideToo), { code: '42501' })
})

test('an approval allows one act, and comes back when the act itself fails', async () => {
  const { first, second } = await twoApprovers()
  const asked = await ask(first.session)
  await decide(second.session, asked.body.approval.id)
  const organisation = (await world.get('/me', { session: first.session })).body.organisation.id
  const actor = (await world.parties.authenticate({ bearer: undefined, session: first.session })) as never
  const wanted = { tenant: tenantOf(organisation), act: 'bulk-export', subject: 'export of drawer 7', actor }
  const act = () => world.db.transaction('vault', (tx) => world.parties.assertApproved(tx, wanted))
  world.breakNext('before commit')
  await assert.rejects(act)
  assert.equal(`apr_${await act()}`, asked.body.approval.id)
  await assert.rejects(act, { code: 'approval_needed' })
  const listed = (await world.get('/approvals', { session: second.session })).body.items
  assert.equal(listed[0].state, 'used')
})

test('an approval serves only the one who asked, for the subject that was named, in their own organisation', async () => {
  const { first, second } = await twoApprovers()
  const asked = await ask(first.session)
  await decide(second.session, asked.body.approval.id)
  const organisation = tenantOf((await world.get('/me', { session: first.session })).body.organisation.id)
  const actorOf = (staff: string) =>
    ({
      kind: 'staff',
      id: staff.slice(4) as StaffId,
      tenant: organisation,
      abilities: new Set<never>(),
      purposes: new Set<string>(),
    }) as const
  const wanted = {
    tenant: organisation,
    act: 'bulk-export',
    subject: 'export of drawer 7',
    actor: actorOf(first.staff),
  }
  for (const other of [
    { subject: 'export of drawer 8' },
    { act: 'erase-all' },
    { actor: actorOf(second.staff) },
    { tenant: newId<'org'>() },
    { approval: `apr_${newId<'apr'>() satisfies ApprovalId}` },
  ])
    await assert.rejects(
      world.db.transaction('vault', (tx) => world.parties.assertApproved(tx, { ...wanted, ...other })),
      { code: 'approval_needed' },
    )
})

test('of two acts that overlap, one gets the approval', async () => {
  const { first, second } = await twoApprovers()
  const asked = await ask(first.session)
  await decide(second.session, asked.body.approval.id)
  const actor = (await world.parties.authenticate({ bearer: undefined, session: first.session })) as never
  const organisation = (await world.get('/me', { session: first.session })).body.organisation.id
  const wanted = { tenant: tenantOf(organisation), act: 'bulk-export', subject: 'export of drawer 7', actor }
  const act = (then?: () => Promise<void>) =>
    world.db.transaction('vault', async (tx) => {
      await world.parties.assertApproved(tx, wanted)
      await then?.()
    })
  let other: Promise<unknown> | undefined
  await act(async () => {
    // The other one asks while this one has not committed; it must wait for the outcome.
    other = assert.rejects(act(), { code: 'approval_needed' })
    await sleep(200)
  })
  await other
})

test('a request that waited a day is expired, and so is an approval that was not used', async () => {
  const { first, second } = await twoApprovers()
  const waiting = await ask(first.session)
  world.wait(24 * 3_600_000)
  const signedIn = await world.signIn(second.device)
  const late = await decide(signedIn.session!, waiting.body.approval.id)
  assert.deepEqual([late.status, late.body.code], [409, 'approval_expired'])
  const listed = (await world.get('/approvals', { session: signedIn.session! })).body.items
  assert.equal(listed[0].state, 'expired')
})

test('what was decided is not decided again', async () => {
  const { first, second } = await twoApprovers()
  const asked = await ask(first.session)
  assert.equal((await decide(second.session, asked.body.approval.id, 'decline')).body.approval.state, 'declined')
  assert.equal((await decide(second.session, asked.body.approval.id)).body.code, 'approval_expired')
})

test('of two decisions at the same moment, one counts and is logged', async () => {
  const { first, second } = await twoApprovers()
  const asked = await ask(first.session)
  const answers = await Promise.all(
    ['approve', 'decline'].map((decision) => decide(second.session, asked.body.approval.id, decision)),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
  assert.equal((await world.logged()).filter(({ type }) => type === 'approval-decided').length, 1)
})

test('another organisation’s approval is answered exactly as one that never was', async () => {
  const { first } = await twoApprovers()
  const asked = await ask(first.session)
  const machine = await world.client({ session: first.session }, ['collect'])
  assert.equal(machine.status, 201)
  const other = await world.post(
    '/organisations',
    { kind: 'provider', name: { en: 'Second', zh: '第二' }, client: { name: 'x' } },
    { session: first.session },
  )
  const as = { key: other.body.key }
  const foreign = await world.post('/approvals/decide', { approval: asked.body.approval.id, decision: 'approve' }, as)
  const unknown = await world.post('/approvals/decide', { approval: `apr_${newId()}`, decision: 'approve' }, as)
  assert.equal(foreign.status, 404)
  assert.deepEqual({ ...foreign.body, instance: '' }, { ...unknown.body, instance: '' })
  assert.deepEqual((await world.get('/approvals', as)).body.items, [])
})

test('granting power needs a second person, and the refusal says what to ask for', async () => {
  const { first, second } = await twoApprovers()
  const grant = { displayName: 'Cai Invented', abilities: ['approve', 'administer'], purposes: [] }
  const refused = await world.post('/staff/invitations', grant, { session: first.session })
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.missing.act],
    [403, 'approval_needed', 'grant-role'],
  )
  assert.match(refused.body.missing.subject, /^staff:administer,approve:[A-Za-z0-9_-]{43}$/)
  assert.ok(!refused.text.includes('Invented'))

  const asked = await ask(first.session, refused.body.missing.act, refused.body.missing.subject)
  const named = { ...grant, approval: asked.body.approval.id }
  assert.equal((await world.post('/staff/invitations', named, { session: first.session })).body.code, 'approval_needed')
  await decide(second.session, asked.body.approval.id)

  const widened = { ...named, abilities: ['approve', 'administer', 'look'] }
  assert.equal(
    (await world.post('/staff/invitations', widened, { session: first.session })).body.code,
    'approval_needed',
  )
  const rededicated = { ...named, purposes: ['marketing'] }
  assert.equal(
    (await world.post('/staff/invitations', rededicated, { session: first.session })).body.code,
    'approval_needed',
  )
  const renamed = { ...named, displayName: 'Dai Invented' }
  assert.equal(
    (await world.post('/staff/invitations', renamed, { session: first.session })).body.code,
    'approval_needed',
  )
  assert.equal(
    (await world.post('/staff/invitations', named, { session: second.session })).body.code,
    'approval_needed',
  )

  assert.equal((await world.post('/staff/invitations', named, { session: first.session })).status, 201)
  assert.equal(
    (await world.post('/staff/invitations', named, { session: first.session })).body.code,
    'approval_expired',
  )
})

test('a powerful key needs a second person just as a powerful colleague does', async () => {
  const { first, second } = await twoApprovers()
  const refused = await world.client({ session: first.session }, ['approve'])
  assert.deepEqual([refused.status, refused.body.code], [403, 'approval_needed'])
  const asked = await ask(first.session, 'grant-role', refused.body.missing.subject)
  await decide(second.session, asked.body.approval.id)
  assert.equal((await world.client({ session: first.session }, ['approve'])).status, 201)
  assert.equal((await world.client({ session: first.session }, ['approve'])).body.code, 'approval_needed')
})

test('work is given without a second person', async () => {
  const { first } = await twoApprovers()
  const clerk = { displayName: 'Cai Invented', abilities: ['look'], purposes: ['delivery'] }
  assert.equal((await world.post('/staff/invitations', clerk, { session: first.session })).status, 201)
  assert.equal((await world.client({ session: first.session }, ['look', 'collect'])).status, 201)
})

test('who may not approve neither asks nor decides nor reads', async () => {
  const { first } = await twoApprovers()
  const asked = await ask(first.session)
  const machine = await world.client({ session: first.session }, ['look'])
  const as = { key: machine.key }
  const refusals = [
    await world.post('/approvals', { act: 'x', subject: 'y', reason: 'because' }, as),
    await world.post('/approvals/decide', { approval: asked.body.approval.id, decision: 'approve' }, as),
    await world.get('/approvals', as),
  ]
  assert.deepEqual(
    refusals.map(({ body }) => body.code),
    ['ability_missing', 'ability_missing', 'ability_missing'],
  )
})

test('a decision that fails before its commit is not taken, and one whose answer was lost is taken once', async () => {
  const { first, second } = await twoApprovers()
  const asked = await ask(first.session)
  const body = { approval: asked.body.approval.id, decision: 'approve' }
  const as = { session: second.session, once: newId() }
  world.breakNext('before commit')
  assert.equal((await world.post('/approvals/decide', body, as)).status, 500)
  assert.ok(!(await world.logged()).some(({ type }) => type === 'approval-decided'))
  world.breakNext('after commit')
  assert.equal((await world.post('/approvals/decide', body, as)).status, 500)
  const again = await world.post('/approvals/decide', body, as)
  assert.equal(again.body.approval.state, 'approved')
  const leaves = (await world.logged()).filter(({ type }) => type === 'approval-decided')
  assert.equal(leaves.length, 1)
})

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openPortal, type Portal } from './portal.ts'
import { demands, notice, person } from './stub-people.ts'

let portal: Portal
// Opened for the first test that runs: a hook that ran for none would never be closed.
beforeEach(async () => {
  portal ??= await openPortal()
  Object.assign(portal.stub.state, { demands: [...demands], acts: [], requests: [] })
})
after(() => portal?.close())

test('the set-up link makes a passkey, the organisation and a session, and leaves the address bar', async () => {
  portal.stub.state.setupNeeded = true
  const token = 'setup-token-00000000000001'
  const { page, complaints } = await portal.open(`/provider/setup#token=${token}`)
  assert.equal(new URL(page.url()).hash, '')
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await page.getByLabel('Name of the organisation in English').fill('Lanting Shop')
  await page.getByLabel('Name of the organisation in Chinese').fill('兰亭小铺')
  await page.getByLabel('Your name, as colleagues know it').fill('Test Plum')
  await page.getByRole('button', { name: 'Make my passkey and finish' }).click()
  await page.getByRole('heading', { level: 1, name: 'Lanting Shop' }).waitFor()
  assert.equal(new URL(page.url()).pathname, '/provider')
  assert.deepEqual(complaints, [])
  await page.context().close()
})

test('a machine key is bound to purposes by their titles, and shown once', async () => {
  const { page } = await portal.open('/provider/team', { as: 'staff' })
  await page.getByText('Make a machine key').click()
  await page.getByLabel('Name of the system').fill('Courier link')
  const form = page.locator('form').filter({ hasText: 'Name of the system' })
  await form.getByText('Look at information').click()
  await form.getByText('Delivering your order').click()
  await form.getByRole('button', { name: 'Make the key' }).click()
  await page.getByText('blk_invented_key_that_is_shown_once').waitFor()
  await page.getByRole('button', { name: 'I have stored it' }).click()
  await page.getByText('blk_invented_key_that_is_shown_once').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Revoke Courier link' }).waitFor()
  await page.context().close()
})

test('an approval is asked for and decided, and an invitation is shown once as a link behind #', async () => {
  const { page } = await portal.open('/provider', { as: 'staff' })
  await page.getByRole('button', { name: 'Approve invite-staff' }).waitFor()
  await page.getByRole('link', { name: 'Keys and staff' }).click()
  await page.getByLabel('Name of the colleague').fill('Test Pear')
  await page.getByRole('button', { name: 'Make the invitation' }).click()
  await page.getByText('/provider/join#token=invitation-token-00000001').waitFor()
  await page.context().close()
})

test('somebody is found only by an exact key, for a purpose and a case, and each look says that it was logged', async () => {
  const { page } = await portal.open('/provider/people', { as: 'staff' })
  const search = page.getByRole('button', { name: 'Search' })
  await search.waitFor()
  assert.ok(await search.isDisabled())
  await page.getByLabel('Case').fill('T-2041')
  await page.getByLabel('Exactly').fill('+86 000 0000 00')
  await search.click()
  await page.getByText('Nothing matches exactly.').waitFor()
  await page.getByLabel('Exactly').fill('+86 000 0000 0042')
  await search.click()
  await page.getByText('1 person was found').waitFor()
  const look = page.getByRole('button', { name: `Look at ${person}` })
  assert.ok(await look.isDisabled())
  await page.getByRole('checkbox', { name: 'Phone number' }).check({ force: true })
  await look.click()
  await page
    .getByText('This look was logged before it was shown: for “Answering your questions”, case T-2041.')
    .waitFor()
  assert.equal(await page.getByText('Test Willow').count(), 0)
  // No list was asked for, and what was typed is in no address.
  assert.ok(portal.stub.state.requests.every((line) => !line.includes('0042') && !/persons?$/.test(line)))
  await page.context().close()
})

test('a demand is refused only with a reason of the law, and its clock can be read', async () => {
  const { page } = await portal.open('/provider/demands', { as: 'staff' })
  const demand = page.locator('.demand').first()
  await demand.getByRole('button', { name: 'Refuse' }).click()
  await demand.getByRole('combobox', { name: 'Reason' }).selectOption({ label: 'It is accurate as it is (PIPL 46)' })
  await demand.getByLabel('Why, in words that the person understands').fill('The courier reached you on it today.')
  await demand.getByRole('button', { name: 'Refuse' }).click()
  await page.getByText('No demand is waiting for you.').waitFor()
  assert.deepEqual(portal.stub.state.acts, [
    {
      route: 'answerDemand',
      body: { outcome: 'refused', reason: 'already-accurate', text: 'The courier reached you on it today.' },
    },
  ])
  await page.context().close()
})

test('a notice is drafted from the live one, checked, seen as people will see it, and only then published', async () => {
  const { page, complaints } = await portal.open('/provider/notices', { as: 'staff' })
  await page.getByRole('button', { name: 'Change Orders and delivery' }).click()
  await page.getByText('newsletter', { exact: true }).click()
  const purpose = page.locator('details.part[open]').filter({ hasText: 'newsletter' }).first()
  await purpose.getByLabel('Kept for, days').fill('400')
  assert.equal(await page.getByRole('button', { name: 'Publish' }).count(), 0)
  await page.getByRole('button', { name: 'Check it' }).click()
  await page.getByText('keeps for 400 days instead of 365').waitFor()
  await page.getByText('17 people have to be asked again; until then').waitFor()
  await page.getByText('Preview: this is how people will see it.').waitFor()
  await page.getByText('400 days', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('heading', { name: 'Published notices' }).waitFor()
  const [act] = portal.stub.state.acts
  assert.equal(act?.route, 'publishNotice')
  const { purposes, ...rest } = notice.content
  const expected = purposes.map((one) => (one.id === 'newsletter' ? { ...one, retentionDays: 400 } : one))
  assert.deepEqual(act?.body, { ...rest, purposes: expected })
  assert.deepEqual(complaints, [])
  await page.context().close()
})

test('a draft that contradicts itself says where, and cannot be published', async () => {
  const { page } = await portal.open('/provider/notices', { as: 'staff' })
  await page.getByRole('button', { name: 'Change Orders and delivery' }).click()
  await page.getByLabel('Name, in English').first().fill('Broken')
  await page.getByRole('button', { name: 'Check it' }).click()
  await page.getByText('1 thing has to be put right first').waitFor()
  await page.getByText('purposes → 0 → id').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Publish' }).count(), 0)
  await page.context().close()
})

test('the destruction of old keys shows its date and how far it has come', async () => {
  const { page } = await portal.open('/provider/keys', { as: 'staff' })
  await page.getByText('12 old keys are not destroyed yet. They must be by January 20, 2027.').waitFor()
  await page.getByText('41,500 of 90,000').waitFor()
  await page.context().close()
})

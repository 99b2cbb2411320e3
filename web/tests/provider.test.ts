import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openPortal, type Portal } from './portal.ts'

let portal: Portal
// Opened for the first test that runs: a hook that ran for none would never be closed.
beforeEach(async () => {
  portal ??= await openPortal()
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
  const { page } = await portal.open('/provider', { as: 'staff' })
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
  await page.getByLabel('Name of the colleague').fill('Test Pear')
  await page.getByRole('button', { name: 'Make the invitation' }).click()
  await page.getByText('/provider/join#token=invitation-token-00000001').waitFor()
  await page.context().close()
})

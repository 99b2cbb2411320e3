import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createSocket } from 'node:net'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../../web/tests/browser.ts'
import { startTestServer, testNotice } from '../testing.ts'

/**
 * The built portal against the real server, in a real browser, from the first set-up to the last deletion. Each test goes
 * on where the one before it ended, as the people in it do. Articles 1, 2 and 8.
 */
const port = await freePort()
// Passkeys are bound to the address, so it must be known before the server is.
const server = await startTestServer({ BAILEE_LOG_LEVEL: 'silent', BAILEE_PORT: String(port) })
const browser = await launchBrowser()
const context = await browser.newContext({ locale: 'en', timezoneId: 'Asia/Shanghai' })
context.setDefaultTimeout(20_000)
const home = `http://localhost:${port}`
const complaints: string[] = []
after(async () => {
  await browser.close()
  await server.stop()
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket().listen(0, '127.0.0.1', () => {
      const { port: free } = socket.address() as AddressInfo
      socket.close(() => resolve(free))
    })
  })
}
async function open(path: string): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
  })
  await page.goto(home + path)
  return page
}
const newsletter = {
  id: 'newsletter',
  title: { en: 'Sending our newsletter', zh: '发送通讯' },
  basis: 'consent',
  retentionDays: 90,
  consentDays: 30,
} as const
const draft = {
  ...testNotice,
  purposes: [...testNotice.purposes, newsletter],
  categories: [
    { ...testNotice.categories[0], purposes: ['delivery', 'support', 'newsletter'] },
    testNotice.categories[1],
  ],
}
let key = ''
let notice = ''
let person = ''

test('a provider sets up with a passkey, drafts a notice, sees what it would change, publishes it, and makes a key', async () => {
  const token = await server.running.app.parties.ensureSetupLink()
  const page = await open(`/provider/setup#token=${token}`)
  const devtools = await context.newCDPSession(page)
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
  await page.getByLabel('Name of the organisation in English').fill('Invented Shop')
  await page.getByLabel('Name of the organisation in Chinese').fill('虚构商店')
  await page.getByLabel('Your name, as colleagues know it').fill('Test Plum')
  await page.getByRole('button', { name: 'Make my passkey and finish' }).click()
  await page.getByRole('heading', { level: 1, name: 'Invented Shop' }).waitFor()

  await page.getByRole('link', { name: 'Notices', exact: true }).first().click()
  await page.getByRole('button', { name: 'Write a new notice' }).click()
  await page.getByRole('button', { name: 'As text' }).click()
  const broken = { ...draft, categories: [draft.categories[1]] }
  await page.getByLabel('The draft as JSON').fill(JSON.stringify(broken))
  await page.getByRole('button', { name: 'Take this text' }).click()
  await page.getByRole('button', { name: 'Check it' }).click()
  await page.getByText('put right first').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Publish' }).count(), 0)
  await page.getByRole('button', { name: 'As text' }).click()
  await page.getByLabel('The draft as JSON').fill(JSON.stringify(draft))
  await page.getByRole('button', { name: 'Take this text' }).click()
  await page.getByRole('button', { name: 'Check it' }).click()
  await page.getByText('This is a new notice').waitFor()
  await page.getByRole('switch', { name: 'I agree: Sending our newsletter' }).waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Publish' }).click()
  const line = page.locator('.line').first()
  notice = (await line.locator('code').textContent()) ?? ''
  assert.match(notice, /^ntc_[0-9a-f]{32}$/)

  await page.getByRole('link', { name: 'Keys and staff' }).click()
  await page.getByText('Make a machine key').click()
  const form = page.locator('form').filter({ hasText: 'Name of the system' })
  await form.getByLabel('Name of the system').fill('Sign-up')
  for (const ability of ['Record consent and make links', 'Store information', 'Look at information'])
    await form.getByText(ability).click()
  for (const purpose of ['Delivering your order', 'Sending our newsletter']) await form.getByText(purpose).click()
  await form.getByRole('button', { name: 'Make the key' }).click()
  key = (await page.locator('.secret code').textContent()) ?? ''
  assert.notEqual(key, '')
  await page.getByRole('link', { name: 'Old keys' }).click()
  await page.getByText('Present period').waitFor()
  await page.close()
  assert.deepEqual(complaints, [])
})

test('somebody agrees in the shop’s own page, and what the component says is enough to record it', async () => {
  const site = createServer((request, response) => {
    const isPage = request.url === '/'
    response.writeHead(200, { 'content-type': isPage ? 'text/html; charset=utf-8' : 'text/javascript' }).end(
      isPage
        ? `<!doctype html><title>A shop</title><script src="/hear.js"></script><script src="${home}/embed/consent.js" defer></script>
             <bailee-consent server="${home}" notice="${notice}" language="en"></bailee-consent>`
        : `document.addEventListener('bailee-consent', (event) => { window.answer = event.detail })`,
    )
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  await page.getByRole('switch', { name: 'I agree: Delivering your order' }).check()
  await page.getByRole('switch', { name: 'I agree: Sending our newsletter' }).check()
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  await page.getByText('You agreed to:').waitFor()
  const answer = await page.evaluate(
    () => (globalThis as unknown as { answer: Readonly<Record<string, unknown>> }).answer,
  )
  await page.close()
  site.closeAllConnections()
  site.close()
  const { snapshot, purposes, separately, recipients, informed } = answer
  const given = await server.call('POST', '/v1/notices/consents', {
    key,
    body: { snapshot, purposes, separately, recipients, informed },
  })
  assert.equal(given.status, 201, JSON.stringify(given.json))
  person = given.json.person
  const granted = new Set(given.json.grants.map(({ purpose }: { purpose: string }) => purpose))
  assert.deepEqual(granted, new Set(['delivery', 'newsletter']))
  const fields = { name: 'Test Willow', phone: '13900000042', address: '7 Imagined Lane' }
  const stored = await server.call('POST', '/v1/vault/collect', { key, body: { person, fields } })
  assert.equal(stored.status, 201, JSON.stringify(stored.json))
  const look = { person, purpose: 'newsletter', fields: ['phone'] }
  assert.equal((await server.call('POST', '/v1/vault/look', { key, body: look })).status, 200)
})

test('the person opens one drawer, sees who looked, and their browser proves that this is all', async () => {
  await server.settle()
  const link = await server.call('POST', '/v1/parties/persons/access-links', { key, body: { person } })
  const page = await open(link.json.path)
  await page.getByRole('button', { name: 'Show: How to reach you' }).click()
  await page.getByText('13900000042').waitFor()
  assert.equal(await page.getByText('7 Imagined Lane').count(), 0)
  await page.getByText('looked at “Phone”, for “Sending our newsletter”').waitFor()
  await server.settle()
  await page.reload()
  await page.getByText('You looked at what is held about you.').first().waitFor()
  const own = page.locator('.entry').filter({ hasText: 'You looked' }).first()
  await own.getByRole('button', { name: 'Check the proof' }).click()
  await page.getByText('This entry holds.').waitFor()
  assert.doesNotMatch((await own.locator('pre').textContent()) ?? '', /"place"/)
  await page.getByRole('button', { name: 'Prove that nothing was left out' }).click()
  await page.getByText(/^Nothing else was logged about you, up to entry/).waitFor()
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save my key' }).click()
  const kept = await (await saving).path()
  await page.locator('#whole input[type=file]').setInputFiles(kept)
  await page.getByText(/^The chain follows from your own key: \d+ entries/).waitFor()
  await page.close()
  assert.deepEqual(complaints, [])
})

test('the person withdraws, and the next look finds no key', async () => {
  const page = await open('/person/permissions')
  await page.getByRole('button', { name: 'Withdraw: Sending our newsletter' }).click()
  await page.getByRole('button', { name: 'Withdraw now' }).click()
  await page.getByText('“Sending our newsletter” is withdrawn.').waitFor()
  const look = { person, purpose: 'newsletter', fields: ['phone'] }
  const refused = await server.call('POST', '/v1/vault/look', { key, body: look })
  assert.equal(refused.json.code, 'grant_missing')
  const waiting = page.waitForEvent('download')
  await page
    .getByRole('button', { name: /^Save the receipt/ })
    .first()
    .click()
  const receipt = JSON.parse(await readFile(await (await waiting).path(), 'utf8'))
  assert.ok(receipt.signature && receipt.document)
  await page.close()
})

test('the person demands a correction with its clock, takes a copy, and has everything deleted', async () => {
  const page = await open('/person/demands')
  await page.getByLabel('What is wrong, and what is right').fill('The number ends in 43.')
  await page.getByRole('button', { name: 'Send the demand' }).click()
  const demand = page.locator('.demand').filter({ hasText: 'The number ends in 43.' })
  await demand.getByText('An answer is due by').waitFor()
  await demand.getByRole('button', { name: 'How this was counted' }).click()
  await demand.locator('.counting li').first().waitFor()
  await demand.getByText('The last day is').waitFor()
  await page.getByRole('link', { name: 'Copy or delete' }).click()
  const copying = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Get my copy' }).click()
  const zip = await readFile(await (await copying).path())
  assert.equal(zip.subarray(0, 4).toString('latin1'), 'PK\u0003\u0004')
  await page.getByRole('button', { name: 'Delete everything' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete it all' }).click()
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save the certificate' }).click()
  const certificate = JSON.parse(await readFile(await (await saving).path(), 'utf8'))
  assert.equal(certificate.person, person)
  const gone = await server.call('POST', '/v1/vault/look', {
    key,
    body: { person, purpose: 'delivery', fields: ['name'] },
  })
  assert.ok(['person_erased', 'grant_missing'].includes(gone.json.code), gone.json.code)
  await page.close()
  assert.deepEqual(complaints, [])
})

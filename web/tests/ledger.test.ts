import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openPortal, type Portal } from './portal.ts'

let portal: Portal
// Opened for the first test that runs: a hook that ran for none would never be closed.
beforeEach(async () => {
  portal ??= await openPortal()
})
after(() => portal?.close())
beforeEach(() => Object.assign(portal.stub.state, { lie: undefined, requests: [] }))

test('the checkpoint’s signatures are checked one by one, and the quorum is said', async () => {
  const { page, complaints } = await portal.open('/public/ledger')
  await page.getByText('Enough witnesses have confirmed it.').waitFor()
  assert.equal(await page.locator('[data-signature=valid]').count(), 4)
  assert.deepEqual(complaints, [])
  await page.context().close()
})

test('the browser remembers what it saw and shows that the ledger only grew', async () => {
  const { page } = await portal.open('/public/ledger')
  await page.locator('[data-verdict=first]').waitFor()
  const before = portal.stub.world.size
  portal.stub.world.grow()
  await page.reload()
  const grown = page.locator('[data-verdict=grew]')
  await grown.waitFor()
  assert.match(
    (await grown.textContent()) ?? '',
    new RegExp(`grew from ${before} to ${before + 5}, and nothing before was changed`),
  )
  await page.reload()
  await page.locator('[data-verdict=same]').waitFor()
  await page.context().close()
})

test('a rewritten history is caught and is not remembered', async () => {
  const { page } = await portal.open('/public/ledger')
  await page.locator('[data-verdict=first]').waitFor()
  const remembered = () => page.evaluate(() => localStorage.getItem('bailee.checkpoint'))
  const seen = await remembered()
  portal.stub.world.grow()
  portal.stub.state.lie = 'history'
  await page.reload()
  await page.locator('[data-verdict=broken]').waitFor()
  await page.getByText('Do not trust it.').waitFor()
  assert.equal(await remembered(), seen)
  await page.context().close()
})

test('a ledger that shrank, or shows another root at the same size, is caught', async () => {
  const { page } = await portal.open('/public/ledger')
  await page.locator('[data-verdict=first]').waitFor()
  const pretend = (change: object) =>
    page.evaluate((changed) => {
      const seen = JSON.parse(localStorage.getItem('bailee.checkpoint') ?? '{}')
      localStorage.setItem('bailee.checkpoint', JSON.stringify({ ...seen, ...changed }))
    }, change)
  await pretend({ root: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' })
  await page.reload()
  await page.locator('[data-verdict=forked]').waitFor()
  await pretend({ size: 10_000 })
  await page.reload()
  await page.locator('[data-verdict=shrank]').waitFor()
  await page.getByText('A ledger must never shrink.').waitFor()
  await page.context().close()
})

test('it looks again every five seconds, until it is told to pause', async () => {
  const { page } = await portal.open('/public/ledger')
  await page.locator('[data-verdict=first]').waitFor()
  portal.stub.world.grow()
  await page.locator(`[data-testid=size]:text-is("${portal.stub.world.size}")`).waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  const asked = () => portal.stub.state.requests.filter((line) => line.includes('/v1/ledger/status')).length
  const before = asked()
  await page.waitForTimeout(6000)
  assert.equal(asked(), before)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.waitForTimeout(6000)
  assert.ok(asked() > before)
  await page.context().close()
})

test('any entry can be looked up: a public leaf is read, a sealed one says why it cannot be', async () => {
  const { page } = await portal.open('/public/ledger')
  await page.getByLabel('Number of the entry').fill('1')
  await page.getByRole('button', { name: 'Look it up' }).click()
  await page.getByRole('heading', { name: 'A public leaf: notice-published' }).waitFor()
  await page.locator('[data-index="1"]').getByText('This entry holds.').waitFor()
  assert.equal(await page.locator('[data-index="1"] .step[data-ok=true]').count(), 5)
  await page.getByRole('button', { name: 'Next', exact: true }).click()
  await page.getByRole('heading', { name: 'A sealed leaf' }).waitFor()
  await page.getByText('Only the person concerned, and whoever did it, can open it.').waitFor()
  portal.stub.state.lie = 'leaf'
  await page.getByRole('button', { name: 'Next', exact: true }).click()
  await page.locator('[data-index="3"]').getByText('This entry does not hold.').waitFor()
  await page.context().close()
})

test('other keys than on the first visit are a loud warning, and the old ones go on being the measure', async () => {
  const stub = portal.stub
  const { page } = await portal.open('/public/ledger')
  await page.getByText('Enough witnesses have confirmed it.').waitFor()
  assert.equal(await page.getByText('The ledger’s keys have changed').count(), 0)
  stub.changeLogKey()
  await page.reload()
  const warning = page.getByRole('alert').filter({ hasText: 'The ledger’s keys have changed' })
  await warning.waitFor()
  assert.match((await warning.textContent()) ?? '', /somebody is showing you a false ledger/)
  await page.locator('[data-verdict=unsigned]').waitFor()
  // The person’s page warns as well, and her proofs do not hold under the new key.
  await page.context().addCookies([stub.sessionCookie('person')])
  await page.goto(`${stub.url}/person`)
  await warning.waitFor()
  await page.locator('.entry').nth(2).getByRole('button', { name: 'Check the proof' }).click()
  await page.locator('.step[data-step=log-signature][data-ok=false]').waitFor()
  // Having asked elsewhere, she accepts them.
  await warning.getByRole('button', { name: 'I have asked; trust the new keys' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'I have asked; trust the new keys' }).click()
  await warning.waitFor({ state: 'detached' })
  await page.locator('.entry').nth(3).getByRole('button', { name: 'Check the proof' }).click()
  await page.locator('.entry').nth(3).getByText('This entry holds.').waitFor()
  await page.context().close()
})

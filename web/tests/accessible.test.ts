import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { Page } from 'playwright-core'
import { axeFindings, overflowOf } from './axe.ts'
import { type OpenOptions, openPortal, type Portal } from './portal.ts'
import { notice } from './stub-people.ts'

/** Every page, in both languages, light and dark, on a phone and at a desk: axe finds nothing, nothing is cut off. */

let portal: Portal
// Opened for the first test that runs: a hook that ran for none would never be closed.
beforeEach(async () => {
  portal ??= await openPortal()
})
after(() => portal?.close())

interface Visit {
  readonly path: string
  readonly as?: 'person' | 'staff'
  /** Opens what is closed at first, so that it is looked at as well. */
  readonly prepare?: (page: Page) => Promise<void>
}
const openDetails = (page: Page) =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true
  })

const visits: Readonly<Record<string, Visit>> = {
  landing: { path: '/' },
  'person without a session': { path: '/person' },
  person: {
    path: '/person',
    as: 'person',
    prepare: async (page) => {
      await page.locator('#held button').first().click()
      await page.locator('.drawer[data-open=true]').first().waitFor()
      await page.locator('.entry').nth(3).getByRole('button').first().click()
      await page.locator('.steps').waitFor()
      await page.locator('#whole').getByRole('button').first().click()
      await page.locator('.epoch[data-open=absent]').waitFor()
      await openDetails(page)
    },
  },
  permissions: {
    path: '/person/permissions',
    as: 'person',
    prepare: async (page) => {
      await page.locator('.consent').first().waitFor()
      await page.locator('.consent > .row > button').first().click()
      await page.getByRole('switch').first().waitFor()
    },
  },
  demands: {
    path: '/person/demands',
    as: 'person',
    prepare: async (page) => {
      await page.locator('.demand').nth(2).waitFor()
      await page.locator('.clock button').first().click()
      await page.locator('.counting li').first().waitFor()
      await page.locator('.demand').nth(2).getByRole('button').first().click()
      await page.locator('.demand').nth(2).locator('.facts').waitFor()
    },
  },
  leave: { path: '/person/leave', as: 'person' },
  'withdrawal dialog': {
    path: '/person/permissions',
    as: 'person',
    prepare: async (page) => {
      await page.locator('.purpose button').first().click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  ledger: {
    path: '/public/ledger',
    prepare: async (page) => {
      await page.locator('.lookup button').click()
      await page.locator('.steps').waitFor()
      await openDetails(page)
    },
  },
  public: { path: '/public' },
  notices: { path: '/public/notices' },
  notice: { path: `/public/notices/${notice.id}` },
  'sign in': { path: '/provider' },
  'set-up': { path: '/provider/setup#token=setup-token-00000000000001' },
  'set-up without a link': { path: '/provider/setup' },
  join: { path: '/provider/join#token=invitation-000000000000001' },
  desk: { path: '/provider', as: 'staff', prepare: openDetails },
  team: { path: '/provider/team', as: 'staff', prepare: openDetails },
  'provider demands': {
    path: '/provider/demands',
    as: 'staff',
    prepare: async (page) => {
      await page.locator('.demand').first().waitFor()
      await page.locator('.demand > .row > button').nth(1).click()
      await page.locator('.demand form').waitFor()
    },
  },
  people: {
    path: '/provider/people',
    as: 'staff',
    prepare: async (page) => {
      await page.locator('input[maxlength="64"]').first().fill('T-1')
      await page.locator('input[maxlength="400"]').fill('+86 000 0000 0042')
      await page.locator('button[type=submit]').first().click()
      await page.locator('.looked-at .checkbox').first().click()
      await page.locator('.looked-at > .row > button').click()
      await page.locator('.looked-at .facts').waitFor()
    },
  },
  'provider notices': { path: '/provider/notices', as: 'staff' },
  'draft of a notice': {
    path: '/provider/notices',
    as: 'staff',
    prepare: async (page) => {
      await page.locator('.line button').first().click()
      await page.locator('form button[type=submit]').click()
      await page.locator('bailee-consent').waitFor()
      await openDetails(page)
    },
  },
  keys: { path: '/provider/keys', as: 'staff' },
  authority: { path: '/authority' },
  'no such page': { path: '/public/nothing' },
  'an error': { path: '/public/notices/ntc_00000000000000000000000000000000' },
}

const ways = [
  { locale: 'en', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { locale: 'en', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  { locale: 'zh-CN', colorScheme: 'light', viewport: { width: 360, height: 740 } },
] as const satisfies readonly OpenOptions[]

for (const [name, { path, as, prepare }] of Object.entries(visits))
  test(`${name}: axe finds nothing, in both languages, light and dark, phone and desk`, async () => {
    for (const way of ways) {
      const { page, complaints } = await portal.open(path, { ...way, bypassCSP: false, ...(as ? { as } : {}) })
      const label = `${name}, ${way.locale}, ${way.colorScheme}, ${way.viewport.width}`
      await page.locator('h1').waitFor()
      await page.waitForLoadState('networkidle')
      await prepare?.(page)
      assert.equal(await page.getAttribute('html', 'lang'), way.locale, label)
      assert.ok((await overflowOf(page)) <= 0, `${label}: ${await overflowOf(page)} px too wide`)
      assert.deepEqual(await axeFindings(page), [], label)
      assert.deepEqual(complaints, [], label)
      await page.context().close()
    }
  })

test('what can be pressed is at least 44 px high on a phone, save links inside sentences', async () => {
  for (const { path, as } of [
    visits.person!,
    visits.permissions!,
    visits.demands!,
    visits.leave!,
    visits.ledger!,
    visits.desk!,
    visits.team!,
    visits.people!,
    visits['provider notices']!,
    visits.landing!,
  ]) {
    const { page } = await portal.open(path, { viewport: { width: 360, height: 740 }, ...(as ? { as } : {}) })
    await page.locator('h1').waitFor()
    await page.waitForLoadState('networkidle')
    const small = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, summary, input, nav a, a.card, .checkbox, .radio')]
        .filter((element) => element.offsetParent !== null && !element.closest('.visually-hidden'))
        // A checkbox and a radio button are pressed by their whole label.
        .filter((element) => !element.closest('.checkbox, .radio') || element.matches('.checkbox, .radio'))
        .map((element) => ({ height: element.getBoundingClientRect().height, text: element.outerHTML.slice(0, 90) }))
        .filter(({ height }) => height < 43.5),
    )
    assert.deepEqual(small, [], path)
    await page.context().close()
  }
})

test('with motion unwanted, nothing moves', async () => {
  const { page } = await portal.open('/person', { as: 'person', reducedMotion: 'reduce' })
  await page.locator('.entry').first().waitFor()
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((element) => {
        const style = getComputedStyle(element)
        return style.animationName !== 'none' || style.transitionDuration !== '0s'
      }).length,
  )
  assert.equal(moving, 0)
  await page.context().close()
})

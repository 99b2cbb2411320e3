import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, beforeEach, test } from 'node:test'
import { verifyEntry } from '@bailee/proof'
import type { Page } from 'playwright-core'
import { openPortal, type Portal } from './portal.ts'
import { demands, grants, person } from './stub-people.ts'
import { type Lie, personToken } from './stub-server.ts'

let portal: Portal
// Opened for the first test that runs: a hook that ran for none would never be closed.
beforeEach(async () => {
  portal ??= await openPortal()
})
after(() => portal?.close())
beforeEach(() => {
  Object.assign(portal.stub.state, {
    lie: undefined,
    refuse: undefined,
    pending: false,
    grants: [...grants],
    onceKeys: [],
    requests: [],
    tokens: new Set([personToken]),
    demands: [...demands],
    acts: [],
  })
})
const requested = (part: string) => portal.stub.state.requests.filter((line) => line.includes(part)).length

/** Opens the proof of the nth entry and says which steps hold. */
async function stepsOf(page: Page, nth: number): Promise<Record<string, string | null>> {
  const entry = page.locator('.entry').nth(nth)
  await entry.getByRole('button', { name: 'Check the proof' }).click()
  await entry.locator('.steps').waitFor()
  const steps = await entry.locator('.step').all()
  const read = steps.map(async (step) => [await step.getAttribute('data-step'), await step.getAttribute('data-ok')])
  return Object.fromEntries(await Promise.all(read))
}
const allHold = {
  shown: 'true',
  body: 'true',
  leaf: 'true',
  inclusion: 'true',
  'log-signature': 'true',
  'log-signature-pq': 'true',
  witnesses: 'true',
}

test('the token of the link leaves the address bar, opens the page once, and is in no address that was asked for', async () => {
  const { page, complaints } = await portal.open(`/person#token=${personToken}`)
  await page.locator('.entry').first().waitFor()
  assert.equal(new URL(page.url()).hash, '')
  assert.ok(
    !(await page.evaluate(() => JSON.stringify([location.href, history.state, { ...localStorage }]))).includes(
      personToken,
    ),
  )
  assert.ok(portal.stub.state.requests.every((line) => !line.includes(personToken)))
  assert.equal(requested('/persons/sessions'), 1)
  await page.reload()
  await page.locator('.entry').first().waitFor()
  assert.equal(requested('/persons/sessions'), 1)
  assert.deepEqual(complaints, [])
  await page.context().close()
})

test('a link that was used up says so in the reader’s language, with its code and what to do', async () => {
  portal.stub.state.tokens.clear()
  const { page } = await portal.open(`/person#token=${personToken}`, { locale: 'zh-CN' })
  const box = page.getByRole('alert')
  await box.getByText('该链接已使用、已过期或不存在。').waitFor()
  assert.match((await box.textContent()) ?? '', /每个链接只能使用一次/)
  assert.match((await box.textContent()) ?? '', /link_invalid/)
  await page.context().close()
})

test('every drawer is shut until it is asked for, and opening one opens no other and says that the look was logged', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.locator('.entry').first().waitFor()
  assert.equal(requested('/v1/vault/mine'), 0)
  assert.equal(await page.locator('.drawer[data-open=false]').count(), 2)
  await page.getByRole('button', { name: 'Show: How to reach you' }).click()
  await page.getByText('+86 000 0000 0042').waitFor()
  await page.getByText('This was a look of your own.').waitFor()
  assert.equal(requested('/v1/vault/mine'), 1)
  assert.equal(await page.getByText('7 Imagined Lane').count(), 0)
  await page.getByRole('button', { name: 'Hide: How to reach you' }).click()
  await page.getByText('+86 000 0000 0042').waitFor({ state: 'detached' })
  await page.context().close()
})

test('a good proof holds, every step, worked out in under 50 ms', async () => {
  const { page, complaints } = await portal.open('/person', { as: 'person' })
  // The page checks the checkpoint when it is idle, as it would while somebody reads.
  await page.waitForLoadState('networkidle')
  await page.waitForTimeout(500)
  assert.deepEqual(await stepsOf(page, 2), allHold)
  const said = (await page.locator('.proof .notice-box').textContent()) ?? ''
  assert.match(said, /This entry holds/)
  const milliseconds = Number(/in ([\d.]+)\s*ms/.exec(said)?.[1])
  assert.ok(milliseconds < 50, said)
  assert.deepEqual(complaints, [])
  await page.context().close()
})

const caught: Readonly<Record<Exclude<Lie, 'absence' | 'epoch-root' | 'history' | 'open-period'>, readonly string[]>> =
  {
    leaf: ['body', 'inclusion'],
    path: ['inclusion'],
    signature: ['log-signature'],
    'second-signature': ['log-signature-pq'],
    witness: ['witnesses'],
    opening: ['body'],
    words: ['shown'],
    'other-entry': ['shown'],
  }
for (const [lie, steps] of Object.entries(caught))
  test(`a server that lies about the ${lie} is caught, visibly, at the step it lied about`, async () => {
    portal.stub.state.lie = lie as Lie
    const { page } = await portal.open('/person', { as: 'person' })
    const found = await stepsOf(page, 3)
    const failed = Object.entries(found).flatMap(([id, ok]) => (ok === 'false' ? [id] : []))
    assert.deepEqual(failed.sort(), [...steps].sort())
    await page.locator('.proof').getByText('This entry does not hold.').waitFor()
    await page.locator('.entry').nth(3).locator('.chip').getByText('Does not hold').waitFor()
    assert.equal(await page.locator('.proof').getByText('This entry holds.').count(), 0)
    await page.context().close()
  })

test('checking all shows progress and an honest sum', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.getByRole('button', { name: 'Check all on this page' }).click()
  await page.getByText('20 entries checked in this browser: all hold').waitFor()
  assert.equal(await page.locator('.entry .chip.good').count(), 20)
  portal.stub.state.lie = 'path'
  await page.getByRole('button', { name: 'Check all on this page' }).click()
  await page.getByText('20 of 20 did not hold').waitFor()
  await page.context().close()
})

test('older entries come on a press, newest first, and nothing is shown twice', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.locator('.entry').nth(22).waitFor()
  const ids = await page.locator('.entry').evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.entry))
  assert.deepEqual(
    ids,
    portal.stub.world.entries.map(({ entry }) => entry),
  )
  assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0)
  await page.context().close()
})

test('a refused look is marked as refused, in words and not by colour alone', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  const refused = page.locator('.entry.refused')
  await refused.first().waitFor()
  assert.equal(await refused.count(), 1)
  assert.match((await refused.textContent()) ?? '', /was refused\. Nothing was opened\.[\s\S]*Reason: [\s\S]*Refused/)
  await page.context().close()
})

test('an entry that has no place yet says that it is being placed, and gets its proof when it has one', async () => {
  portal.stub.state.pending = true
  const { page } = await portal.open('/person', { as: 'person' })
  const first = page.locator('.entry').first()
  await first.getByText('Being placed in the ledger').waitFor()
  assert.equal(await first.getByRole('button', { name: 'Check the proof' }).count(), 0)
  portal.stub.state.pending = false
  await first.getByRole('button', { name: 'Check the proof' }).waitFor()
  await page.context().close()
})

test('the saved files are enough for a stranger to check the entry again', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await stepsOf(page, 1)
  const save = async (name: string) => {
    const waiting = page.waitForEvent('download')
    await page.getByRole('button', { name }).click()
    const download = await waiting
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
  }
  const proof = await save('Save the proof')
  const opening = await save('Save the opening')
  assert.match(proof.name, /^bailee-ent_[0-9a-f]{32}\.tlog-proof$/)
  const { leaf, disclosure } = JSON.parse(opening.text)
  const checked = verifyEntry({
    proofText: proof.text,
    leafBytes: Buffer.from(leaf, 'base64'),
    disclosure,
    policyText: portal.stub.world.policy(),
  })
  assert.ok(checked.ok, JSON.stringify(checked.steps))
  await page.context().close()
})

test('by keyboard alone: to the proof and back, then withdraw, and the focus is never lost', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.locator('.entry').first().waitFor()
  const focused = () =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '')
  const tabTo = async (wanted: RegExp) => {
    for (let presses = 0; presses < 120; presses++) {
      await page.keyboard.press('Tab')
      if (wanted.test(await focused())) return
    }
    assert.fail(`no way by Tab to ${wanted}`)
  }
  await page.keyboard.press('Tab')
  assert.match(await focused(), /Skip to the content/)
  await page.keyboard.press('Enter')
  await tabTo(/^Check the proof$/)
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)
  assert.equal(ring, 'solid')
  await page.keyboard.press('Enter')
  await page.locator('.steps').waitFor()
  assert.equal(await focused(), 'Close the proof')
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-expanded')), 'true')
  await tabTo(/Save the proof/)
  await page.goto(`${portal.stub.url}/person/permissions`)
  await page.getByRole('button', { name: 'Withdraw: Sending our newsletter' }).waitFor()
  await tabTo(/^Withdraw: Sending our newsletter$/)
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('alertdialog', { name: /Withdraw “Sending our newsletter”/ })
  await dialog.waitFor()
  await page.waitForFunction(() => document.activeElement?.closest('[role=alertdialog]') !== null)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  // Focus comes back a moment after the dialog has gone; that it comes back is what matters.
  await page.waitForFunction(
    () => document.activeElement?.getAttribute('aria-label') === 'Withdraw: Sending our newsletter',
  )
  assert.deepEqual(portal.stub.state.onceKeys, [])
  await page.keyboard.press('Enter')
  await dialog.waitFor()
  for (let presses = 0; presses < 4 && (await focused()) !== 'Withdraw now'; presses++) await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Withdraw now')
  await page.keyboard.press('Enter')
  await page.getByText('“Sending our newsletter” is withdrawn. 1 key was destroyed.').waitFor()
  assert.equal(portal.stub.state.onceKeys.length, 1)
  assert.match(portal.stub.state.onceKeys[0]!, /^[\x21-\x7e]{8,128}$/)
  assert.equal(await page.getByRole('button', { name: 'Withdraw: Sending our newsletter' }).count(), 0)
  // The withdrawal is itself an entry, and can be checked.
  await page.getByRole('link', { name: 'Known and looked at' }).click()
  await page.getByText('You withdrew the consent to “Sending our newsletter”').waitFor()
  await page.context().close()
})

test('an act that is refused leaves the dialog open and says what to do', async () => {
  const { page } = await portal.open('/person/permissions', { as: 'person' })
  portal.stub.state.refuse = { route: 'withdrawConsent', code: 'key_unavailable' }
  await page.getByRole('button', { name: 'Withdraw: Answering your questions' }).click()
  await page.getByRole('button', { name: 'Withdraw now' }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByText('key_unavailable').waitFor()
  assert.match((await dialog.textContent()) ?? '', /Try again in a few minutes/)
  // The same act again carries the same key: it cannot happen twice.
  portal.stub.state.refuse = undefined
  await page.getByRole('button', { name: 'Withdraw now' }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.equal(new Set(portal.stub.state.onceKeys).size, 1)
  await page.context().close()
})

test('deleting everything asks first and then says what an older backup still opens', async () => {
  const { page } = await portal.open('/person/leave', { as: 'person' })
  await page.getByRole('button', { name: 'Delete everything' }).click()
  assert.equal(requested('/v1/vault/erase'), 0)
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete it all' }).click()
  await page.getByText('2 sealed drawers removed, 4 keys destroyed.').waitFor()
  await page.getByText('Until May 14, 2027 an older backup could still open it.').waitFor()
  assert.equal(requested('/v1/vault/erase'), 1)
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save the certificate' }).click()
  const certificate = JSON.parse(await readFile(await (await waiting).path(), 'utf8'))
  assert.deepEqual([certificate.person, certificate.drawers, certificate.keys], [person, 2, 4])
  assert.ok(certificate.receipt.signature)
  await page.context().close()
})

test('nothing else was logged: closed periods by their lists, the present one by reading it all, without naming the tag', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.getByRole('button', { name: 'Prove that nothing was left out' }).click()
  const { size } = portal.stub.world
  await page.getByText(`Nothing else was logged about you, up to entry ${size} of the ledger.`).waitFor()
  assert.deepEqual(
    await page
      .locator('.epoch[data-verdict]')
      .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.verdict)),
    ['absent', 'absent'],
  )
  const open = page.locator('.epoch[data-open=absent]')
  const from = portal.stub.world.epochs[0]!.endIndex
  const mine = portal.stub.world.entries.filter(({ index }) => index >= from).length
  assert.match(
    (await open.textContent()) ?? '',
    new RegExp(`All of its ${size - from} entries were read.*${mine} entries are yours`),
  )
  const buckets = portal.stub.state.requests.filter((line) => line.includes('/buckets/'))
  assert.equal(buckets.length, 2)
  for (const line of buckets) assert.match(line, /\/buckets\/[0-9a-f]$/)
  await page.context().close()
})

test('with a key kept from an earlier visit, the chain is not the server’s word any more', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.getByRole('button', { name: 'Prove that nothing was left out' }).click()
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save my key' }).click()
  const key = await readFile(await (await waiting).path(), 'utf8')
  portal.stub.world.act('look', [['outcome', 'opened']])
  await page.getByRole('button', { name: 'Prove it again' }).click()
  await page.getByText('Nothing else was logged about you').waitFor()
  const check = (text: string) =>
    page
      .locator('#whole input[type=file]')
      .setInputFiles({ name: 'key.json', mimeType: 'application/json', buffer: Buffer.from(text) })
  await check(key)
  const { n } = portal.stub.world.chain
  await page
    .getByText(`The chain follows from your own key: ${n} entries, ${n} of them compared mark by mark.`)
    .waitFor()
  await check(JSON.stringify({ ...JSON.parse(key), key: Buffer.alloc(32, 7).toString('base64') }))
  await page.getByText('does NOT follow from your key').waitFor()
  await check(JSON.stringify({ ...JSON.parse(key), person: 'per_other' }))
  await page.getByText('belongs to another person').waitFor()
  await page.context().close()
})

for (const [lie, verdict] of [
  ['absence', 'present'],
  ['epoch-root', 'unproven'],
] as const)
  test(`nothing left out: a lie about the ${lie} is caught`, async () => {
    portal.stub.state.lie = lie
    const { page } = await portal.open('/person', { as: 'person' })
    await page.getByRole('button', { name: 'Prove that nothing was left out' }).click()
    await page.getByText('Not everything could be proven').waitFor()
    assert.ok((await page.locator(`.epoch[data-verdict=${verdict}]`).count()) > 0)
    await page.context().close()
  })

test('a present period whose entries do not make the signed root proves nothing', async () => {
  portal.stub.state.lie = 'open-period'
  const { page } = await portal.open('/person', { as: 'person' })
  await page.getByRole('button', { name: 'Prove that nothing was left out' }).click()
  await page.getByText('The entries that were served do not make the root that was signed.').waitFor()
  await page.getByText('Not everything could be proven').waitFor()
  await page.context().close()
})

test('what was agreed to: receipts to keep, recipients to stop, and a widened notice is read anew before it is answered', async () => {
  const { page } = await portal.open('/person/permissions', { as: 'person' })
  const card = page.locator('.consent')
  await card.getByText('keeps for 365 days instead of 180').waitFor()
  const waiting = page.waitForEvent('download')
  await card.getByRole('button', { name: /^Save the receipt: Orders and delivery/ }).click()
  assert.equal(JSON.parse(await readFile(await (await waiting).path(), 'utf8')).key, 'a2V5')
  await card.getByRole('button', { name: 'Withdraw: Passing it on to Lighthouse Letters' }).click()
  await page.getByRole('button', { name: 'Withdraw now' }).click()
  await page.getByText('Nothing more is passed on to Lighthouse Letters.').waitFor()
  assert.deepEqual(portal.stub.state.acts.at(-1)?.body, { person, purpose: 'newsletter', recipient: 'lighthouse' })
  await card.getByRole('button', { name: 'Read the new notice and answer' }).click()
  await page.getByRole('switch', { name: 'I agree: Sending our newsletter' }).check()
  await page.getByRole('radio', { name: '18 or older' }).check()
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  await page.getByText('Your answer has been recorded.').waitFor()
  const given = portal.stub.state.acts.at(-1)
  assert.equal(given?.route, 'giveConsent')
  const { purposes, separately, recipients } = given!.body as Record<string, unknown>
  assert.deepEqual([purposes, separately, recipients], [['newsletter'], [], []])
  await page.getByText('may not be asked before').waitFor()
  await page.getByText('Acting for you: a parent').waitFor()
  await page.context().close()
})

test('a demand is made, its clock is shown with how it was counted, and a refusal goes to the authority', async () => {
  const { page } = await portal.open('/person/demands', { as: 'person' })
  const open = page.locator('.demand[data-state=open]')
  await open.getByText('An answer is due by December 20, 2027').waitFor()
  await open.getByRole('button', { name: 'How this was counted' }).click()
  await open.getByText('last day, a working day').waitFor()
  const refused = page.locator('.demand[data-state=refused]')
  assert.match(
    (await refused.textContent()) ?? '',
    /Because: A law requires.*PIPL 47\(2\).*Invoices are kept until 2031/,
  )
  await refused.getByRole('button', { name: 'Take it to the authority' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Take it to the authority' }).click()
  await page.locator('.demand[data-state=escalated]').waitFor()
  await page.getByRole('radio', { name: /^Stop/ }).check()
  await page.getByRole('radio', { name: 'Sending our newsletter' }).check()
  await page.getByRole('button', { name: 'Send the demand' }).click()
  await page.getByText('Sent. Its clock is above.').waitFor()
  assert.deepEqual(portal.stub.state.acts.at(-1), {
    route: 'makeDemand',
    body: { kind: 'stop', purpose: 'newsletter' },
  })
  await page.context().close()
})

test('what was passed on is listed with its contract, and a hold that keeps from deletion is said beforehand', async () => {
  const { page } = await portal.open('/person/permissions', { as: 'person' })
  const passed = page.locator('#released')
  await passed.getByText('To Lighthouse Letters').waitFor()
  assert.match((await passed.textContent()) ?? '', /Phone number · Sending our newsletter · contract LH-2026-03/)
  portal.stub.state.holds = [
    { person, reason: 'litigation', case: 'C-7', since: '2026-03-16T02:07:13Z', until: '2027-03-16T02:07:13Z' },
  ]
  await page.getByRole('link', { name: 'Copy or delete' }).click()
  await page.getByText('A law suit, case C-7, until March 16, 2027.').waitFor()
  portal.stub.state.holds = []
  await page.context().close()
})

test('the copy of everything is one press: a demand, and its zip', async () => {
  const { page } = await portal.open('/person/leave', { as: 'person' })
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Get my copy' }).click()
  const download = await waiting
  assert.match(download.suggestedFilename(), /^bailee-copy-\d{4}-\d\d-\d\d\.zip$/)
  assert.equal(await readFile(await download.path(), 'utf8'), 'PK invented')
  assert.deepEqual(portal.stub.state.acts.at(-1), { route: 'makeDemand', body: { kind: 'copy' } })
  await page.context().close()
})

test('a page that speaks Chinese is Chinese throughout, remembers it, and switches back', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByRole('heading', { name: '谁看过' }).waitFor()
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN')
  assert.match(
    (await page.locator('.entry.refused').textContent()) ?? '',
    /兰亭小铺的系统想为“发送小铺通讯”查看“手机号码”，被拒绝/,
  )
  await page.reload()
  await page.getByRole('heading', { name: '谁看过' }).waitFor()
  await page.getByRole('button', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Who looked' }).waitFor()
  assert.equal(await page.getAttribute('html', 'lang'), 'en')
  await page.context().close()
})

test('a person loads the person’s page and not the provider’s', async () => {
  const { page } = await portal.open('/person', { as: 'person' })
  await page.locator('.entry').first().waitFor()
  const scripts = portal.stub.state.requests.filter((line) => line.endsWith('.js'))
  assert.ok(scripts.length > 0)
  const text = await Promise.all(scripts.map(async (line) => (await fetch(portal.stub.url + line.slice(4))).text()))
  assert.ok(!text.some((script) => script.includes('navigator.credentials')))
  assert.ok(text.some((script) => script.includes('/v1/vault/mine')))
  assert.ok(person.startsWith('per_'))
  await page.context().close()
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { type Choice, choiceOf, questionsOf } from '../embed/questions.ts'
import { axeFindings, overflowOf } from './axe.ts'
import { type OpenOptions, openPortal, type Portal } from './portal.ts'
import { notice } from './stub-people.ts'

/** The consent component in somebody else’s page, on another site, under a policy that lets no inline style through. */

let portal: Portal
let site: { readonly url: string; readonly posted: string[]; close(): void }
before(async () => {
  portal = await openPortal()
  site = await startSite(portal.stub.url)
})
beforeEach(() => {
  Object.assign(portal.stub.state, { snapshotSeconds: 3600, notice, refuse: undefined })
  site.posted.length = 0
})
after(async () => {
  site.close()
  await portal.close()
})

/** A shop’s own page. It takes the answer from the event, and from a plain form. */
async function startSite(bailee: string) {
  const posted: string[] = []
  const script = `
    window.heard = []
    for (const name of ['bailee-consent', 'bailee-refusal'])
      document.addEventListener(name, (event) => window.heard.push({ name, detail: event.detail }))
    document.documentElement.lang = new URLSearchParams(location.search).get('language') === 'zh' ? 'zh-CN' : 'en'
  `
  const html = (query: URLSearchParams) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>
    <script src="/page.js"></script><script type="module" src="${bailee}/embed/consent.js"></script></head>
    <body><main><h1>Sign up</h1><form method="post" action="/sign-up">
    <bailee-consent name="consent" server="${bailee}" notice="${query.get('notice') ?? notice.id}"
      language="${query.get('language') ?? 'en'}" age="${query.get('age') ?? 'adult'}" purposes="${query.get('purposes') ?? ''}" required></bailee-consent>
    <button>Sign up</button></form></main></body></html>`
  const policy = `default-src 'none'; script-src 'self' ${bailee}; connect-src ${bailee}; form-action 'self'`
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop')
    if (request.method === 'POST') {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        posted.push(Buffer.concat(chunks).toString())
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>done</title><p>done')
      })
      return
    }
    const isScript = url.pathname === '/page.js'
    response
      .writeHead(url.pathname === '/' || isScript ? 200 : 404, {
        'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8',
        'content-security-policy': policy,
      })
      .end(isScript ? script : html(url.searchParams))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function visit(query = '', options: OpenOptions = {}) {
  const opened = await portal.openAt(`${site.url}/?${query}`, options)
  return { ...opened, heard: () => heardBy(opened.page) }
}
const heardBy = (page: Page) =>
  page.evaluate(
    () => (window as unknown as { heard: { name: string; detail: Choice & Record<string, unknown> }[] }).heard,
  )
const newsletter = 'I agree: Sending our newsletter'

test('the component stays under 15 kB, packed', () => {
  const built = readFileSync(join(import.meta.dirname, '../dist/embed/consent.js'))
  const packed = gzipSync(built, { level: 9 }).length
  assert.ok(packed < 15_000, `${packed} bytes`)
  assert.doesNotMatch(built.toString(), /\bimport\(|\bexport\b|innerHTML|\beval\b/)
})

test('nothing is on beforehand, and what rests on another reason is told and not asked', async () => {
  const { page, complaints } = await visit()
  await page.getByRole('heading', { name: 'Orders and delivery' }).waitFor()
  const switches = await page
    .getByRole('switch')
    .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).checked))
  assert.deepEqual(switches, [false, false, false, false])
  assert.equal(await page.getByRole('switch', { name: /Delivering your order/ }).count(), 0)
  await page.getByText('a contract with you').waitFor()
  assert.deepEqual(complaints, [])
  await page.context().close()
})

test('agreeing tells the page exactly what was switched on, and what was not', async () => {
  const { page, heard } = await visit()
  await page.getByRole('switch', { name: newsletter }).check()
  await page.getByRole('switch', { name: /shops near your home/ }).check()
  await page.getByRole('switch', { name: /Lighthouse Letters may receive it/ }).check()
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  const said = page.getByRole('status').filter({ hasText: 'You agreed to:' })
  assert.match((await said.textContent()) ?? '', /newsletter.*shops near your home.*Lighthouse Letters/)
  const [event, ...others] = await heard()
  assert.equal(others.length, 0)
  assert.equal(event?.name, 'bailee-consent')
  const { snapshot, ...rest } = event.detail
  assert.match(String(snapshot), /^[\w-]+\.[\w-]+$/)
  assert.deepEqual(rest, {
    decision: 'agreed',
    notice: notice.id,
    version: 2,
    language: 'en',
    ageBand: 'adult',
    purposes: ['newsletter'],
    separately: ['nearby'],
    recipients: ['lighthouse'],
    informed: ['delivery'],
    refused: { purposes: ['support'], recipients: [] },
  })
  await page.context().close()
})

test('refusing is one press, as large as agreeing, and leaves nothing switched on', async () => {
  const { page, heard } = await visit()
  await page.getByRole('switch', { name: newsletter }).check()
  const refuse = page.getByRole('button', { name: 'I do not agree' })
  const agree = page.getByRole('button', { name: 'I agree to what I switched on' })
  const look = (element: Element) => {
    const { width, height } = element.getBoundingClientRect()
    const { backgroundColor, borderColor, color, fontSize, fontWeight } = getComputedStyle(element)
    return { width, height, backgroundColor, borderColor, color, fontSize, fontWeight }
  }
  assert.deepEqual(await refuse.evaluate(look), await agree.evaluate(look))
  await refuse.click()
  await page.getByText('You did not agree. Nothing is collected on your consent.').waitFor()
  const [event] = await heard()
  assert.equal(event?.name, 'bailee-refusal')
  const { purposes, separately, recipients, refused } = event.detail
  assert.deepEqual([purposes, separately, recipients], [[], [], []])
  assert.deepEqual(refused, { purposes: ['support', 'newsletter', 'nearby'], recipients: ['lighthouse'] })
  await page.getByRole('button', { name: 'Change my answer' }).click()
  assert.equal(await page.getByRole('switch', { checked: true }).count(), 0)
  await page.context().close()
})

test('agreeing to nothing is no agreement: the page hears nothing', async () => {
  const { page, heard } = await visit()
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  await page.getByText('You have switched nothing on yet.').waitFor()
  await page.getByRole('switch', { name: /Lighthouse Letters may receive it/ }).check()
  await page.getByText('This counts only if you also agree to “Sending our newsletter”.').waitFor()
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  assert.deepEqual(await heard(), [])
  await page.context().close()
})

test('a plain form holds the answer, and is not sent without one', async () => {
  const { page } = await visit()
  await page.getByRole('switch', { name: newsletter }).waitFor()
  await page.getByRole('button', { name: 'Sign up' }).click()
  assert.deepEqual(site.posted, [])
  await page.getByRole('switch', { name: newsletter }).check()
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.waitForURL('**/sign-up')
  const answer = JSON.parse(new URLSearchParams(site.posted[0]).get('consent') ?? '')
  assert.deepEqual([answer.decision, answer.purposes], ['agreed', ['newsletter']])
  await page.context().close()
})

test('another language is another snapshot, and keeps what was switched on', async () => {
  const { page, heard } = await visit()
  await page.getByRole('switch', { name: newsletter }).check()
  await page.getByRole('button', { name: '中文' }).click()
  const same = page.getByRole('switch', { name: '我同意：发送小铺通讯' })
  await same.waitFor()
  assert.ok(await same.isChecked())
  await page.getByRole('button', { name: '我同意已打开的各项' }).click()
  const [event] = await heard()
  assert.equal(event?.detail.language, 'zh')
  assert.match(Buffer.from(String(event?.detail.snapshot).split('.')[0]!, 'base64url').toString(), /in zh$/)
  await page.context().close()
})

test('a snapshot that has run out is taken anew; if the notice changed meanwhile, it is asked again', async () => {
  portal.stub.state.snapshotSeconds = -1
  const { page, heard } = await visit()
  await page.getByRole('switch', { name: newsletter }).check()
  const before = portal.stub.state.snapshots
  portal.stub.state.notice = { ...notice, version: 3, hash: 'c'.repeat(64) }
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  await page.getByText('The notice has changed while you were reading.').waitFor()
  assert.deepEqual(await heard(), [])
  assert.equal(await page.getByRole('switch', { checked: true }).count(), 0)
  await page.getByRole('switch', { name: newsletter }).check()
  await page.getByRole('button', { name: 'I agree to what I switched on' }).click()
  await page.getByText('You agreed to:').waitFor()
  assert.equal((await heard())[0]?.detail.version, 3)
  assert.equal(portal.stub.state.snapshots, before + 2)
  await page.context().close()
})

test('where the notice has rules for children the age is asked first, and a child’s agreement waits for a guardian', async () => {
  const { page, heard } = await visit('age=')
  await page.getByRole('switch', { name: newsletter }).check()
  const agree = page.getByRole('button', { name: 'I agree to what I switched on' })
  await agree.click()
  await page.getByText('Please say how old you are.').waitFor()
  await page.getByRole('radio', { name: 'under 14' }).check()
  await agree.click()
  await page.getByText('A parent or guardian has to answer this with you.').first().waitFor()
  assert.deepEqual(await heard(), [])
  await page.getByRole('radio', { name: '14 to 17' }).check()
  await agree.click()
  await page.getByText('You agreed to:').waitFor()
  assert.equal((await heard())[0]?.detail.ageBand, '14to17')
  await page.context().close()
})

test('only the purposes that the page names are asked', async () => {
  const { page } = await visit('purposes=newsletter')
  await page.getByRole('switch', { name: newsletter }).waitFor()
  assert.equal(await page.getByRole('switch').count(), 2)
  assert.equal(await page.getByText('Delivering your order').count(), 0)
  await page.context().close()
})

test('a notice that cannot be had is said so, nothing is agreed, and it can be tried again', async () => {
  portal.stub.state.refuse = { route: 'takeSnapshot', code: 'unavailable' }
  const { page } = await visit()
  await page.getByText('What you would be asked cannot be shown just now.').waitFor()
  portal.stub.state.refuse = undefined
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('switch', { name: newsletter }).waitFor()
  await page.context().close()
})

test('by keyboard alone, and the focus is never lost', async () => {
  const { page, heard } = await visit()
  await page.getByRole('switch', { name: newsletter }).waitFor()
  const focused = () =>
    page.evaluate(() => {
      const inner = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement
      return (inner?.closest('label') ?? inner)?.textContent ?? ''
    })
  const tabTo = async (wanted: RegExp) => {
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Tab')
      if (wanted.test(await focused())) return
    }
    assert.fail(`no way by Tab to ${wanted}`)
  }
  await tabTo(/Sending our newsletter/)
  await page.keyboard.press('Space')
  await tabTo(/I agree to what I switched on/)
  await page.keyboard.press('Enter')
  await page.getByText('You agreed to:').waitFor()
  assert.match(await focused(), /You agreed to:/)
  await tabTo(/Change my answer/)
  await page.keyboard.press('Enter')
  await tabTo(/Answering your questions/)
  assert.equal((await heard()).length, 1)
  await page.context().close()
})

const ways = [
  { language: 'en', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { language: 'zh', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { language: 'en', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  { language: 'zh', colorScheme: 'light', viewport: { width: 360, height: 740 } },
] as const
test('axe finds nothing: both languages, light and dark, phone and desk, asked and answered', async () => {
  for (const { language, ...way } of ways) {
    // The policy is set aside only for axe, which is put into the page by hand; that the page obeys it is tested above.
    const { page, complaints } = await visit(`language=${language}&age=`, { ...way, bypassCSP: true })
    const label = `${language}, ${way.colorScheme}, ${way.viewport.width}`
    await page.getByRole('switch').first().waitFor()
    assert.deepEqual(await axeFindings(page), [], label)
    assert.ok((await overflowOf(page)) <= 0, label)
    const small = await page
      .getByRole('button')
      .evaluateAll(
        (all) =>
          all.filter((one) => one.getRootNode() !== document && one.getBoundingClientRect().height < 43.5).length,
      )
    assert.equal(small, 0, label)
    await page.getByRole('switch').first().check()
    await page.getByRole('radio').last().check()
    await page.locator('#agree').click()
    await page.locator('.said').getByRole('button').waitFor()
    assert.deepEqual(await axeFindings(page), [], `${label}, answered`)
    assert.deepEqual(complaints, [], label)
    await page.context().close()
  }
})

test('with forced colours a switch still shows whether it is on; with motion unwanted nothing moves', async () => {
  const { page } = await visit('', { forcedColors: 'active', reducedMotion: 'reduce' })
  const one = page.getByRole('switch', { name: newsletter })
  const look = () =>
    one.evaluate((input) => [
      getComputedStyle(input).backgroundColor,
      getComputedStyle(input, '::before').insetInlineStart,
    ])
  const off = await look()
  await one.check()
  assert.notDeepEqual(await look(), off)
  assert.equal(await one.evaluate((input) => getComputedStyle(input).transitionDuration), '0s')
  await page.context().close()
})

test('what the switches come to', () => {
  const questions = questionsOf(notice.content as unknown as Parameters<typeof questionsOf>[0])
  assert.deepEqual(
    [questions.together, questions.separate, questions.informed].map((list) => list.map(({ id }) => id)),
    [['support', 'newsletter'], ['nearby'], ['delivery']],
  )
  const none = choiceOf(questions, new Set())
  assert.deepEqual([none.purposes, none.separately, none.recipients], [[], [], []])
  // A recipient without its purpose receives nothing.
  assert.deepEqual(choiceOf(questions, new Set(['recipient lighthouse'])).recipients, [])
  assert.deepEqual(choiceOf(questions, new Set(['recipient lighthouse', 'purpose newsletter'])).recipients, [
    'lighthouse',
  ])
})

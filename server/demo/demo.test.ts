import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inventPeople } from './people.ts'

const mainFile = join(import.meta.dirname, '..', 'main.ts')

interface Ended {
  readonly code: number | null
  readonly text: string
}
/** `until`: once this was printed, the demonstration is asked to stop, as by Ctrl-C. */
function runDemo(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  until?: { readonly text: string; readonly meanwhile: (text: string) => Promise<void> },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mainFile, 'demo', ...args], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    let stopping = false
    const hear = (chunk: Buffer) => {
      text += chunk.toString()
      if (until === undefined || stopping || !text.includes(until.text)) return
      stopping = true
      until
        .meanwhile(text)
        .catch(reject)
        .finally(() => child.kill('SIGINT'))
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, text }))
  })
}
/** Columns on a terminal: Chinese characters and their punctuation take two. */
const widthOf = (line: string) =>
  [...line].reduce((sum, one) => sum + (/[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠]/.test(one) ? 2 : 1), 0)

test('`demo --once` plays, verifies all five promises as an outsider, and ends well', {
  timeout: 120_000,
}, async () => {
  const started = performance.now()
  const { code, text } = await runDemo(['--once'])
  assert.equal(code, 0, text)
  for (const line of [
    /^ {2}ok {2}withdrawn: [1-9]\d* key destroyed, then grant_missing; delivery still opens$/m,
    /^ {2}ok {2}(2[0-9]{2}) looks, [1-9]\d* refused: every receipt, leaf, path and body verified$/m,
    /^ {2}ok {2}[5-9]\d\d acts; [5-9]\d\d sealed leaves in the log, one for each answer, no more$/m,
    /^ {2}ok {2}checkpoints \d+ and [5-9]\d\d: Ed25519, ML-DSA-44, [1-9] witness signatures$/m,
    /^ {2}ok {2}\d+ -> [5-9]\d\d only grew \(\d+ hashes\); [5-9]\d\d leaves rebuilt to the root$/m,
    /^ {2}ok {2}\d+ keys, 2 drawers gone; look refused \(person_\w+(, no entry)?\), not found$/m,
    /^ {2}ok {2}[1-9]\d* entries open for nobody; [1-9]\d* kept proofs and \d+ of others verify$/m,
    /^ {2}ok {2}own list: (\d+) entries of \1, each with its actor, the night key included$/m,
    /^ {2}ok {2}tags 0\.\.\d+ are in the log, [1-9]\d* recomputed from the person's own key$/m,
    /^ {2}ok {2}tag \d+ is in none of [1-9]\d* closed epochs \([5-9]\d\d tags, indexes rebuilt\)$/m,
    /^ {2}ok {2}\d{3,} flipped bits \(leaf, path, receipt\), a new outcome: all noticed$/m,
    /^ {2}Certificate of erasure · 删除证明$/m,
    /^All five promises hold: (?:1[89]|[2-9]\d) checks in [\d.]+ s · 五项承诺全部成立$/m,
  ])
    assert.match(text, line)
  assert.ok(performance.now() - started < 60_000, 'under a minute, start included')
  for (const line of text.split('\n')) assert.ok(widthOf(line) <= 80, `${widthOf(line)} columns: ${line}`)
})

test('the demonstration stays up, hands out links that work, and ends with Ctrl-C', { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bailee-demo-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const data = join(folder, 'demo')
  const environment = { BAILEE_DATA: data, BAILEE_PORT: '18787' }
  const { code, text } = await runDemo([], environment, {
    text: 'Test Person 007',
    async meanwhile(printed) {
      const link = /(http\S+)\/person#token=(\S+)/.exec(printed)
      const response = await fetch(`${link?.[1]}/v1/parties/persons/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: link?.[2] }),
      })
      assert.equal(response.status, 201)
    },
  })
  assert.equal(code, 0, text)
  assert.ok((await readdir(data)).includes('BAILEE-DEMO'))
  for (const line of text.split('\n')) assert.ok(widthOf(line) <= 80 || /#token=|BAILEE_KEY=/.test(line), line)
})

test('a folder that the demonstration did not make is left alone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bailee-demo-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'cluster'))
  await writeFile(join(folder, 'somebody.txt'), 'kept')
  const { code, text } = await runDemo([], { BAILEE_DATA: folder })
  assert.equal(code, 1)
  assert.match(text, /was not made by the demonstration, so it is left alone/)
  assert.deepEqual((await readdir(folder)).sort(), ['cluster', 'somebody.txt'])
})

test('the invented people are the same each time and look invented', () => {
  assert.deepEqual(inventPeople(40), inventPeople(40))
  for (const { fields } of inventPeople(300)) {
    assert.match(fields.name, /^(Test Person|测试人) ?\d{3}$/)
    assert.match(fields.phone, /^12000000\d{3}$/)
  }
})

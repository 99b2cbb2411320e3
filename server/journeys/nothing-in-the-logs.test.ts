import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

test('article 4: no information of a person and no secret is in the logs, the errors or the metrics, whatever breaks', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bailee-logs-'))
  t.after(() => rm(folder, { recursive: true }))
  const marker = 'MARKER-特征-c0ffee'
  const file = join(folder, 'told.json')
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, 'nothing-in-the-logs.fixture.ts'), file, marker],
    { maxBuffer: 50_000_000 },
  )
  const { told, metrics, secrets } = JSON.parse(await readFile(file, 'utf8'))
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  assert.ok(lines.length > 5, 'the log was captured')
  assert.ok(
    lines.some(({ level, err }) => level >= 50 && err?.message === 'database error'),
    'something broke and was logged',
  )
  assert.ok(told.some(({ status }: { status: number }) => status === 500))
  assert.match(metrics, /bailee_http_request_seconds_count\{method="POST",route="\/v1\/vault\/look"/)
  const forms = [
    marker,
    'MARKER',
    encodeURIComponent(marker),
    Buffer.from(marker).toString('hex'),
    Buffer.from(marker).toString('base64'),
  ]
  const places = { log: stdout, 'standard error': stderr, metrics, answers: JSON.stringify(told) }
  for (const [place, text] of Object.entries(places))
    for (const form of [...forms, ...secrets])
      assert.equal(
        text.includes(form),
        false,
        `${place}: ${text.slice(Math.max(0, text.indexOf(form) - 300), text.indexOf(form) + 100)}`,
      )
})

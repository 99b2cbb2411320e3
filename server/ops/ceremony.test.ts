import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../testing.ts'

let folder: string
let server: TestServer
let first: string
let second: string

function run(
  args: readonly string[],
  dataDirectory = folder,
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), 'keys', ...args], {
      env: { PATH: process.env.PATH, BAILEE_DATA: dataDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const text = { out: '', err: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      text.out += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      text.err += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...text }))
  })
}
async function approval(act: string, decide: boolean): Promise<string> {
  const body = { act, subject: 'root', reason: 'yearly ceremony' }
  const asked = await server.call('POST', '/v1/parties/approvals', { key: first, body })
  const id = asked.json.approval.id as string
  if (decide) {
    const own = await server.call('POST', '/v1/parties/approvals/decide', {
      key: first,
      body: { approval: id, decision: 'approve' },
    })
    assert.equal(own.json.code, 'approval_same_person')
    const other = await server.call('POST', '/v1/parties/approvals/decide', {
      key: second,
      body: { approval: id, decision: 'approve' },
    })
    assert.equal(other.status, 200, JSON.stringify(other.json))
  }
  return id
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bailee-ceremony-'))
  await chmod(folder, 0o711)
  server = await startTestServer({}, folder)
  first = (await server.provider()).admin
  const made = await server.call('POST', '/v1/parties/clients', {
    key: first,
    body: { name: 'second', abilities: ['administer', 'approve'], purposes: [] },
  })
  second = made.json.key
})
after(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('one person alone gets no share: no approval, an undecided one, one of another act', async () => {
  for (const [args, words] of [
    [['ceremony'], /keys ceremony --approval/],
    [['ceremony', '--approval', 'apr_none'], /keys ceremony --approval/],
    [['ceremony', '--approval', await approval('root-ceremony', false)], /approval_needed/],
    [['ceremony', '--approval', await approval('bulk-export', true)], /approval_needed/],
  ] as const) {
    const { code, out, err } = await run(args)
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, words)
  }
})

test('with two people’s approval the root is shared once, the ledger says so, and three shares bring it back', async () => {
  const id = await approval('root-ceremony', true)
  const { code, out, err } = await run(['ceremony', '--approval', id])
  assert.equal(code, 0, err)
  const shares = out.trim().split('\n')
  assert.equal(shares.length, 5)
  assert.match((await run(['ceremony', '--approval', id])).err, /approval_expired|approval_needed/)
  await server.settle()
  const leaves = await server.running.app.foundation.db
    .as('ledger')
    .query<{ leaves: Buffer }>({ text: 'select leaves from ledger.segment' })
  const told = Buffer.concat(leaves.map((row) => row.leaves)).toString('latin1')
  assert.match(
    told,
    new RegExp(
      `"approval":"${id}","decidedBy":"cli_[0-9a-f]{32}","requestedBy":"cli_[0-9a-f]{32}".*"type":"root-shared"`,
    ),
  )

  const elsewhere = await mkdtemp(join(tmpdir(), 'bailee-restored-'))
  try {
    const paper = join(elsewhere, 'shares.txt')
    const typo = shares[2]!.replace(/.$/, (letter) => (letter === '0' ? '1' : '0'))
    await writeFile(paper, [shares[4], typo, shares[0]].join('\n'))
    const wrong = await run(['restore-root', '--shares', paper], elsewhere)
    assert.match(wrong.err, /share 2 has a typing mistake/)
    assert.equal(await stat(join(elsewhere, 'keys', 'root.key')).catch(() => undefined), undefined)
    await writeFile(paper, [shares[4], shares[2], shares[0]].join('\n'))
    const good = await run(['restore-root', '--shares', paper], elsewhere)
    assert.equal(good.code, 0, good.err)
    const path = join(elsewhere, 'keys', 'root.key')
    assert.deepEqual(await readFile(path), await readFile(join(folder, 'keys', 'root.key')))
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.match((await run(['restore-root', '--shares', paper], elsewhere)).err, /there is a root key already/)
  } finally {
    await rm(elsewhere, { recursive: true, force: true })
  }
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startTestServer, type TestProvider, type TestServer } from '../testing.ts'
import { visit } from './test-person.ts'

let server: TestServer
let provider: TestProvider
let folder: string
before(async () => {
  server = await startTestServer()
  provider = await server.provider()
  folder = await mkdtemp(join(tmpdir(), 'bailee-chain-'))
})
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

test('a person is handed the start of their chain, and bailee audit finds all that was logged, that act included', async () => {
  const person = await provider.person()
  await provider.person()
  const me = await visit(server, provider, person)
  await me.mine()
  await server.settle()
  const idempotencyKey = 'chain-start-once'
  const path = '/v1/ledger/me/chain-start'
  const given = await server.call('POST', path, { cookie: me.cookie, body: {}, idempotencyKey })
  assert.equal(given.status, 200, JSON.stringify(given.json))
  assert.equal(given.json.n, 0)
  const again = await server.call('POST', path, { cookie: me.cookie, body: {}, idempotencyKey })
  assert.deepEqual(again.json, given.json)
  assert.equal((await server.call('POST', path, { key: provider.key, body: {} })).status, 403)
  const entries = await me.entries()
  assert.equal(entries.filter(({ kind }) => kind === 'chain-start').length, 1)

  const file = join(folder, 'chain.json')
  await writeFile(file, JSON.stringify(given.json))
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../cli/main.ts'), 'audit', '--key', file, '--server', server.url, '--json'],
    { env: { PATH: process.env.PATH, HOME: folder } },
  )
  let text = ''
  let told = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  child.stderr.on('data', (chunk) => {
    told += chunk
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  assert.equal(code, 0, text + told)
  const found = JSON.parse(text).entries as { n: number; index: number }[]
  assert.deepEqual(
    found.map(({ index }) => index).toSorted((a, b) => a - b),
    entries.map(({ index }) => index).toSorted((a, b) => a - b),
  )
})

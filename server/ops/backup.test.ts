import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { day } from '#kernel'
import { readConfig } from '../config.ts'
import { startTestServer } from '../testing.ts'
import { examineKeyLife } from './key-check.ts'
import { openReadingRoom } from './reading-room.ts'

const mainFile = join(import.meta.dirname, '..', 'main.ts')
let folder: string
let original: string
let copy: string
let key: string
let person: string
const settings = { BAILEE_LOG_LEVEL: 'error', BAILEE_PUBLIC_URL: 'http://localhost:8787' }

/** A verb as an operator runs it. */
function run(
  verb: string,
  args: readonly string[],
  dataDirectory: string,
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [mainFile, verb, ...args], {
      env: { PATH: process.env.PATH, ...settings, BAILEE_PORT: '0', BAILEE_DATA: dataDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, text }))
  })
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bailee-backup-'))
  await chmod(folder, 0o711)
  original = join(folder, 'original')
  copy = join(folder, 'copy')
  await mkdir(original)
  const server = await startTestServer(settings, original)
  const refused = run('backup', [join(folder, 'too-early')], original)
  const provider = await server.provider()
  key = provider.key
  person = await provider.person({ name: 'Invented Person', phone: '12000000001' })
  await server.settle()
  const early = await refused
  assert.equal(early.code, 1)
  assert.match(early.text, /data_directory_in_use/)
  await server.stop()
  const made = await run('backup', [copy], original)
  assert.equal(made.code, 0, made.text)
  assert.match(made.text, /files, [\d.]+ MB, each with its SHA-256/)
})
after(() => rm(folder, { recursive: true, force: true }))

test('a restored server opens what was sealed and goes on with the same ledger', async () => {
  const target = join(folder, 'restored')
  const done = await run('restore', [copy], target)
  assert.equal(done.code, 0, done.text)
  const server = await startTestServer(settings, target)
  try {
    const { json: status } = await server.call('GET', '/v1/ledger/status')
    assert.ok(status.size > 3)
    const body = { person, purpose: 'delivery', fields: ['name'] }
    const { json } = await server.call('POST', '/v1/vault/look', { key, body })
    assert.equal(json.fields.name, 'Invented Person')
    await server.settle()
  } finally {
    await server.stop()
  }
})

test('a restored ledger that its witness has seen further refuses to sign', async () => {
  const server = await startTestServer(settings, original)
  try {
    const body = { person, purpose: 'delivery', fields: ['name'] }
    await server.call('POST', '/v1/vault/look', { key, body })
    await server.settle()
  } finally {
    await server.stop()
  }
  const target = join(folder, 'forked')
  assert.equal((await run('restore', [copy], target)).code, 0)
  await rm(join(target, 'witness'), { recursive: true })
  await cp(join(original, 'witness'), join(target, 'witness'), { recursive: true })
  const { code, text } = await run('serve', [], target)
  assert.equal(code, 1, text)
  assert.match(text, /The ledger refuses to sign: .* has seen \d+ entries, this database holds \d+/)
})

test('the part that may be kept for long holds no key, not even a wrapped one', async () => {
  const { keyStore, close } = await openReadingRoom(readConfig({ ...settings, BAILEE_DATA: original }))
  const rows = await keyStore
    .query<{ wrapped: Buffer }>({
      text: 'select wrapped from epoch_key union all select wrapped from signing_key where name <> $1',
      values: ['ledger-ml-dsa-44'],
    })
    .finally(close)
  assert.ok(rows.length > 4)
  const foundIn = async (part: string) => {
    const names = await readdir(join(copy, part), { recursive: true, withFileTypes: true })
    let found = 0
    for (const entry of names.filter((each) => each.isFile())) {
      const bytes = await readFile(join(entry.parentPath, entry.name))
      found += rows.filter(({ wrapped }) => bytes.includes(wrapped.subarray(18))).length
    }
    return found
  }
  assert.deepEqual([await foundIn('data'), (await foundIn('key-store')) >= rows.length], [0, true])
})

test('the doctor reminds of a key store’s backup whose window has ended, and of nothing once it is deleted', async () => {
  const config = readConfig({ ...settings, BAILEE_DATA: original })
  const findingsAt = async (days: number) => {
    const room = await openReadingRoom(config)
    const found = await examineKeyLife(config, room, new Date(Date.now() + days * day)).finally(() => room.close())
    return found.filter(({ level }) => level === 'fail').map(({ en }) => en)
  }
  assert.deepEqual(await findingsAt(6), [])
  assert.match((await findingsAt(9)).join(), /a backup of the key store is \d days old: .*key-store/)
  await rename(join(copy, 'key-store'), join(folder, 'deleted'))
  assert.deepEqual(await findingsAt(9), [])
  await rename(join(folder, 'deleted'), join(copy, 'key-store'))
  // Nobody rotates while the server is stopped: after epoch and grace the certificates' promise is broken.
  assert.match((await findingsAt(45)).join(), /\d+ keys of ended epochs, the oldest due for destruction by/)
})

test('a data directory that holds anything is not touched', async () => {
  const { code, text } = await run('restore', [copy], original)
  assert.equal(code, 1)
  assert.match(text, /is not empty, and nothing in it is overwritten/)
})

test('a damaged or incomplete backup restores nothing', async () => {
  const target = join(folder, 'never')
  const damaged = join(copy, 'data', 'password')
  const kept = await readFile(damaged)
  await writeFile(damaged, 'changed')
  assert.match((await run('restore', [copy], target)).text, /data\/password is missing or damaged/)
  await writeFile(damaged, kept)
  await rename(join(copy, 'root-key'), join(folder, 'kept-apart'))
  assert.match((await run('restore', [copy], target)).text, /The root key is not in/)
  await rename(join(folder, 'kept-apart'), join(copy, 'root-key'))
  await rename(join(copy, 'key-store'), join(folder, 'ended'))
  assert.match(
    (await run('restore', [copy], target)).text,
    /The key store is not whole in .* can no longer be restored/,
  )
  await rename(join(folder, 'ended'), join(copy, 'key-store'))
  await rename(join(copy, 'manifest.json'), join(copy, 'aside'))
  assert.match((await run('restore', [copy], target)).text, /no complete backup/)
  await rename(join(copy, 'aside'), join(copy, 'manifest.json'))
  assert.equal((await readdir(folder)).includes('never'), false)
})

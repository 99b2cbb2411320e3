import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { entriesPath } from '@bailee/proof'
import { type Config, readConfig } from './config.ts'
import { examine } from './doctor.ts'
import type { Finding } from './ops/finding.ts'
import { startTestServer } from './testing.ts'

let folder: string
let config: Config
let whileRunning: readonly Finding[]
const whileBusy: Finding[] = []
const unread = new Set(['cluster', 'postgres.log', 'server.lock', 'socket'])

/** Everything in the data directory that is not PostgreSQL's own, by its content. */
async function fingerprint(): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const found: Record<string, string> = {}
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name)
    if (
      !entry.isFile() ||
      path
        .slice(folder.length + 1)
        .split('/')
        .some((part) => unread.has(part))
    )
      continue
    found[path] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  }
  return found
}
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
const worst = (findings: readonly Finding[]) => findings.filter(({ level }) => level === 'fail').map(({ en }) => en)
const has = (findings: readonly Finding[], pattern: RegExp, level: Finding['level']) =>
  assert.ok(
    findings.some((finding) => finding.level === level && pattern.test(finding.en)),
    `no ${level} like ${pattern}: ${findings.map((finding) => `${finding.level} ${finding.en}`).join('; ')}`,
  )

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bailee-doctor-'))
  const settings = { BAILEE_LOG_LEVEL: 'error', BAILEE_PORT: String(await freePort()) }
  config = readConfig({ ...settings, BAILEE_DATA: folder })
  const server = await startTestServer(settings, folder)
  try {
    const provider = await server.provider()
    for (let at = 0; at < 5; at++) await provider.person()
    await server.settle()
    whileRunning = await examine(config)
    let isBusy = true
    const clerks = Array.from({ length: 4 }, async () => {
      while (isBusy) await provider.person()
    })
    for (let at = 0; at < 5; at++) whileBusy.push(...(await examine(config)))
    isBusy = false
    await Promise.all(clerks)
    await server.settle()
  } finally {
    await server.stop()
  }
})
after(() => rm(folder, { recursive: true, force: true }))

test('beside a running server everything is well, from the database to the witness', () => {
  assert.deepEqual(worst(whileRunning), [])
  has(whileRunning, /^the server at .* is ready$/, 'ok')
  has(whileRunning, /^PostgreSQL: running/, 'ok')
  has(whileRunning, /^the ledger keeps up/, 'ok')
  has(whileRunning, /unwraps 3 signing keys and \d+ epoch keys/, 'ok')
  has(whileRunning, /^the tiles make the root; \d+ entries re-hashed/, 'ok')
})

test('a server that goes on writing meanwhile is not accused of anything', () => {
  assert.deepEqual(worst(whileBusy), [])
  const sizes = new Set(whileBusy.flatMap(({ en }) => /agree: (\d+) entries/.exec(en)?.[1] ?? []))
  assert.ok(sizes.size > 1, 'it did write')
})

test('with the server stopped the same is found, and nothing was changed', async () => {
  const was = await fingerprint()
  const findings = await examine(config)
  assert.deepEqual(worst(findings), [])
  has(findings, /^no server is running here$/, 'ok')
  has(findings, /^PostgreSQL: started for this/, 'ok')
  has(findings, /the published checkpoint: \d+ entries, signed with Ed25519 and ML-DSA-44/, 'ok')
  has(findings, /^our own witness has seen \d+ entries, not more than we hold$/, 'ok')
  assert.deepEqual(await fingerprint(), was)
})

test('every finding says the same in both languages, and what to do unless it is well', () => {
  for (const { level, en, zh, todo } of whileRunning) {
    assert.ok(en !== '' && zh !== '')
    assert.equal(todo === undefined, level === 'ok', en)
  }
})

test('a root key that others may read is a failure, and the doctor leaves its mode alone', async () => {
  const path = join(folder, 'keys', 'root.key')
  await chmod(path, 0o644)
  try {
    has(await examine(config), /^the root key may be read by others \(mode 0644\)$/, 'fail')
  } finally {
    await chmod(path, 0o600)
  }
})

test('the root key of another server does not open the key store', async () => {
  const path = join(folder, 'keys', 'root.key')
  const kept = await readFile(path)
  const other = Buffer.from(kept)
  other[40]! ^= 1
  await writeFile(path, other)
  try {
    has(await examine(config), /^the root key does not open the key store/, 'fail')
  } finally {
    await writeFile(path, kept)
  }
})

test('a flipped bit in a bundle is found', async () => {
  const size = Number(/\n(\d+)\n/.exec(await readFile(join(folder, 'ledger', 'checkpoint'), 'utf8'))![1])
  const last = Math.floor((size - 1) / 256)
  const path = join(folder, 'ledger', entriesPath(last, size - last * 256))
  const kept = await readFile(path)
  const changed = Buffer.from(kept)
  changed[changed.length - 1]! ^= 1
  await writeFile(path, changed)
  try {
    has(await examine(config), /is not what its bundle holds$/, 'fail')
  } finally {
    await writeFile(path, kept)
  }
})

test('a witness that has seen more than the database holds means an old state', async () => {
  const [name] = await readdir(join(folder, 'witness', 'state'))
  const path = join(folder, 'witness', 'state', name!)
  const kept = await readFile(path, 'utf8')
  await writeFile(
    path,
    kept.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1000}\n`),
  )
  try {
    has(await examine(config), /^our own witness has seen \d+ entries, the database holds \d+: it was restored/, 'fail')
  } finally {
    await writeFile(path, kept)
  }
})

test('the ledger of another name, a lost tile and an empty folder are each told apart', async () => {
  has(
    await examine({ ...config, ledgerOrigin: 'other.example/ledger' }),
    /the configuration names other.example/,
    'fail',
  )
  const tiles = join(folder, 'ledger', 'tile')
  await rename(tiles, `${tiles}.aside`)
  try {
    has(await examine(config), /^a tile is missing or damaged/, 'fail')
  } finally {
    await rename(`${tiles}.aside`, tiles)
  }
  const empty = await examine({ ...config, dataDirectory: join(folder, 'nothing-here') })
  assert.deepEqual(worst(empty), [])
  has(empty, /^there is no database yet$/, 'warn')
  assert.equal((await readdir(folder)).includes('nothing-here'), false)
})

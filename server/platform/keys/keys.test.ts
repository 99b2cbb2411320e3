import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { day, fixedClock, newId, Refusal } from '#kernel'
import { startTestDatabase } from '../test-database.ts'
import { createKeys, epochDays, fileKeyProvider, KeyProviderError, keyIdOf, openKeyStore, SealBroken } from './index.ts'

const database = await startTestDatabase()
const folder = await mkdtemp(join(tmpdir(), 'bailee-keys-'))
after(async () => {
  await database.close()
  await rm(folder, { recursive: true })
})
const root = join(folder, 'keys', 'root.key')
const clock = fixedClock(new Date('2026-11-23T01:00:00Z'))
async function open(at = clock, path = root) {
  const keys = createKeys({
    provider: await fileKeyProvider(path),
    store: await openKeyStore(database.connection, () => {}),
    clock: at,
  })
  after(() => keys.close())
  return keys
}
const text = Buffer.from('sealed')
const here = Buffer.from('here')

test('the root is made once, for its owner alone, and is the same at the next start', async () => {
  const first = await fileKeyProvider(root)
  const wrapped = await first.wrap(text, here)
  await chmod(root, 0o644)
  const second = await fileKeyProvider(root)
  assert.deepEqual(await second.unwrap(wrapped, here), text)
  assert.equal((await stat(root)).mode & 0o777, 0o600)
})
test('a damaged root file stops the start, names the file and is left as it is', async () => {
  const path = join(folder, 'damaged.key')
  await fileKeyProvider(path)
  await truncate(path, 40)
  const bytes = await readFile(path)
  await assert.rejects(fileKeyProvider(path), (error: unknown) => {
    assert.ok(error instanceof KeyProviderError && error.message.includes('damaged.key'))
    return true
  })
  assert.deepEqual(await readFile(path), bytes)
  await writeFile(path, 'another header and some more bytes of any kind, 63 in all, so')
  await assert.rejects(fileKeyProvider(path), KeyProviderError)
})
test('without the root, or with another, no key of the store opens', async () => {
  const keys = await open()
  const tenant = newId<'org'>()
  const blob = await keys.sealFor(tenant, 'delivery', text, here)
  const thief = await open(clock, join(folder, 'other', 'root.key'))
  await assert.rejects(thief.openFor(tenant, 'delivery', blob, here), { code: 'key_unavailable' })
  await assert.rejects(thief.current(tenant, 'delivery'), SealBroken)
})
test('servers that need a new key at once agree on one', async () => {
  const servers = await Promise.all([open(), open(), open()])
  const tenant = newId<'org'>()
  const made = await Promise.all(
    servers.flatMap((keys) => [keys.current(tenant, 'race'), keys.current(tenant, 'race')]),
  )
  assert.equal(new Set(made.map(({ id }) => id)).size, 1)
  const blob = await servers[0]!.sealFor(tenant, 'race', text, here)
  assert.deepEqual(await servers[2]!.openFor(tenant, 'race', blob, here), text)
})
test('each tenant, purpose and epoch has a key of its own', async () => {
  const moving = fixedClock(clock.now())
  const keys = await open(moving)
  const tenant = newId<'org'>()
  const ids = new Set<string>()
  for (const [who, what] of [
    [tenant, 'delivery'],
    [tenant, 'support'],
    [newId<'org'>(), 'delivery'],
  ] as const)
    ids.add((await keys.current(who, what)).id)
  const before = await keys.sealFor(tenant, 'delivery', text, here)
  moving.set(new Date(moving.now().getTime() + epochDays * day))
  const after = await keys.sealFor(tenant, 'delivery', text, here)
  ids.add(keyIdOf(after))
  assert.equal(ids.size, 4)
  assert.deepEqual(await keys.openFor(tenant, 'delivery', before, here), text)
})
test('what was sealed for one use does not open for another', async () => {
  const keys = await open()
  const tenant = newId<'org'>()
  const blob = await keys.sealFor(tenant, 'once', text, here)
  await assert.rejects(keys.openFor(tenant, 'other', blob, here), SealBroken)
  await assert.rejects(keys.openFor(tenant, 'once', blob, Buffer.from('there')), SealBroken)
  await assert.rejects(keys.openFor(tenant, 'once', Buffer.from('no blob'), here), SealBroken)
})
test('a key that is gone from the store is said to be unavailable', async () => {
  const keys = await open()
  const tenant = newId<'org'>()
  const blob = await keys.sealFor(tenant, 'gone', text, here)
  blob.fill(7, 2, 18)
  await assert.rejects(
    keys.openFor(tenant, 'gone', blob, here),
    (error: unknown) => error instanceof Refusal && error.code === 'key_unavailable',
  )
})
test('the index key of a field stays the same over epochs and servers, and differs by tenant, field and version', async () => {
  const moving = fixedClock(clock.now())
  const keys = await open(moving)
  const tenant = newId<'org'>()
  const of = async (from: typeof keys, ...[who, field, version]: [typeof tenant, string, number]) =>
    Buffer.from((await from.indexKey(who, field, version)).mac(Buffer.from('value'))).toString('hex')
  const first = await of(keys, tenant, 'phone', 1)
  moving.set(new Date(moving.now().getTime() + 400 * day))
  assert.equal(await of(await open(moving), tenant, 'phone', 1), first)
  const others = [
    await of(keys, tenant, 'phone', 2),
    await of(keys, tenant, 'email', 1),
    await of(keys, newId<'org'>(), 'phone', 1),
  ]
  assert.equal(new Set([first, ...others]).size, 4)
})

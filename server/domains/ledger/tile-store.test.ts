import assert from 'node:assert/strict'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { diskTileStore } from './tile-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'bailee-tiles-'))
after(() => rm(folder, { recursive: true, force: true }))

test('what is put is there, in whole or in part; what was never put is not', async () => {
  const store = diskTileStore(join(folder, 'first'))
  await store.put('tile/0/x001/234', Buffer.from('a full tile'))
  await store.settle()
  assert.equal(String(await store.get('tile/0/x001/234')), 'a full tile')
  assert.equal(String(await store.getRange('tile/0/x001/234', 2, 4)), 'full')
  assert.equal(String(await store.getRange('tile/0/x001/234', 7, 100)), 'tile')
  for (const absent of ['tile/0/x001/235', 'tile/9/000', 'tile/0/x001/234/000']) {
    assert.equal(await store.get(absent), undefined)
    assert.equal(await store.getRange(absent, 0, 1), undefined)
  }
})

test('a folder of unfinished tiles goes in one step, and can come again', async () => {
  const store = diskTileStore(join(folder, 'second'))
  for (const width of [1, 2, 3]) await store.put(`tile/0/000.p/${width}`, Buffer.from('x'))
  await store.remove('tile/0/000.p')
  await store.remove('tile/0/000.p')
  await store.settle()
  assert.deepEqual(await readdir(join(folder, 'second/tile/0')), [])
  await store.put('tile/0/000.p/4', Buffer.from('again'))
  await store.settle()
  assert.equal(String(await store.get('tile/0/000.p/4')), 'again')
})

test('a folder that somebody else has moved away is made again', async () => {
  const store = diskTileStore(join(folder, 'third'))
  await store.put('tile/0/000', Buffer.from('x'))
  await rename(join(folder, 'third'), join(folder, 'elsewhere'))
  await store.settle()
  await store.put('tile/0/000', Buffer.from('y'))
  await store.settle()
  assert.equal(String(await store.get('tile/0/000')), 'y')
})

test('many writers of one file leave one whole file and nothing else', async () => {
  const stores = [diskTileStore(join(folder, 'fourth')), diskTileStore(join(folder, 'fourth'))]
  await Promise.all(Array.from({ length: 40 }, (_, at) => stores[at % 2]!.put('checkpoint', Buffer.alloc(10_000, at))))
  const bytes = await stores[0]!.get('checkpoint')
  assert.equal(bytes?.length, 10_000)
  assert.ok(bytes.every((byte) => byte === bytes[0]))
  assert.deepEqual(await readdir(join(folder, 'fourth')), ['checkpoint'])
})

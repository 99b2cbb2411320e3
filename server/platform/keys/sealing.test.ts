import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { newId } from '#kernel'
import { drawerAad, grantAad, open, SealBroken } from './sealed.ts'
import {
  createSealing,
  type FreshDrawer,
  packDrawers,
  packSealed,
  type SealedDrawer,
  sealFresh,
  unpackDrawers,
  unpackSealed,
} from './sealing.ts'

const sealing = createSealing()
after(() => sealing.close())
const keys = ['self', 'delivery', 'support'].map((purpose) => ({
  purpose,
  idBytes: randomBytes(16),
  key: createSecretKey(randomBytes(32)),
}))
const tenant = newId<'org'>()
const drawer = (text: string, purposes = [0, 1, 2]): FreshDrawer => ({
  tenant,
  subject: newId<'per'>(),
  category: 'contact',
  purposes,
  contents: { record: newId<'rec'>(), schemaVersion: 1, json: JSON.stringify({ note: text }) },
})
function assertOpens({ subject, category, purposes, contents }: FreshDrawer, { wraps, sealed }: SealedDrawer) {
  assert.equal(wraps.length, purposes.length)
  const opened = wraps.map((wrap, at) => {
    const { key, purpose } = keys[purposes[at]!]!
    assert.throws(() => open(key, wrap, grantAad(tenant, subject, category, 'other')), SealBroken)
    return open(key, wrap, grantAad(tenant, subject, category, purpose))
  })
  for (const one of opened) assert.deepEqual(one, opened[0], 'every wrap holds the same drawer key')
  if (!contents) return assert.equal(sealed, undefined)
  const aad = drawerAad(tenant, subject, contents.record, category, contents.schemaVersion)
  assert.equal(open(createSecretKey(opened[0]!), sealed!, aad).toString(), contents.json)
}

test('one or many, on the spot or by the thread, every drawer opens with its own key and no other', async () => {
  for (const count of [1, 5, 6, 100]) {
    const drawers = Array.from({ length: count }, (_, n) => drawer(`note ${n}`))
    const sealed = await sealing.fresh(drawers, keys)
    assert.equal(sealed.length, count)
    for (const [at, each] of drawers.entries()) assertOpens(each, sealed[at]!)
    const keysUsed = new Set(
      drawers.map(({ subject }, at) =>
        open(keys[0]!.key, sealed[at]!.wraps[0]!, grantAad(tenant, subject, 'contact', 'self')).toString('hex'),
      ),
    )
    assert.equal(keysUsed.size, count, 'no key is used for two people')
  }
})

test('whatever a value holds, it travels to the thread and back unchanged', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ text: fc.string({ unit: 'binary' }), purposes: fc.subarray([0, 1, 2]), empty: fc.boolean() }),
        { maxLength: 10 },
      ),
      (each) => {
        const drawers = each.map(({ text, purposes, empty }) =>
          empty ? { ...drawer(text, purposes), contents: undefined } : drawer(text, purposes),
        )
        assert.deepEqual(unpackDrawers(packDrawers(drawers)), drawers)
        const sealed = drawers.map((one) => sealFresh(one, keys))
        const back = unpackSealed(packSealed(sealed), drawers)
        for (const [at, one] of drawers.entries()) {
          assert.deepEqual(back[at], sealed[at])
          if (one.purposes.length > 0) assertOpens(one, back[at]!)
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('a thread that ends loses nothing, and the next crowd gets another', async () => {
  const own = createSealing()
  const drawers = Array.from({ length: 50 }, (_, n) => drawer(`note ${n}`))
  const underWay = own.fresh(drawers, keys)
  await own.close()
  for (const [at, one] of (await underWay).entries()) assertOpens(drawers[at]!, one)
  for (const [at, one] of (await own.fresh(drawers, keys)).entries()) assertOpens(drawers[at]!, one)
  await own.close()
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { allRoutes } from '@bailee/contract'
import { startTestServer } from '../testing.ts'

/** What pages of other sites may read: the public notice, for the consent component, and nothing else. Article 2. */
const server = await startTestServer({ BAILEE_LOG_LEVEL: 'silent' })
after(() => server.stop())
const shop = await server.provider()
const site = 'https://shop.example'
const ask = (path: string, init: RequestInit = {}) =>
  fetch(server.url + path, { ...init, headers: { origin: site, ...init.headers } })
const openTo = (response: Response) => response.headers.get('access-control-allow-origin')
const snapshotOf = (notice: string) =>
  ask('/v1/notices/snapshots', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ notice, language: 'zh' }),
  })

test('a page of another site may fetch a notice and its snapshot, without credentials', async () => {
  for (const response of [await snapshotOf(shop.notice), await ask(`/v1/notices/${shop.notice}`)]) {
    assert.equal(response.status, 200)
    assert.equal(openTo(response), '*')
    assert.equal(response.headers.get('access-control-allow-credentials'), null)
  }
  const asked = await ask('/v1/notices/snapshots', {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  })
  assert.equal(asked.status, 204)
  assert.equal(openTo(asked), '*')
  assert.equal(asked.headers.get('access-control-allow-headers'), 'content-type')
})

test('it can read why it was refused as well', async () => {
  const unknown = await snapshotOf('ntc_00000000000000000000000000000000')
  assert.deepEqual([unknown.status, openTo(unknown)], [404, '*'])
  const broken = await ask('/v1/notices/snapshots', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  assert.deepEqual([broken.status, openTo(broken)], [400, '*'])
})

test('no other route is open to other sites', async () => {
  const open = allRoutes.filter(({ crossOrigin }) => crossOrigin)
  assert.deepEqual(open.map(({ name }) => name).sort(), ['getNotice', 'takeSnapshot'])
  for (const shape of open) assert.deepEqual(shape.callers, ['anyone'])
  for (const { method, path } of allRoutes.filter(({ crossOrigin }) => !crossOrigin)) {
    const response = await ask(path.replace(/:[a-z]+/g, '0'), {
      method,
      ...(method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{}' } : {}),
    })
    assert.equal(openTo(response), null, path)
    if (open.some((one) => one.path === path)) continue
    assert.equal((await ask(path, { method: 'OPTIONS' })).status, 404, path)
  }
})

test('the component may be fetched by any site, the portal itself may not', async () => {
  const component = await ask('/embed/consent.js')
  assert.equal(component.status, 200)
  assert.equal(openTo(component), '*')
  assert.equal(component.headers.get('cross-origin-resource-policy'), 'cross-origin')
  assert.equal(openTo(await ask('/')), null)
})

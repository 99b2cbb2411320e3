import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newOnceKey, requestOf } from '../src/api.ts'
import { changesOf, pinOf } from '../src/ledger/trust.ts'
import { World } from './stub-world.ts'

test('a request is built from the contract’s own line', () => {
  const { method, address } = requestOf('epochBucket', { params: { epoch: 4, prefix: 'a0' } })
  assert.equal(`${method} ${address}`, 'GET /v1/ledger/epochs/4/buckets/a0')
  assert.equal(requestOf('myEntries', { query: { cursor: 'x' } }).address, '/v1/ledger/me/entries?cursor=x')
  const notice = requestOf('getNotice', { params: { notice: 'ntc_/../x' }, query: {} })
  assert.equal(notice.address, '/v1/notices/ntc_%2F..%2Fx')
})

test('an act carries its key in the header, and keys differ', () => {
  const once = newOnceKey()
  const { headers, body } = requestOf('erase', { body: { person: 'per_1' }, once })
  assert.equal(headers['idempotency-key'], once)
  assert.match(once, /^[\x21-\x7e]{8,128}$/)
  assert.equal(body, '{"person":"per_1"}')
  assert.notEqual(newOnceKey(), once)
})

test('a change of keys, of witnesses or of the ledger itself is told apart', () => {
  const world = new World()
  const status = { origin: 'a', vkeys: [world.log.vkey], policy: world.policy() }
  const pin = pinOf({ ...status } as Parameters<typeof pinOf>[0], 0)
  assert.deepEqual(changesOf(pin, status), [])
  assert.deepEqual(changesOf(pin, { ...status, vkeys: ['other'] }), ['keys'])
  assert.deepEqual(changesOf(pin, { ...status, origin: 'b' }), ['origin'])
  assert.deepEqual(changesOf(pin, { ...status, policy: status.policy.replace('both 2', 'both 1') }), ['witnesses'])
  // The same list of keys beside a policy that names another log key: it is the policy that proofs are checked by.
  assert.deepEqual(changesOf(pin, { ...status, policy: status.policy.replace(/^log .*$/m, 'log x+1+y') }), ['keys'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClientId, newId } from '#kernel'
import { cacheMilliseconds, createClientCredentials, type KnownClient } from './credentials.ts'
import { keyText, newSecret } from './secrets.ts'

function clientWithKey() {
  const id: ClientId = newId()
  const secret = newSecret()
  const known: KnownClient = {
    secretHash: secret.hash,
    actor: { kind: 'client', id, tenant: newId(), abilities: new Set(), purposes: new Set() },
  }
  return { id, known, key: keyText(id, secret), otherKey: keyText(id, newSecret()) }
}
const invalid = { code: 'credentials_invalid' }

test('a good key is looked up once and then answered at once, until five seconds have passed', async () => {
  const { known, key } = clientWithKey()
  let now = 0
  let asked = 0
  const credentials = createClientCredentials(
    async () => {
      asked += 1
      return known
    },
    () => now,
  )
  assert.equal(await credentials.check(key), known.actor)
  assert.equal(credentials.check(key), known.actor)
  now = cacheMilliseconds - 1
  assert.equal(credentials.check(key), known.actor)
  now = cacheMilliseconds
  assert.ok(credentials.check(key) instanceof Promise)
  assert.equal(asked, 2)
})

test('many requests with a cold key share one look-up', async () => {
  const { known, key } = clientWithKey()
  let asked = 0
  const credentials = createClientCredentials(async () => {
    asked += 1
    return known
  })
  await Promise.all(Array.from({ length: 20 }, () => credentials.check(key)))
  assert.equal(asked, 1)
})

test('a warm client does not lend its warmth to a wrong secret', async () => {
  const { known, key, otherKey } = clientWithKey()
  const credentials = createClientCredentials(async () => known)
  await assert.rejects(async () => credentials.check(otherKey), invalid)
  await credentials.check(key)
  assert.throws(() => credentials.check(otherKey), invalid)
})

test('a text that is no key is refused without asking the database', () => {
  const credentials = createClientCredentials(() => assert.fail('asked'))
  for (const text of ['', 'bk_', `bk_${'0'.repeat(32)}_short`, `BK_${'0'.repeat(32)}_${'A'.repeat(43)}`])
    assert.throws(() => credentials.check(text), invalid)
})

test('a key that is revoked while it is being looked up is not remembered', async () => {
  const { id, known, key } = clientWithKey()
  const answers: ((known: KnownClient | undefined) => void)[] = []
  const credentials = createClientCredentials(() => new Promise((resolve) => answers.push(resolve)))
  const underway = credentials.check(key)
  credentials.forget(id)
  const afterwards = credentials.check(key)
  answers[0]?.(known)
  answers[1]?.(undefined)
  await underway
  await assert.rejects(async () => afterwards, invalid)
  assert.ok(credentials.check(key) instanceof Promise)
})

test('unknown keys are not remembered, so guessing them fills no memory', async () => {
  const { known, key } = clientWithKey()
  let exists = false
  const credentials = createClientCredentials(async () => (exists ? known : undefined))
  await assert.rejects(async () => credentials.check(key), invalid)
  exists = true
  assert.equal(await credentials.check(key), known.actor)
})

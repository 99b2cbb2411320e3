import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { KeyProviderError } from './provider.ts'
import { SealBroken } from './sealed.ts'
import { transitKeyProvider } from './transit.ts'

/** The transit engine as its API documents it: versions, associated data, tokens with a lease, namespaces, and a seal. */
const engine = {
  keys: [randomBytes(32)],
  token: 'token-of-the-test',
  namespace: undefined as string | undefined,
  isSealed: false,
  isExpired: false,
  mayRenew: true,
  delay: 0,
  asked: [] as string[],
}
beforeEach(() =>
  Object.assign(engine, {
    namespace: undefined,
    isSealed: false,
    isExpired: false,
    mayRenew: true,
    delay: 0,
    asked: [],
  }),
)

function answer(path: string, headers: NodeJS.Dict<string | string[]>, body: Record<string, string>): [number, object] {
  if (engine.isSealed) return [503, { errors: ['Vault is sealed'] }]
  if (headers['x-vault-namespace'] !== engine.namespace) return [404, { errors: ['no handler for route'] }]
  if (headers['x-vault-token'] !== engine.token) return [403, { errors: ['permission denied'] }]
  if (path === '/v1/auth/token/renew-self') {
    if (!engine.mayRenew) return [403, { errors: ['permission denied'] }]
    engine.isExpired = false
    return [200, { auth: { client_token: engine.token, lease_duration: 3600, renewable: true } }]
  }
  if (engine.isExpired) return [403, { errors: ['permission denied'] }]
  const aad = Buffer.from(body.associated_data ?? '', 'base64')
  if (path === '/v1/transit/encrypt/bailee') {
    const nonce = randomBytes(12)
    const version = engine.keys.length
    const cipher = createCipheriv('aes-256-gcm', engine.keys[version - 1]!, nonce).setAAD(aad)
    const sealed = Buffer.concat([
      nonce,
      cipher.update(Buffer.from(body.plaintext!, 'base64')),
      cipher.final(),
      cipher.getAuthTag(),
    ])
    return [200, { data: { ciphertext: `vault:v${version}:${sealed.toString('base64')}`, key_version: version } }]
  }
  if (path !== '/v1/transit/decrypt/bailee') return [404, { errors: [] }]
  const [, version, text] = /^vault:v(\d+):(.+)$/.exec(body.ciphertext ?? '') ?? []
  const key = engine.keys[Number(version) - 1]
  if (!key || !text) return [400, { errors: ['invalid ciphertext: no prefix'] }]
  try {
    const bytes = Buffer.from(text, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(aad)
    decipher.setAuthTag(bytes.subarray(-16))
    const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    return [200, { data: { plaintext: plain.toString('base64') } }]
  } catch {
    return [400, { errors: ['cipher: message authentication failed'] }]
  }
}
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  engine.asked.push(request.url!)
  if (engine.delay > 0) await new Promise((resolve) => setTimeout(resolve, engine.delay))
  const [status, body] = answer(
    request.url!,
    request.headers,
    JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>,
  )
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const settings = {
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  mount: 'transit',
  key: 'bailee',
  token: engine.token,
  namespace: undefined,
  timeoutMilliseconds: 300,
}
const provider = transitKeyProvider(settings)
const secret = Buffer.from('thirty-two bytes, more or less..')
const here = Buffer.from('here')
const refuses = (words: RegExp) => (error: unknown) =>
  error instanceof KeyProviderError && words.test(error.message) && !error.message.includes(engine.token)

test('a key that is wrapped in the engine opens there, under its context alone', async () => {
  const wrapped = await provider.wrap(secret, here)
  assert.match(wrapped.toString(), /^vault:v1:/)
  assert.deepEqual(await provider.unwrap(wrapped, here), secret)
  await assert.rejects(provider.unwrap(wrapped, Buffer.from('there')), SealBroken)
  const damaged = Buffer.from(wrapped)
  damaged[40]! ^= 1
  await assert.rejects(provider.unwrap(damaged, here), SealBroken)
  await assert.rejects(provider.unwrap(Buffer.of(1, 1, 2, 3), here), SealBroken)
})
test('after the engine’s key was rotated, older wraps open and newer ones say their version', async () => {
  const old = await provider.wrap(secret, here)
  engine.keys.push(randomBytes(32))
  const fresh = await provider.wrap(secret, here)
  assert.match(fresh.toString(), /^vault:v2:/)
  assert.deepEqual([await provider.unwrap(old, here), await provider.unwrap(fresh, here)], [secret, secret])
})
test('a lease that ran out is renewed once; a token that is wrong or may not renew is refused in words', async () => {
  engine.isExpired = true
  await provider.wrap(secret, here)
  assert.deepEqual(engine.asked, [
    '/v1/transit/encrypt/bailee',
    '/v1/auth/token/renew-self',
    '/v1/transit/encrypt/bailee',
  ])
  Object.assign(engine, { isExpired: true, mayRenew: false })
  await assert.rejects(provider.wrap(secret, here), refuses(/403, the token is wrong, has expired/))
  await assert.rejects(transitKeyProvider({ ...settings, token: 'another' }).wrap(secret, here), refuses(/403/))
})
test('sealed, slow, absent, in another namespace, without the key: each is said, and no seal is blamed', async () => {
  engine.isSealed = true
  await assert.rejects(provider.wrap(secret, here), refuses(/503, it is sealed/))
  engine.isSealed = false
  engine.delay = 600
  await assert.rejects(provider.wrap(secret, here), refuses(/cannot be reached/))
  engine.delay = 0
  engine.namespace = 'city/shop'
  await assert.rejects(provider.wrap(secret, here), refuses(/404, is the engine mounted there/))
  await transitKeyProvider({ ...settings, namespace: 'city/shop' }).wrap(secret, here)
  engine.namespace = undefined
  await assert.rejects(transitKeyProvider({ ...settings, key: 'unknown' }).wrap(secret, here), refuses(/404/))
  await assert.rejects(
    transitKeyProvider({ ...settings, url: 'http://127.0.0.1:9' }).unwrap(Buffer.from('vault:v1:AAAA'), here),
    refuses(/cannot be reached/),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, configurationNames, readConfig } from './config.ts'

const refusedAs = (environment: Record<string, string>, words: RegExp) =>
  assert.throws(
    () => readConfig(environment),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error))
      assert.match(error.message, words)
      for (const value of Object.values(environment))
        if (value.length > 4) assert.equal(error.message.includes(value), false, 'the value is repeated')
      assert.equal(error.message.includes('secret'), false)
      return true
    },
  )

test('with nothing set a server starts on this machine alone, with a database and a witness of its own', () => {
  const config = readConfig({})
  assert.deepEqual(
    [config.host, config.port, config.publicUrl.origin, config.witnesses, config.databaseUrl, config.trustProxy],
    ['127.0.0.1', 8787, 'http://localhost:8787', 'own', undefined, false],
  )
  assert.ok(Object.isFrozen(config))
})
test('each setting that breaks its rule stops the start and is named', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['BAILEE_PORT', '70000'],
    ['BAILEE_PORT', '80.5'],
    ['BAILEE_PORT', 'eighty'],
    ['BAILEE_PUBLIC_URL', 'portal.example'],
    ['BAILEE_PUBLIC_URL', 'ftp://portal.example'],
    ['BAILEE_LOG_LEVEL', 'verbose'],
    ['DATABASE_URL', 'mysql://root:secret@db/x'],
    ['DATABASE_URL', 'secret secret'],
    ['BAILEE_KEYSTORE_URL', 'https://secret@db/x'],
    ['BAILEE_LEDGER_ORIGIN', 'has a space'],
    ['BAILEE_LEDGER_ORIGIN', 'a+b/ledger'],
    ['BAILEE_LEDGER_ORIGIN', 'line\nbreak'],
    ['BAILEE_LEDGER_EPOCH_SECONDS', '0'],
    ['BAILEE_LEDGER_EPOCH_TAGS', '999'],
    ['BAILEE_WITNESS_EVERY_MS', '99'],
    ['BAILEE_WITNESSES', 'someone'],
    ['BAILEE_WITNESSES', 'name=not-a-url=vkey'],
    ['BAILEE_WITNESSES', 'name=https://witness.example='],
    ['BAILEE_RATE_CLIENT_PER_MINUTE', '-1'],
    ['BAILEE_RATE_ADDRESS_PER_MINUTE', '0'],
    ['BAILEE_FINDS_PER_MINUTE', '1e99'],
    ['BAILEE_TRUST_PROXY', 'maybe'],
    ['BAILEE_POOL_SIZE', '1'],
    ['BAILEE_KEY_BACKUP_DAYS', '-1'],
    ['BAILEE_KEY_PROVIDER', 'cloud'],
  ]
  for (const [name, value] of cases) refusedAs({ [name]: value }, new RegExp(`^${name} `))
  const tried = new Set(cases.map(([name]) => name))
  // Those of a key provider are needed or free with it alone; the next test has them.
  const free = ['BAILEE_DATA', 'BAILEE_HOST']
  const ofProviders = /^BAILEE_(PKCS11|TRANSIT)_/
  assert.deepEqual(
    [...configurationNames].filter((name) => !tried.has(name) && !free.includes(name) && !ofProviders.test(name)),
    [],
  )
})
test('a key provider names the setting that it lacks, and never repeats a secret', () => {
  const hsm = { BAILEE_KEY_PROVIDER: 'pkcs11', BAILEE_PKCS11_MODULE: '/lib/p11.so', BAILEE_PKCS11_TOKEN: 'bailee' }
  refusedAs(hsm, /^BAILEE_PKCS11_PIN must be set for this/)
  refusedAs({ BAILEE_KEY_PROVIDER: 'pkcs11' }, /^BAILEE_PKCS11_MODULE /)
  const kept = readConfig({ ...hsm, BAILEE_PKCS11_PIN: '1234' }).keyProvider
  assert.deepEqual(kept, {
    kind: 'pkcs11',
    module: '/lib/p11.so',
    token: 'bailee',
    key: 'bailee-root',
    pin: '1234',
    binding: 'pkcs11js',
  })
  const vault = { BAILEE_KEY_PROVIDER: 'transit', BAILEE_TRANSIT_URL: 'https://vault.example/' }
  refusedAs(vault, /^BAILEE_TRANSIT_TOKEN must be set/)
  refusedAs({ ...vault, BAILEE_TRANSIT_URL: 'vault.example', BAILEE_TRANSIT_TOKEN: 'secret' }, /^BAILEE_TRANSIT_URL /)
  refusedAs({ ...vault, BAILEE_TRANSIT_TOKEN: 'secret', BAILEE_TRANSIT_MOUNT: '../sys' }, /^BAILEE_TRANSIT_MOUNT /)
  assert.deepEqual(
    readConfig({ ...vault, BAILEE_TRANSIT_TOKEN: 'secret', BAILEE_TRANSIT_KEY: 'k', BAILEE_TRANSIT_NAMESPACE: 'n' })
      .keyProvider,
    {
      kind: 'transit',
      url: 'https://vault.example',
      mount: 'transit',
      key: 'k',
      token: 'secret',
      namespace: 'n',
    },
  )
  assert.deepEqual(readConfig({ BAILEE_PKCS11_BINDING: 'x' }).keyProvider, { kind: 'file' })
})
test('a setting that is misspelt stops the start instead of being ignored', () => {
  refusedAs({ BAILEE_PROT: '8080' }, /^BAILEE_PROT is not a setting/)
  refusedAs({ BAILEE_TRUSTPROXY: 'yes' }, /^BAILEE_TRUSTPROXY /)
  refusedAs({ BAILEE_KEYSTORE: 'postgres://u:secret@db/keys' }, /^BAILEE_KEYSTORE is not/)
  readConfig({ BAILEE_KEY: 'of the command line', BAILEE_WITNESS_DIR: '/w', PATH: '/bin', BAILEE_TEST_ANY: 'x' })
})
test('keys never share a database with what they open', () => {
  const main = 'postgres://bailee:secret@db.example/main'
  refusedAs({ DATABASE_URL: main }, /^BAILEE_KEYSTORE_URL must be set/)
  refusedAs({ DATABASE_URL: main, BAILEE_KEYSTORE_URL: main }, /^BAILEE_KEYSTORE_URL must name another database/)
  const config = readConfig({ DATABASE_URL: main, BAILEE_KEYSTORE_URL: 'postgres://keys:secret@keys.example/keys' })
  assert.equal(config.databaseUrl, main)
})
test('witnesses of others are read with all their keys', () => {
  const { witnesses } = readConfig({
    BAILEE_WITNESSES: 'one=https://one.example/=one+abcd+AQ==,one+ef01+Bg== two=http://two.example=two+0000+BA==',
  })
  assert.deepEqual(witnesses, [
    { name: 'one', url: 'https://one.example', vkeys: ['one+abcd+AQ==', 'one+ef01+Bg=='] },
    { name: 'two', url: 'http://two.example', vkeys: ['two+0000+BA=='] },
  ])
  assert.equal(readConfig({ BAILEE_WITNESSES: 'none' }).witnesses, 'none')
})

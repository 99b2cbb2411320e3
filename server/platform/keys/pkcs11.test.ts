import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pkcs11KeyProvider } from './pkcs11.ts'
import { KeyProviderError } from './provider.ts'
import { SealBroken } from './sealed.ts'

/** Against SoftHSM, a PKCS #11 token in software: Debian's package and npm's binding are installed if that is possible here. */
const folder = await mkdtemp(join(tmpdir(), 'bailee-pkcs11-'))
after(() => rm(folder, { recursive: true, force: true }))
const library = () =>
  [
    '/usr/lib/softhsm/libsofthsm2.so',
    '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
    '/usr/local/lib/softhsm/libsofthsm2.so',
  ].find((path) => existsSync(path))
const run = (command: string, args: readonly string[]) =>
  execFileSync(command, args, { stdio: 'pipe', timeout: 120_000 })

async function prepare(): Promise<{ module: string; binding: string } | string> {
  try {
    if (!library() && process.getuid?.() === 0) run('apt-get', ['install', '-y', '--no-install-recommends', 'softhsm2'])
  } catch {
    return 'SKIPPED, NOT TESTED: Debian’s softhsm2 is not here and apt-get cannot install it'
  }
  const module = library()
  if (!module) return 'SKIPPED, NOT TESTED: SoftHSM is not installed, and only root may install it'
  try {
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', 'pkcs11js@2.1.7'])
  } catch {
    return 'SKIPPED, NOT TESTED: npm cannot build pkcs11js here (it needs a C++ compiler)'
  }
  const binding = join(folder, 'node_modules', 'pkcs11js', 'index.js')
  if (!existsSync(binding)) return 'SKIPPED, NOT TESTED: pkcs11js was not built'
  process.env.SOFTHSM2_CONF = join(folder, 'softhsm2.conf')
  await mkdir(join(folder, 'tokens'))
  await writeFile(process.env.SOFTHSM2_CONF, `directories.tokendir = ${join(folder, 'tokens')}\n`)
  run('softhsm2-util', ['--init-token', '--free', '--label', 'bailee', '--so-pin', '87654321', '--pin', '123456'])
  return { module, binding }
}
const prepared = await prepare()
const isReady = typeof prepared !== 'string'
if (!isReady) process.stderr.write(`${prepared}\n`)
const options = isReady ? {} : { skip: prepared }
const settings = { token: 'bailee', key: 'root', pin: '123456', module: '', binding: '', ...(isReady ? prepared : {}) }
const secret = Buffer.from('thirty-two bytes, more or less..')
const here = Buffer.from('here')

test(
  'the root is made in the token, wraps and unwraps there, and is the same for the next process',
  options,
  async () => {
    const provider = await pkcs11KeyProvider(settings)
    const wrapped = await provider.wrap(secret, here)
    assert.equal(wrapped.includes(secret), false)
    assert.deepEqual(await provider.unwrap(wrapped, here), secret)
    const again = await pkcs11KeyProvider(settings)
    assert.deepEqual(await again.unwrap(wrapped, here), secret)
    await assert.rejects(provider.unwrap(wrapped, Buffer.from('there')), SealBroken)
    const damaged = Buffer.from(wrapped)
    damaged[20]! ^= 1
    await assert.rejects(provider.unwrap(damaged, here), SealBroken)
    assert.deepEqual(await provider.unwrap(wrapped, here), secret, 'a failure leaves the session in order')
    const other = await pkcs11KeyProvider({ ...settings, key: 'another' })
    await assert.rejects(other.unwrap(wrapped, here), SealBroken)
  },
)
test('an unknown token, module or binding is said in words', options, async () => {
  for (const [change, words] of [
    [{ token: 'nobody' }, /there is no token nobody/],
    [{ module: '/nowhere.so' }, /module/],
    [{ binding: '/nowhere.js' }, /needs the package pkcs11js/],
  ] as const)
    await assert.rejects(
      pkcs11KeyProvider({ ...settings, ...change }),
      (error: unknown) =>
        error instanceof KeyProviderError && words.test(error.message) && !error.message.includes(settings.pin),
    )
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { base64Encode, entriesPath, nextKey, tagOf, tilePath } from '@bailee/proof'
import { runCli } from './testing/run-cli.ts'
import { StubLedger } from './testing/stub-ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'bailee-audit-'))
after(() => rmSync(folder, { recursive: true }))
const start = new Uint8Array(32).fill(7)
let number = 0

function chainTags(count: number): Uint8Array[] {
  const tags: Uint8Array[] = []
  let key: Uint8Array = start
  for (let n = 0; n < count; n++) {
    tags.push(tagOf(key))
    key = nextKey(key)
  }
  return tags
}
/** A log of strangers with these tags of mine among them, 40 strangers before each. */
function logWith(tags: readonly Uint8Array[], change: Readonly<Record<string, string>> = {}): StubLedger {
  const ledger = new StubLedger()
  for (const [at, tag] of tags.entries()) {
    ledger.addMany(40).addSealed()
    ledger.leaves.at(-1)!.set(tag, 16)
    if (at % 2 === 1) ledger.closeEpoch(at === 1 ? change : {})
  }
  return ledger.addMany(20)
}
function mirrorOf(ledger: StubLedger): string {
  const mirror = join(folder, `mirror-${number++}`)
  const put = (path: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(join(mirror, path)), { recursive: true })
    writeFileSync(join(mirror, path), bytes)
  }
  put('checkpoint', ledger.checkpoint())
  for (let n = 0; n * 256 < ledger.size; n++) {
    const width = Math.min(256, ledger.size - n * 256)
    for (const path of [entriesPath(n, width), tilePath(0, n, width)]) put(path, ledger.file(path)!)
  }
  return mirror
}
function keyFile(ledger: StubLedger, more: object = {}): string {
  const file = join(folder, `chain-${number++}.json`)
  writeFileSync(file, JSON.stringify({ v: 1, n: 0, key: base64Encode(start), policy: ledger.policy, ...more }))
  return file
}
interface Result {
  readonly entries: readonly { readonly n: number }[]
  readonly missing: readonly number[]
  readonly checks: readonly { readonly id: string; readonly ok: boolean | null }[]
}
const failed = ({ checks }: Result) => checks.filter(({ ok }) => ok === false).map(({ id }) => id)
const runAudit = (key: string, mirror: string, ...more: string[]) =>
  runCli(['audit', '--key', key, '--mirror', mirror, ...more])

test('a person finds all their entries in the published files, and hears that there is nothing else', async () => {
  const ledger = logWith(chainTags(7))
  const key = keyFile(ledger)
  const mirror = mirrorOf(ledger)
  const told = await runAudit(key, mirror)
  assert.equal(told.code, 0, told.stdout + told.stderr)
  assert.match(told.stdout, /7 entries about you.*Nothing else was logged about you up to this checkpoint/s)
  assert.match((await runAudit(key, mirror, '--lang', 'zh')).stdout, /没有关于您的其他留痕/)
  assert.equal((await runAudit(key, mirror, '--json')).json<Result>().entries.length, 7)
})

test('an entry that was left out of the chain is named', async () => {
  const ledger = logWith(chainTags(7).toSpliced(3, 1))
  const run = await runAudit(keyFile(ledger), mirrorOf(ledger), '--json')
  assert.equal(run.code, 4)
  assert.deepEqual(run.json<Result>().missing, [3])
  assert.deepEqual(failed(run.json()), ['chain'])
})

test('the newest entry that was known of and is gone is named', async () => {
  const ledger = logWith(chainTags(4))
  const run = await runAudit(keyFile(ledger, { known: 5 }), mirrorOf(ledger), '--json')
  assert.deepEqual(run.json<Result>().missing, [4])
  assert.equal(run.code, 4)
})

test('a tag that was used twice is named', async () => {
  const tags = chainTags(3)
  const ledger = logWith([...tags, tags[1]!])
  const run = await runAudit(keyFile(ledger), mirrorOf(ledger), '--json')
  assert.equal(run.code, 4)
  assert.deepEqual(failed(run.json()), ['single'])
})

test('a log that was rolled back, and one that was rewritten, are not the log that was seen before', async () => {
  const ledger = logWith(chainTags(4))
  const key = keyFile(ledger)
  assert.equal((await runAudit(key, mirrorOf(ledger))).code, 0)
  const whole = ledger.leaves
  ledger.leaves = whole.slice(0, 100)
  const shorter = await runAudit(key, mirrorOf(ledger), '--json')
  assert.equal(shorter.code, 4)
  assert.deepEqual(failed(shorter.json()), ['consistency'])
  ledger.leaves = whole
  ledger.rewrite(0).addMany(5)
  const other = await runAudit(key, mirrorOf(ledger), '--json')
  assert.equal(other.code, 4)
  assert.ok(failed(other.json()).includes('consistency'))
})

test('a forged root of an epoch is found, though the log signed it', async () => {
  const ledger = logWith(chainTags(4), { root: base64Encode(new Uint8Array(32)) })
  const run = await runAudit(keyFile(ledger), mirrorOf(ledger), '--json')
  assert.equal(run.code, 4)
  assert.deepEqual(failed(run.json()), ['epochs'])
})

test('without a policy, or without a proper key, nothing is claimed', async () => {
  const ledger = logWith(chainTags(2))
  assert.equal((await runAudit(keyFile(ledger, { policy: null }), mirrorOf(ledger))).code, 3)
  const short = await runAudit(keyFile(ledger, { key: 'AAAA' }), mirrorOf(ledger))
  assert.equal(short.code, 1)
  assert.doesNotMatch(short.stderr, /AAAA/)
})

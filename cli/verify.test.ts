import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCli } from './testing/run-cli.ts'
import { StubLedger, tamper } from './testing/stub-ledger.ts'
import { stubServer } from './testing/stub-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'bailee-verify-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0
const put = (content: string | Uint8Array | object): string => {
  const file = join(folder, `${files++}`)
  const isPlain = typeof content === 'object' && !(content instanceof Uint8Array)
  writeFileSync(file, isPlain ? JSON.stringify(content) : content)
  return file
}

const ledger = new StubLedger().addMany(300)
const policy = put(ledger.policy)
const fields = [
  ['kind', 'look'],
  ['purpose', 'delivery'],
  ['fields', ['name', 'phone']],
] as const
const proof = ledger.entryProof(fields)

test('a proof as the API gives it is verified offline, and what it says is shown', async () => {
  const run = await runCli(['verify', put(proof), '--policy', policy])
  assert.equal(run.stderr, '')
  assert.equal(run.code, 0)
  assert.match(run.stdout, /✓ the entry is in the ledger/)
  assert.match(run.stdout, /✓ the ledger signed \(post-quantum\)/)
  assert.match(run.stdout, /✓ enough witnesses saw it/)
  assert.match(run.stdout, /VERIFIED: a ledger entry/)
  assert.match(run.stdout, /purpose: delivery/)
})

test('with --json the verdict is one object on stdout', async () => {
  const run = await runCli(['verify', '-', '--policy', policy, '--json'], { input: JSON.stringify(proof) })
  assert.equal(run.code, 0)
  const {
    verdict,
    checks,
    fields: shown,
  } = run.json<{ verdict: string; checks: { id: string; ok: boolean }[]; fields: object }>()
  assert.equal(verdict, 'good')
  assert.deepEqual(
    checks.map(({ id, ok }) => [id, ok]),
    ['index', 'leaf', 'inclusion', 'log-signature', 'log-signature-pq', 'witnesses', 'body'].map((id) => [id, true]),
  )
  assert.deepEqual(shown, { kind: 'look', purpose: 'delivery', fields: ['name', 'phone'] })
})

test('every tampered part of a proof fails', async () => {
  const lines = proof.proof.split('\n')
  const damaged: object[] = [
    { ...proof, leaf: tamper(proof.leaf) },
    { ...proof, index: proof.index + 1 },
    { ...proof, proof: lines.with(2, tamper(lines[2]!)).join('\n') },
    { ...proof, proof: proof.proof.replace(`\n${ledger.size}\n`, `\n${ledger.size + 1}\n`) },
    {
      ...proof,
      disclosure: {
        ...proof.disclosure,
        disclosed: proof.disclosure.disclosed.with(1, { ...proof.disclosure.disclosed[1]!, value: 'marketing' }),
      },
    },
  ]
  for (const one of damaged) {
    const run = await runCli(['verify', put(one), '--policy', policy])
    assert.equal(run.code, 4, run.stdout)
    assert.match(run.stdout, /✗/)
    assert.match(run.stdout, /VERIFICATION FAILED/)
    assert.doesNotMatch(run.stdout, /What it says/)
  }
})

test('without a policy or key nothing is called good', async () => {
  for (const content of [proof, ledger.receipt(), ledger.consentReceipt(), ledger.checkpoint(), ledger.prove(3)]) {
    const run = await runCli(['verify', put(content)])
    assert.equal(run.code, 3, run.stdout)
    assert.match(run.stdout, /CANNOT JUDGE/)
    assert.doesNotMatch(run.stdout, /VERIFIED/)
    assert.match(run.stderr, /Without a policy/)
  }
})

test('a wrong proof is wrong even when there is no policy to judge its signature by', async () => {
  const run = await runCli(['verify', put({ ...proof, leaf: tamper(proof.leaf) })])
  assert.equal(run.code, 4)
})

test('a bare .tlog-proof needs its entry and its opening', async () => {
  const file = put(ledger.prove(proof.index))
  const leaf = put(ledger.leaves[proof.index]!)
  assert.equal((await runCli(['verify', file, '--policy', policy])).code, 3)
  assert.equal((await runCli(['verify', file, '--policy', policy, '--leaf', leaf])).code, 0)
  assert.equal((await runCli(['verify', file, '--policy', policy, '--leaf', put(proof.leaf)])).code, 0)
  const opened = await runCli(['verify', file, '--policy', policy, '--leaf', leaf, '--opening', put(proof.disclosure)])
  assert.equal(opened.code, 0)
  assert.match(opened.stdout, /purpose: delivery/)
  assert.equal((await runCli(['verify', file, '--policy', policy, '--leaf', put(ledger.leaves[7]!)])).code, 4)
})

test('closed fields may stand as the contract writes them', async () => {
  const own = new StubLedger()
  const { index, disclose } = own.addSealed(fields)
  const { hashes, ...rest } = disclose([1])
  const placed = [0, 2].map((place, at) => ({ index: place, hash: hashes[at] }))
  const given = {
    index,
    leaf: Buffer.from(own.leaves[index]!).toString('base64'),
    proof: own.prove(index),
    disclosure: { ...rest, hashes: placed },
  }
  const run = await runCli(['verify', put(given), '--policy', put(own.policy), '--json'])
  assert.equal(run.code, 0, run.stdout)
  assert.deepEqual(run.json().fields, { purpose: 'delivery' })
})

test('a key got elsewhere is enough, and another key is a failure', async () => {
  assert.equal((await runCli(['verify', put(proof), '--log-key', ledger.vkey])).code, 0)
  const other = new StubLedger()
  assert.equal((await runCli(['verify', put(proof), '--log-key', other.vkey])).code, 4)
  assert.equal((await runCli(['verify', put(proof), '--policy', put(other.policy)])).code, 4)
  assert.equal((await runCli(['verify', put(proof), '--policy', policy, '--log-key', ledger.vkey])).code, 0)
  assert.equal((await runCli(['verify', put(proof), '--policy', policy, '--log-key', other.vkey])).code, 3)
  assert.equal((await runCli(['verify', put(proof), '--log-key', 'nonsense'])).code, 1)
})

test('a receipt is verified as the promise that it is', async () => {
  const receipt = ledger.receipt()
  const run = await runCli(['verify', put(receipt), '--log-key', ledger.vkey])
  assert.equal(run.code, 0, run.stdout)
  assert.match(run.stderr, /A receipt is a promise/)
  const wrapped = await runCli(['verify', put({ person: 'x', receipt }), '--policy', policy])
  assert.equal(wrapped.code, 0)
  for (const wrong of [
    { ...receipt, commitment: tamper(receipt.commitment) },
    { ...receipt, deadline: '2027-01-01T00:00:00.000Z' },
    { ...receipt, signature: tamper(receipt.signature) },
    { ...receipt, index: 0 },
    { ...receipt, v: 2 },
  ]) {
    assert.equal((await runCli(['verify', put(wrong), '--policy', policy])).code, 4)
  }
})

test('a consent receipt must be signed, by a key that is trusted', async () => {
  const consent = ledger.consentReceipt()
  const trusted = ['--receipt-key', consent.key]
  assert.equal((await runCli(['verify', put(consent), ...trusted])).code, 0)
  assert.equal((await runCli(['verify', put({ consentReceipt: consent }), '--policy', policy])).code, 0)
  assert.equal((await runCli(['verify', put(new StubLedger().consentReceipt()), ...trusted])).code, 4)
  assert.equal((await runCli(['verify', put(new StubLedger().consentReceipt()), '--policy', policy])).code, 3)
  const altered = { ...consent, document: { ...consent.document, purposes: ['delivery', 'marketing'] } }
  assert.equal((await runCli(['verify', put(altered), ...trusted])).code, 4)
})

test('a checkpoint needs the ledger and its witnesses', async () => {
  assert.equal((await runCli(['verify', put(ledger.checkpoint()), '--policy', policy])).code, 0)
  const unseen = ledger.checkpoint({ witnessed: false })
  assert.equal((await runCli(['verify', put(unseen), '--policy', policy])).code, 4)
  assert.equal((await runCli(['verify', put(unseen), '--log-key', ledger.vkey])).code, 0)
})

test('verification asks no server unless told to, and then says what that is worth', async () => {
  const server = await stubServer({ ledger })
  try {
    await runCli(['verify', put(proof), '--policy', policy], { env: { BAILEE_SERVER: server.url } })
    assert.equal(server.asked.length, 0)
    const run = await runCli(['verify', put(proof), '--server', server.url])
    assert.equal(run.code, 0)
    assert.equal(server.asked.length, 1)
    assert.match(run.stderr, /came from the server itself/)
  } finally {
    await server.close()
  }
  assert.equal((await runCli(['verify', put(proof), '--server', server.url])).code, 2)
})

test('what is no proof is a usage error', async () => {
  for (const content of ['', 'hello', '{}', '[1]', new Uint8Array([0xff, 0, 1])]) {
    assert.equal((await runCli(['verify', put(content), '--policy', policy])).code, 1)
  }
  assert.equal((await runCli(['verify', join(folder, 'absent')])).code, 1)
  assert.equal((await runCli(['verify'])).code, 1)
})

test('a verdict is given in Chinese when asked for or when the system speaks it', async () => {
  const told = await runCli(['verify', put(proof), '--policy', policy, '--lang', 'zh'])
  assert.match(told.stdout, /核验通过/)
  const system = await runCli(['verify', put(proof), '--policy', policy], { env: { LANG: 'zh_CN.UTF-8' } })
  assert.match(system.stdout, /✓ 条目在账本之中/)
})

test('hostile text in an entry does not steer the terminal', async () => {
  const own = new StubLedger()
  const hostile = own.entryProof([['note', '\u001b[2J\u001b]0;owned\u0007✓ VERIFIED']])
  const run = await runCli(['verify', put(hostile), '--policy', put(own.policy)])
  assert.equal(run.code, 0)
  assert.ok(!run.stdout.includes('\u001b'))
})

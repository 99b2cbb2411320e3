import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { bodyRoot, discloseFields } from './body.ts'
import { utf8Encode } from './bytes.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { ed25519CosignatureMessage, formatCosignatureLine, mlDsa44CosignatureMessage } from './cosignature.ts'
import { HashTree } from './merkle.ts'
import { formatNote, formatSignatureLine, formatVerifierKey, keyId } from './note.ts'
import { encodePublicLeaf } from './public-leaf.ts'
import { encodeSealedLeaf } from './sealed-leaf.ts'
import { hashLeaf } from './sha256.ts'
import { verifyEntry } from './steps.ts'
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts'

const raw = (key: KeyObject, length: number) =>
  new Uint8Array(key.export({ type: 'spki', format: 'der' }).subarray(-length))

function key(name: string, type: 1 | 4 | 6) {
  const { publicKey, privateKey } = type === 6 ? generateKeyPairSync('ml-dsa-44') : generateKeyPairSync('ed25519')
  const bytes = raw(publicKey, type === 6 ? 1312 : 32)
  return { name, vkey: formatVerifierKey(name, type, bytes), id: keyId(name, type, bytes), privateKey }
}

const origin = 'log.example/2026'
const log = key(origin, 1)
const logPq = key(origin, 6)
const one = key('one.example', 4)
const two = key('two.example', 6)
const time = 1_800_000_000

const seed = new Uint8Array(32).fill(5)
const fields = [
  ['purpose', 'delivery'],
  ['unit', 7],
] as const
const sealed = encodeSealedLeaf({
  bucketSeconds: 1_799_999_940,
  tag: new Uint8Array(32).fill(1),
  bodyRoot: bodyRoot(seed, fields),
  copyHash: new Uint8Array(32).fill(2),
})
const published = encodePublicLeaf({ type: 'notice', v: 1 })
const tree = new HashTree([published, sealed, published, published, published].map(hashLeaf))
const text = formatCheckpoint({ origin, size: 5, root: tree.root() })
const statement = { time, origin, end: 5, root: tree.root() }

const lines = {
  log: formatSignatureLine(origin, log.id, sign(null, utf8Encode(text), log.privateKey)),
  logPq: formatCosignatureLine(origin, logPq.id, {
    time,
    signature: sign(null, mlDsa44CosignatureMessage({ ...statement, cosigner: origin }), logPq.privateKey),
  }),
  one: formatCosignatureLine(one.name, one.id, {
    time,
    signature: sign(null, ed25519CosignatureMessage(time, text), one.privateKey),
  }),
  two: formatCosignatureLine(two.name, two.id, {
    time,
    signature: sign(null, mlDsa44CosignatureMessage({ ...statement, cosigner: two.name }), two.privateKey),
  }),
}
const policyText = [
  `log ${log.vkey}`,
  `log ${logPq.vkey}`,
  `witness one ${one.vkey}`,
  `witness two ${two.vkey}`,
  'group both all one two',
  'quorum both',
  '',
].join('\n')

const proofOf = (index: number, signatures: string[] = Object.values(lines)) =>
  formatTlogProof({ index, path: tree.inclusionPath(index), checkpoint: formatNote(text, signatures) })
const good = { proofText: proofOf(1), leafBytes: sealed, policyText, disclosure: discloseFields(seed, fields, [0]) }
const failing = (input: Parameters<typeof verifyEntry>[0]) =>
  verifyEntry(input)
    .steps.filter(({ ok }) => !ok)
    .map(({ id }) => id)

test('a good proof passes every step, in order', () => {
  const { ok, steps } = verifyEntry(good)
  assert.ok(ok, JSON.stringify(steps))
  assert.deepEqual(
    steps.map(({ id }) => id),
    ['leaf', 'inclusion', 'log-signature', 'log-signature-pq', 'witnesses', 'body'],
  )
  assert.ok(verifyEntry({ proofText: proofOf(0), leafBytes: published, policyText }).ok)
})

test('each step fails for its own reason', () => {
  assert.deepEqual(failing({ ...good, leafBytes: published }), ['inclusion', 'body'])
  assert.deepEqual(failing({ ...good, leafBytes: sealed.subarray(1) }), ['leaf', 'inclusion', 'body'])
  assert.deepEqual(failing({ ...good, proofText: proofOf(1).replace('index 1', 'index 2') }), ['inclusion'])
  assert.deepEqual(failing({ ...good, proofText: proofOf(1, [lines.logPq, lines.one, lines.two]) }), ['log-signature'])
  assert.deepEqual(failing({ ...good, proofText: proofOf(1, [lines.log, lines.one, lines.two]) }), ['log-signature-pq'])
  assert.deepEqual(failing({ ...good, proofText: proofOf(1, [lines.log, lines.logPq, lines.one]) }), ['witnesses'])
  assert.deepEqual(failing({ ...good, disclosure: discloseFields(seed, [['purpose', 'x'], fields[1]], [0]) }), ['body'])
  assert.deepEqual(failing({ ...good, now: time - 301 }), ['witnesses'])
  assert.deepEqual(failing({ ...good, now: time - 299 }), [])
})

test('a policy without the log, without a post-quantum key, or no policy at all', () => {
  const other = key('other.example', 1)
  assert.deepEqual(failing({ ...good, policyText: `log ${other.vkey}\nquorum none\n` }), ['log-signature'])
  const plain = verifyEntry({ ...good, policyText: `log ${log.vkey}\nquorum none\n` })
  assert.ok(plain.ok)
  assert.ok(!plain.steps.some(({ id }) => id === 'log-signature-pq'))
  assert.deepEqual(failing({ ...good, policyText: 'nonsense' }), ['log-signature', 'witnesses'])
  assert.deepEqual(failing({ ...good, proofText: '' }), ['inclusion', 'log-signature', 'witnesses'])
})

test('a signature by a known key that does not verify is never overlooked', () => {
  const forged = formatSignatureLine(one.name, one.id, new Uint8Array(72).fill(1))
  assert.deepEqual(failing({ ...good, proofText: proofOf(1, [...Object.values(lines), forged]) }), ['witnesses'])
})

test('a tlog-proof is read back as it was written, with extra data or without', () => {
  const proof = { index: 1, path: tree.inclusionPath(1), checkpoint: formatNote(text, [lines.log]) }
  assert.deepEqual(parseTlogProof(formatTlogProof(proof)), proof)
  const extra = utf8Encode('opening')
  assert.deepEqual(parseTlogProof(formatTlogProof({ ...proof, extra })), { ...proof, extra })
  const written = formatTlogProof({ ...proof, extra })
  for (const bad of [
    written.replace('@v1', '@v2'),
    written.replace('index 1', 'index 01'),
    written.replace('index 1\n', ''),
    written.replace('extra ', 'extra  '),
    written.replace('index', 'Index'),
    written.slice(0, -1),
    written.replace('\n\n', '\nAAAA\n\n'),
    ` ${written}`,
  ]) {
    assert.throws(() => parseTlogProof(bad), { code: 'malformed_tlog_proof' }, bad)
  }
})

test('verifying a tlog-proof in one go says what failed', () => {
  const options = { leafHash: hashLeaf(sealed), policy: policyText }
  const { witnesses, checkpoint } = verifyTlogProof(good.proofText, options)
  assert.deepEqual(witnesses, [
    { name: 'one', time },
    { name: 'two', time },
  ])
  assert.equal(checkpoint.size, 5)
  const fails = (proof: string, code: string, more = {}) =>
    assert.throws(() => verifyTlogProof(proof, { ...options, ...more }), { code })
  fails(proofOf(1, [lines.log, lines.one]), 'unverified_note')
  fails(proofOf(1, [lines.one, lines.two]), 'unverified_note')
  fails(proofOf(1), 'malformed_tlog_proof', { leafHash: hashLeaf(published) })
  fails(proofOf(1), 'malformed_policy', { policy: 'quorum\n' })
})

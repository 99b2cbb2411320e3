import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { test } from 'node:test'
import { base64Encode } from './bytes.ts'
import { buildReceipts, receiptBatch, receiptMessage, receiptVerifier, verifyReceipt } from './receipt.ts'
import { sha256 } from './sha256.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const verify = receiptVerifier(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(12)))
const terms = { origin: 'log.example/2026', signedAt: '2026-01-02T03:04:05.678Z', deadline: '2026-01-02T03:05:05.678Z' }

function receipts(count: number) {
  const items = Array.from({ length: count }, (_, i) => ({ entry: randomUUID(), commitment: sha256(Uint8Array.of(i)) }))
  const batch = receiptBatch(items)
  const signature = new Uint8Array(sign(null, receiptMessage({ ...terms, ...batch }), privateKey))
  return buildReceipts(items, batch, { ...terms, signature })
}

test('one signature gives every entry of a batch its own receipt', () => {
  for (const count of [1, 2, 5, 33]) {
    for (const receipt of receipts(count)) assert.ok(verifyReceipt(JSON.parse(JSON.stringify(receipt)), verify))
  }
})

test('a receipt holds for its own entry, commitment, place, log and times only', () => {
  const [first, second] = receipts(5)
  const bad: unknown[] = [
    { ...first, entry: second!.entry },
    { ...first, commitment: second!.commitment },
    { ...first, index: 1 },
    { ...first, count: 6 },
    { ...first, count: 8 },
    { ...first, path: second!.path },
    { ...first, path: [] },
    { ...first, origin: 'log.example/2027' },
    { ...first, deadline: '2027-01-02T03:05:05.678Z' },
    { ...first, signedAt: terms.deadline },
    { ...first, signature: base64Encode(new Uint8Array(64)) },
    { ...first, v: 2 },
    { ...first, entry: first!.entry.toUpperCase() },
    { ...first, origin: 'a\nb' },
    { ...first, index: 5 },
    null,
    'receipt',
    {},
  ]
  for (const one of bad) assert.ok(!verifyReceipt(one, verify), JSON.stringify(one))
})

test('a signed text cannot be read as another: every line of it is checked', () => {
  const batch = receiptBatch([{ entry: randomUUID(), commitment: sha256(new Uint8Array(0)) }])
  assert.throws(() => receiptMessage({ ...terms, ...batch, origin: 'a\n1' }), { code: 'malformed_receipt' })
  assert.throws(() => receiptMessage({ ...terms, ...batch, signedAt: 'soon' }), { code: 'malformed_receipt' })
  assert.throws(() => receiptMessage({ ...terms, ...batch, deadline: '2026-13-45T03:04:05Z' }), {
    code: 'malformed_receipt',
  })
  assert.throws(() => receiptBatch([{ entry: 'not a uuid', commitment: new Uint8Array(32) }]), {
    code: 'malformed_receipt',
  })
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { base64Encode, receiptBatch, verifyReceipt } from '@bailee/proof'
import { dashed, newId } from '#kernel'
import { signed } from './outbox.ts'

test('a batch of receipts has the root and the paths that the verifying library computes, for every size', () => {
  for (let count = 1; count <= 70; count++) {
    const items = Array.from({ length: count }, (_, at) => ({
      entry: dashed(newId()),
      commitment: createHash('sha256').update(`${at}`).digest(),
    }))
    const expected = receiptBatch(items)
    const messages: string[] = []
    const receipts = signed(
      { origin: 'log.example/ledger', signedAt: '2026-01-01T00:00:00.000Z', deadline: '2026-01-01T00:01:00.000Z' },
      (message) => {
        messages.push(Buffer.from(message).toString('utf8'))
        return new Uint8Array(64)
      },
      items,
    )
    assert.ok(messages[0]!.includes(`\n${base64Encode(expected.batchRoot)}\n`))
    for (const [at, receipt] of receipts.entries()) {
      assert.deepEqual(
        receipt.path,
        expected.paths[at]!.map((hash) => base64Encode(hash)),
      )
      assert.equal(
        verifyReceipt(receipt, (message) => Buffer.from(message).toString('utf8') === messages[0]),
        true,
      )
    }
  }
})

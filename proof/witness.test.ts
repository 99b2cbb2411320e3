import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { utf8Encode } from './bytes.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { verifierFor } from './cosignature.ts'
import { emptyRoot, type Hash, HashTree } from './merkle.ts'
import { formatNote, formatSignatureLine, formatVerifierKey, keyId } from './note.ts'
import { hashLeaf } from './sha256.ts'
import { formatAddCheckpoint, judgeAddCheckpoint, parseAddCheckpoint } from './witness.ts'

const origin = 'log.example/2026'
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const bytes = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(12))
const log = { origin, keys: [verifierFor(formatVerifierKey(origin, 1, bytes))] }
const tree = new HashTree(Array.from({ length: 20 }, (_, i) => hashLeaf(utf8Encode(`entry ${i}`))))

type Submission = { oldSize: number; size: number; root?: Hash; proof?: Hash[]; from?: string; forged?: boolean }

function submit({ oldSize, size, root = tree.root(size), proof, from = origin, forged = false }: Submission) {
  const text = formatCheckpoint({ origin: from, size, root })
  const signature = forged ? new Uint8Array(64) : sign(null, utf8Encode(text), privateKey)
  const note = formatNote(text, [formatSignatureLine(origin, keyId(origin, 1, bytes), signature)])
  const path = proof ?? (oldSize > 0 && oldSize <= size ? tree.consistencyPath(oldSize, size) : [])
  return parseAddCheckpoint(formatAddCheckpoint({ oldSize, proof: path, note }))
}

const at = (size: number) => ({ size, root: tree.root(size) })
const status = (submission: Submission, stored = at(5), known: typeof log | undefined = log) =>
  judgeAddCheckpoint({ request: submit(submission), log: known, stored }).status

test('a checkpoint that extends what was cosigned before is to be stored and cosigned', () => {
  const verdict = judgeAddCheckpoint({ request: submit({ oldSize: 5, size: 9 }), log, stored: at(5) })
  assert.equal(verdict.status, 200)
  assert.deepEqual(verdict.status === 200 && verdict.store, at(9))
  assert.equal(judgeAddCheckpoint({ request: submit({ oldSize: 0, size: 9 }), log, stored: undefined }).status, 200)
  assert.equal(status({ oldSize: 5, size: 5 }), 200)
})

test('refusals come in the order of the protocol', () => {
  const everythingWrong = { oldSize: 9, size: 7, root: emptyRoot, forged: true }
  assert.equal(status({ ...everythingWrong, from: 'another' }), 404)
  assert.equal(judgeAddCheckpoint({ request: submit(everythingWrong), log: undefined, stored: undefined }).status, 404)
  assert.equal(status(everythingWrong), 403)
  assert.equal(status({ ...everythingWrong, forged: false }), 400)
  assert.equal(status({ oldSize: 6, size: 7, root: emptyRoot }), 409)
  assert.equal(status({ oldSize: 5, size: 7, root: emptyRoot }), 422)
})

test('a conflict tells the size that the witness has', () => {
  const request = submit({ oldSize: 0, size: 9 })
  assert.deepEqual(judgeAddCheckpoint({ request, log, stored: at(5) }), {
    status: 409,
    body: '5\n',
    contentType: 'text/x.tlog.size',
  })
})

test('no proof is accepted that is missing, superfluous or of another tree', () => {
  assert.equal(status({ oldSize: 5, size: 9, proof: [] }), 422)
  assert.equal(status({ oldSize: 5, size: 9, proof: [...tree.consistencyPath(5, 9), emptyRoot] }), 422)
  assert.equal(status({ oldSize: 5, size: 5, proof: [emptyRoot] }), 422)
  assert.equal(status({ oldSize: 5, size: 5, root: emptyRoot }), 422)
  assert.equal(status({ oldSize: 5, size: 9 }, { size: 5, root: emptyRoot }), 422)
  const fresh = (submission: Submission) =>
    judgeAddCheckpoint({ request: submit(submission), log, stored: undefined }).status
  assert.equal(fresh({ oldSize: 0, size: 9, proof: [emptyRoot] }), 422)
  assert.equal(fresh({ oldSize: 0, size: 0, root: tree.root(1) }), 422)
  assert.equal(fresh({ oldSize: 0, size: 0, root: emptyRoot }), 200)
})

test('a request in any other form is refused', () => {
  const { noteText } = submit({ oldSize: 0, size: 9 })
  const hash = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
  assert.equal(parseAddCheckpoint(`old 1\n${`${hash}\n`.repeat(63)}\n${noteText}`).proof.length, 63)
  for (const bad of [
    `old 1\n${`${hash}\n`.repeat(64)}\n${noteText}`,
    `old 01\n\n${noteText}`,
    `old -1\n\n${noteText}`,
    `old\n\n${noteText}`,
    `old 1\nAAAA\n\n${noteText}`,
    `old 1\r\n\r\n${noteText}`,
    `\n${noteText}`,
    noteText,
    `old 18446744073709551615\n\n${noteText}`,
    `old 1\n\n`,
  ]) {
    assert.throws(() => parseAddCheckpoint(bad), { code: 'malformed_request' }, bad)
  }
})

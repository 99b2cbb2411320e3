import assert from 'node:assert/strict'
import { createHash, createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  base64Encode,
  bodyRoot,
  decodeSealedLeaf,
  discloseFields,
  encodeEntryBundle,
  entriesPath,
  Frontier,
  fieldHash,
  formatCheckpoint,
  hashLeaf,
  hexDecode,
  hexEncode,
  nextKey,
  openCheckpoint,
  parseVerifierKey,
  proveTag,
  receiptVerifier,
  rootOf,
  saltOf,
  tilePath,
  verifierFor,
  verifyDisclosure,
  verifyReceipt,
} from '@bailee/proof'
import { encodeLeaves } from './leaves.ts'
import { commitmentOf, readLine, signed, type WaitingSealed } from './outbox.ts'
import { bodyFields, publicLeafOf, sealedLeafOf, strangersLeafOf, turn } from './rules.ts'
import { sortedPairs, tagRoot } from './tags.ts'

/** The paper's own vectors: what it says is what the server does. */
const paper = readFileSync(join(import.meta.dirname, '../../../docs/formats/ledger.md'), 'utf8')
const used = new Set<string>()
// biome-ignore lint/suspicious/noExplicitAny: the members are compared one by one with what the code makes
function vector(name: string): any {
  used.add(name)
  const block = new RegExp(`^\`\`\`json vector=${name}\\n([\\s\\S]*?)\\n\`\`\`$`, 'm').exec(paper)
  assert.ok(block, `docs/formats/ledger.md has a vector named ${name}`)
  return JSON.parse(block[1]!)
}
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

test('the chain of a person turns as the paper says', () => {
  const { steps, next } = vector('ratchet')
  let key: Uint8Array = new Uint8Array(32).fill(7)
  for (const step of steps) {
    assert.equal(hexEncode(key), step.key)
    const turned = turn(key)
    assert.deepEqual([hexEncode(turned.tag), hexEncode(turned.seed)], [step.tag, step.seed])
    assert.deepEqual(turned.next, nextKey(key))
    key = turned.next
  }
  assert.equal(hexEncode(key), next)
})

test('a receipt commits to the hash of the line and the outcome', () => {
  const { line, outcome, commitment, withoutOutcome } = vector('commitment')
  assert.equal(commitmentOf(line, outcome).toString('base64'), commitment)
  assert.equal(commitmentOf(line, null).toString('base64'), withoutOutcome)
  assert.equal((readLine(line) as WaitingSealed).k, 'look')
})

test('a body has the fields, salts, hashes and root of the paper', () => {
  const { seed, fields, salts, fieldHashes, root } = vector('body')
  const { line, outcome, commitment } = vector('commitment')
  const waiting = readLine(line) as WaitingSealed
  const head = { entry: fields[0][1], kind: waiting.k, at: new Date(waiting.a).toISOString(), commitment }
  assert.deepEqual(bodyFields(head, waiting.f, outcome), fields)
  const seedBytes = hexDecode(seed)
  const hashes = fields.map(([name, value]: [string, never], at: number) => {
    assert.equal(hexEncode(saltOf(seedBytes, at)), salts[at])
    return fieldHash(saltOf(seedBytes, at), name, value)
  })
  assert.deepEqual(hashes.map(hexEncode), fieldHashes)
  assert.equal(hexEncode(rootOf(hashes)), root)
  assert.equal(hexEncode(bodyRoot(seedBytes, fields)), root)
  assert.ok(verifyDisclosure(discloseFields(seedBytes, fields, [0, 3]), hexDecode(root)))
})

test('a sealed leaf has its 112 bytes where the paper says, and one of somebody erased looks the same', () => {
  const { seconds, bucketSeconds, sealedCopyHex, leaf, leafHash } = vector('sealedLeaf')
  const { steps } = vector('ratchet')
  const { seed, fields } = vector('body')
  const made = sealedLeafOf(
    seconds * 1000 + 999,
    hexDecode(steps[0].tag),
    hexDecode(seed),
    fields,
    sha256(hexDecode(sealedCopyHex)),
  )
  assert.equal(hexEncode(made), leaf)
  assert.equal(hexEncode(hashLeaf(made)), leafHash)
  assert.equal(decodeSealedLeaf(made).bucketSeconds, bucketSeconds)
  const stranger = strangersLeafOf(seconds * 1000, Buffer.alloc(96, 5))
  assert.equal(stranger.length, 112)
  assert.deepEqual(stranger.subarray(0, 16), made.subarray(0, 16))
  assert.deepEqual(stranger.subarray(16), new Uint8Array(96).fill(5))
})

test('public leaves are canonical JSON', () => {
  for (const { value, text, leafHash } of vector('publicLeaves')) {
    const leaf = publicLeafOf(value)
    assert.equal(Buffer.from(leaf).toString(), text)
    assert.equal(hexEncode(hashLeaf(leaf)), leafHash)
  }
})

test('the tag index sorts its pairs and has the root of the paper', () => {
  const { pairs, file, root, proofOfFirst } = vector('tagIndex')
  const parsed = pairs.map(({ tag, index }: { tag: string; index: number }) => ({ tag: hexDecode(tag), index }))
  const leaves = parsed.map(({ tag, index }: { tag: Uint8Array; index: number }) => ({
    index,
    leaf: strangersLeafOf(0, Buffer.concat([tag, Buffer.alloc(64)])),
  }))
  assert.equal(sortedPairs(leaves).toString('hex'), file)
  assert.equal(hexEncode(tagRoot(sortedPairs(leaves))), root)
  assert.deepEqual(proveTag(parsed, Buffer.from(proofOfFirst.tag, 'base64')), [proofOfFirst])
})

test('receipts are signed as one batch', () => {
  const { message, receipts } = vector('receipt')
  const { seedHex, vkey } = vector('checkpoint')
  const key = privateKeyOf(seedHex)
  const [first] = receipts
  const made = signed(
    { origin: first.origin, signedAt: first.signedAt, deadline: first.deadline },
    (bytes) => {
      assert.equal(Buffer.from(bytes).toString(), message)
      return sign(null, bytes, key)
    },
    receipts.map(({ entry, commitment }: { entry: string; commitment: string }) => ({
      entry,
      commitment: Buffer.from(commitment, 'base64'),
    })),
  )
  assert.deepEqual(made, receipts)
  for (const receipt of receipts) assert.ok(verifyReceipt(receipt, receiptVerifier(parseVerifierKey(vkey).publicKey)))
})

test('a segment is a bundle, the head’s frontier makes its root, and the checkpoint signs it', () => {
  const { leaves, bundle, root, frontier } = vector('segment')
  const bytes = leaves.map((leaf: string) => hexDecode(leaf))
  assert.equal(encodeLeaves(bytes).toString('hex'), bundle)
  assert.equal(hexEncode(encodeEntryBundle(bytes)), bundle)
  const tree = Frontier.empty()
  tree.append(Buffer.concat(bytes.map((leaf: Uint8Array) => hashLeaf(leaf))))
  assert.equal(hexEncode(tree.toBytes()), frontier)
  assert.equal(hexEncode(tree.root()), root)
  const { vkey, note } = vector('checkpoint')
  const { checkpoint } = openCheckpoint(note, { origin: 'ledger.example/log', log: verifierFor(vkey) })
  assert.deepEqual([checkpoint.size, base64Encode(checkpoint.root)], [leaves.length, base64Encode(hexDecode(root))])
  assert.ok(
    note.startsWith(formatCheckpoint({ origin: checkpoint.origin, size: leaves.length, root: hexDecode(root) })),
  )
})

test('tiles and bundles have the paths of the paper, and no vector of it goes unread', () => {
  for (const { level, n, width, path } of vector('paths'))
    assert.equal(level === 'entries' ? entriesPath(n, width) : tilePath(level, n, width), path)
  const named = [...paper.matchAll(/^```json vector=(\w+)$/gm)].map(([, name]) => name)
  assert.deepEqual(named.sort(), [...used].sort())
})

const privateKeyOf = (seedHex: string) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seedHex, 'hex')]),
    format: 'der',
    type: 'pkcs8',
  })

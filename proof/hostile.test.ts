import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { base64Encode, utf8Encode } from './bytes.ts'
import * as proof from './index.ts'

const hash = base64Encode(new Uint8Array(32))
const note = `log.example\n5\n${hash}\n\n— log.example ${base64Encode(new Uint8Array(68))}\n`
const zero = new Uint8Array(32)

/** Each parser of outside bytes, with something that it accepts. */
const parsers: readonly (readonly [
  name: string,
  sample: string | Uint8Array,
  parse: (input: Uint8Array) => unknown,
])[] = [
  ['note', note, (input) => proof.parseNote(input)],
  ['open note', note, (input) => proof.openNote(input, [])],
  ['checkpoint', note.split('\n\n')[0]!, (input) => proof.parseCheckpoint(proof.utf8Decode(input))],
  ['tlog-proof', `c2sp.org/tlog-proof@v1\nextra AAAA\nindex 3\n${hash}\n\n${note}`, proof.parseTlogProof],
  ['add-checkpoint', `old 3\n${hash}\n\n${note}`, proof.parseAddCheckpoint],
  ['policy', `witness w ${proof.formatVerifierKey('w', 4, zero)}\ngroup g 1 w\nquorum g\n`, proof.parsePolicy],
  ['verifier key', proof.formatVerifierKey('w', 4, zero), (input) => proof.parseVerifierKey(proof.utf8Decode(input))],
  ['cosignature', new Uint8Array(72), proof.parseCosignature],
  ['tile path', 'tile/0/x001/000.p/7', (input) => proof.parseTilePath(proof.utf8Decode(input))],
  ['entry bundle', proof.encodeEntryBundle([zero, zero]), proof.decodeEntryBundle],
  ['frontier', proof.Frontier.empty().toBytes(), (input) => proof.Frontier.fromBytes(input)],
  ['ratchet', new proof.Ratchet(zero).toBytes(), (input) => proof.Ratchet.fromBytes(input)],
  ['leaf', proof.encodeSealedLeaf({ bucketSeconds: 0, tag: zero, bodyRoot: zero, copyHash: zero }), proof.decodeLeaf],
  ['public leaf', '{"type":"a","v":1}', proof.decodeLeaf],
  ['canonical JSON', '{"a":[1,"b",null]}', proof.parseCanonicalJson],
  ['tag pair', new Uint8Array(40), proof.decodeTagPair],
  ['base64url', 'AAAA', (input) => proof.base64urlDecode(proof.utf8Decode(input))],
  ['hexadecimal', '00ff', (input) => proof.hexDecode(proof.utf8Decode(input))],
]

/** Noise, and the sample with a few bytes replaced, removed, doubled or inserted. */
function hostile(sample: Uint8Array): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({ at: fc.nat(), drop: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) })
  const edited = fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    const bytes = [...sample]
    for (const { at, drop, put } of edits) bytes.splice(at % (bytes.length + 1), drop, ...put)
    return Uint8Array.from(bytes)
  })
  const doubled = fc.nat(sample.length).map((at) => Uint8Array.from([...sample, ...sample.subarray(at)]))
  const cut = fc.nat(sample.length).map((at) => sample.subarray(0, at))
  return fc.oneof(fc.uint8Array({ maxLength: 300 }), edited, doubled, cut)
}

for (const [name, sample, parse] of parsers) {
  test(`whatever bytes it is given, the parser of ${name} throws nothing but a ProofError`, () => {
    const bytes = typeof sample === 'string' ? utf8Encode(sample) : sample
    fc.assert(
      fc.property(hostile(bytes), (input) => {
        try {
          parse(input)
        } catch (error) {
          if (!(error instanceof proof.ProofError)) throw error
        }
      }),
      { numRuns: 400 },
    )
  })
}

test('verifiers of JSON answer no to any JSON, and never throw', () => {
  const root = proof.sha256(utf8Encode('a root that nobody can reach'))
  const head = { size: 3, root }
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record({ count: fc.nat(5), disclosed: fc.array(fc.jsonValue()), hashes: fc.array(fc.constant(hash)) }),
    fc.record({
      before: fc.jsonValue(),
      after: fc.record({
        tag: fc.constant(hash),
        index: fc.nat(),
        position: fc.nat(3),
        path: fc.array(fc.jsonValue()),
      }),
    }),
  )
  fc.assert(
    fc.property(json, (value) => {
      assert.equal(proof.verifyDisclosure(value, root), false)
      assert.equal(proof.verifyAbsence(value, zero, head), false)
      assert.equal(proof.verifyTagProof(value, head), false)
      assert.equal(
        proof.verifyReceipt(value, () => true),
        false,
      )
    }),
  )
})

test('checking an entry reports and never throws, whatever it is given', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(`c2sp.org/tlog-proof@v1\nindex 3\n\n${note}`))
  fc.assert(
    fc.property(text, fc.uint8Array(), fc.jsonValue(), text, (proofText, leafBytes, disclosure, policyText) => {
      const { ok, steps } = proof.verifyEntry({ proofText, leafBytes, disclosure, policyText })
      assert.equal(ok, false)
      assert.ok(steps.length >= 4)
    }),
  )
})

test('nothing here needs Node: no node: import, no Buffer, no process, no package', () => {
  const folder = import.meta.dirname
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const source = readFileSync(`${folder}/${file}`, 'utf8')
    assert.doesNotMatch(source, /\bBuffer\b|\bprocess\.|from '(?!\.\/)/, file)
  }
})

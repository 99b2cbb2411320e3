import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { base64Encode, concat, utf8Encode } from './bytes.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import {
  ed25519CosignatureMessage,
  formatCosignatureLine,
  mlDsa44CosignatureMessage,
  parseCosignature,
  verifierFor,
} from './cosignature.ts'
import { emptyRoot } from './merkle.ts'
import {
  formatNote,
  formatSignatureLine,
  formatVerifierKey,
  keyId,
  openNote,
  parseNote,
  parseVerifierKey,
} from './note.ts'

const raw = (key: KeyObject, length: number) =>
  new Uint8Array(key.export({ type: 'spki', format: 'der' }).subarray(-length))

function ed25519Key(name: string, type: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const bytes = raw(publicKey, 32)
  const vkey = formatVerifierKey(name, type, bytes)
  return { name, vkey, id: keyId(name, type, bytes), privateKey, verifier: verifierFor(vkey) }
}

const log = ed25519Key('log.example/2026', 1)
const text = formatCheckpoint({ origin: log.name, size: 0, root: emptyRoot })
const logLine = formatSignatureLine(log.name, log.id, sign(null, utf8Encode(text), log.privateKey))

function cosignedBy(witness: ReturnType<typeof ed25519Key>, time: number, over = text): string {
  const signature = sign(null, ed25519CosignatureMessage(time, over), witness.privateKey)
  return formatCosignatureLine(witness.name, witness.id, { time, signature })
}

test('a verifier key is read back, and refused when its id, name or key was altered', () => {
  const key = parseVerifierKey(log.vkey)
  assert.equal(formatVerifierKey(key.name, key.type, key.publicKey), log.vkey)
  const [name, id, bytes] = log.vkey.split(/\+(.*?)\+/) as [string, string, string]
  for (const bad of [
    `x${name}+${id}+${bytes}`,
    `${name}+00000000+${bytes}`,
    `${name}+${id}`,
    `+${id}+${bytes}`,
    name,
    '',
    `${name}+${id}+`,
  ]) {
    assert.throws(() => parseVerifierKey(bad), { code: 'malformed_key' }, bad)
  }
  assert.throws(() => verifierFor(formatVerifierKey('a', 1, new Uint8Array(31))), { code: 'malformed_key' })
  assert.throws(() => verifierFor(formatVerifierKey('a', 2, new Uint8Array(32))), { code: 'malformed_key' })
})

test('a note is split at its last empty line, and the text keeps the others', () => {
  const parsed = parseNote(`one\n\ntwo\n\n${logLine}`)
  assert.equal(parsed.text, 'one\n\ntwo\n')
  assert.equal(parsed.signatures.length, 1)
  assert.equal(formatNote(parsed.text, [logLine]), `one\n\ntwo\n\n${logLine}`)
  assert.throws(() => formatNote('no newline', [logLine]), { code: 'malformed_note' })
  assert.throws(() => formatNote('text\n', [`\n${logLine}`]), { code: 'malformed_note' })
  assert.throws(() => formatSignatureLine('two words', log.id, new Uint8Array(64)), { code: 'malformed_note' })
})

test('unknown signatures are ignored, a bad one of a known key rejects the note', () => {
  const stranger = ed25519Key('stranger', 1)
  const strange = formatSignatureLine(stranger.name, stranger.id, new Uint8Array(64))
  const opened = openNote(formatNote(text, [strange, logLine, logLine]), [log.verifier])
  assert.equal(opened.verified.length, 1)
  assert.equal(opened.unverified.length, 1)
  assert.throws(() => openNote(formatNote(text, [strange]), [log.verifier]), { code: 'unverified_note' })
  assert.throws(() => openNote(formatNote(text, [strange, logLine]), [log.verifier, stranger.verifier]), {
    code: 'invalid_signature',
  })
  assert.throws(() => openNote(formatNote(text, [logLine]), [log.verifier, verifierFor(log.vkey)]), {
    code: 'ambiguous_key',
  })
})

test('a good signature does not excuse a second, bad one of the same key', () => {
  const bad = formatSignatureLine(log.name, log.id, new Uint8Array(64))
  assert.throws(() => openNote(formatNote(text, [logLine, bad]), [log.verifier]), { code: 'invalid_signature' })
})

test('a checkpoint has one spelling', () => {
  const root = base64Encode(emptyRoot)
  assert.deepEqual(parseCheckpoint(`o\n12\n${root}\nmore\n`).extensions, ['more'])
  const bad = [
    `o\n012\n${root}\n`,
    `o\n-1\n${root}\n`,
    `\n1\n${root}\n`,
    `o\n1\n${root}`,
    `o\n1\n${root}\n\n`,
    `o\n1\nAAAA\n`,
    'o\n1\n',
    `o\n9007199254740992\n${root}\n`,
  ]
  for (const one of bad) assert.throws(() => parseCheckpoint(one), { code: 'malformed_checkpoint' }, one)
  assert.throws(() => formatCheckpoint({ origin: 'a\nb', size: 1, root: emptyRoot }), { code: 'malformed_checkpoint' })
})

test('a checkpoint is opened by the key of its log, with the witnesses that one knows', () => {
  const witness = ed25519Key('witness.example', 4)
  const note = formatNote(text, [logLine, cosignedBy(witness, 1_800_000_000)])
  const opened = openCheckpoint(note, { origin: log.name, log: log.verifier, cosigners: [witness.verifier] })
  assert.equal(opened.logSignatures.length, 1)
  assert.equal(parseCosignature(opened.cosignatures[0]!.value).time, 1_800_000_000)
  assert.throws(() => openCheckpoint(note, { origin: 'another', log: log.verifier }), { code: 'wrong_origin' })
  const onlyWitness = formatNote(text, [cosignedBy(witness, 1_800_000_000)])
  assert.throws(
    () => openCheckpoint(onlyWitness, { origin: log.name, log: log.verifier, cosigners: [witness.verifier] }),
    { code: 'unverified_note' },
  )
})

test('a cosignature holds for its own time and text only, and a time of zero never', () => {
  const witness = ed25519Key('witness.example', 4)
  const other = formatCheckpoint({ origin: log.name, size: 1, root: emptyRoot })
  const open = (line: string) => openNote(formatNote(text, [line]), [witness.verifier])
  assert.throws(() => open(cosignedBy(witness, 7, other)), { code: 'invalid_signature' })
  assert.throws(() => open(cosignedBy(witness, 0)), { code: 'invalid_signature' })
  const { signature } = parseCosignature(parseNote(formatNote(text, [cosignedBy(witness, 7)])).signatures[0]!.value)
  assert.throws(() => open(formatCosignatureLine(witness.name, witness.id, { time: 8, signature })), {
    code: 'invalid_signature',
  })
})

test('a log signs its checkpoint a second time with ML-DSA-44, as a cosigner under its own name', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ml-dsa-44')
  const bytes = raw(publicKey, 1312)
  const verifier = verifierFor(formatVerifierKey(log.name, 6, bytes))
  const statement = { cosigner: log.name, time: 1_800_000_000, origin: log.name, end: 0, root: emptyRoot }
  const signature = sign(null, mlDsa44CosignatureMessage(statement), privateKey)
  const line = formatCosignatureLine(log.name, keyId(log.name, 6, bytes), { time: 1_800_000_000, signature })
  const opened = openCheckpoint(formatNote(text, [logLine, line]), { origin: log.name, log: [log.verifier, verifier] })
  assert.equal(opened.logSignatures.length, 2)
  assert.throws(() => openNote(formatNote('not a checkpoint\n', [line]), [verifier]), { code: 'invalid_signature' })
  assert.throws(() => mlDsa44CosignatureMessage({ ...statement, cosigner: 'x'.repeat(256) }), {
    code: 'malformed_cosignature',
  })
})

test('the key id binds name, type and key', () => {
  const key = new Uint8Array(32)
  assert.notDeepEqual(keyId('a', 1, key), keyId('a', 4, key))
  assert.notDeepEqual(keyId('a', 1, key), keyId('b', 1, key))
  assert.notDeepEqual(keyId('a', 1, key), keyId('a', 1, concat(key.subarray(1), Uint8Array.of(1))))
})

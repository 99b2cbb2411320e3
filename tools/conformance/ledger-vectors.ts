import { join } from 'node:path'
import {
  base64Decode,
  base64Encode,
  concat,
  decodeEntryBundle,
  ed25519CosignatureMessage,
  emptyRoot,
  encodeEntryBundle,
  equalBytes,
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  HashTree,
  hashLeaf,
  hexDecode,
  hexEncode,
  judgeAddCheckpoint,
  keyId,
  mlDsa44CosignatureMessage,
  openCheckpoint,
  openNote,
  parseAddCheckpoint,
  parseCosignature,
  parseNote,
  parseTilePath,
  parseTlogProof,
  parseVerifierKey,
  rootOf,
  sha256,
  tileLayout,
  tilePath,
  utf8Encode,
  verifierFor,
  verifyMlDsa44,
  verifyTlogProof,
} from '@bailee/proof'
import { type Group, type Report, readJson } from './group.ts'

type Key = { name: string; type: number; publicKeyHex: string; keyId: string; vkey: string }
type Vectors = {
  rfc6962: {
    emptyRoot: string
    leafInputsHex: string[]
    leafHashes: string[]
    rootsBySize: string[]
    nodeOf_N123_N456: string
    leafOf_L123456: string
  }
  tilePaths: { n: number; path: string }[]
  partialWidths: { size: number; levels: { level: number; fullTiles: number; partialWidth: number }[] }[]
  keys: { log: Key; w1: Key; w2: Key }
  checkpoint: { body300: string; signed300: string; cosignedMessageW1: string; cosigned300: string }
  tlogProof: { entry: string; leafHash: string; proof: string; proofWithExtra: string }
  addCheckpoint: {
    request: string
    exampleResponse: string
    firstRequest: string
    conflictResponse: { status: number; contentType: string; body: string }
  }
  entryBundle: { entriesUtf8: string[]; bundleHex: string }
  mldsa44: { name: string; keyId: string; publicKeyB64: string; messageHex: string; line: string }
}

export const ledgerVectors: Group = {
  name: 'ledger: own vectors',
  run(folder, report) {
    const vectors = readJson<Vectors>(join(folder, 'ledger', 'own-vectors.json'))
    hashes(vectors, report)
    tiles(vectors, report)
    keys(vectors, report)
    checkpoints(vectors, report)
    proofs(vectors, report)
    witness(vectors, report)
    postQuantum(vectors, report)
  },
}

function hashes({ rfc6962 }: Vectors, report: Report): void {
  report.equal('empty root', hexEncode(emptyRoot), rfc6962.emptyRoot)
  const leaves = rfc6962.leafInputsHex.map((hex) => hashLeaf(hexDecode(hex)))
  for (const [i, leaf] of leaves.entries()) report.equal(`leaf ${i}`, hexEncode(leaf), rfc6962.leafHashes[i]!)
  for (const [i, root] of rfc6962.rootsBySize.entries()) {
    report.equal(`root of ${i + 1}`, hexEncode(rootOf(leaves.slice(0, i + 1))), root)
  }
  // Parts of four bytes: RFC 6962's formula, but no node of a tree, so hashNode would refuse them.
  const odd = sha256(concat(Uint8Array.of(1), utf8Encode('N123'), utf8Encode('N456')))
  report.equal('node of N123 and N456', hexEncode(odd), rfc6962.nodeOf_N123_N456)
  report.equal('leaf L123456', hexEncode(hashLeaf(utf8Encode('L123456'))), rfc6962.leafOf_L123456)
}

function tiles({ tilePaths, partialWidths, entryBundle }: Vectors, report: Report): void {
  for (const { n, path } of tilePaths) {
    report.equal(`path of ${n}`, tilePath(0, n), `tile/0/${path}`)
    report.equal(`number of ${path}`, parseTilePath(`tile/0/${path}`).n, n)
  }
  for (const { size, levels } of partialWidths) {
    report.equal(`tiles of ${size}`, JSON.stringify(tileLayout(size)), JSON.stringify(levels))
  }
  const entries = entryBundle.entriesUtf8.map(utf8Encode)
  report.equal('bundle', hexEncode(encodeEntryBundle(entries)), entryBundle.bundleHex)
  const decoded = decodeEntryBundle(hexDecode(entryBundle.bundleHex))
  report.check('bundle read back', decoded.every((entry, i) => equalBytes(entry, entries[i]!)) && decoded.length === 5)
}

function keys(vectors: Vectors, report: Report): void {
  for (const key of Object.values(vectors.keys)) {
    const publicKey = hexDecode(key.publicKeyHex)
    report.equal(`${key.name}: key id`, hexEncode(keyId(key.name, key.type, publicKey)), key.keyId)
    report.equal(`${key.name}: vkey`, formatVerifierKey(key.name, key.type, publicKey), key.vkey)
    report.check(`${key.name}: vkey read`, () => equalBytes(parseVerifierKey(key.vkey).publicKey, publicKey))
  }
}

function tree300(): HashTree {
  return new HashTree(Array.from({ length: 300 }, (_, i) => hashLeaf(utf8Encode(`record ${i}`))))
}

function checkpoints(vectors: Vectors, report: Report): void {
  const { log, w1, w2 } = vectors.keys
  const { body300, signed300, cosigned300, cosignedMessageW1 } = vectors.checkpoint
  const body = formatCheckpoint({ origin: log.name, size: 300, root: tree300().root() })
  report.equal('checkpoint body', body, body300)
  report.equal(
    'cosigned message',
    hexEncode(ed25519CosignatureMessage(1735689600, body)),
    hexEncode(utf8Encode(cosignedMessageW1)),
  )
  const keys = { origin: log.name, log: verifierFor(log.vkey), cosigners: [verifierFor(w1.vkey), verifierFor(w2.vkey)] }
  report.check('signed checkpoint', () => openCheckpoint(signed300, keys).cosignatures.length === 0)
  report.check('cosigned checkpoint', () => openCheckpoint(cosigned300, keys).cosignatures.length === 2)
  report.check('time of the cosignature', () =>
    openCheckpoint(cosigned300, keys).cosignatures.some(({ value }) => parseCosignature(value).time === 1735689600),
  )
}

function proofs(vectors: Vectors, report: Report): void {
  const { log, w1, w2 } = vectors.keys
  const { entry, leafHash, proof, proofWithExtra } = vectors.tlogProof
  const policy = `log ${log.vkey}\nwitness one ${w1.vkey}\nwitness two ${w2.vkey}\ngroup both all one two\nquorum both\n`
  const leaf = hashLeaf(utf8Encode(entry))
  report.equal('leaf hash', base64Encode(leaf), leafHash)
  report.check('proof', () => verifyTlogProof(proof, { leafHash: leaf, policy }).witnesses.length === 2)
  report.equal('proof written again', formatTlogProof(parseTlogProof(proof)), proof)
  const path = tree300().inclusionPath(123).map(base64Encode).join()
  report.equal('path', path, parseTlogProof(proof).path.map(base64Encode).join())
  const last = hashLeaf(utf8Encode('record 299'))
  report.check('proof with extra data', () => {
    const { extra, index } = verifyTlogProof(proofWithExtra, {
      leafHash: last,
      policy: `log ${log.vkey}\nquorum none\n`,
    })
    return index === 299 && extra !== undefined && equalBytes(extra, utf8Encode('opening'))
  })
  report.equal('proof with extra data written again', formatTlogProof(parseTlogProof(proofWithExtra)), proofWithExtra)
  report.check('a proof for another leaf is refused', () =>
    throws(() => verifyTlogProof(proof, { leafHash: last, policy })),
  )
}

function witness(vectors: Vectors, report: Report): void {
  const { request, firstRequest, conflictResponse, exampleResponse } = vectors.addCheckpoint
  const { log, w1 } = vectors.keys
  const known = { origin: log.name, keys: [verifierFor(log.vkey)] }
  const first = parseAddCheckpoint(firstRequest)
  const next = parseAddCheckpoint(request)
  const answer = judgeAddCheckpoint({ request: first, log: known, stored: undefined })
  report.equal('first checkpoint', answer.status, 200)
  const stored = answer.status === 200 ? answer.store : undefined
  report.equal('next checkpoint', judgeAddCheckpoint({ request: next, log: known, stored }).status, 200)
  report.equal(
    'conflict',
    JSON.stringify(judgeAddCheckpoint({ request: first, log: known, stored })),
    JSON.stringify({ status: 409, body: conflictResponse.body, contentType: conflictResponse.contentType }),
  )
  for (const [name, text] of [
    ['request', request],
    ['first request', firstRequest],
  ] as const) {
    const { oldSize, proof, noteText } = parseAddCheckpoint(text)
    report.equal(`${name} written again`, formatAddCheckpoint({ oldSize, proof, note: noteText }), text)
  }
  report.check(
    'example response',
    () => openNote(next.noteText + exampleResponse, [verifierFor(w1.vkey)]).verified.length === 1,
  )
}

function postQuantum(vectors: Vectors, report: Report): void {
  const { name, keyId: id, publicKeyB64, messageHex, line } = vectors.mldsa44
  const publicKey = base64Decode(publicKeyB64)
  report.equal('ML-DSA-44 key id', hexEncode(keyId(name, 6, publicKey)), id)
  const body = vectors.checkpoint.body300
  const text = line.endsWith('\n') ? line : `${line}\n`
  const note = formatNote(body, [text])
  const cosignature = parseCosignature(parseNote(note).signatures[0]!.value)
  const message = mlDsa44CosignatureMessage({
    cosigner: name,
    time: cosignature.time,
    origin: vectors.keys.log.name,
    end: 300,
    root: tree300().root(),
  })
  report.equal('ML-DSA-44 message', hexEncode(message), messageHex)
  report.check('ML-DSA-44 signature', () => verifyMlDsa44(publicKey, message, cosignature.signature))
  report.check(
    'ML-DSA-44 signature over another message',
    () => !verifyMlDsa44(publicKey, concat(message, message), cosignature.signature),
  )
  const vkey = formatVerifierKey(name, 6, publicKey)
  report.check('ML-DSA-44 cosigned checkpoint', () => openNote(note, [verifierFor(vkey)]).verified.length === 1)
}

function throws(run: () => unknown): boolean {
  try {
    run()
    return false
  } catch {
    return true
  }
}

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  base64Encode,
  concat,
  decodeEntryBundle,
  encodeEntryBundle,
  equalBytes,
  Frontier,
  hashLeaf,
  hexEncode,
  openNote,
  parseCheckpoint,
  parseNote,
  parseTilePath,
  TileHashes,
  tilePath,
  utf8Encode,
  verifierFor,
  verifyConsistency,
  verifyInclusion,
} from '@bailee/proof'
import { type Group, readBytes, readJson } from './group.ts'

const origins = {
  rome: '000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706',
  milan: '88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482',
} as const

/** A real tree of 300 entries from Sunlight, rebuilt byte for byte. Its entry bundles are placeholders. */
export const ledgerTree: Group = {
  name: 'ledger: tiled tree (Sunlight)',
  async run(folder, report) {
    const testdata = join(folder, 'ledger', 'sunlight-mirror-tree', 'cmd', 'skylight', 'testdata')
    const mirror = join(testdata, 'witness', 'mirror')
    const tree = join(mirror, origins.rome)
    const leaves = Array.from({ length: 300 }, (_, i) => hashLeaf(utf8Encode(`record ${i}`)))

    const frontier = Frontier.empty()
    const { tiles } = frontier.append(concat(...leaves))
    report.equal('tiles written', tiles.length, 3)
    const foreign = (level: number, n: number, width: number) => readBytes(join(tree, tilePath(level, n, width)))
    for (const { level, n, width, bytes } of tiles) {
      report.check(tilePath(level, n, width), () => equalBytes(bytes, foreign(level, n, width)))
    }
    const digestOf = (level: number, n: number, width: number): string =>
      createHash('sha256')
        .update(foreign(level, n, width))
        .digest('hex')
    report.equal('tile/0/000', digestOf(0, 0, 256), '66a1d43136a854a5776d5bce14bf101c925fc7d4b32f1be23b658f636ebfcddb')
    report.equal(
      'tile/0/001.p/44',
      digestOf(0, 1, 44),
      '699f078d937f13343d71ad39321757de3ecf391e8d7a1b2015ad38bd36f5d60a',
    )
    report.check('tile path', parseTilePath('tile/0/001.p/44').width === 44)

    const checkpoint = parseCheckpoint(parseNote(readBytes(join(tree, 'checkpoint'))).text)
    report.equal('size', checkpoint.size, frontier.size)
    report.equal('root', base64Encode(frontier.root()), base64Encode(checkpoint.root))

    const reader = new TileHashes(async (level, n, width) => foreign(level, n, width), checkpoint.size)
    report.check('root from the foreign tiles', equalBytes(await reader.root(), checkpoint.root))
    for (const index of [0, 123, 255, 256, 299]) {
      const proof = await reader.inclusionProof(index)
      const claim = { index, size: 300, leafHash: leaves[index]!, proof, root: checkpoint.root }
      report.check(`inclusion of ${index}`, verifyInclusion(claim))
    }
    for (const size1 of [1, 44, 256, 257, 300]) {
      const older = Frontier.empty()
      older.append(concat(...leaves.slice(0, size1)))
      const proof = await reader.consistencyProof(size1)
      const claim = { size1, size2: 300, root1: older.root(), root2: checkpoint.root, proof }
      report.check(`consistency from ${size1}`, verifyConsistency(claim))
    }

    const bundle = ['one', 'two', 'three', 'four', 'five'].map(utf8Encode)
    const hex = '00036f6e65000374776f000574687265650004666f7572000466697665'
    report.equal('entry bundle (tessera)', hexEncode(encodeEntryBundle(bundle)), hex)
    report.equal('entries read back', decodeEntryBundle(encodeEntryBundle(bundle)).length, 5)

    const cosigners = [
      [join(testdata, 'witness', 'witness.v0.json'), join(testdata, 'witness', origins.rome, 'checkpoint')],
      [join(testdata, 'witness2', 'witness.v0.json'), join(testdata, 'witness2', origins.milan, 'checkpoint')],
      [join(mirror, 'mirror.v0.json'), join(tree, 'checkpoint')],
    ] as const
    for (const [about, note] of cosigners) {
      const keys = readJson<{ verifier_keys: string[] }>(about).verifier_keys.map((vkey) => verifierFor(vkey))
      report.check(`cosignature of ${keys[0]?.name}`, () => openNote(readBytes(note), keys).verified.length === 1)
    }
  },
}

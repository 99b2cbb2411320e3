import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatVerifierKey, hexDecode, openNote, parseAddCheckpoint, signatureType, verifierFor } from '@bailee/proof'
import { nativeChecks, startWitness } from '@bailee/witness'
import { type Group, type Report, readJson } from './group.ts'

type Exchange = { path: string; body: string; expectStatus: number; expectBody: string }
type Exchanges = {
  logPublicKeyHex: string
  exchanges: Exchange[]
  sumdb: { origin: string; vkey: string; exchanges: Exchange[] }
}

const name = 'example.com/witness'

/** The exchanges of litewitness's own test, against a witness of ours over HTTP. */
export const ledgerWitness: Group = {
  name: 'ledger: witness protocol (litewitness)',
  async run(folder, report) {
    const cases = readJson<Exchanges>(join(folder, 'ledger', 'litewitness-exchanges.json'))
    const { origin } = parseAddCheckpoint(cases.exchanges[0]!.body).checkpoint
    const vkey = formatVerifierKey(origin, signatureType.ed25519, hexDecode(cases.logPublicKeyHex))
    await exchange(report, [{ origin, vkey }], cases.exchanges)
    await exchange(report, [{ origin: cases.sumdb.origin, vkey: cases.sumdb.vkey }], cases.sumdb.exchanges)
  },
}

async function exchange(report: Report, logs: { origin: string; vkey: string }[], list: Exchange[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bailee-conformance-'))
  const witness = await startWitness({ directory, name, logs })
  try {
    const keys = witness.vkeys.map((key) => verifierFor(key, nativeChecks))
    for (const [i, { path, body, expectStatus, expectBody }] of list.entries()) {
      const title = `${logs[0]!.origin} request ${i + 1}`
      const response = await fetch(witness.url + path, { method: 'POST', body })
      const text = await response.text()
      if (expectBody.includes('unknown log') && expectStatus === 403) {
        report.note(`${title}: the old implementation says 403 to an unknown log, the tlog-witness text says 404`)
        report.equal(`${title}: status`, response.status, 404)
      } else {
        report.equal(`${title}: status`, response.status, expectStatus)
      }
      const quoted: unknown = JSON.parse(expectBody.slice(expectBody.indexOf('"')))
      const wanted = String(quoted)
      report.check(`${title}: body`, expectBody.startsWith('body ==') ? text === wanted : text.includes(wanted))
      if (response.status === 409) {
        report.equal(`${title}: type`, response.headers.get('content-type') ?? '', 'text/x.tlog.size')
      }
      if (response.status === 200) {
        const note = parseAddCheckpoint(body).noteText + text
        report.check(`${title}: both cosignatures verify`, () => openNote(note, keys).verified.length === 2)
      }
    }
  } finally {
    await witness.close()
    await rm(directory, { recursive: true })
  }
}

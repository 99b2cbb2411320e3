import { join } from 'node:path'
import { base64Decode, openCheckpoint, openNote, ProofError, verifierFor } from '@bailee/proof'
import { type Group, readJson } from './group.ts'

type NoteCases = {
  notes: {
    name: string
    noteB64: string
    known?: string[]
    expect: 'ok' | 'malformed' | 'ambiguous key' | 'invalid signature' | 'no verifiable signature'
    verified?: number
    unverified?: number
  }[]
  liveCheckpoint: { noteB64: string; vkey: string }
}

const codes = {
  malformed: 'malformed_note',
  'ambiguous key': 'ambiguous_key',
  'invalid signature': 'invalid_signature',
  'no verifiable signature': 'unverified_note',
} as const

export const ledgerNotes: Group = {
  name: 'ledger: signed notes (golang/mod, C2SP)',
  run(folder, report) {
    const { notes, liveCheckpoint } = readJson<NoteCases>(join(folder, 'ledger', 'note-cases.json'))
    for (const { name, noteB64, known = [], expect, verified, unverified } of notes) {
      report.check(name, () => {
        const verifiers = known.map((vkey) => verifierFor(vkey))
        try {
          const opened = openNote(base64Decode(noteB64), verifiers)
          return expect === 'ok' && opened.verified.length === verified && opened.unverified.length === unverified
        } catch (error) {
          return error instanceof ProofError && expect !== 'ok' && error.code === codes[expect]
        }
      })
    }
    report.check('a live checkpoint of sum.golang.org', () => {
      const log = verifierFor(liveCheckpoint.vkey)
      const opened = openCheckpoint(base64Decode(liveCheckpoint.noteB64), { origin: 'go.sum database tree', log })
      return opened.checkpoint.size === 35_225_469
    })
  },
}

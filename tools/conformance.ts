// npm run conformance -- <folder of vectors>: runs every foreign and own test vector against this code.
// Last line: `N passed, N failed`. Exit 0 all passed, 1 something failed, 2 there was nothing to run.
import { statSync } from 'node:fs'
import { type Group, Report } from './conformance/group.ts'
import { ledgerMerkle } from './conformance/ledger-merkle.ts'
import { ledgerNotes } from './conformance/ledger-notes.ts'
import { ledgerTree } from './conformance/ledger-tree.ts'
import { ledgerVectors } from './conformance/ledger-vectors.ts'
import { ledgerWitness } from './conformance/ledger-witness.ts'

/** A room adds its vectors here. */
const groups: readonly Group[] = [ledgerMerkle, ledgerTree, ledgerNotes, ledgerVectors, ledgerWitness]

const folder = process.argv[2]
if (folder === undefined || !isFolder(folder)) {
  console.error(folder === undefined ? 'usage: npm run conformance -- <folder>' : `there is no folder ${folder}`)
  process.exit(2)
}

let passed = 0
let failed = 0
for (const group of groups) {
  const report = new Report()
  try {
    await group.run(folder, report)
  } catch (error) {
    report.check(`${group.name} ran to its end (${error instanceof Error ? error.message : String(error)})`, false)
  }
  for (const note of report.notes) console.log(`  note: ${note}`)
  for (const failure of report.failures) console.log(`  FAILED: ${failure}`)
  console.log(`${group.name}: ${report.passed} passed, ${report.failures.length} failed`)
  passed += report.passed
  failed += report.failures.length
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

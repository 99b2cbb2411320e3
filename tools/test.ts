import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { dot, spec } from 'node:test/reporters'
import { buildPortal, portalIsStale } from './portal-build.ts'
import { isTest, listFiles, repositoryRoot as root } from './repository.ts'

/**
 * `npm test`: every test of the repository, two files at a time. `npm test -- vault consent` runs the files whose path
 * holds one of the words. The last line is the sum; the exit code is 0 only if something ran and nothing failed.
 */

const folders = 'proof law detect junk contract server sdk cli witness web examples bench tools'.split(' ')
const concurrency = 2
/** For one test, and for all of them. Generous: this is against hanging for ever, not against being slow. */
const timeout = 10 * 60_000
const deadline = 45 * 60_000

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const files = folders
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => listFiles(root, folder, isTest))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))

interface Sum {
  passed: number
  failed: number
  skipped: number
}

async function runTests(): Promise<Sum> {
  const sum: Sum = { passed: 0, failed: 0, skipped: 0 }
  if (files.length === 0) return sum
  const slowest: { file: string; seconds: number }[] = []
  const complaints = new Map<string, string>()
  const crashed = new Set<string>()
  const empty = new Set<string>()

  const events = run({
    cwd: root,
    files: files.map((file) => join(root, file)),
    concurrency,
    timeout,
    forceExit: true, // a handle left open by one file must not hold up the rest
    signal: AbortSignal.timeout(deadline),
  })
  // A file is reported under its own name only if it broke before its first test, or has none.
  const isFile = (name: string) => name.endsWith('.ts') || name.endsWith('.tsx')
  events.on('test:stderr', ({ file, message }) => complaints.set(file, (complaints.get(file) ?? '') + message))
  events.on('test:fail', ({ name }) => isFile(name) && crashed.add(name))
  events.on('test:pass', ({ name }) => isFile(name) && empty.add(name))
  events.on('test:summary', ({ file, counts, duration_ms }) => {
    // One summary for each file, then one without a file for all of them.
    if (file) slowest.push({ file: relative(root, file), seconds: duration_ms / 1000 })
    else {
      sum.skipped = counts.skipped + counts.todo
      sum.passed = counts.passed - empty.size
      sum.failed = counts.tests - counts.passed - sum.skipped + empty.size
    }
  })
  const everyName = words.length > 0 || process.argv.includes('--spec')
  for await (const text of events.compose(everyName ? spec : dot)) process.stdout.write(text)

  for (const file of crashed) console.log(`\n${relative(root, file)} did not run:\n${complaints.get(file) ?? ''}`)
  for (const file of empty) console.log(`\n${relative(root, file)} has no test`)
  console.log('\nslowest files:')
  for (const { file, seconds } of slowest.sort((a, b) => b.seconds - a.seconds).slice(0, 5))
    console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`)
  return sum
}

const needsPortal = files.some((file) => /^(web|server\/journeys)\//.test(file))
let portalFailed = false
if (needsPortal && portalIsStale(root)) {
  console.log('building the portal')
  portalFailed = !buildPortal()
  if (portalFailed) console.log('the portal could not be built')
}
const sum = await runTests()
if (portalFailed) sum.failed++
if (files.length === 0) console.log('no test file matches')
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`)
process.exitCode = sum.failed === 0 && sum.passed > 0 ? 0 : 1

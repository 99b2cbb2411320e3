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

const folders = [
  'proof',
  'detect',
  'junk',
  'contract',
  'server',
  'sdk',
  'cli',
  'witness',
  'web',
  'examples',
  'bench',
  'tools',
]
const concurrency = 2
/** For one file. Generous: this is against hanging for ever, not against being slow. */
const timeout = 10 * 60_000

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
  const slowest: { file: string; seconds: number }[] = []
  if (files.length === 0) return sum
  const events = run({ cwd: root, files: files.map((file) => join(root, file)), concurrency, timeout })
  events.on('test:summary', ({ file, counts, duration_ms }) => {
    // One summary for each file, then one without a file for all of them.
    if (file) slowest.push({ file: relative(root, file), seconds: duration_ms / 1000 })
    else {
      sum.passed = counts.passed
      sum.skipped = counts.skipped + counts.todo
      sum.failed = counts.tests - counts.passed - sum.skipped
    }
  })
  const everyName = words.length > 0 || process.argv.includes('--spec')
  for await (const text of events.compose<AsyncIterable<string>>(everyName ? spec : dot)) process.stdout.write(text)
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

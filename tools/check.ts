import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCatalogue } from '@bailee/contract'
import { dependencyProblems } from './dependency-list.ts'
import { allowedDuplicates, duplicateProblems, findDuplicates, readSources } from './duplicate-code.ts'
import { catalogueProblems, raisedCodes, serverSources, unknownCodes, unusedCodes } from './error-catalogue.ts'
import { alarmProblems, planted } from './floor-plan/alarm.ts'
import { drawnEdges, withDrawing } from './floor-plan/draw.ts'
import { describe, inspect } from './floor-plan/inspect.ts'
import {
  configurationProblems,
  decisionProblems,
  glossaryProblems,
  linkProblems,
  threatModelProblems,
  untested,
} from './papers.ts'
import { declaredDependencies, repositoryRoot as root, tableRows } from './repository.ts'
import { wordProblems } from './words.ts'

/** `npm run check`: everything about the house that can be seen without running it. Each check runs even if another fails. */

interface Outcome {
  readonly problems: readonly string[]
  /** What was looked at, in a few words. */
  readonly seen: string
}

interface Check {
  readonly name: string
  readonly run: () => Promise<Outcome> | Outcome
}

const paper = (path: string) => readFileSync(join(root, path), 'utf8')

/** Runs one of the repository's own tools; what it prints is the problem if it fails. */
function tool(name: string, args: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, 'node_modules/.bin', name), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve([])
      else resolve([...Buffer.concat(output).toString().trimEnd().split('\n'), `${name} ended with ${code ?? signal}`])
    })
  })
}

const inspection = inspect(root)

const checks: readonly Check[] = [
  { name: 'types', run: async () => ({ problems: await tool('tsc', ['-p', 'tsconfig.json']), seen: 'tsc' }) },
  {
    name: 'format and lint',
    run: async () => ({
      problems: await tool('biome', ['check', '--diagnostic-level=warn', '--max-diagnostics=30', '.']),
      seen: 'biome',
    }),
  },
  {
    name: 'floor plan',
    run: async () => {
      const { violations, doubts, files, imports } = await inspection
      return { problems: [...violations.map(describe), ...doubts], seen: `${files} files, ${imports} imports` }
    },
  },
  {
    name: 'floor plan alarm',
    run: async () => ({ problems: await alarmProblems(), seen: `${planted().violations.length} planted faults` }),
  },
  {
    name: 'floor plan drawing',
    run: async () => {
      const text = paper('ARCHITECTURE.md')
      const drawn = withDrawing(text, drawnEdges((await inspection).roomEdges)) === text
      return { problems: drawn ? [] : ['out of date: run "node tools/floor-plan/draw.ts"'], seen: 'ARCHITECTURE.md' }
    },
  },
  {
    name: 'error catalogue',
    run: () => {
      const sources = serverSources(root)
      const raised = raisedCodes(sources)
      const unused = unusedCodes(sources, errorCatalogue)
      return {
        problems: [
          ...catalogueProblems(errorCatalogue, paper('docs/errors.md')),
          ...unknownCodes(raised, errorCatalogue),
        ],
        seen: `${Object.keys(errorCatalogue).length} codes, never raised: ${unused.join(', ') || 'none'}`,
      }
    },
  },
  {
    name: 'dependencies',
    run: () => {
      const declared = declaredDependencies(root)
      return {
        problems: dependencyProblems(root, declared, paper('docs/dependencies.md')),
        seen: `${new Set(declared.map(({ name }) => name)).size} packages`,
      }
    },
  },
  {
    name: 'glossary',
    run: () => {
      const text = paper('docs/glossary.md')
      return { problems: glossaryProblems(text), seen: `${tableRows(text, 'English').length} words` }
    },
  },
  {
    name: 'configuration',
    run: () => ({
      problems: configurationProblems(paper('server/config.ts'), paper('docs/operations.md')),
      seen: 'docs/operations.md',
    }),
  },
  { name: 'decisions', run: () => ({ problems: decisionProblems(root), seen: 'docs/decisions' }) },
  {
    name: 'threat model',
    run: () => {
      const text = paper('docs/threat-model.md')
      const rows = tableRows(text, 'Who steals')
      const open = rows.filter((row) => row.at(-1) === untested).length
      return { problems: threatModelProblems(root, text), seen: `${rows.length} lines, ${open} ${untested}` }
    },
  },
  { name: 'links', run: () => ({ problems: linkProblems(root), seen: 'all papers' }) },
  {
    name: 'duplicate code',
    run: () => {
      const sources = readSources(root)
      return {
        problems: duplicateProblems(findDuplicates(sources), allowedDuplicates(root)),
        seen: `${sources.size} files`,
      }
    },
  },
  { name: 'unwanted words', run: () => ({ problems: wordProblems(root), seen: 'all text' }) },
]

async function runCheck({ name, run }: Check) {
  const begun = performance.now()
  const outcome = await Promise.resolve()
    .then(run)
    .catch((error: unknown) => ({
      problems: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
      seen: '',
    }))
  return { name, ...outcome, seconds: (performance.now() - begun) / 1000 }
}

let passed = 0
let failed = 0
// tsc and biome run beside the rest; results are printed in order.
for (const result of checks.map(runCheck)) {
  const { name, problems, seen, seconds } = await result
  const good = problems.length === 0
  if (good) passed++
  else failed++
  console.log(`${good ? 'ok  ' : 'FAIL'}  ${name.padEnd(20)} ${seconds.toFixed(1).padStart(5)} s  ${seen}`)
  for (const problem of problems.slice(0, 100)) console.log(`        ${problem}`)
  if (problems.length > 100) console.log(`        and ${problems.length - 100} more`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bare, isTest, isTypeScript, listFiles, tableRows } from './repository.ts'

/** contract/errors.ts against docs/errors.md, and against what the server raises. */

export type Catalogue = Readonly<Record<string, { readonly status: number; readonly en: string; readonly zh: string }>>

/** One sentence for each code, status or meaning that stands in one list and not, or differently, in the other. */
export function catalogueProblems(catalogue: Catalogue, markdown: string): string[] {
  const rows = tableRows(markdown, 'Code').map(([code, status, meaning, chinese, advice]) => ({
    code: bare(code),
    status,
    meaning,
    chinese,
    advice: advice ?? '',
  }))
  const problems: string[] = []
  for (const [code, { status, en, zh }] of Object.entries(catalogue)) {
    const row = rows.find((candidate) => candidate.code === code)
    if (!row) problems.push(`docs/errors.md does not know ${code}`)
    else {
      if (row.status !== String(status)) problems.push(`${code} is ${status}, docs/errors.md says ${row.status}`)
      if (row.meaning !== en) problems.push(`${code}: the English differs in docs/errors.md`)
      if (row.chinese !== zh) problems.push(`${code}: the Chinese differs in docs/errors.md`)
      if (row.advice.length < 5) problems.push(`docs/errors.md does not say what to do about ${code}`)
    }
  }
  for (const { code } of rows) {
    if (!(code in catalogue)) problems.push(`docs/errors.md has ${code}, contract/errors.ts has not`)
    if (rows.filter((other) => other.code === code).length > 1) problems.push(`docs/errors.md has ${code} twice`)
  }
  return problems
}

export interface RaisedCode {
  readonly code: string
  readonly place: string
}

const raising = /new Refusal\(\s*['"]([a-z_]+)['"]/g

/** Every code that a source file raises by name. */
export function raisedCodes(sources: ReadonlyMap<string, string>): RaisedCode[] {
  return [...sources].flatMap(([file, source]) =>
    [...source.matchAll(raising)].map((match) => ({
      code: match[1] ?? '',
      place: `${file}:${source.slice(0, match.index).split('\n').length}`,
    })),
  )
}

export function serverSources(root: string): Map<string, string> {
  const files = listFiles(root, 'server', (path) => isTypeScript(path) && !isTest(path))
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

/** Codes that are raised but not in the catalogue. */
export const unknownCodes = (raised: readonly RaisedCode[], catalogue: Catalogue): string[] =>
  raised
    .filter(({ code }) => !(code in catalogue))
    .map(({ code, place }) => `${place} raises ${code}, which no list knows`)

/** Codes of the catalogue that no source names: each promises the caller something that never happens. */
export const unusedCodes = (sources: ReadonlyMap<string, string>, catalogue: Catalogue): string[] => {
  const text = [...sources.values()].join('\n')
  return Object.keys(catalogue).filter((code) => !text.includes(`'${code}'`))
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isTest, isTestHelper, isTypeScript, listFiles } from './repository.ts'

/**
 * Finds runs of lines that stand in two places. Lines are compared without indentation and spacing; blank lines, comments,
 * imports and lines of punctuation alone do not count, so that eight lines are eight lines of meaning.
 */

export const shortestRun = 8

export interface Place {
  readonly file: string
  /** 1-based. */
  readonly line: number
}

export interface Duplicate {
  readonly first: Place
  readonly second: Place
  readonly lines: number
}

interface MeaningfulLine {
  readonly text: string
  readonly line: number
}

/** Lines that carry meaning, normalised. */
export function meaningfulLines(source: string): MeaningfulLine[] {
  const kept: MeaningfulLine[] = []
  let inComment = false
  let inImport = false
  for (const [index, raw] of source.split('\n').entries()) {
    const text = raw.trim().replace(/\s+/g, ' ')
    if (inComment) {
      inComment = !text.includes('*/')
      continue
    }
    if (text.startsWith('/*')) {
      inComment = !text.includes('*/')
      continue
    }
    if (inImport || /^(import|export) (type )?(\{|\*|[A-Za-z]+ from)/.test(text) || /^import ['"]/.test(text)) {
      inImport = !/['"]$/.test(text) && !/^\}$/.test(text)
      continue
    }
    if (!text.startsWith('//') && /[A-Za-z0-9]/.test(text)) kept.push({ text, line: index + 1 })
  }
  return kept
}

/** Every longest run of at least `shortestRun` equal lines, once for each pair of places. Quadratic in repeats only. */
export function findDuplicates(sources: ReadonlyMap<string, string>): Duplicate[] {
  const files = [...sources].map(([file, source]) => ({ file, lines: meaningfulLines(source) }))
  const seen = new Map<string, { file: number; start: number }[]>()
  for (const [file, { lines }] of files.entries())
    for (let start = 0; start + shortestRun <= lines.length; start++) {
      const window = lines.slice(start, start + shortestRun).map(({ text }) => text)
      const key = window.join('\n')
      const places = seen.get(key)
      if (places) places.push({ file, start })
      else seen.set(key, [{ file, start }])
    }

  const textAt = (file: number, index: number) => files[file]?.lines[index]?.text
  const duplicates: Duplicate[] = []
  for (const places of seen.values())
    for (const [position, a] of places.entries())
      for (const b of places.slice(position + 1)) {
        const before = textAt(a.file, a.start - 1)
        if (before !== undefined && before === textAt(b.file, b.start - 1)) continue // the run began earlier
        let length = shortestRun
        while (
          textAt(a.file, a.start + length) !== undefined &&
          textAt(a.file, a.start + length) === textAt(b.file, b.start + length)
        )
          length++
        // Lines that repeat themselves overlap with their own shadow; that is a list, not a copy.
        if (a.file === b.file && a.start + length > b.start) continue
        const place = ({ file, start }: typeof a): Place => ({
          file: files[file]?.file ?? '',
          line: files[file]?.lines[start]?.line ?? 0,
        })
        duplicates.push({ first: place(a), second: place(b), lines: length })
      }
  return duplicates.sort((a, b) => b.lines - a.lines)
}

/** A pair that stays, and why. `files` may name one file twice. */
export interface AllowedDuplicate {
  readonly files: readonly [string, string]
  readonly lines: number
  readonly reason: string
}

const samePair = (allowed: AllowedDuplicate, { first, second }: Duplicate) =>
  [...allowed.files].sort().join() === [first.file, second.file].sort().join()

/** One sentence for each duplicate that nobody allowed, and for each allowance that nobody needs. */
export function duplicateProblems(found: readonly Duplicate[], allowed: readonly AllowedDuplicate[]): string[] {
  const excess = found.filter((pair) => !allowed.some((entry) => samePair(entry, pair) && pair.lines <= entry.lines))
  const idle = allowed.filter((entry) => !found.some((pair) => samePair(entry, pair)))
  return [
    ...excess.map(
      ({ first, second, lines }) =>
        `${lines} lines stand twice: ${first.file}:${first.line} and ${second.file}:${second.line}`,
    ),
    ...idle.map(({ files }) => `allowed, but no longer there: ${files.join(' and ')}`),
    ...allowed
      .filter(({ reason }) => reason.length < 10)
      .map(({ files }) => `allowed without a reason: ${files.join(' and ')}`),
  ]
}

export function readSources(root: string): Map<string, string> {
  const files = listFiles(root, '.', (path) => isTypeScript(path) && !isTest(path) && !isTestHelper(path))
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

export function allowedDuplicates(root: string): AllowedDuplicate[] {
  const text = readFileSync(join(root, 'tools/duplicate-code.json'), 'utf8')
  return (JSON.parse(text) as { allowed: AllowedDuplicate[] }).allowed
}

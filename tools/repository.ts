import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Reading the repository: its files, its package.json files and the tables in its papers. */

export const repositoryRoot = join(import.meta.dirname, '..')

const skippedFolders = new Set(['node_modules', '.git', '.data', '.cache', 'dist', 'coverage', 'fixture'])

/** Paths under `folder` that pass `wanted`, relative to `root`, with `/`, sorted. Build output and fixtures are left out. */
export function listFiles(root: string, folder = '.', wanted: (path: string) => boolean = () => true): string[] {
  const found: string[] = []
  const walk = (directory: string) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) {
        if (!skippedFolders.has(entry.name)) walk(path)
      } else if (entry.isFile()) {
        const name = relative(root, path).split(sep).join('/')
        if (wanted(name)) found.push(name)
      }
    }
  }
  walk(join(root, folder))
  return found.sort()
}

export const isTypeScript = (path: string) => /\.tsx?$/.test(path)
export const isTest = (path: string) => /\.test\.tsx?$/.test(path)

/** What only tests use: `test-world.ts`, `parent.fixture.ts`, a folder `testing/`. */
export const isTestHelper = (path: string) => /(^|\/)test-[^/]+\.tsx?$|\.fixture\.tsx?$|\/testing(\.ts$|\/)/.test(path)

export interface DeclaredDependency {
  readonly name: string
  readonly version: string
  readonly declaredIn: string
}

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Every npm package that a package.json of the repository asks for; the house's own packages are left out. */
export function declaredDependencies(root: string): DeclaredDependency[] {
  return listFiles(root, '.', (path) => /(^|\/)package\.json$/.test(path)).flatMap((declaredIn) => {
    // Our own files, and npm refuses them if they have another shape.
    const file = JSON.parse(readFileSync(join(root, declaredIn), 'utf8')) as PackageFile
    return Object.entries({ ...file.dependencies, ...file.devDependencies, ...file.optionalDependencies })
      .filter(([name]) => !name.startsWith('@bailee/'))
      .map(([name, version]) => ({ name, version, declaredIn }))
  })
}

/** Rows of every table in a Markdown text whose first heading cell is `firstHeading`, as cells without decoration. */
export function tableRows(markdown: string, firstHeading: string): string[][] {
  const rows: string[][] = []
  let inside = false
  for (const line of markdown.split('\n')) {
    if (!line.startsWith('|')) inside = false
    else {
      const cells = line
        .replace(/^\||\|\s*$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim())
      if (inside && !/^[-: ]+$/.test(cells[0] ?? '')) rows.push(cells)
      if (cells[0] === firstHeading) inside = true
    }
  }
  return rows
}

/** `` `text` `` without its backticks. */
export const bare = (cell: string | undefined) => (cell ?? '').replace(/^`|`$/g, '')

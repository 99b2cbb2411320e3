import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ownership } from './floor-plan/rules.ts'
import { bare, type DeclaredDependency, tableRows } from './repository.ts'

/** docs/dependencies.md against every package.json: each package has one line, and each line a package. */

export interface ListedDependency {
  readonly name: string
  readonly version: string
  readonly owners: readonly string[]
  readonly licence: string
  readonly why: string
  readonly keeper: string
}

export const listedDependencies = (markdown: string): ListedDependency[] =>
  tableRows(markdown, 'Package').map(([name, version, owner, licence, , why, keeper]) => ({
    name: bare(name),
    version: bare(version),
    owners: (owner ?? '').split(',').map((part) => bare(part.trim())),
    licence: licence ?? '',
    why: why ?? '',
    keeper: keeper ?? '',
  }))

export const ownership = (markdown: string): Ownership[] =>
  listedDependencies(markdown).map(({ name, owners }) => ({ name, owners }))

const exactVersion = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/

function licenceOf(root: string, name: string, declaredIn: string): string | undefined {
  const places = [join(root, declaredIn, '../node_modules', name), join(root, 'node_modules', name)]
  const place = places.find((path) => existsSync(path))
  if (!place) return undefined
  return (JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as { license?: string }).license
}

/** One sentence for each difference between the list and what the package.json files declare. */
export function dependencyProblems(root: string, declared: readonly DeclaredDependency[], markdown: string): string[] {
  const listed = listedDependencies(markdown)
  const problems: string[] = []
  for (const { name, version, declaredIn } of declared) {
    const line = listed.find((candidate) => candidate.name === name)
    if (!exactVersion.test(version)) problems.push(`${declaredIn}: ${name} is "${version}", not an exact version`)
    if (!line) {
      problems.push(`${declaredIn}: ${name} has no line in docs/dependencies.md`)
      continue
    }
    if (line.version !== version) problems.push(`${declaredIn}: ${name} is ${version}, the list says ${line.version}`)
    const licence = licenceOf(root, name, declaredIn)
    if (licence !== undefined && licence !== line.licence)
      problems.push(`docs/dependencies.md: ${name} is under ${licence}, the list says ${line.licence}`)
  }
  for (const { name, owners, why, keeper } of listed) {
    if (!declared.some((dependency) => dependency.name === name))
      problems.push(`docs/dependencies.md: nobody declares ${name}`)
    if (listed.filter((other) => other.name === name).length > 1)
      problems.push(`docs/dependencies.md: ${name} is listed twice`)
    if (why.length < 10) problems.push(`docs/dependencies.md: ${name} does not say why it is here`)
    if (keeper === '') problems.push(`docs/dependencies.md: ${name} does not say who keeps it`)
    for (const owner of owners)
      if (owner !== 'tests' && !existsSync(join(root, owner)))
        problems.push(`docs/dependencies.md: the owner room of ${name}, ${owner}, does not exist`)
  }
  return problems
}

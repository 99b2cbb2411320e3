import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { ownership } from '../dependency-list.ts'
import { isTypeScript, listFiles, repositoryRoot } from '../repository.ts'
import { hall, inspected, roomOf, rooms } from './floors.ts'
import { houseRules } from './rules.ts'

export interface Violation {
  readonly rule: string
  readonly from: string
  readonly to: string
}

export interface Inspection {
  readonly violations: readonly Violation[]
  /** One line for each reason to distrust the inspection itself. */
  readonly doubts: readonly string[]
  readonly files: number
  readonly imports: number
  /** Who imports whom, room by room: `server/domains/vault -> server/kernel`. */
  readonly roomEdges: readonly (readonly [from: string, to: string])[]
}

const packageName = (path: string) => path.replace(/^.*node_modules\/((@[^/]+\/)?[^/]+).*$/, '$1')

const strangers = (files: readonly string[]) =>
  files.filter((file) => {
    if (!file.startsWith('server/') || rooms.some(({ path }) => file.startsWith(`${path}/`))) return false
    const [, name = ''] = file.split('/')
    return !hall.some((known) => known === name.replace(/\.test\.ts$/, '.ts'))
  })

/** The tool takes our own packages for granted; we do not: whoever imports one declares it. */
function undeclaredPackages(root: string, result: ICruiseResult): Violation[] {
  const declared = new Map<string, string>()
  const declarationOf = (folder: string) => {
    const path = join(root, folder, 'package.json')
    const text = declared.get(path) ?? (existsSync(path) ? readFileSync(path, 'utf8') : '')
    declared.set(path, text)
    return text
  }
  return result.modules.flatMap(({ source, dependencies }) => {
    const [folder = ''] = source.split('/')
    if (folder === 'tools') return []
    return dependencies
      .filter(({ module }) => module.startsWith('@bailee/') && !declarationOf(folder).includes(`"${module}":`))
      .map(({ module }) => ({ rule: 'no undeclared packages', from: source, to: module }))
  })
}

function roomEdges(result: ICruiseResult) {
  const edges = new Set<string>()
  for (const module of result.modules) {
    const from = roomOf(module.source)
    if (!from || /\.test\.tsx?$/.test(module.source)) continue
    for (const { resolved } of module.dependencies) {
      const to = roomOf(resolved)
      if (to && to !== from) edges.add(`${from} ${to}`)
    }
  }
  return [...edges].sort().map((edge) => edge.split(' ') as [string, string])
}

/**
 * Walks the house under `root` and reports every import that breaks a rule.
 *
 * dependency-cruiser skips, without failing, every language that it has no parser for: with TypeScript 7 and without
 * `@swc/core` it reads nothing and reports success. So each file on disk must also appear in what it has read.
 */
export async function inspect(root: string): Promise<Inspection> {
  const folders = inspected.filter((folder) => existsSync(join(root, folder)))
  const onDisk = folders.flatMap((folder) => listFiles(root, folder, isTypeScript))
  const owners = ownership(readFileSync(join(repositoryRoot, 'docs/dependencies.md'), 'utf8'))
  const { output } = await cruise(
    onDisk,
    {
      baseDir: root,
      validate: true,
      ruleSet: houseRules(owners),
      parser: 'swc',
      tsPreCompilationDeps: true,
      combinedDependencies: false,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '(^|/)web/dist/' },
    },
    { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  )
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered in prose: ${output}`)

  const read = new Set(output.modules.map((module) => module.source))
  const unread = onDisk.filter((file) => !read.has(file))
  const imports = output.modules.reduce((sum, module) => sum + module.dependencies.length, 0)
  const doubts = [
    ...(onDisk.length === 0 ? ['there is no TypeScript file to read'] : []),
    ...(imports === 0 ? ['no import was seen at all: is @swc/core installed?'] : []),
    ...(unread.length > 0 ? [`${unread.length} of ${onDisk.length} files were not read, ${unread[0]} among them`] : []),
    ...strangers(onDisk).map((file) => `${file} stands on no floor: give it a room, or name it in floors.ts`),
  ]
  const violations = [
    ...output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to: packageName(to) })),
    ...undeclaredPackages(root, output),
  ]
  return { violations, doubts, files: onDisk.length, imports, roomEdges: roomEdges(output) }
}

export const describe = ({ rule, from, to }: Violation) => `${rule}: ${from} -> ${to}`

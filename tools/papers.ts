import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bare, listFiles, tableRows } from './repository.ts'

/** Papers that can drift from what they describe: glossary, decisions, threat model, links. */

const hanCharacter = /\p{Script=Han}/u

/** Each word once, with its English, its Chinese and its meaning. */
export function glossaryProblems(markdown: string): string[] {
  const rows = tableRows(markdown, 'English')
  if (rows.length === 0) return ['docs/glossary.md has no table']
  return rows.flatMap(([english = '', chinese = '', meaning = '']) => [
    ...(/[a-z]/i.test(english) ? [] : [`docs/glossary.md: "${chinese}" has no English`]),
    ...(hanCharacter.test(chinese) ? [] : [`docs/glossary.md: "${english}" has no Chinese`]),
    ...(meaning.length > 10 ? [] : [`docs/glossary.md: "${english}" has no meaning`]),
    ...(rows.filter(([other]) => other === english).length > 1 ? [`docs/glossary.md: "${english}" stands twice`] : []),
    ...(rows.filter(([, other]) => other === chinese).length > 1
      ? [`docs/glossary.md: "${chinese}" stands twice`]
      : []),
  ])
}

/** Decisions are numbered without gaps, each has its line in the index and the parts that a decision needs. */
export function decisionProblems(root: string): string[] {
  const index = readFileSync(join(root, 'docs/decisions/README.md'), 'utf8')
  const files = listFiles(root, 'docs/decisions', (path) => /\/\d{4}-[a-z0-9-]+\.md$/.test(path))
  const problems: string[] = []
  for (const [position, path] of files.entries()) {
    const name = path.slice('docs/decisions/'.length)
    const number = String(position + 1).padStart(4, '0')
    const text = readFileSync(join(root, path), 'utf8')
    const title = /^# (\d{4}): (.+)$/m.exec(text)
    if (!name.startsWith(number)) problems.push(`${path}: the next number is ${number}`)
    if (title?.[1] !== name.slice(0, 4))
      problems.push(`${path}: its title does not begin with "# ${name.slice(0, 4)}: "`)
    else if (!index.includes(`[${title[1]}](${name}) | ${title[2]} |`))
      problems.push(`docs/decisions/README.md has no line "[${title[1]}](${name}) | ${title[2]} |"`)
    for (const part of ['Status: ', '## Why', '## What it costs'])
      if (!text.includes(`\n${part}`)) problems.push(`${path} lacks "${part.trim()}"`)
  }
  for (const [, name] of index.matchAll(/\]\((\d{4}-[^)]+)\)/g))
    if (!existsSync(join(root, 'docs/decisions', name ?? '')))
      problems.push(`docs/decisions/README.md: no file ${name}`)
  return problems
}

export const untested = 'not yet tested'

/** A line of the compromise matrix names a test that exists, as `path`: "its name", or admits that there is none. */
export function threatModelProblems(root: string, markdown: string): string[] {
  const rows = tableRows(markdown, 'Who steals')
  if (rows.length === 0) return ['docs/threat-model.md has no compromise matrix']
  return rows.flatMap(([what = '', , , proof = '']) => {
    if (proof === untested) return []
    const named = [...proof.matchAll(/`([^`]+\.test\.tsx?)`: "([^"]+)"/g)]
    if (named.length === 0) return [`docs/threat-model.md: "${what}" names neither a test nor "${untested}"`]
    return named.flatMap(([, path = '', title = '']) => {
      if (!existsSync(join(root, path))) return [`docs/threat-model.md: there is no ${path}`]
      return readFileSync(join(root, path), 'utf8').includes(title) ? [] : [`${path} has no test "${title}"`]
    })
  })
}

/** Links between papers, and from papers to the code, that lead nowhere. */
export function linkProblems(root: string): string[] {
  return listFiles(root, '.', (path) => path.endsWith('.md')).flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8').replace(/```[\s\S]*?```/g, '')
    return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.replace(/#.*$/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(root, path, '..', target)))
      .map((target) => `${path}: the link to ${target} leads nowhere`)
  })
}

/** docs/operations.md and server/config.ts know the same settings. */
export function configurationProblems(config: string, markdown: string): string[] {
  const list = /configurationNames = \[([^\]]+)\]/.exec(config)?.[1] ?? ''
  const read = [...list.matchAll(/'([A-Z0-9_]+)'/g)].map(([, name = '']) => name)
  const described = tableRows(markdown, 'Variable').map(([name]) => bare(name))
  if (read.length === 0) return ['server/config.ts names no settings in configurationNames']
  return [
    ...read.filter((name) => !described.includes(name)).map((name) => `docs/operations.md does not describe ${name}`),
    ...described.filter((name) => !read.includes(name)).map((name) => `docs/operations.md: nobody reads ${name}`),
  ]
}

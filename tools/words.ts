import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from './repository.ts'

/** Words that must not stand in the repository. The patterns are written so that they do not match themselves. */
const unwanted: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\/wor[k]\/(main|shared|\.)/, why: 'a path of the machine it was written on' },
  { pattern: /(^|[\s'"`(=])\/(hom[e]|User[s])\/[a-z]/, why: 'a path of the machine it was written on' },
  { pattern: /(^|[\s'"`(=])\/(tm[p]|roo[t])\/[a-z]/, why: 'a path of one machine: ask node:os for a temporary folder' },
  { pattern: /\bregistr[y]\.[a-z]+(js)?\.(org|com|cn)\b/, why: 'the name of a package host' },
  { pattern: /\b(TOD[O]|FIXM[E]|XX[X])\b/, why: 'do it, or write it down in docs/roadmap.md' },
  { pattern: /@ts-(ignor[e]|nochec[k])\b/, why: 'silences the type checker' },
  { pattern: /\b(test|it|describe)\.onl[y]\(/, why: 'hides every other test' },
]

/** Files that quote such words: the style guide names one in order to forbid it. */
const exempt = new Set(['package-lock.json', 'STYLE.md'])
const isText = (path: string) =>
  /\.(tsx?|[mc]?js|json|jsonc|md|sql|css|html|sh|ya?ml|toml|txt)$|(^|\/)(run|LICENSE|\.[a-z]+)$/.test(path)

/** `path:line: "match": why`, for each unwanted word. */
export const unwantedWords = (path: string, text: string): string[] =>
  text
    .split('\n')
    .flatMap((line, index) =>
      unwanted
        .filter(({ pattern }) => pattern.test(line))
        .map(({ pattern, why }) => `${path}:${index + 1}: "${pattern.exec(line)?.[0].trim()}": ${why}`),
    )

/** main.ts hands it to config.ts, once; the embedded PostgreSQL hands PATH and its kin to the programs that it starts. */
const mayReadEnvironment = /^server\/(config|main)\.ts$|^server\/platform\/postgres\/|\.(test|fixture)\.ts$/

/** The environment is read once; a room that reads it itself has a hidden setting. */
export const environmentReaders = (path: string, text: string): string[] => {
  if (!/^server\/.*\.ts$/.test(path) || mayReadEnvironment.test(path)) return []
  return text
    .split('\n')
    .flatMap((line, index) =>
      /\bprocess\.env\b(?!\.PATH\b)/.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line)
        ? [`${path}:${index + 1}: reads process.env; only server/config.ts may`]
        : [],
    )
}

export function wordProblems(root: string): string[] {
  return listFiles(root, '.', (path) => isText(path) && !exempt.has(path)).flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return [...unwantedWords(path, text), ...environmentReaders(path, text)]
  })
}

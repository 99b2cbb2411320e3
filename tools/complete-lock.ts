import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './repository.ts'

/**
 * `node tools/complete-lock.ts`, after `npm install`: names in package-lock.json every optional package for another platform.
 *
 * npm leaves out those that it could not look up, and `npm ci` then refuses the lock file, on every platform. Their names
 * tell where they run (`core-linux-x64-musl`), and that is all npm needs to skip them elsewhere. Hashes that were never
 * seen are not invented: npm verifies such a package by what its host says.
 */

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
export interface Lock {
  packages: Record<string, LockedPackage & Record<string, unknown>>
}

const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'windows',
]
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']
const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/

/** Where a package runs, as its name says; undefined if the name does not say. */
export function platformOf(name: string) {
  const parts = (name.split('/').at(-1) ?? '').split('-')
  const os = systems.find((system) => parts.includes(system))
  const cpu = processors.find((processor) => parts.includes(processor))
  if (!os || !cpu) return undefined
  const libc = parts.includes('musl') ? 'musl' : parts.some((part) => part.startsWith('gnu')) ? 'glibc' : undefined
  return { os: [os === 'windows' ? 'win32' : os], cpu: [cpu], ...(libc && os === 'linux' ? { libc: [libc] } : {}) }
}

/** Adds what is missing and answers with its names. */
export function complete(lock: Lock): string[] {
  const added: string[] = []
  for (const parent of Object.values(lock.packages))
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const place = `node_modules/${name}`
      const platform = platformOf(name)
      if (place in lock.packages || !platform || !exact.test(version)) continue
      lock.packages[place] = { version, ...platform, ...(parent.dev ? { dev: true } : {}), optional: true }
      added.push(`${name}@${version}`)
    }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  return added
}

if (import.meta.main) {
  const path = join(repositoryRoot, 'package-lock.json')
  const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock
  const added = complete(lock)
  if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  console.log(added.length === 0 ? 'nothing was missing' : `added ${added.join(', ')}`)
}

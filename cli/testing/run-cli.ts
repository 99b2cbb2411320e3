import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The answer as given with --json. */
  json<T = Record<string, unknown>>(): T
}
export interface CliOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with the running process, for signals and closed pipes. */
  readonly during?: (child: ChildProcess) => void
}

/** Runs the command line as a real process, with nothing of our environment that could change its mind. */
export function runCli(args: readonly string[], { input = '', env = {}, during }: CliOptions = {}): Promise<CliRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'en_US.UTF-8', ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    // A command that does not read its input may be gone before we have written it.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) }))
    during?.(child)
  })
}

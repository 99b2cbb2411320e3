import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { LoadOrder, LoadResult } from './load.ts'

export interface BenchOptions {
  readonly quick: boolean
  readonly say: (line: string) => void
}
export interface BenchResult {
  /** Named `<thing>_over_<baseline>`. */
  readonly ratios: Readonly<Record<string, number>>
  /** Named `<things>_per_second`, `<thing>_ms`, … */
  readonly figures: Readonly<Record<string, number>>
  readonly table: readonly (readonly string[])[]
}
export type Bench = (options: BenchOptions) => Promise<BenchResult>

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
export const round = (value: number, digits = 3): number => Number(value.toFixed(digits))

/** The load comes from another process: what the generator costs, both variants pay. */
export async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, 'load.ts'), JSON.stringify(order)],
    { maxBuffer: 1 << 24 },
  )
  const result = JSON.parse(stdout) as LoadResult
  if (result.errors > 0)
    throw new Error(
      `${order.kind}: ${result.errors} of ${result.requests} requests failed, the first with: ${result.firstError}`,
    )
  return result
}

export interface BenchServer {
  readonly port: number
  readonly token: string
  readonly idsFile: string
  readonly snapshot: string
  /** Asks the server's process: memory, backlog, CPU. */
  ask<Answer>(question: string): Promise<Answer>
  stop(): Promise<void>
}

/** Starts `bench/server.ts` in a process and a data directory of its own, and waits until it serves. */
export async function startBenchServer(options: {
  readonly people: number
  readonly say: (line: string) => void
}): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'bailee-bench-'))
  const { chmod } = await import('node:fs/promises')
  await chmod(folder, 0o711)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts'), folder, String(options.people)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const waiting: ((line: string) => void)[] = []
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  lines.on('line', (line) => {
    if (line.startsWith('{')) waiting.shift()?.(line)
    else options.say(line)
  })
  const next = () =>
    new Promise<string>((resolve, reject) => {
      waiting.push(resolve)
      child.once('exit', () => reject(new Error('the server under test has ended')))
    })
  const ready = JSON.parse(await next()) as { port: number; token: string; idsFile: string; snapshot: string }
  return {
    ...ready,
    async ask<Answer>(question: string) {
      const answer = next()
      child.stdin.write(`${question}\n`)
      return JSON.parse(await answer) as Answer
    },
    async stop() {
      const gone = new Promise<void>((resolve) => (ended ? resolve() : child.once('exit', () => resolve())))
      child.stdin.end()
      const hard = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await gone
      clearTimeout(hard)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: process.platform,
})

export async function keep(name: string, result: object): Promise<string> {
  const folder = join(import.meta.dirname, 'results')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${name}.json`)
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`)
  return path
}

export function printTable(rows: readonly (readonly string[])[], say: (line: string) => void): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  for (const row of rows)
    say(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
}

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
  readonly notice: string
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
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=32', join(import.meta.dirname, 'server.ts'), folder, String(options.people)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
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
  const gone: ((error: Error) => void)[] = []
  child.once('exit', () => {
    for (const reject of gone) reject(new Error('the server under test has ended'))
  })
  const next = () =>
    new Promise<string>((resolve, reject) => {
      waiting.push(resolve)
      gone.push(reject)
    })
  const ready = JSON.parse(await next()) as {
    port: number
    token: string
    idsFile: string
    snapshot: string
    notice: string
  }
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

/** The load that every bench of the wire makes: 64 connections with one request in flight on each. */
export const orderTo = ({ port, token, idsFile, snapshot, notice }: BenchServer) => ({
  port,
  connections: 64,
  token,
  idsFile,
  snapshot,
  notice,
})

export interface Variant {
  readonly kind: LoadOrder['kind']
  readonly title: string
}
export interface Interleaved {
  readonly rates: number
  readonly p99s: number
  readonly figures: Readonly<Record<string, number>>
  readonly table: readonly (readonly string[])[]
}

/**
 * Baseline and thing in turn, both with 64 connections and each round with a seed of its own; ratios are of neighbours, and
 * their median is quoted. The baseline must not pay for our sequencing: what is left over is sequenced before it runs
 * again. Both start after a checkpoint, because the first pages touched after one are written to the log whole.
 */
export async function interleaved(
  server: BenchServer,
  { quick, say }: BenchOptions,
  baseline: Variant,
  thing: Variant,
): Promise<Interleaved> {
  const rounds = quick ? 3 : 5
  const seconds = quick ? 2 : 4
  const order = orderTo(server)
  const measure = async (kind: LoadOrder['kind'], seed: number, length = seconds) => {
    await server.ask('checkpoint')
    const before = await server.ask<{ thread: number }>('cpu')
    const result = await runLoad({ ...order, kind, seconds: length, seed })
    const after = await server.ask<{ thread: number }>('cpu')
    return { ...result, cpu: ((after.thread - before.thread) * 1e6) / result.requests }
  }
  type Row = Awaited<ReturnType<typeof measure>>
  const baselines: Row[] = []
  const things: Row[] = []
  const drains: number[] = []
  await measure(baseline.kind, 901, 1)
  await measure(thing.kind, 902, 1)
  await server.ask('drain')
  for (let at = 1; at <= rounds; at++) {
    baselines.push(await measure(baseline.kind, at * 2))
    things.push(await measure(thing.kind, at * 2 + 1))
    const { before, milliseconds } = await server.ask<{ before: number; milliseconds: number }>('drain')
    drains.push(milliseconds)
    const told = [baselines.at(-1)!, things.at(-1)!].map(
      ({ kind, perSecond, p99, cpu }) =>
        `${kind} ${perSecond.toFixed(0)}/s p99 ${p99.toFixed(1)} ms, ${cpu.toFixed(0)} µs of the main thread`,
    )
    say(`round ${at}: ${told.join(' · ')} · ${before} entries left over, sequenced in ${milliseconds.toFixed(0)} ms`)
  }
  const of = (rows: readonly Row[], key: 'perSecond' | 'p50' | 'p99' | 'cpu') => median(rows.map((row) => row[key]))
  const ratioOf = (key: 'perSecond' | 'p99') => round(median(things.map((row, at) => row[key] / baselines[at]![key])))
  const name = (kind: string) => kind.replaceAll('-', '_')
  const figuresOf = (kind: string, rows: readonly Row[]) => ({
    [`${name(kind)}s_per_second`]: round(of(rows, 'perSecond'), 0),
    [`${name(kind)}_p50_ms`]: round(of(rows, 'p50'), 2),
    [`${name(kind)}_p99_ms`]: round(of(rows, 'p99'), 2),
    [`${name(kind)}_main_thread_us`]: round(of(rows, 'cpu'), 1),
  })
  const line = ({ title }: Variant, rows: readonly Row[]) => [
    title,
    of(rows, 'perSecond').toFixed(0),
    of(rows, 'p50').toFixed(2),
    of(rows, 'p99').toFixed(2),
  ]
  const rates = ratioOf('perSecond')
  const p99s = ratioOf('p99')
  return {
    rates,
    p99s,
    figures: {
      ...figuresOf(thing.kind, things),
      ...figuresOf(baseline.kind, baselines),
      left_over_sequenced_ms: round(median(drains), 0),
    },
    table: [
      ['variant', 'req/s', 'p50 ms', 'p99 ms'],
      line(baseline, baselines),
      line(thing, things),
      ['ratio', rates.toFixed(2), '', p99s.toFixed(2)],
    ],
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

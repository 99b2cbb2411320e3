import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Bench, median, round } from './harness.ts'

const port = 18_787

/** From the process's start to the first answered request, and what the idle Node process holds ten seconds later. */
async function startOnce(folder: string, idleSeconds: number): Promise<{ milliseconds: number; rssMiB: number }> {
  const began = performance.now()
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=32', join(import.meta.dirname, '..', 'server', 'main.ts'), 'serve'],
    {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, BAILEE_DATA: folder, BAILEE_PORT: String(port), BAILEE_LOG_LEVEL: 'error' },
    },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
      if (response?.status === 200) break
      if (child.exitCode !== null) throw new Error('the server ended before it served')
      if (performance.now() - began > 60_000) throw new Error('the server did not serve within a minute')
      await wait(20)
    }
    const milliseconds = performance.now() - began
    await wait(idleSeconds * 1000)
    const status = process.platform === 'linux' ? await readFile(`/proc/${child.pid}/status`, 'utf8') : ''
    return { milliseconds, rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024 }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

export const start: Bench = async ({ quick, say }) => {
  const firsts: number[] = []
  const laters: number[] = []
  const memory: number[] = []
  for (let n = 0; n < (quick ? 1 : 3); n++) {
    const folder = await mkdtemp(join(tmpdir(), 'bailee-start-'))
    await chmod(folder, 0o711)
    try {
      firsts.push((await startOnce(folder, 0)).milliseconds)
      const later = await startOnce(folder, quick ? 5 : 10)
      laters.push(later.milliseconds)
      memory.push(later.rssMiB)
      say(
        `first start ${firsts.at(-1)!.toFixed(0)} ms, later start ${laters.at(-1)!.toFixed(0)} ms, idle ${later.rssMiB.toFixed(0)} MiB`,
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  return {
    ratios: { later_start_over_first_start: round(median(laters) / median(firsts)) },
    figures: {
      first_start_ms: round(median(firsts), 0),
      later_start_ms: round(median(laters), 0),
      idle_rss_mib: round(median(memory), 0),
    },
    table: [
      ['figure', 'value', 'bar'],
      ['first start ms', median(firsts).toFixed(0), '< 15000'],
      ['later start ms', median(laters).toFixed(0), '< 5000'],
      ['idle memory of the Node process MiB', median(memory).toFixed(0), '< 250'],
    ],
  }
}

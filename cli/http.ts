import { exit, Stop } from './exit.ts'

const attempts = 4
const firstPauseMilliseconds = 250
const timeoutMilliseconds = 30_000

/**
 * Fetches bytes that are not JSON: checkpoints and tiles. `undefined` for 404. Tries again after network errors, 429 and
 * 5xx; reads at most `limit` bytes, so that a hostile server cannot fill the memory.
 */
export async function fetchBytes(url: string, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const what = new URL(url).pathname
  for (let attempt = 1; ; attempt++) {
    let failure: Stop
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMilliseconds)]) })
      if (response.ok) return await readAtMost(response, limit, what)
      await response.body?.cancel()
      if (response.status === 404) return undefined
      failure = new Stop(exit.server, 'serverAnswered', { status: response.status, what })
      if (response.status !== 429 && response.status < 500) throw failure
    } catch (error) {
      if (signal.aborted) throw new Stop(exit.interrupted, 'interrupted')
      if (error instanceof Stop) throw error
      failure = new Stop(exit.server, 'serverUnreachable', { what, why: reasonOf(error) }, { cause: error })
    }
    if (attempt >= attempts) throw failure
    await pause(firstPauseMilliseconds * 2 ** (attempt - 1), signal)
  }
}

async function readAtMost(response: Response, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > limit) throw new Stop(exit.server, 'replyTooLarge', { what })
    chunks.push(chunk)
  }
  // A plain Uint8Array, not a Buffer: its slice copies, which the proof room relies on.
  return new Uint8Array(Buffer.concat(chunks))
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error instanceof Error ? error.name : 'unknown'
}

/** Returns early when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const wake = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, milliseconds)
    signal.addEventListener('abort', wake)
  })
}

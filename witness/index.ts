import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AddCheckpoint,
  type AddCheckpointRefusal,
  formatNote,
  formatSignatureLine,
  judgeAddCheckpoint,
  openNote,
  ProofError,
  parseAddCheckpoint,
  type WitnessedLog,
} from '@bailee/proof'
import { openKeys, type WitnessKeys } from './keys.ts'
import { lockDirectory } from './lock.ts'
import { type LogLine, witnessedLogs } from './logs.ts'
import { originHash, WitnessStore } from './store.ts'

export { nativeChecks } from './keys.ts'
export { type LogLine, parseLogs } from './logs.ts'

export type WitnessOptions = {
  /** Holds the two keys and the state. Made if it is missing. */
  readonly directory: string
  readonly name: string
  readonly logs: readonly LogLine[]
  /** 127.0.0.1 unless told. */
  readonly host?: string
  /** 0, any free one, unless told. */
  readonly port?: number
  /** POSIX seconds; the system's clock unless told. */
  readonly now?: () => number
  /** Told of each refusal after the log's signature was found good: possible evidence against the log. */
  readonly onSuspicion?: (suspicion: Suspicion) => void
}

export type Suspicion = { readonly status: number; readonly origin: string; readonly note: string }

export type Witness = {
  readonly url: string
  /** Ed25519 (0x04), then ML-DSA-44 (0x06). */
  readonly vkeys: readonly string[]
  /** Answers what is under way, takes nothing new. */
  close(): Promise<void>
}

const maxBodyBytes = 64 * 1024
const closeAfterMilliseconds = 3_000

/** Starts a witness as c2sp.org/tlog-witness describes it. */
export async function startWitness(options: WitnessOptions): Promise<Witness> {
  const { directory, name, host = '127.0.0.1', port = 0 } = options
  const logs = witnessedLogs(options.logs)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const unlock = await lockDirectory(directory)
  try {
    const keys = await openKeys(directory, name)
    const store = await WitnessStore.open(directory, logs.keys())
    const desk = new Desk(logs, keys, store, options)
    const server = createServer({ connectionsCheckingInterval: 5_000 }, (request, response) => {
      desk.answer(request, response).catch((error: unknown) => {
        // Whoever hung up in the middle of a request waits for no answer.
        if (request.readableAborted) return
        console.error(JSON.stringify({ event: 'failed', error: String(error) }))
        if (!response.headersSent) reply(response, 500, 'the witness failed; nothing was cosigned\n')
        else response.destroy()
      })
    })
    server.requestTimeout = 15_000
    server.headersTimeout = 10_000
    server.maxConnections = 512
    const address = await listen(server, host, port)
    const urlHost = address.family === 'IPv6' ? `[${address.address}]` : address.address
    return {
      url: `http://${urlHost}:${address.port}`,
      vkeys: keys.vkeys,
      async close() {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        server.closeIdleConnections()
        // A client that trickles its request must not hold up the end.
        const impatience = setTimeout(() => server.closeAllConnections(), closeAfterMilliseconds)
        await closed
        clearTimeout(impatience)
        await store.settle()
        await unlock()
      },
    }
  } catch (error) {
    await unlock()
    throw error
  }
}

class Desk {
  readonly #logs: ReadonlyMap<string, WitnessedLog>
  readonly #keys: WitnessKeys
  readonly #store: WitnessStore
  readonly #now: () => number
  readonly #onSuspicion: (suspicion: Suspicion) => void
  readonly #originByHash: ReadonlyMap<string, string>

  constructor(
    logs: ReadonlyMap<string, WitnessedLog>,
    keys: WitnessKeys,
    store: WitnessStore,
    { now = () => Math.floor(Date.now() / 1000), onSuspicion = () => {} }: WitnessOptions,
  ) {
    this.#logs = logs
    this.#keys = keys
    this.#store = store
    this.#now = now
    this.#onSuspicion = onSuspicion
    this.#originByHash = new Map([...logs.keys()].map((origin) => [originHash(origin), origin]))
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?', 1)[0] ?? ''
    if (path === '/add-checkpoint') {
      if (request.method !== 'POST') return reply(response, 405, 'POST only\n')
      const body = await readBody(request)
      if (body === undefined) {
        response.setHeader('connection', 'close')
        return reply(response, 413, 'longer than 64 kB\n')
      }
      const { status, text, contentType } = await this.#addCheckpoint(body)
      return reply(response, status, text, contentType)
    }
    const match = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path)
    if (match === null) return reply(response, 404, 'no such page\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, 'GET only\n')
    const origin = this.#originByHash.get(match[1]!)
    const held = origin === undefined ? undefined : this.#store.find(origin)
    return held === undefined ? reply(response, 404, 'nothing cosigned yet\n') : reply(response, 200, held.note)
  }

  async #addCheckpoint(body: Uint8Array): Promise<{ status: number; text: string; contentType?: string }> {
    let request: AddCheckpoint
    try {
      request = parseAddCheckpoint(body)
    } catch (error) {
      if (error instanceof ProofError) return { status: 400, text: `${error.message}\n` }
      throw error
    }
    const { origin } = request.checkpoint
    const log = this.#logs.get(origin)
    // Unknown origins are answered without a queue: whoever invents names cannot make the witness remember them.
    if (log === undefined) return { status: 404, text: 'unknown log\n' }
    return this.#store.exclusively(origin, async () => {
      const verdict = judgeAddCheckpoint({ request, log, stored: this.#store.find(origin) })
      if (verdict.status !== 200) {
        if (verdict.status === 422) this.#onSuspicion({ status: 422, origin, note: request.noteText })
        return answerTo(verdict)
      }
      const cosignatures = this.#keys.cosign(verdict.text, this.#now())
      // Kept for monitors: the log's own signatures and ours, nothing that a stranger appended.
      const logLines = openNote(request.note, log.keys).verified.map((one) =>
        formatSignatureLine(one.name, one.keyId, one.value),
      )
      // Durable before anybody sees a cosignature: a crash can lose a reply, never a promise.
      await this.#store.put(origin, { ...verdict.store, note: formatNote(verdict.text, [...logLines, cosignatures]) })
      return { status: 200, text: cosignatures }
    })
  }
}

function answerTo({ status, body, contentType }: AddCheckpointRefusal) {
  return { status, text: body, ...(contentType === undefined ? {} : { contentType }) }
}

function reply(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  // Leaving the loop must not tear the connection down: the caller still has to hear why.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      // A server that listens on a TCP port has an AddressInfo.
      resolve(server.address() as AddressInfo)
    })
  })
}

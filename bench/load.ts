import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * A load generator small enough not to be what is measured: raw sockets, one request in flight on each, requests built
 * by string concatenation. Run as a process of its own (`runLoad` in harness.ts), so that its event loop is its own.
 */
export interface LoadOrder {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly kind: keyof typeof makers
  readonly token: string
  /** File of 36-character ids, one a line. */
  readonly idsFile?: string
  readonly snapshot?: string
  readonly notice?: string
  readonly seed: number
  /** Requests a second over all connections; as many as come back when left out. */
  readonly rate?: number
}
export interface LoadResult {
  readonly kind: string
  readonly requests: number
  readonly errors: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly firstError: string | null
}

const lookFields = '["name","phone","email","address","note"]'
const person = (n: number) =>
  `"name":"Invented Person ${n}","phone":"1${String(n).padStart(10, '0')}","email":"p${n}@example.invalid","address":"No. ${n} Example Road, Sample District","note":"leave at the door, floor ${n % 30}"`

const makers = {
  look: (_order: LoadOrder, ids: readonly string[], n: number) => [
    '/v1/vault/look',
    `{"person":"${ids[n % ids.length]}","purpose":"delivery","fields":${lookFields}}`,
  ],
  find: (_order: LoadOrder, ids: readonly string[], n: number) => [
    '/v1/vault/find',
    `{"purpose":"delivery","field":"phone","value":"1${String(n % ids.length).padStart(10, '0')}"}`,
  ],
  'plain-look': (_order: LoadOrder, ids: readonly string[], n: number) => [
    '/v1/bench/plain-look',
    `{"person":"${ids[n % ids.length]}","purpose":"delivery","fields":${lookFields}}`,
  ],
  collect: (order: LoadOrder, _ids: readonly string[], n: number) => [
    '/v1/vault/collect',
    `{"consent":{"snapshot":"${order.snapshot}","purposes":["delivery","support"]},"fields":{${person(n)}}}`,
  ],
  // A round trip of two: the snapshot that is shown, and the consent that brings it back.
  consent: (order: LoadOrder) => ['/v1/notices/snapshots', `{"notice":"${order.notice}","language":"en"}`],
  'plain-insert': (_order: LoadOrder, _ids: readonly string[], n: number) => [
    '/v1/bench/plain-insert',
    `{"fields":{${person(n)}}}`,
  ],
} as const
/** What follows an answer before the round trip counts as done. */
const followers: Readonly<Record<string, (answer: string) => readonly [path: string, body: string]>> = {
  consent: (answer) => [
    '/v1/notices/consents',
    `{"snapshot":"${JSON.parse(answer).snapshot}","purposes":["delivery","support"]}`,
  ],
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const ids = order.idsFile ? readFileSync(order.idsFile, 'utf8').trim().split('\n') : []
  const make = makers[order.kind]
  // A multiplicative generator: the same walk through the ids for every variant with the same seed.
  let state = order.seed >>> 0 || 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  }
  const unique = order.kind !== 'look' && order.kind !== 'plain-look'
  const follow = followers[order.kind]
  let serial = order.seed * 1_000_000
  const latencies: number[] = []
  let errors = 0
  let firstError: string | null = null
  let ended = false
  let issued = 0
  const started = performance.now()
  const end = started + order.seconds * 1000
  await Promise.all(
    Array.from(
      { length: order.connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(order.port, '127.0.0.1')
          socket.setNoDelay(true)
          let sentAt = 0
          let pending = ''
          let following = false
          let n = 0
          const send = () => {
            if (order.rate !== undefined) {
              const wait = started + (issued++ * 1000) / order.rate - performance.now()
              if (wait > 1) {
                setTimeout(sendNow, wait)
                return
              }
            }
            sendNow()
          }
          const sendNow = () => {
            n = unique ? serial++ : random()
            const [path, body] = make(order, ids, n) as [string, string]
            following = false
            sentAt = performance.now()
            write(path, body)
          }
          const write = (path: string, body: string) =>
            socket.write(
              `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${order.token}\r\nContent-Type: application/json\r\nIdempotency-Key: bench-${n}-key\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
            )
          socket.on('connect', send)
          socket.on('error', reject)
          socket.setEncoding('latin1')
          socket.on('data', (chunk: string) => {
            pending += chunk
            const head = pending.indexOf('\r\n\r\n')
            if (head < 0) return
            const at = pending.indexOf('content-length: ')
            const length = Number.parseInt(pending.slice(at + 16, pending.indexOf('\r', at)), 10)
            if (pending.length < head + 4 + length) return
            if (follow && !following && pending.charCodeAt(9) === 0x32) {
              following = true
              const answer = pending.slice(head + 4)
              pending = ''
              write(...follow(answer))
              return
            }
            const now = performance.now()
            latencies.push(now - sentAt)
            if (pending.charCodeAt(9) !== 0x32) {
              errors += 1
              firstError ??= pending.slice(0, 600)
            }
            pending = ''
            if (now >= end || ended) {
              ended = true
              socket.destroy()
              resolve()
            } else send()
          })
        }),
    ),
  )
  const seconds = (performance.now() - started) / 1000
  latencies.sort((a, b) => a - b)
  const quantile = (q: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0
  return {
    kind: order.kind,
    requests: latencies.length,
    errors,
    perSecond: latencies.length / seconds,
    p50: quantile(0.5),
    p99: quantile(0.99),
    firstError,
  }
}

if (parentPort) parentPort.postMessage(await run(workerData as LoadOrder))
else if (process.argv[2]?.startsWith('{'))
  process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2]) as LoadOrder)))

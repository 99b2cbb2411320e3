import type { Language } from '@bailee/contract'
import { BaileeError, type BaileeErrorCode, ownErrors } from './errors.ts'
import { type AnyRoute, type Empty, type Receipt, type ReplyOf, type RequestOf, routes } from './routes.ts'

export type Fetch = (input: string, init: RequestInit) => Promise<Response>

export interface CallerOptions {
  /** Where the server is, for example `https://bailee.example`. */
  readonly url: string
  /** The machine key. Public routes work without one. */
  readonly key?: string
  readonly fetch?: Fetch
  /** Of error messages; English unless told. */
  readonly language?: Language
  /** How often a failed call is tried again: 2 unless told. */
  readonly retries?: number
  /** Of one attempt: 30 seconds unless told. */
  readonly timeoutMilliseconds?: number
}

export type Call = <R extends AnyRoute>(
  route: R,
  ...request: Empty extends RequestOf<R> ? [request?: RequestOf<R>] : [request: RequestOf<R>]
) => Promise<ReplyOf<R>>

export interface Caller {
  readonly url: string
  /** One call of one route of the contract, by name or by its shape. */
  readonly call: Call
}

interface Line {
  readonly method: string
  readonly path: string
  readonly idempotency?: string | undefined
  readonly safe?: boolean | undefined
}
interface Parts {
  readonly params?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

const firstPauseMilliseconds = 200
const longestPauseMilliseconds = 10_000
const longestObeyedSeconds = 60

/**
 * Calls the server and tries again after network errors, 429 and 503. A POST whose effect is not guarded by an
 * Idempotency-Key is repeated only when it certainly did nothing (refused with 429, or never sent) or when doing it
 * twice does no harm; a repeated look logs again, which is true: it may have been answered twice.
 */
export function createCaller(options: CallerOptions): Caller {
  const url = options.url.replace(/\/+$/, '')
  if (!URL.canParse(url)) throw new TypeError('url is not an address')
  const key = options.key
  const send: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))
  const language = options.language ?? 'en'
  const retries = options.retries ?? 2
  const timeoutMilliseconds = options.timeoutMilliseconds ?? 30_000

  const attempt = async (line: Line, request: Parts, headers: Record<string, string>): Promise<Attempt> => {
    const limit = AbortSignal.timeout(timeoutMilliseconds)
    let response: Response
    let text: string
    try {
      response = await send(`${url}${addressOf(line, request)}`, {
        method: line.method,
        headers,
        ...(line.method === 'GET' ? {} : { body: JSON.stringify(request.body ?? {}) }),
        signal: request.signal ? AbortSignal.any([request.signal, limit]) : limit,
        // Following a redirect would send the body, which may hold personal information, to wherever it points.
        redirect: 'manual',
      })
      text = await response.text()
    } catch (error) {
      const code = request.signal?.aborted ? 'aborted' : 'unreachable'
      return {
        effect: code === 'unreachable' && neverSent(error) ? 'none' : 'unknown',
        error: new BaileeError(code, ownErrors[code][language], { cause: causeWithoutContent(error) }),
      }
    }
    const answer = parseObject(text)
    if (response.ok && answer !== undefined) return { answer }
    const error = errorFrom(response, answer, language)
    return { effect: error.status === 429 ? 'none' : 'unknown', error }
  }

  const call = async (route: AnyRoute, request: Parts = {}): Promise<unknown> => {
    const line = lineOf(route)
    const headers: Record<string, string> = { accept: 'application/json', 'accept-language': language }
    if (key !== undefined) headers.authorization = `Bearer ${key}`
    if (line.method !== 'GET') headers['content-type'] = 'application/json'
    // One key for all attempts: that is what makes them one act.
    if (line.idempotency === 'required') headers['idempotency-key'] = request.idempotencyKey ?? crypto.randomUUID()
    const repeatable = line.method === 'GET' || line.idempotency === 'required' || line.safe === true
    for (let tries = 0; ; tries++) {
      const outcome = await attempt(line, request, headers)
      if ('answer' in outcome) return outcome.answer
      const { error, effect } = outcome
      if (tries >= retries || !isPassing(error) || !(repeatable || effect === 'none')) throw error
      const askedSeconds = error.retryAfterSeconds ?? 0
      if (askedSeconds > longestObeyedSeconds) throw error
      const backoff =
        Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** tries) * (0.5 + Math.random() / 2)
      await pause(Math.max(backoff, askedSeconds * 1000), request.signal)
      if (request.signal?.aborted) throw new BaileeError('aborted', ownErrors.aborted[language])
    }
  }
  // Replies are typed by the contract that the server validates against; the SDK does not check them a second time.
  return { url, call: call as Call }
}

type Attempt = { readonly answer: object } | { readonly error: BaileeError; readonly effect: 'none' | 'unknown' }

function lineOf(route: AnyRoute): Line {
  if (typeof route === 'string') return routes[route]
  const known: Readonly<Record<string, Line>> = routes
  return { ...route, safe: known[route.name]?.safe }
}

function addressOf({ path }: Line, { params = {}, query = {} }: Parts): string {
  const filled = path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new TypeError(`the path needs ${name}`)
    return encodeURIComponent(value)
  })
  const asked = Object.entries(query).filter((entry): entry is [string, string | number] => entry[1] !== undefined)
  if (asked.length === 0) return filled
  return `${filled}?${asked.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`
}

/** Is it worth asking again? A used-up quota for searches is a 429 that waiting a moment does not cure. */
const isPassing = ({ code, status }: BaileeError): boolean =>
  code === 'unreachable' || status === 503 || (status === 429 && code !== 'find_quota_exceeded')

/** The connection was never made, so nothing can have happened. Codes of Node's fetch; elsewhere we assume the worst. */
function neverSent(error: unknown): boolean {
  const code = codeOf(error instanceof Error ? error.cause : undefined) ?? codeOf(error)
  return code !== undefined && ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** A foreign error may quote what was sent. Only its name and code are kept. */
function causeWithoutContent(error: unknown): Error {
  const code = codeOf(error instanceof Error ? error.cause : undefined) ?? codeOf(error)
  return new Error([error instanceof Error ? error.name : 'error', code].filter(Boolean).join(' '))
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    // The parser's message quotes the text.
    return undefined
  }
}

function errorFrom(response: Response, answer: object | undefined, language: Language): BaileeError {
  const { status } = response
  const retryAfterSeconds = secondsOf(response.headers.get('retry-after'))
  const error =
    answer === undefined || response.ok ? undefined : fromProblem(answer, language, { status, retryAfterSeconds })
  return error ?? new BaileeError('reply_malformed', ownErrors.reply_malformed[language], { status, retryAfterSeconds })
}

/** The error that a problem document (RFC 9457) tells of; undefined when it is none. */
export function fromProblem(
  problem: object,
  language: Language = 'en',
  given: { readonly status?: number; readonly retryAfterSeconds?: number | undefined } = {},
): BaileeError | undefined {
  const { code, title, titleZh, status, field, rule, missing, receipt, instance } = problem as Readonly<
    Record<string, unknown>
  >
  if (typeof code !== 'string') return undefined
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
  // An unknown code comes from a newer server; receipt and missing are shaped by the contract's Problem.
  return new BaileeError(
    code as BaileeErrorCode,
    (language === 'zh' ? text(titleZh) : undefined) ?? text(title) ?? code,
    {
      status: given.status ?? (typeof status === 'number' ? status : undefined),
      field: text(field),
      rule: text(rule),
      missing: isObject(missing) ? (missing as Record<string, unknown>) : undefined,
      receipt: isObject(receipt) ? (receipt as Receipt) : undefined,
      instance: text(instance),
      retryAfterSeconds: given.retryAfterSeconds,
    },
  )
}

/** Retry-After is seconds or a date (RFC 9110, 10.2.3). */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const wake = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, milliseconds)
    signal?.addEventListener('abort', wake)
  })
}

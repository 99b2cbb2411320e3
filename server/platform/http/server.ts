import { hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { RouteShape } from '@bailee/contract'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify'
import type { Static } from 'typebox'
import { type Actor, anyone, problemOf, Refusal } from '#kernel'
import { CoalesceOverflow } from '../coalesce.ts'
import { SealBroken } from '../keys/index.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { parseJsonBody } from './body.ts'
import { FileAnswer } from './file-answer.ts'
import { RateLimiter } from './limits.ts'
import { compileCheck } from './validate.ts'

type BodyOf<R extends RouteShape> = R extends { body: infer S extends import('typebox').TSchema }
  ? Static<S>
  : undefined
type QueryOf<R extends RouteShape> = R extends { query: infer S extends import('typebox').TSchema }
  ? Static<S>
  : undefined
type ParamsOf<R extends RouteShape> = R extends { params: infer S extends import('typebox').TSchema }
  ? Static<S>
  : undefined
export type ReplyOf<R extends RouteShape> = Static<R['reply']>

/** An act that happens once for one key. `digest` is of the route, what its address names, and the body. */
export interface OnceKey {
  readonly key: string
  readonly digest: Buffer
}
export interface Call<R extends RouteShape> {
  readonly actor: Actor
  readonly body: BodyOf<R>
  readonly query: QueryOf<R>
  readonly params: ParamsOf<R>
  /** Present exactly on routes with `idempotency: 'required'`. */
  readonly once: OnceKey | undefined
  /** Present exactly on routes with `upload`: the body as it comes. The digest of `once` covers the query only. */
  readonly upload: Readable | undefined
  /** The session cookie's value as it came, for sign-out. */
  readonly session: string | undefined
  /** A header that came once, by its lower-case name. */
  header(name: string): string | undefined
  setSession(value: string, maxAgeSeconds: number): void
  clearSession(): void
}
export type Handler<R extends RouteShape> = (call: Call<R>) => Promise<ReplyOf<R>> | ReplyOf<R>
export type Authenticate = (credentials: {
  bearer: string | undefined
  session: string | undefined
}) => Promise<Actor> | Actor

/** The reply of a route with `download`. */
export class Streamed {
  readonly stream: Readable
  readonly bytes: number
  readonly headers: Readonly<Record<string, string>>
  constructor(stream: Readable, bytes: number, headers: Readonly<Record<string, string>>) {
    this.stream = stream
    this.bytes = bytes
    this.headers = headers
  }
}
export interface HttpServer {
  mount<const R extends RouteShape>(shape: R, handler: Handler<R>): void
  /** For static files and the ledger's tile paths, which are not JSON. */
  readonly raw: FastifyInstance
  setAuthenticator(authenticate: Authenticate): void
  listen(options: { host: string; port: number }): Promise<string>
  close(): Promise<void>
}
export interface HttpSettings {
  readonly log: Log
  readonly metrics: Metrics
  readonly perClientPerMinute: number
  readonly perAddressPerMinute: number
  readonly bodyLimitBytes?: number
  /** `Secure` on cookies; off only where the public address is plain http on loopback. */
  readonly secureCookies: boolean
  readonly trustProxy?: boolean
  /** Of the digests by which a replayed request is told from another one. */
  readonly digestKey: { mac(message: Uint8Array): Uint8Array }
}

const sessionCookie = 'bailee_session'
const security = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const

function cookieOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === sessionCookie) return part.slice(at + 1).trim()
  }
  return undefined
}

/** A cookie travels by itself, so a POST that carries one must have been made by our own pages. */
function assertSameSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return
  const origin = request.headers.origin
  if (site === undefined && (origin === undefined || hostOf(origin) === request.headers.host)) return
  throw new Refusal('cross_site_request')
}
const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined)

function onceKeyOf(request: FastifyRequest, shape: RouteShape, secret: HttpSettings['digestKey']): OnceKey {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string') throw new Refusal('idempotency_key_required')
  if (!/^[\x21-\x7e]{8,128}$/.test(key)) throw new Refusal('idempotency_key_malformed')
  // Keyed: it is stored, and a bare hash of a form could be guessed back to what was in it.
  const place = shape.params ? `\n${JSON.stringify(request.params)}` : ''
  const said = JSON.stringify(shape.upload ? request.query : request.body)
  const digest = secret.mac(hash('sha256', `${shape.name}\n${said}${place}`, 'buffer'))
  return { key, digest: Buffer.from(digest.buffer) }
}

/** Before anything else, so that pages of other sites can read refusals as well. Without credentials: `*` forbids cookies. */
const allowAllSites = (_request: FastifyRequest, reply: FastifyReply, done: () => void) => {
  reply.header('access-control-allow-origin', '*')
  done()
}
/** Answers a browser that asks whether it may send JSON here from another site. To read a plain GET it need not ask. */
function openToAllSites(raw: FastifyInstance, path: string): void {
  raw.options(path, { onRequest: allowAllSites }, (_request, reply) =>
    reply
      .code(204)
      .header('access-control-allow-methods', 'POST')
      .header('access-control-allow-headers', 'content-type')
      .header('access-control-max-age', '86400')
      .send(),
  )
}

/** SQLSTATEs of values that a schema let pass and a column does not: number out of range, no such character. */
const unstorable = ['22003', '22021', '22P05']

/** Turns whatever was thrown into a problem document. Only refusals speak; all else is logged and said to be internal. */
function answerError(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  let refusal: Refusal
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (error instanceof Refusal) refusal = error
  else if (error instanceof CoalesceOverflow) refusal = new Refusal('unavailable')
  else if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') refusal = new Refusal('body_too_large')
  else if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') refusal = new Refusal('media_type_unsupported')
  else if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY' || code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')
    refusal = new Refusal('body_malformed')
  else if (code.startsWith('FST_') || code.startsWith('ERR_HTTP')) refusal = new Refusal('body_malformed')
  else if (unstorable.includes(code)) {
    log.warn({ err: error, route: request.routeOptions?.url, request: request.id }, 'a value was not stored')
    refusal = new Refusal('schema_violation', { rule: 'holds a value that cannot be stored: too large, or U+0000' })
  } else if (error instanceof SealBroken) {
    log.error({ err: error, route: request.routeOptions?.url, request: request.id }, 'a seal does not open')
    refusal = new Refusal('seal_broken')
  } else {
    log.error({ err: error, route: request.routeOptions?.url, request: request.id }, 'request failed')
    // The database went away, or chose this transaction to end a deadlock: the caller may try again.
    refusal = new Refusal(/^(ECONN|EPIPE|ENOENT|57P|08|53|40)/.test(code) ? 'unavailable' : 'internal')
  }
  if (refusal.status === 503 || refusal.status === 429)
    reply.header('retry-after', String(refusal.details.missing?.retryAfterSeconds ?? 1))
  return reply
    .code(refusal.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify({ ...problemOf(refusal), instance: request.id }))
}

export function createHttpServer(settings: HttpSettings): HttpServer {
  const { log, metrics } = settings
  const raw = Fastify({
    logger: false,
    bodyLimit: settings.bodyLimitBytes ?? 2_000_000,
    trustProxy: settings.trustProxy ?? false,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    requestTimeout: 30_000,
    // An address that cannot be read or is too long: the framework's own answer would repeat it.
    frameworkErrors: (_error, request, reply) => answerError(log, new Refusal('route_unknown'), request, reply),
    genReqId: () => `req_${(++requests).toString(36)}${boot}`,
  })
  let authenticate: Authenticate = () => anyone
  const byClient = new RateLimiter(settings.perClientPerMinute)
  const byAddress = new RateLimiter(settings.perAddressPerMinute)
  const granted = (limiter: RateLimiter, key: string) => {
    const retryAfterSeconds = limiter.take(key)
    if (retryAfterSeconds > 0) throw new Refusal('rate_limited', { missing: { retryAfterSeconds } })
  }

  async function admit(
    request: FastifyRequest,
    shape: RouteShape,
  ): Promise<{ actor: Actor; session: string | undefined }> {
    const open = shape.callers.includes('anyone')
    const authorization = request.headers.authorization
    const bearer = authorization?.startsWith('Bearer ') ? authorization.slice(7) : undefined
    const session = bearer === undefined ? cookieOf(request.headers.cookie) : undefined
    let actor: Actor
    try {
      const known = authenticate({ bearer, session })
      actor = known instanceof Promise ? await known : known
    } catch (error) {
      // Guessing keys is limited by address, whatever key each guess presents.
      granted(byAddress, request.ip)
      if (!open || bearer !== undefined) throw error
      actor = anyone
    }
    if (actor.kind === 'client') granted(byClient, actor.id)
    else granted(byAddress, request.ip)
    if (session !== undefined && shape.method === 'POST') assertSameSite(request)
    if (!open && !shape.callers.includes(actor.kind)) {
      if (actor.kind === 'anyone') throw new Refusal('credentials_missing')
      throw new Refusal('ability_missing', { missing: { callers: shape.callers } })
    }
    if (
      shape.ability !== undefined &&
      (actor.kind === 'client' || actor.kind === 'staff') &&
      !actor.abilities.has(shape.ability)
    )
      throw new Refusal('ability_missing', { missing: { ability: shape.ability } })
    return { actor, session }
  }

  raw.removeAllContentTypeParsers()
  raw.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer))
    } catch (error) {
      // Nobody has asked yet who is calling: bodies that cannot be read are limited by address.
      const retryAfterSeconds = byAddress.take(request.ip)
      done(retryAfterSeconds > 0 ? new Refusal('rate_limited', { missing: { retryAfterSeconds } }) : (error as Error))
    }
  })
  // Fastify's own schema step is not used: the contract's schemas are compiled once, when a route is mounted.
  raw.setErrorHandler((error, request, reply) => answerError(log, error, request, reply))
  raw.setNotFoundHandler((request, reply) => answerError(log, new Refusal('route_unknown'), request, reply))
  raw.addHook('onRequest', (_request, reply, done) => {
    reply.headers(security)
    done()
  })
  raw.addHook('onResponse', (request, reply, done) => {
    metrics.request(request.method, request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000)
    done()
  })

  return {
    raw,
    setAuthenticator(next) {
      authenticate = next
    },
    mount(shape, handler) {
      const checkBody = shape.body ? compileCheck(shape.body, 'body') : undefined
      const checkQuery = shape.query ? compileCheck(shape.query, 'query') : undefined
      const checkParams = shape.params ? compileCheck(shape.params, 'params') : undefined
      const status = shape.status ?? 200
      if (shape.crossOrigin && shape.method === 'POST') openToAllSites(raw, shape.path)
      const route: RouteOptions = {
        method: shape.method,
        url: shape.path,
        ...(shape.crossOrigin ? { onRequest: allowAllSites } : {}),
        handler: async (request, reply) => {
          const { actor, session } = await admit(request, shape)
          if (checkBody && request.body === undefined) throw new Refusal('body_malformed')
          const call = {
            actor,
            body: checkBody ? checkBody(request.body) : undefined,
            query: checkQuery ? checkQuery(request.query) : undefined,
            params: checkParams ? checkParams(request.params) : undefined,
            once: shape.idempotency === 'required' ? onceKeyOf(request, shape, settings.digestKey) : undefined,
            upload: shape.upload ? request.body : undefined,
            session,
            header: (name: string) => {
              const value = request.headers[name]
              return typeof value === 'string' ? value : undefined
            },
            setSession: (value: string, maxAgeSeconds: number) =>
              reply.header(
                'set-cookie',
                `${sessionCookie}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${settings.secureCookies ? '; Secure' : ''}`,
              ),
            clearSession: () =>
              reply.header(
                'set-cookie',
                `${sessionCookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${settings.secureCookies ? '; Secure' : ''}`,
              ),
          } as unknown as Call<typeof shape> // each member was just checked against the shape it is typed by
          const answer: unknown = await handler(call)
          if (answer instanceof FileAnswer)
            return reply
              .code(status)
              .header('content-type', answer.media)
              .header('content-disposition', `attachment; filename="${answer.name}"`)
              .header('cache-control', 'no-store')
              .send(answer.content)
          reply
            .code(status)
            .header('content-type', `${shape.media ?? 'application/json'}; charset=utf-8`)
            .header('cache-control', 'no-store')
          const streamed: unknown = answer
          if (streamed instanceof Streamed)
            return reply
              .headers({
                'content-type': 'application/octet-stream',
                'content-length': streamed.bytes,
                ...streamed.headers,
              })
              .send(streamed.stream)
          return JSON.stringify(answer)
        },
      }
      if (shape.upload)
        // A scope of its own: nowhere else is a body taken as it comes.
        raw.register(async (scope) => {
          scope.removeAllContentTypeParsers()
          scope.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
          scope.route(route)
        })
      else raw.route(route)
    },
    listen: ({ host, port }) => raw.listen({ host, port }),
    close: () => raw.close(),
  }
}

let requests = 0
const boot = Date.now().toString(36).slice(-4)

import type { demands, ErrorCode, keys, ledger, notices, Problem, parties, vault } from '@bailee/contract'
import type { Static, TSchema } from 'typebox'

/**
 * The wire as the pages use it. Types come from the contract; of its values only this table is needed at run time, and the
 * compiler holds it against the contract, so that the schemas stay out of the browser.
 */
type Wire = typeof ledger & typeof notices & typeof parties & typeof vault & typeof demands & typeof keys
type Line<R> = R extends { method: infer M extends string; path: infer P extends string }
  ? `${M}${R extends { idempotency: 'required' } ? ' once' : ''} ${P}`
  : never

const routes = {
  ledgerStatus: 'GET /v1/ledger/status',
  proveIndex: 'GET /v1/ledger/proofs/:index',
  proveConsistency: 'GET /v1/ledger/consistency',
  myEntries: 'GET /v1/ledger/me/entries',
  listActs: 'GET /v1/ledger/acts',
  myProof: 'GET /v1/ledger/me/entries/:entry/proof',
  myMonitor: 'POST /v1/ledger/me/monitor',
  chainStart: 'POST once /v1/ledger/me/chain-start',
  listEpochs: 'GET /v1/ledger/epochs',
  epochBucket: 'GET /v1/ledger/epochs/:epoch/buckets/:prefix',
  listNotices: 'GET /v1/notices',
  getNotice: 'GET /v1/notices/:notice',
  takeSnapshot: 'POST /v1/notices/snapshots',
  previewNotice: 'POST /v1/notices/preview',
  diffNotice: 'GET /v1/notices/:notice/diff',
  publishNotice: 'POST once /v1/notices',
  giveConsent: 'POST once /v1/notices/consents',
  renewConsent: 'POST once /v1/notices/consents/renew',
  refuseConsent: 'POST once /v1/notices/consents/refuse',
  listConsents: 'POST /v1/notices/consents/mine',
  listGrants: 'POST /v1/notices/grants',
  withdrawConsent: 'POST once /v1/notices/consents/withdraw',
  mine: 'POST /v1/vault/mine',
  erase: 'POST once /v1/vault/erase',
  find: 'POST /v1/vault/find',
  look: 'POST /v1/vault/look',
  makeDemand: 'POST once /v1/demands',
  listDemands: 'GET /v1/demands',
  releases: 'POST /v1/vault/releases',
  holds: 'POST /v1/vault/holds',
  getDemand: 'GET /v1/demands/:demand',
  getRegimes: 'GET /v1/demands/regimes',
  answerDemand: 'POST once /v1/demands/:demand/answer',
  extendDemand: 'POST once /v1/demands/:demand/extend',
  escalateDemand: 'POST once /v1/demands/:demand/escalate',
  withdrawDemand: 'POST once /v1/demands/:demand/withdraw',
  confirmDemand: 'POST once /v1/demands/:demand/confirm',
  copyDemand: 'POST /v1/demands/:demand/copy',
  explainDemand: 'GET /v1/demands/:demand/explanation',
  keysStatus: 'GET /v1/keys/status',
  setupBegin: 'POST /v1/parties/setup/passkey/begin',
  setupFinish: 'POST /v1/parties/setup/passkey/finish',
  registerBegin: 'POST /v1/parties/staff/register/begin',
  registerFinish: 'POST /v1/parties/staff/register/finish',
  signInBegin: 'POST /v1/parties/staff/sign-in/begin',
  signInFinish: 'POST /v1/parties/staff/sign-in/finish',
  signOut: 'POST /v1/parties/sign-out',
  whoAmI: 'GET /v1/parties/me',
  openPersonSession: 'POST /v1/parties/persons/sessions',
  listOrganisations: 'GET /v1/parties/organisations',
  listClients: 'GET /v1/parties/clients',
  createClient: 'POST once /v1/parties/clients',
  revokeClient: 'POST once /v1/parties/clients/revoke',
  inviteStaff: 'POST once /v1/parties/staff/invitations',
  listApprovals: 'GET /v1/parties/approvals',
  requestApproval: 'POST once /v1/parties/approvals',
  decideApproval: 'POST once /v1/parties/approvals/decide',
} as const satisfies { readonly [N in keyof Wire]?: Line<Wire[N]> }

export type RouteName = keyof typeof routes
type Part<R, K extends string> = R extends { readonly [P in K]: infer S extends TSchema }
  ? { readonly [P in K]: Static<S> }
  : { readonly [P in K]?: never }
type Once<R> = R extends { idempotency: 'required' } ? { readonly once: string } : { readonly once?: never }
export type Input<N extends RouteName> = Part<Wire[N], 'params'> &
  Part<Wire[N], 'query'> &
  Part<Wire[N], 'body'> &
  Once<Wire[N]>
export type Reply<N extends RouteName> = Wire[N] extends { reply: infer S extends TSchema } ? Static<S> : never

/** `unreachable`: no answer came. `unreadable`: something answered that is not Bailee. */
export type ApiErrorCode = ErrorCode | 'unreachable' | 'unreadable'

/** What the server refused, and why. `problem` is its own document where it sent one. */
export class ApiError extends Error {
  readonly code: ApiErrorCode
  readonly problem: Problem | undefined
  constructor(code: ApiErrorCode, problem?: Problem, cause?: unknown) {
    super(problem?.title ?? code, { cause })
    this.name = 'ApiError'
    this.code = code
    this.problem = problem
  }
}

/** One request to our own origin. The session cookie travels by itself. @throws {ApiError} */
export async function call<N extends RouteName>(name: N, input: Input<N>): Promise<Reply<N>> {
  const response = await ask(name, input)
  // The server validates its replies against the same schemas; what is believed about them is checked by proof.
  return (await readJson(response)) as Reply<N>
}

/** The same, for a reply that is a file. @throws {ApiError} */
export async function callForFile<N extends RouteName>(name: N, input: Input<N>): Promise<Blob> {
  const response = await ask(name, input)
  try {
    return await response.blob()
  } catch (cause) {
    throw new ApiError('unreachable', undefined, cause)
  }
}

async function ask<N extends RouteName>(name: N, input: Input<N>): Promise<Response> {
  const { method, address, headers, body } = requestOf(name, input)
  let response: Response
  try {
    response = await fetch(address, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body }),
    })
  } catch (cause) {
    throw new ApiError('unreachable', undefined, cause)
  }
  if (response.ok) return response
  const answer = await readJson(response)
  throw isProblem(answer) ? new ApiError(answer.code as ErrorCode, answer) : new ApiError('unreadable')
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (cause) {
    throw new ApiError('unreadable', undefined, cause)
  }
}

export function requestOf<N extends RouteName>(name: N, input: Input<N>) {
  // A union of shapes that differ by route: here all are looked at alike.
  const { params, query, body, once } = input as {
    params?: Record<string, string | number>
    query?: Record<string, string | number | undefined>
    body?: unknown
    once?: string
  }
  const line = routes[name]
  const method = line.startsWith('GET') ? 'GET' : 'POST'
  const path = line
    .slice(line.lastIndexOf(' ') + 1)
    .replace(/:([a-z]+)/g, (_, key: string) => encodeURIComponent(String(params?.[key])))
  const search = new URLSearchParams(
    Object.entries(query ?? {}).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  ).toString()
  return {
    method,
    address: search ? `${path}?${search}` : path,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(once === undefined ? {} : { 'idempotency-key': once }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  }
}

/** A key for one act: made when the person is asked, so that pressing twice acts once. */
export function newOnceKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string'

import type { TSchema } from 'typebox'
import type { ErrorCode } from './errors.ts'

/** Who may call. `client`: machine key; `staff`: passkey session; `person`: the person's own session; `anyone`: public. */
export type Caller = 'client' | 'staff' | 'person' | 'anyone'

export interface RouteShape {
  readonly name: string
  readonly room: string
  readonly method: 'GET' | 'POST'
  readonly path: `/v1/${string}`
  readonly callers: readonly Caller[]
  /** What a machine key or a staff role must be able to do. */
  readonly ability?: Ability
  /** `required`: the POST acts, and the same key with the same body acts once. */
  readonly idempotency?: 'required' | 'none'
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** The body is application/octet-stream, read as it comes; what it is about stands in the query, as ids only. */
  readonly upload?: true
  /** The reply is application/octet-stream; its receipt is in the header `bailee-receipt`, as JSON in base64. */
  readonly download?: true
  readonly reply: TSchema
  readonly status?: 200 | 201 | 202 | 204
  /** Media type of the reply, where it is more than JSON. */
  readonly media?: string
  readonly errors: readonly ErrorCode[]
  readonly summary: string
  readonly summaryZh: string
  readonly article?: string
  /** Pages of any site may read the answer; no cookie comes along (`access-control-allow-origin: *`). */
  readonly crossOrigin?: true
}

export const abilities = ['administer', 'publish', 'consent', 'collect', 'look', 'find', 'erase', 'approve'] as const
export type Ability = (typeof abilities)[number]

/** Keeps the literal types, so that the SDK can infer body and reply. */
export const route = <const R extends RouteShape>(shape: R): R => shape

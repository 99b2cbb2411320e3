import type { ErrorCode } from '@bailee/contract'
import type { Receipt } from './routes.ts'

/** What can go wrong before or instead of an answer by the server. */
export const ownErrors = {
  unreachable: { en: 'The Bailee server could not be reached.', zh: '无法连接 Bailee 服务器。' },
  reply_malformed: {
    en: 'The answer did not come from a Bailee server, or was damaged.',
    zh: '收到的回复不是来自 Bailee 服务器，或已损坏。',
  },
  aborted: { en: 'The call was cancelled by the caller.', zh: '调用已被取消。' },
  notice_unpublished: {
    en: 'This notice has not been published on this server. Call publish() first.',
    zh: '该告知规则尚未在此服务器上发布，请先调用 publish()。',
  },
} as const

export type BaileeErrorCode = ErrorCode | keyof typeof ownErrors

export interface BaileeErrorDetails {
  readonly status?: number | undefined
  readonly field?: string | undefined
  readonly rule?: string | undefined
  readonly missing?: Readonly<Record<string, unknown>> | undefined
  readonly receipt?: Receipt | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly instance?: string | undefined
  readonly cause?: unknown
}

/**
 * The only error that the SDK throws. It names fields by JSON pointer and never holds a field's value, so that it may be
 * logged. A newer server may send a `code` that this version's union does not list.
 */
export class BaileeError extends Error {
  readonly code: BaileeErrorCode
  /** HTTP status; absent when no answer came. */
  readonly status: number | undefined
  /** JSON pointer of the offending member. */
  readonly field: string | undefined
  readonly rule: string | undefined
  /** What would have made the request lawful: which grant, which ability. */
  readonly missing: Readonly<Record<string, unknown>> | undefined
  /** Proof that the refusal itself was logged. A refused look carries one. */
  readonly receipt: Receipt | undefined
  readonly retryAfterSeconds: number | undefined
  /** The server's name for the request, for its operator. */
  readonly instance: string | undefined

  constructor(code: BaileeErrorCode, message: string, details: BaileeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'BaileeError'
    this.code = code
    this.status = details.status
    this.field = details.field
    this.rule = details.rule
    this.missing = details.missing
    this.receipt = details.receipt
    this.retryAfterSeconds = details.retryAfterSeconds
    this.instance = details.instance
  }
}

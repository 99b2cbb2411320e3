import type { Bailee, Purpose } from './bailee.ts'
import { BaileeError } from './errors.ts'
import type { NoticeDraft, PurposeOf } from './notice.ts'

/** Bound to one request: the purpose is named where the route is, and the clerk or ticket stands in every look. */
export interface Bound<N extends NoticeDraft> {
  for<const P extends PurposeOf<N>>(purpose: P): Purpose<N, P>
  readonly all: Bailee<N>
}
export const bind = <N extends NoticeDraft>(bailee: Bailee<N>): Bound<N> => ({
  for: (purpose) => bailee.for(purpose),
  all: bailee,
})

export interface ProblemReply {
  readonly status: number
  readonly body: { readonly code: string; readonly title: string; readonly status: number; readonly field?: string }
}

/**
 * What the provider's own caller may hear (RFC 9457): code, sentence and place; never a value, a key or a receipt. A fault
 * of the provider's own key or of the way to Bailee is not the visitor's: 502. Undefined for any other error.
 */
export function problemReply(error: unknown): ProblemReply | undefined {
  if (!(error instanceof BaileeError)) return undefined
  const { code, message, field } = error
  const given = error.status ?? 502
  const status = given === 401 || given < 400 ? 502 : given
  return { status, body: { code, title: message, status, ...(field === undefined ? {} : { field }) } }
}

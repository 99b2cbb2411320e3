import { type ErrorCode, errorCatalogue, type Receipt } from '@bailee/contract'

export interface RefusalDetails {
  /** JSON pointer of the offending member. Never its value. */
  readonly field?: string
  readonly rule?: string
  readonly missing?: Readonly<Record<string, unknown>>
  /** Proof that the refusal itself was logged. */
  readonly receipt?: Receipt
  readonly detail?: string
  readonly cause?: unknown
}

/** An honest rule said no, or an honest failure stopped us. The code is stable, the sentence leaks nothing. */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly details: RefusalDetails
  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    super(errorCatalogue[code].en, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'Refusal'
    this.code = code
    this.details = details
  }
  get status(): number {
    return errorCatalogue[this.code].status
  }
}

/** The RFC 9457 document of a refusal. */
export function problemOf(refusal: Refusal) {
  const { en, zh, status } = errorCatalogue[refusal.code]
  const { field, rule, missing, receipt, detail } = refusal.details
  return {
    type: `/reference/errors#${refusal.code}`,
    title: en,
    titleZh: zh,
    status,
    code: refusal.code,
    ...(detail === undefined ? {} : { detail }),
    ...(field === undefined ? {} : { field }),
    ...(rule === undefined ? {} : { rule }),
    ...(missing === undefined ? {} : { missing: { ...missing } }),
    ...(receipt === undefined ? {} : { receipt }),
  }
}

/** Every reason for which something here can refuse its input. Stable: pages and logs key on them. */
export type ProofErrorCode =
  | 'ambiguous_key'
  | 'invalid_signature'
  | 'malformed_body'
  | 'malformed_checkpoint'
  | 'malformed_cosignature'
  | 'malformed_encoding'
  | 'malformed_json'
  | 'malformed_key'
  | 'malformed_leaf'
  | 'malformed_note'
  | 'malformed_policy'
  | 'malformed_receipt'
  | 'malformed_request'
  | 'malformed_state'
  | 'malformed_tag_index'
  | 'malformed_tile'
  | 'malformed_tlog_proof'
  | 'out_of_range'
  | 'unverified_note'
  | 'wrong_origin'

/** The only error that a parser or builder in this room throws, whatever bytes it is given. */
export class ProofError extends Error {
  readonly code: ProofErrorCode

  constructor(code: ProofErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProofError'
    this.code = code
  }
}

/** Runs a parser and renames whatever it refuses, so that a caller sees the code of the thing that it parsed. */
export function underCode<T>(code: ProofErrorCode, what: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    if (cause instanceof ProofError) throw new ProofError(code, `${what}: ${cause.message}`, { cause })
    throw cause
  }
}

import type { ApiErrorCode } from '../api.ts'

/** For every code of the wire, what the reader can do now. A new code in the contract does not compile without advice. */
export type Advice = Readonly<Record<ApiErrorCode, string>>

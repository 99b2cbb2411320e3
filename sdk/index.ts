/** Typed SDK for providers' apps: what the notice does not allow does not compile. Runs wherever there is `fetch`. */
export type { Bilingual, Language } from '@bailee/contract'
export { type Bound, type ProblemReply, problemReply } from './adapters.ts'
export * from './bailee.ts'
export { type Call, type Caller, type CallerOptions, createCaller, type Fetch, fromProblem } from './caller.ts'
export { type DualRead, type DualReadCounts, type DualReadOptions, dualRead } from './dual-read.ts'
export { BaileeError, type BaileeErrorCode, type BaileeErrorDetails } from './errors.ts'
export {
  type ConsentedOf,
  defineNotice,
  type FieldFor,
  type FieldOf,
  type Notice,
  type NoticeDraft,
  type PurposeOf,
  type SearchableFor,
  type TogetherOf,
  type ToldOf,
} from './notice.ts'
export { personColumns } from './person-columns.ts'
export type {
  AnyRoute,
  BodyOf,
  CallOptions,
  LegalBasis,
  Receipt,
  ReplyOf,
  RequestOf,
  RouteName,
  Wire,
} from './routes.ts'

import { join } from 'node:path'
import type { HttpServer, RoomMigrations } from '#platform'
import { sweepConsents } from './actions/sweep.ts'
import { withdrawConsent } from './actions/withdraw-consent.ts'
import { basisOf } from './basis.ts'
import type { NoticesDeps } from './deps.ts'
import { mountNoticesRoutes } from './routes.ts'
import { RulesCache } from './rules-cache.ts'
import { createSnapshots } from './snapshots.ts'
import { deleteEveryGrant, holdPerson, recipientsOf } from './store.ts'

export { consentEntry, recordConsent } from './actions/give-consent.ts'
export type { NoticesDeps, Persons } from './deps.ts'
export { type DrawerKey, newDrawerKey, openSelfWraps, unwrap, wrapFor } from './drawer-keys.ts'
export {
  type Agreement,
  type Consent,
  type FieldKind,
  type GrantRow,
  isConsent,
  type NoticeContent,
  type PublishedNotice,
  type Rules,
  selfPurpose,
} from './model.ts'
export { grantRewrapper } from './rewrapping.ts'
export { agreementOf, grantsOf, judgeSnapshot, reaches, untilOf } from './rules.ts'
export type { RecipientConsent } from './store.ts'
export { basisOf, withdrawConsent }

export const noticesMigrations: RoomMigrations = { room: 'notices', folder: join(import.meta.dirname, 'migrations') }

/** Published collection rules, consent, grants. What the vault may open is decided by rows that this room writes. */
export interface NoticesRoom {
  readonly rules: RulesCache
  readonly snapshots: NoticesDeps['snapshots']
  readonly deleteEveryGrant: typeof deleteEveryGrant
  readonly holdPerson: typeof holdPerson
  /** The recipients that a person agreed to and that still stand: what may be released, and to whom. */
  readonly recipientsOf: typeof recipientsOf
  /** Ends what has run out: expired grants and recipients, guardians whose day came. Each person's chain says so. */
  sweep(): Promise<{ expired: number; handedOver: number }>
  readonly deps: NoticesDeps
  mountRoutes(http: HttpServer): void
}
export function createNotices(given: Omit<NoticesDeps, 'rules' | 'snapshots'>): NoticesRoom {
  const deps: NoticesDeps = {
    ...given,
    rules: new RulesCache(given.db.as('notices')),
    snapshots: createSnapshots(given.signer),
  }
  return {
    rules: deps.rules,
    snapshots: deps.snapshots,
    deleteEveryGrant,
    holdPerson,
    recipientsOf,
    sweep: () => sweepConsents(deps),
    deps,
    mountRoutes: (http) => mountNoticesRoutes(http, deps),
  }
}

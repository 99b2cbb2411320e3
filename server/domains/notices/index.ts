import { join } from 'node:path'
import type { HttpServer, RoomMigrations } from '#platform'
import type { NoticesDeps } from './deps.ts'
import { mountNoticesRoutes } from './routes.ts'
import { RulesCache } from './rules-cache.ts'
import { createSnapshots } from './snapshots.ts'
import { deleteEveryGrant, holdPerson } from './store.ts'

export { consentEntry, recordConsent } from './actions/give-consent.ts'
export type { NoticesDeps, Persons } from './deps.ts'
export { type DrawerKey, newDrawerKey, openSelfWraps, unwrap, wrapFor } from './drawer-keys.ts'
export {
  type Consent,
  type FieldKind,
  type GrantRow,
  type NoticeContent,
  type PublishedNotice,
  type Rules,
  selfPurpose,
} from './model.ts'
export { grantsOf, judgeSnapshot } from './rules.ts'

export const noticesMigrations: RoomMigrations = { room: 'notices', folder: join(import.meta.dirname, 'migrations') }

/** Published collection rules, consent, grants. What the vault may open is decided by rows that this room writes. */
export interface NoticesRoom {
  readonly rules: RulesCache
  readonly snapshots: NoticesDeps['snapshots']
  readonly deleteEveryGrant: typeof deleteEveryGrant
  readonly holdPerson: typeof holdPerson
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
    deps,
    mountRoutes: (http) => mountNoticesRoutes(http, deps),
  }
}

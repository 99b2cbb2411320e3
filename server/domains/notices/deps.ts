import type { Clock, OrganisationId, PersonId } from '#kernel'
import type { Ledger } from '#ledger'
import type { Database, Keys, Signer, Tx } from '#platform'
import type { RulesCache } from './rules-cache.ts'
import type { Snapshots } from './snapshots.ts'

/** What this room needs of the parties' room, as functions. */
export interface Persons {
  insertPersons(tx: Tx, tenant: OrganisationId, ids: readonly PersonId[]): Promise<void>
  /** @throws {Refusal} `person_unknown` or `person_erased`. Against a racing erasure, hold the person's row first. */
  assertLive(tx: Tx, tenant: OrganisationId, id: PersonId): Promise<void>
}
export interface NoticesDeps {
  readonly db: Database
  readonly keys: Keys
  readonly clock: Clock
  readonly ledger: Ledger
  readonly persons: Persons
  readonly signer: Signer
  readonly snapshots: Snapshots
  readonly rules: RulesCache
}

import type { ClientActor, Clock, OrganisationId, PersonActor, PersonId, StaffActor } from '#kernel'
import type { LedgerRoom } from '#ledger'
import type { Database, Keys, Log, OnceKey, Tx } from '#platform'

export interface HeldRecord {
  readonly record: string
  readonly category: string
  readonly collectedAt: string
  readonly fields: Readonly<Record<string, string>>
}
/** Grants, consents and the notice versions that they name. Plain data as it stands on the wire. */
export interface Basis {
  readonly grants: readonly { category: string; purpose: string; basis: string; since: string }[]
  readonly consents: readonly {
    consent: string
    notice: string
    version: number
    purposes: readonly string[]
    language: 'en' | 'zh'
    at: string
  }[]
  readonly notices: readonly {
    notice: string
    version: number
    live: boolean
    publishedAt: string
    hash: string
    content: unknown
  }[]
}
/** What the rooms below do for a demand, as functions that the hall passes in. Each leaves its own ledger entry. */
export interface Acts {
  /** The person's own look at everything held. @throws {Refusal} when it cannot be logged or opened */
  mine(actor: PersonActor): Promise<{ readonly records: readonly HeldRecord[] }>
  erase(actor: ClientActor | StaffActor | PersonActor, person: PersonId, once: OnceKey): Promise<unknown>
  withdraw(
    actor: ClientActor | StaffActor | PersonActor,
    person: PersonId,
    purpose: string,
    once: OnceKey,
  ): Promise<unknown>
  basisOf(tenant: OrganisationId, person: PersonId): Promise<Basis>
  /** What was released to recipients, if the vault keeps that. */
  releasesOf?(tenant: OrganisationId, person: PersonId): AsyncIterable<Readonly<Record<string, unknown>>>
}
export interface DemandsDeps {
  readonly db: Database
  readonly keys: Keys
  readonly clock: Clock
  readonly log: Log
  readonly ledger: LedgerRoom
  readonly persons: { assertLive(tx: Tx, tenant: OrganisationId, id: PersonId): Promise<void> }
  readonly acts: Acts
}

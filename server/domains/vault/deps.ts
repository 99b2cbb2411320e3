import type { ApprovalId, ClientActor, Clock, OrganisationId, PersonId, StaffActor } from '#kernel'
import type { Ledger } from '#ledger'
import type { NoticesRoom } from '#notices'
import type { Database, Keys, Log, Tx } from '#platform'

export interface VaultPersons {
  assertLive(tx: Tx, tenant: OrganisationId, id: PersonId): Promise<void>
  markErased(tx: Tx, tenant: OrganisationId, id: PersonId): Promise<void>
}
export interface VaultApprovals {
  /** @throws {Refusal} `approval_needed` with the act and subject to ask for, `approval_expired` */
  assertApproved(
    tx: Tx,
    wanted: {
      readonly tenant: OrganisationId
      readonly act: string
      readonly subject: string
      readonly actor: ClientActor | StaffActor
      readonly approval?: string | undefined
    },
  ): Promise<ApprovalId>
}
export interface VaultDeps {
  readonly db: Database
  readonly keys: Keys
  readonly clock: Clock
  readonly log: Log
  readonly ledger: Ledger
  readonly notices: NoticesRoom
  readonly persons: VaultPersons
  readonly approvals: VaultApprovals
  readonly findsPerMinute: number
  /** How many days a backup of the key store is kept at most. */
  readonly keyBackupDays: number
  /** Told how many requests travelled together. */
  readonly observeBatch?: (size: number) => void
}

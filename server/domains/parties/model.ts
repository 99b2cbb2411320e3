import type { Ability, Bilingual } from '@bailee/contract'
import type { ApprovalId, ClientActor, ClientId, Clock, OrganisationId, PersonId, StaffActor, StaffId } from '#kernel'
import type { Ledger } from '#ledger'
import type { Database, Keys, Log } from '#platform'
import type { ClientCredentials } from './credentials.ts'

export type OrganisationKind = 'provider' | 'authority' | 'identity-service' | 'recipient'
export type AuthorityLevel = 'national' | 'province' | 'city' | 'district'

export interface Organisation {
  readonly id: OrganisationId
  readonly kind: OrganisationKind
  readonly name: Bilingual
  /** GB/T 2260 code. */
  readonly area: string | null
  readonly level: AuthorityLevel | null
  /** Set this server up, and alone may register others. */
  readonly founder: boolean
  readonly createdAt: Date
}

export interface OrganisationDraft {
  readonly kind: OrganisationKind
  readonly name: Bilingual
  readonly area?: string
  readonly level?: AuthorityLevel
}

/** What a key or a member of staff may do, and for which purposes. */
export interface Powers {
  readonly abilities: readonly Ability[]
  readonly purposes: readonly string[]
}
export interface Client extends Powers {
  readonly id: ClientId
  readonly tenant: OrganisationId
  readonly name: string
  /** Wire id of the member of staff behind the key, or of the key itself where it was made without one. */
  readonly actsFor: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
}
export interface Staff extends Powers {
  readonly id: StaffId
  readonly tenant: OrganisationId
  readonly displayName: string
  readonly createdAt: Date
}
export interface Invitation extends Powers {
  readonly tenant: OrganisationId
  /** The id that the invited person will have. */
  readonly staff: StaffId
  readonly displayName: string
  readonly expiresAt: Date
}
export interface Passkey {
  readonly credentialId: string
  readonly staff: StaffId
  readonly publicKey: Buffer
  readonly counter: number
  readonly transports: readonly string[]
}
export type CeremonyKind = 'setup' | 'register' | 'sign-in'
export interface Ceremony {
  readonly kind: CeremonyKind
  readonly challenge: string
  readonly staff: StaffId | null
  readonly displayName: string | null
  readonly boundTo: Buffer | null
  readonly expiresAt: Date
}
export interface Setup {
  readonly tokenHash: Buffer | null
  readonly closedAt: Date | null
}
export interface Session {
  readonly tenant: OrganisationId
  readonly staff: StaffId | null
  readonly person: PersonId | null
  readonly usedAt: Date
  readonly expiresAt: Date
}
export interface Person {
  readonly tenant: OrganisationId
  readonly id: PersonId
  readonly state: 'live' | 'erased'
  readonly createdAt: Date
  readonly erasedAt: Date | null
}
export interface AccessLink {
  readonly tenant: OrganisationId
  readonly person: PersonId
  readonly expiresAt: Date
}

export type ApprovalState = 'waiting' | 'approved' | 'declined' | 'used'
export interface Approval {
  readonly id: ApprovalId
  readonly tenant: OrganisationId
  readonly act: string
  readonly subject: string
  readonly reason: string
  /** As stored: that an approval has expired follows from the time. */
  readonly state: ApprovalState
  readonly requestedBy: string
  readonly requestedFor: string
  readonly decidedBy: string | null
  readonly expiresAt: Date
}

/** Somebody of an organisation: a machine key or a member of staff. */
export type Member = ClientActor | StaffActor

export interface PartiesDeps {
  readonly db: Database
  readonly keys: Keys
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  /** Where passkeys are good: WebAuthn's relying party id, and the origin of the portal. */
  readonly origin: { readonly rpId: string; readonly origin: string }
}
/** What the room's own actions see besides. */
export interface RoomDeps extends PartiesDeps {
  readonly credentials: ClientCredentials
}

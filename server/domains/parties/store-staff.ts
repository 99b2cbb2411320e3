import type { Ability } from '@bailee/contract'
import type { OrganisationId, StaffId } from '#kernel'
import type { Query, Tx } from '#platform'
import type { Ceremony, CeremonyKind, Invitation, Passkey, Staff } from './model.ts'

interface StaffRow {
  readonly id: StaffId
  readonly tenant: OrganisationId
  readonly display_name: string
  readonly abilities: readonly Ability[]
  readonly purposes: readonly string[]
  readonly created_at: Date
}
const staffColumns = 'id, tenant, display_name, abilities, purposes, created_at'
const staffOf = (row: StaffRow): Staff => ({
  id: row.id,
  tenant: row.tenant,
  displayName: row.display_name,
  abilities: row.abilities,
  purposes: row.purposes,
  createdAt: row.created_at,
})

export async function insertStaff(tx: Tx, staff: Staff): Promise<void> {
  await tx.query({
    name: 'parties/insert-staff',
    text: `insert into parties.staff (${staffColumns}) values ($1, $2, $3, $4, $5, $6)`,
    values: [staff.id, staff.tenant, staff.displayName, staff.abilities, staff.purposes, staff.createdAt],
  })
}

export async function findStaff(query: Query, id: StaffId): Promise<Staff | undefined> {
  const [row] = await query.query<StaffRow>({
    name: 'parties/find-staff',
    text: `select ${staffColumns} from parties.staff where id = $1`,
    values: [id],
  })
  return row && staffOf(row)
}

/** Is there a member of staff who may approve, other than the one named by wire id? */
export async function hasStaffApprover(tx: Tx, tenant: OrganisationId, other: string | null): Promise<boolean> {
  const rows = await tx.query({
    name: 'parties/has-staff-approver',
    text: `select 1 as found from parties.staff
           where tenant = $1 and 'approve' = any (abilities) and 'stf_' || replace(id::text, '-', '') is distinct from $2
           limit 1`,
    values: [tenant, other],
  })
  return rows.length > 0
}

/** Answers false when the credential is known already: one passkey, one member of staff. */
export async function insertPasskey(tx: Tx, passkey: Passkey, now: Date): Promise<boolean> {
  const rows = await tx.query({
    name: 'parties/insert-passkey',
    text: `insert into parties.passkey (credential_id, staff, public_key, counter, transports, created_at)
           values ($1, $2, $3, $4, $5, $6) on conflict (credential_id) do nothing returning credential_id`,
    values: [passkey.credentialId, passkey.staff, passkey.publicKey, passkey.counter, passkey.transports, now],
  })
  return rows.length > 0
}

/** Locked, so that two sign-ins of one passkey compare their counters one after the other. */
export async function findPasskeyForUpdate(tx: Tx, credentialId: string): Promise<Passkey | undefined> {
  const [row] = await tx.query<{
    credential_id: string
    staff: StaffId
    public_key: Buffer
    counter: number
    transports: string[]
  }>({
    name: 'parties/find-passkey-for-update',
    text: `select credential_id, staff, public_key, counter, transports
           from parties.passkey where credential_id = $1 for update`,
    values: [credentialId],
  })
  return (
    row && {
      credentialId: row.credential_id,
      staff: row.staff,
      publicKey: row.public_key,
      counter: row.counter,
      transports: row.transports,
    }
  )
}

export async function setPasskeyCounter(tx: Tx, credentialId: string, counter: number): Promise<void> {
  await tx.query({
    name: 'parties/set-passkey-counter',
    text: 'update parties.passkey set counter = $2 where credential_id = $1',
    values: [credentialId, counter],
  })
}

export async function insertInvitation(tx: Tx, tokenHash: Buffer, invitation: Invitation): Promise<void> {
  await tx.query({
    name: 'parties/insert-invitation',
    text: `insert into parties.invitation (token_hash, tenant, staff, display_name, abilities, purposes, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      tokenHash,
      invitation.tenant,
      invitation.staff,
      invitation.displayName,
      invitation.abilities,
      invitation.purposes,
      invitation.expiresAt,
    ],
  })
}

/** Locked: two who hold the same invitation register one after the other, and the second finds it gone. */
export async function findInvitationForUpdate(tx: Tx, tokenHash: Buffer): Promise<Invitation | undefined> {
  const [row] = await tx.query<{
    tenant: OrganisationId
    staff: StaffId
    display_name: string
    abilities: Ability[]
    purposes: string[]
    expires_at: Date
  }>({
    name: 'parties/find-invitation-for-update',
    text: `select tenant, staff, display_name, abilities, purposes, expires_at
           from parties.invitation where token_hash = $1 for update`,
    values: [tokenHash],
  })
  return (
    row && {
      tenant: row.tenant,
      staff: row.staff,
      displayName: row.display_name,
      abilities: row.abilities,
      purposes: row.purposes,
      expiresAt: row.expires_at,
    }
  )
}

export async function deleteInvitation(tx: Tx, tokenHash: Buffer): Promise<void> {
  await tx.query({
    name: 'parties/delete-invitation',
    text: 'delete from parties.invitation where token_hash = $1',
    values: [tokenHash],
  })
}

export async function insertCeremony(query: Query, tokenHash: Buffer, ceremony: Ceremony): Promise<void> {
  await query.query({
    name: 'parties/insert-ceremony',
    text: `insert into parties.ceremony (token_hash, kind, challenge, staff, display_name, bound_to, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      tokenHash,
      ceremony.kind,
      ceremony.challenge,
      ceremony.staff,
      ceremony.displayName,
      ceremony.boundTo,
      ceremony.expiresAt,
    ],
  })
}

/** Reads and deletes at once: of two who finish the same ceremony, one finds it. */
export async function takeCeremony(tx: Tx, tokenHash: Buffer): Promise<Ceremony | undefined> {
  const [row] = await tx.query<{
    kind: CeremonyKind
    challenge: string
    staff: StaffId | null
    display_name: string | null
    bound_to: Buffer | null
    expires_at: Date
  }>({
    name: 'parties/take-ceremony',
    text: `delete from parties.ceremony where token_hash = $1
           returning kind, challenge, staff, display_name, bound_to, expires_at`,
    values: [tokenHash],
  })
  return (
    row && {
      kind: row.kind,
      challenge: row.challenge,
      staff: row.staff,
      displayName: row.display_name,
      boundTo: row.bound_to,
      expiresAt: row.expires_at,
    }
  )
}

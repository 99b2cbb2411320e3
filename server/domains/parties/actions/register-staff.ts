import type { parties } from '@bailee/contract'
import { Refusal } from '#kernel'
import type { ReplyOf } from '#platform'
import { staffRegistered } from '../leaves.ts'
import type { RoomDeps, Staff } from '../model.ts'
import { registrationOptions, verifyRegistration } from '../passkeys.ts'
import { ceremonyEnd, isCeremonyFor, isOpen } from '../rules.ts'
import { hashOf, newSecret } from '../secrets.ts'
import { type OpenedSession, openSession } from '../sessions.ts'
import {
  deleteInvitation,
  findInvitationForUpdate,
  insertCeremony,
  insertPasskey,
  insertStaff,
  takeCeremony,
} from '../store-staff.ts'
import { wireStaff } from '../wire.ts'

export async function registerBegin(
  deps: RoomDeps,
  request: { readonly invitation: string },
): Promise<ReplyOf<typeof parties.registerBegin>> {
  const now = deps.clock.now()
  const boundTo = hashOf(request.invitation)
  return deps.db.transaction('parties', async (tx) => {
    const invitation = boundTo && (await findInvitationForUpdate(tx, boundTo))
    if (!isOpen(invitation, now)) throw new Refusal('link_invalid')
    const { staff, displayName } = invitation
    const { challenge, options } = await registrationOptions(deps.origin, staff, displayName)
    const ceremony = newSecret()
    await insertCeremony(tx, ceremony.hash, {
      kind: 'register',
      challenge,
      staff,
      displayName: null,
      boundTo: boundTo ?? null,
      expiresAt: ceremonyEnd(now),
    })
    return { ceremony: ceremony.text, options, displayName }
  })
}

export interface RegisterFinishRequest {
  readonly invitation: string
  readonly ceremony: string
  readonly credential: unknown
}
/** Takes up the offered role. A failed passkey uses up the ceremony, not the invitation. */
export async function registerFinish(
  deps: RoomDeps,
  request: RegisterFinishRequest,
): Promise<{ readonly reply: ReplyOf<typeof parties.registerFinish>; readonly session: OpenedSession }> {
  const now = deps.clock.now()
  const boundTo = hashOf(request.invitation)
  const ceremonyHash = hashOf(request.ceremony)
  const outcome = await deps.db.transaction('parties', async (tx) => {
    const invitation = boundTo && (await findInvitationForUpdate(tx, boundTo))
    const ceremony = ceremonyHash && (await takeCeremony(tx, ceremonyHash))
    if (!boundTo || !isOpen(invitation, now)) return { refused: 'link_invalid' as const }
    if (!isCeremonyFor(ceremony, { kind: 'register', boundTo }, now)) return { refused: 'link_invalid' as const }
    const passkey = await verifyRegistration(deps.origin, ceremony.challenge, invitation.staff, request.credential)
    if (!passkey) return { refused: 'passkey_invalid' as const }

    const staff: Staff = {
      id: invitation.staff,
      tenant: invitation.tenant,
      displayName: invitation.displayName,
      abilities: invitation.abilities,
      purposes: invitation.purposes,
      createdAt: now,
    }
    await insertStaff(tx, staff)
    // Thrown, so that nothing of it stays: this passkey belongs to somebody already.
    if (!(await insertPasskey(tx, passkey, now))) throw new Refusal('passkey_invalid')
    await deleteInvitation(tx, boundTo)
    const session = await openSession(tx, { tenant: staff.tenant, staff: staff.id, person: null }, now)
    await deps.ledger.append(tx, [staffRegistered(staff, now)])
    return { reply: { staff: wireStaff(staff) }, session }
  })
  if ('refused' in outcome) throw new Refusal(outcome.refused)
  return outcome
}

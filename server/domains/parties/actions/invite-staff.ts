import type { parties } from '@bailee/contract'
import { instant, newId } from '#kernel'
import { type OnceKey, once, type ReplyOf } from '#platform'
import { actsForOf, assertGrantAllowed } from '../grants.ts'
import { staffInvited } from '../leaves.ts'
import type { Invitation, Member, Powers, RoomDeps } from '../model.ts'
import { invitationEnd } from '../rules.ts'
import { newSecret } from '../secrets.ts'
import { insertInvitation } from '../store-staff.ts'

export interface InviteStaffRequest extends Powers {
  readonly displayName: string
  /** Wire id. */
  readonly approval?: string
}

/** Offers a role. Whoever holds the token takes it up with a passkey of their own. */
export async function inviteStaff(
  deps: RoomDeps,
  actor: Member,
  request: InviteStaffRequest,
  given: OnceKey | undefined,
): Promise<ReplyOf<typeof parties.inviteStaff>> {
  const now = deps.clock.now()
  const { displayName, abilities, purposes } = request
  return deps.db.transaction('parties', (tx) =>
    once(tx, deps.keys, actor.tenant, given, async () => {
      const actsFor = await actsForOf(tx, actor)
      const grant = { holder: 'staff', name: displayName, abilities, purposes } as const
      await assertGrantAllowed(deps, tx, actor, actsFor, grant, request.approval)
      const token = newSecret()
      const invitation: Invitation = {
        tenant: actor.tenant,
        staff: newId(),
        displayName,
        abilities,
        purposes,
        expiresAt: invitationEnd(now),
      }
      await insertInvitation(tx, token.hash, invitation)
      await deps.ledger.append(tx, [staffInvited(invitation, actor, now)])
      return { invitation: token.text, expiresAt: instant(invitation.expiresAt) }
    }),
  )
}

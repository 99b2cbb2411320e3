import { hash } from 'node:crypto'
import { actorField, Refusal } from '#kernel'
import type { Tx } from '#platform'
import { assertApproved } from './approvals.ts'
import type { Member, Powers, RoomDeps } from './model.ts'
import { isDangerousGrant } from './rules.ts'
import { findActsFor } from './store-clients.ts'
import { hasStaffApprover } from './store-staff.ts'

export interface Grant extends Powers {
  readonly holder: 'staff' | 'client'
  readonly name: string
}

/**
 * What an approval of a role grant is about. The abilities stand there in the clear, so that the second person sees the
 * power; name and purposes are bound by a hash, so that nothing can be exchanged after the approval.
 */
export function grantSubject(grant: Grant): string {
  const abilities = [...grant.abilities].sort()
  const bound = ['bailee/grant-role/v1', grant.holder, grant.name, abilities, [...grant.purposes].sort()]
  return `${grant.holder}:${abilities.join(',')}:${hash('sha256', JSON.stringify(bound), 'base64url')}`
}

/** In whose name a member acts: one's own, or that of the member of staff behind the key. */
export async function actsForOf(tx: Tx, actor: Member): Promise<string> {
  const id = actorField(actor).id!
  if (actor.kind === 'staff') return id
  const actsFor = await findActsFor(tx, actor.tenant, actor.id)
  // The cache of keys lives for seconds: a client that is gone by now has nothing to grant.
  if (actsFor === undefined) throw new Refusal('credentials_invalid')
  return actsFor
}

/**
 * To hand out `administer` or `approve` is a dangerous act: it needs a second person as soon as the organisation has
 * one, that is, another member of staff who may approve. Until then the first administrator has nobody to ask.
 */
export async function assertGrantAllowed(
  deps: RoomDeps,
  tx: Tx,
  actor: Member,
  actsFor: string,
  grant: Grant,
  approval: string | undefined,
): Promise<void> {
  if (!isDangerousGrant(grant) || !(await hasStaffApprover(tx, actor.tenant, actsFor))) return
  const subject = grantSubject(grant)
  await assertApproved(deps.clock, tx, { tenant: actor.tenant, act: 'grant-role', subject, actor, approval })
}

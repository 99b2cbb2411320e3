import type { parties } from '@bailee/contract'
import { type Actor, actorField } from '#kernel'
import type { Query, ReplyOf } from '#platform'
import type { RoomDeps } from '../model.ts'
import { findClient } from '../store-clients.ts'
import { findOrganisation, hasOrganisation } from '../store-organisations.ts'
import { findStaff } from '../store-staff.ts'
import { wireOrganisation } from '../wire.ts'

export async function whoAmI(deps: RoomDeps, actor: Actor): Promise<ReplyOf<typeof parties.whoAmI>> {
  const store = deps.db.as('parties')
  if (actor.kind === 'anyone') {
    const setupNeeded = !(await hasOrganisation(store))
    return { kind: 'anyone', organisation: null, id: null, displayName: null, abilities: [], purposes: [], setupNeeded }
  }
  const organisation = await findOrganisation(store, actor.tenant)
  return {
    kind: actor.kind,
    organisation: organisation ? wireOrganisation(organisation) : null,
    id: actorField(actor).id ?? null,
    displayName: await displayNameOf(store, actor),
    abilities: actor.kind === 'person' ? [] : [...actor.abilities],
    purposes: actor.kind === 'person' ? [] : [...actor.purposes],
    setupNeeded: false,
  }
}

/** A person has no name here: this room does not know one. */
async function displayNameOf(store: Query, actor: Exclude<Actor, { kind: 'anyone' }>): Promise<string | null> {
  switch (actor.kind) {
    case 'client':
      return (await findClient(store, actor.tenant, actor.id))?.name ?? null
    case 'staff':
      return (await findStaff(store, actor.id))?.displayName ?? null
    case 'person':
      return null
  }
}

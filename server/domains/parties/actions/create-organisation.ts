import type { parties } from '@bailee/contract'
import { Refusal } from '#kernel'
import { type OnceKey, once, type ReplyOf } from '#platform'
import { registerClient, registerOrganisation } from '../foundation.ts'
import { clientChanged, organisationRegistered } from '../leaves.ts'
import type { Member, OrganisationDraft, RoomDeps } from '../model.ts'
import { administratorPowers, mayRegisterOrganisations } from '../rules.ts'
import { findOrganisation } from '../store-organisations.ts'
import { wireClient, wireOrganisation } from '../wire.ts'

export interface CreateOrganisationRequest extends OrganisationDraft {
  readonly client: { readonly name: string }
}

/** Registers another organisation. Only administrators of the one that set this server up may. */
export async function createOrganisation(
  deps: RoomDeps,
  actor: Member,
  request: CreateOrganisationRequest,
  given: OnceKey | undefined,
): Promise<ReplyOf<typeof parties.createOrganisation>> {
  const now = deps.clock.now()
  return deps.db.transaction('parties', async (tx) => {
    if (!mayRegisterOrganisations(await findOrganisation(tx, actor.tenant)))
      throw new Refusal('ability_missing', { missing: { ability: 'administer', of: 'the first organisation' } })
    return once(tx, deps.keys, actor.tenant, given, async () => {
      const organisation = await registerOrganisation(tx, request, false, now)
      const draft = { ...administratorPowers, tenant: organisation.id, name: request.client.name }
      const { client, key } = await registerClient(tx, draft, undefined, now)
      await deps.ledger.append(tx, [
        organisationRegistered(organisation, now),
        clientChanged('client-registered', client, now),
      ])
      return { organisation: wireOrganisation(organisation), client: wireClient(client), key }
    })
  })
}

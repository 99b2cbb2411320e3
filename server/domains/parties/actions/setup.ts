import type { parties } from '@bailee/contract'
import { Refusal } from '#kernel'
import type { ReplyOf } from '#platform'
import { registerClient, registerOrganisation } from '../foundation.ts'
import { clientChanged, organisationRegistered } from '../leaves.ts'
import type { OrganisationDraft, RoomDeps } from '../model.ts'
import { administratorPowers, judgeSetup } from '../rules.ts'
import { hashOf } from '../secrets.ts'
import { closeSetup, findSetupForUpdate } from '../store-organisations.ts'
import { wireClient, wireOrganisation } from '../wire.ts'

export interface SetupRequest {
  readonly token: string
  readonly organisation: OrganisationDraft
  readonly client: { readonly name: string }
}

/** Makes the first organisation and its administrator's key, and closes set-up for good. */
export async function setup(deps: RoomDeps, request: SetupRequest): Promise<ReplyOf<typeof parties.setup>> {
  const now = deps.clock.now()
  return deps.db.transaction('parties', async (tx) => {
    const refused = judgeSetup(await findSetupForUpdate(tx), hashOf(request.token))
    if (refused) throw new Refusal(refused)
    await closeSetup(tx, now)
    const organisation = await registerOrganisation(tx, request.organisation, true, now)
    const draft = { ...administratorPowers, tenant: organisation.id, name: request.client.name }
    const { client, key } = await registerClient(tx, draft, undefined, now)
    await deps.ledger.append(tx, [
      organisationRegistered(organisation, now),
      clientChanged('client-registered', client, now),
    ])
    return { organisation: wireOrganisation(organisation), client: wireClient(client), key }
  })
}

import type { parties } from '@bailee/contract'
import type { ReplyOf } from '#platform'
import type { Member, RoomDeps } from '../model.ts'
import { clientsOf } from '../store-clients.ts'
import { wireClient } from '../wire.ts'

/** The organisation's machine clients, revoked ones included: who once held power stays visible. */
export async function listClients(deps: RoomDeps, actor: Member): Promise<ReplyOf<typeof parties.listClients>> {
  const clients = await clientsOf(deps.db.as('parties'), actor.tenant)
  return { items: clients.map(wireClient) }
}

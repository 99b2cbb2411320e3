import type { parties } from '@bailee/contract'
import { type ClientId, fromWire, Refusal } from '#kernel'
import { type OnceKey, once, type ReplyOf } from '#platform'
import { clientChanged } from '../leaves.ts'
import type { Client, Member, RoomDeps } from '../model.ts'
import { isRevoked } from '../rules.ts'
import { findClientForUpdate, markClientRevoked } from '../store-clients.ts'
import { wireClient } from '../wire.ts'

/** Revokes a machine client. Its key is refused here at once, by other processes within seconds. */
export async function revokeClient(
  deps: RoomDeps,
  actor: Member,
  request: { readonly client: string },
  given: OnceKey | undefined,
): Promise<ReplyOf<typeof parties.revokeClient>> {
  const id: ClientId = fromWire('cli', request.client)
  const now = deps.clock.now()
  try {
    return await deps.db.transaction('parties', (tx) =>
      once(tx, deps.keys, actor.tenant, given, async () => {
        const client = await findClientForUpdate(tx, actor.tenant, id)
        if (!client) throw new Refusal('client_unknown')
        if (isRevoked(client)) return { client: wireClient(client) }
        const revoked: Client = { ...client, revokedAt: now }
        await markClientRevoked(tx, id, now)
        await deps.ledger.append(tx, [clientChanged('client-revoked', revoked, now)])
        return { client: wireClient(revoked) }
      }),
    )
  } finally {
    // Even after an error: the commit may have taken effect although its answer was lost.
    deps.credentials.forget(id)
  }
}

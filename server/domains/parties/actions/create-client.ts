import type { parties } from '@bailee/contract'
import { type OnceKey, once, type ReplyOf } from '#platform'
import { registerClient } from '../foundation.ts'
import { actsForOf, assertGrantAllowed } from '../grants.ts'
import { clientChanged } from '../leaves.ts'
import type { Member, Powers, RoomDeps } from '../model.ts'
import { wireClient } from '../wire.ts'

export interface CreateClientRequest extends Powers {
  readonly name: string
}

/** Makes a machine client of the actor's own organisation, with a key that is bound to purposes. */
export async function createClient(
  deps: RoomDeps,
  actor: Member,
  request: CreateClientRequest,
  given: OnceKey | undefined,
): Promise<ReplyOf<typeof parties.createClient>> {
  const now = deps.clock.now()
  return deps.db.transaction('parties', (tx) =>
    once(tx, deps.keys, actor.tenant, given, async () => {
      const actsFor = await actsForOf(tx, actor)
      // The wire has no member for the approval here, so any that fits is used up.
      await assertGrantAllowed(deps, tx, actor, actsFor, { holder: 'client', ...request }, undefined)
      const { client, key } = await registerClient(tx, { ...request, tenant: actor.tenant }, actsFor, now)
      await deps.ledger.append(tx, [clientChanged('client-registered', client, now)])
      return { client: wireClient(client), key }
    }),
  )
}

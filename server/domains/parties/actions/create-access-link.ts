import type { parties } from '@bailee/contract'
import { fromWire, instant, Refusal } from '#kernel'
import type { ReplyOf } from '#platform'
import { accessLinkMade } from '../leaves.ts'
import type { AccessLink, Member, RoomDeps } from '../model.ts'
import { accessLinkEnd } from '../rules.ts'
import { newSecret } from '../secrets.ts'
import { findPerson } from '../store-persons.ts'
import { insertAccessLink } from '../store-sessions.ts'

/** A link that the provider hands to the person; the person sees that it was made. Article 2. */
export async function createAccessLink(
  deps: RoomDeps,
  actor: Member,
  request: { readonly person: string },
): Promise<ReplyOf<typeof parties.createAccessLink>> {
  const now = deps.clock.now()
  const token = newSecret()
  return deps.db.transaction('parties', async (tx) => {
    const person = await findPerson(tx, actor.tenant, fromWire('per', request.person))
    if (person?.state !== 'live') throw new Refusal('person_unknown')
    const link: AccessLink = { tenant: person.tenant, person: person.id, expiresAt: accessLinkEnd(now) }
    await insertAccessLink(tx, token.hash, link)
    await deps.ledger.append(tx, [accessLinkMade(link, actor, now)])
    // Behind #, so that browsers keep it to themselves: it is in no request line and in no log.
    return { token: token.text, path: `/person#token=${token.text}`, expiresAt: instant(link.expiresAt) }
  })
}

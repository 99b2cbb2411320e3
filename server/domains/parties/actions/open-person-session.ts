import type { parties } from '@bailee/contract'
import { instant, Refusal, toWire } from '#kernel'
import type { ReplyOf } from '#platform'
import { personSignedIn } from '../leaves.ts'
import type { RoomDeps } from '../model.ts'
import { isOpen } from '../rules.ts'
import { hashOf } from '../secrets.ts'
import { type OpenedSession, openSession } from '../sessions.ts'
import { findOrganisation } from '../store-organisations.ts'
import { findPerson } from '../store-persons.ts'
import { takeAccessLink } from '../store-sessions.ts'
import { wireOrganisation } from '../wire.ts'

/** Exchanges the link for a session, once. The sign-in is in the person's own record: a stranger's is seen. */
export async function openPersonSession(
  deps: RoomDeps,
  request: { readonly token: string },
): Promise<{ readonly reply: ReplyOf<typeof parties.openPersonSession>; readonly session: OpenedSession }> {
  const now = deps.clock.now()
  const tokenHash = hashOf(request.token)
  const outcome = await deps.db.transaction('parties', async (tx) => {
    const link = tokenHash && (await takeAccessLink(tx, tokenHash))
    const person = link && (await findPerson(tx, link.tenant, link.person))
    const organisation = link && (await findOrganisation(tx, link.tenant))
    if (!isOpen(link, now) || person?.state !== 'live' || !organisation) return 'refused'
    const session = await openSession(tx, { tenant: link.tenant, staff: null, person: link.person }, now)
    await deps.ledger.append(tx, [personSignedIn(link, now)])
    return {
      reply: {
        person: toWire('per', link.person),
        organisation: wireOrganisation(organisation),
        expiresAt: instant(session.expiresAt),
      },
      session,
    }
  })
  if (outcome === 'refused') throw new Refusal('link_invalid')
  return outcome
}

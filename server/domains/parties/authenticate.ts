import { type Actor, anyone, Refusal } from '#kernel'
import type { RoomDeps } from './model.ts'
import { isSessionLive, isTouchDue } from './rules.ts'
import { hashOf } from './secrets.ts'
import { findSession, touchSession } from './store-sessions.ts'

export interface Credentials {
  readonly bearer: string | undefined
  readonly session: string | undefined
}

/**
 * Who is calling? A key that was checked in the last seconds is answered at once; sessions are read each time, so that
 * signing out works everywhere at once.
 * @throws {Refusal} `credentials_invalid`
 */
export function authenticate(deps: RoomDeps, { bearer, session }: Credentials): Actor | Promise<Actor> {
  if (bearer !== undefined) return deps.credentials.check(bearer)
  return session === undefined ? anyone : holderOf(deps, session)
}

async function holderOf(deps: RoomDeps, token: string): Promise<Actor> {
  const tokenHash = hashOf(token)
  const parties = deps.db.as('parties')
  const session = tokenHash && (await findSession(parties, tokenHash))
  const now = deps.clock.now()
  if (!session || !isSessionLive(session, now)) throw new Refusal('credentials_invalid')
  if (isTouchDue(session, now)) await touchSession(parties, tokenHash, now)
  const { tenant, staff, person } = session
  if (person !== null) return { kind: 'person', id: person, tenant }
  if (staff === null) throw new Error('a session belongs to somebody: the table says so')
  const { abilities, purposes } = session
  return { kind: 'staff', id: staff, tenant, abilities: new Set(abilities), purposes: new Set(purposes) }
}

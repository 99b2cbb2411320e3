import type { RoomDeps } from '../model.ts'
import { hashOf } from '../secrets.ts'
import { deleteSession } from '../store-sessions.ts'

/** Ends a session everywhere. Nothing to end is as good. */
export async function signOut(deps: RoomDeps, token: string | undefined): Promise<{ readonly signedOut: true }> {
  const tokenHash = token === undefined ? undefined : hashOf(token)
  if (tokenHash) await deleteSession(deps.db.as('parties'), tokenHash)
  return { signedOut: true }
}

import type { Tx } from '#platform'
import type { Session } from './model.ts'
import { sessionEnd, sessionHours } from './rules.ts'
import { newSecret } from './secrets.ts'
import { insertSession } from './store-sessions.ts'

export interface OpenedSession {
  /** Goes into the cookie, and nowhere else. */
  readonly token: string
  readonly maxAgeSeconds: number
  readonly expiresAt: Date
}

export async function openSession(
  tx: Tx,
  holder: Pick<Session, 'tenant' | 'staff' | 'person'>,
  now: Date,
): Promise<OpenedSession> {
  const secret = newSecret()
  const expiresAt = sessionEnd(now)
  await insertSession(tx, secret.hash, { ...holder, usedAt: now, expiresAt })
  return { token: secret.text, maxAgeSeconds: sessionHours * 3600, expiresAt }
}

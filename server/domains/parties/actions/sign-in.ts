import type { parties } from '@bailee/contract'
import { Refusal, toWire } from '#kernel'
import type { ReplyOf } from '#platform'
import type { RoomDeps } from '../model.ts'
import { parseSignIn, signInOptions, verifySignIn } from '../passkeys.ts'
import { ceremonyEnd, isCeremonyFor } from '../rules.ts'
import { hashOf, newSecret } from '../secrets.ts'
import { type OpenedSession, openSession } from '../sessions.ts'
import { findPasskeyForUpdate, findStaff, insertCeremony, setPasskeyCounter, takeCeremony } from '../store-staff.ts'
import { wireStaff } from '../wire.ts'

export async function signInBegin(deps: RoomDeps): Promise<ReplyOf<typeof parties.signInBegin>> {
  const { challenge, options } = await signInOptions(deps.origin)
  const ceremony = newSecret()
  await insertCeremony(deps.db.as('parties'), ceremony.hash, {
    kind: 'sign-in',
    challenge,
    staff: null,
    displayName: null,
    boundTo: null,
    expiresAt: ceremonyEnd(deps.clock.now()),
  })
  return { ceremony: ceremony.text, options }
}

export interface SignInFinishRequest {
  readonly ceremony: string
  readonly credential: unknown
}
/** Signs a member of staff in. The ceremony is used up whatever comes of it. */
export async function signInFinish(
  deps: RoomDeps,
  request: SignInFinishRequest,
): Promise<{ readonly reply: ReplyOf<typeof parties.signInFinish>; readonly session: OpenedSession }> {
  const now = deps.clock.now()
  const ceremonyHash = hashOf(request.ceremony)
  const response = parseSignIn(request.credential)
  const outcome = await deps.db.transaction('parties', async (tx) => {
    const ceremony = ceremonyHash && (await takeCeremony(tx, ceremonyHash))
    if (!isCeremonyFor(ceremony, { kind: 'sign-in' }, now)) return { refused: 'link_invalid' as const }
    const passkey = response && (await findPasskeyForUpdate(tx, response.id))
    const staff = passkey && (await findStaff(tx, passkey.staff))
    if (!passkey || !staff) return { refused: 'passkey_invalid' as const }
    const counter = await verifySignIn(deps.origin, ceremony.challenge, passkey, response)
    if (counter === undefined) return { refused: 'passkey_invalid' as const, staff: staff.id }

    await setPasskeyCounter(tx, passkey.credentialId, counter)
    const session = await openSession(tx, { tenant: staff.tenant, staff: staff.id, person: null }, now)
    return { reply: { staff: wireStaff(staff) }, session }
  })
  if (!('refused' in outcome)) return outcome
  if ('staff' in outcome) deps.log.warn({ staff: toWire('stf', outcome.staff) }, 'a known passkey was refused')
  throw new Refusal(outcome.refused)
}

import type { parties } from '@bailee/contract'
import { newId, Refusal, type StaffId } from '#kernel'
import type { ReplyOf } from '#platform'
import { registerOrganisation } from '../foundation.ts'
import { organisationRegistered, staffRegistered } from '../leaves.ts'
import type { OrganisationDraft, RoomDeps, Staff } from '../model.ts'
import { registrationOptions, verifyRegistration } from '../passkeys.ts'
import { administratorPowers, ceremonyEnd, isCeremonyFor, judgeSetup } from '../rules.ts'
import { hashOf, newSecret } from '../secrets.ts'
import { type OpenedSession, openSession } from '../sessions.ts'
import { closeSetup, findSetup, findSetupForUpdate } from '../store-organisations.ts'
import { insertCeremony, insertPasskey, insertStaff, takeCeremony } from '../store-staff.ts'
import { wireOrganisation, wireStaff } from '../wire.ts'

export interface SetupBeginRequest {
  readonly token: string
  readonly displayName: string
}
export async function setupBegin(
  deps: RoomDeps,
  request: SetupBeginRequest,
): Promise<ReplyOf<typeof parties.setupBegin>> {
  const tokenHash = hashOf(request.token)
  const staff: StaffId = newId()
  const { challenge, options } = await registrationOptions(deps.origin, staff, request.displayName)
  const ceremony = newSecret()
  await deps.db.transaction('parties', async (tx) => {
    const refused = judgeSetup(await findSetup(tx), tokenHash)
    if (refused || !tokenHash) throw new Refusal(refused ?? 'setup_token_invalid')
    await insertCeremony(tx, ceremony.hash, {
      kind: 'setup',
      challenge,
      staff,
      displayName: request.displayName,
      boundTo: tokenHash,
      expiresAt: ceremonyEnd(deps.clock.now()),
    })
  })
  return { ceremony: ceremony.text, options }
}

export interface SetupFinishRequest {
  readonly token: string
  readonly ceremony: string
  readonly organisation: OrganisationDraft
  readonly credential: unknown
}
/** Makes the first organisation and its first administrator. A failed passkey uses up the ceremony, not the set-up token. */
export async function setupFinish(
  deps: RoomDeps,
  request: SetupFinishRequest,
): Promise<{ readonly reply: ReplyOf<typeof parties.setupFinish>; readonly session: OpenedSession }> {
  const now = deps.clock.now()
  const tokenHash = hashOf(request.token)
  const ceremonyHash = hashOf(request.ceremony)
  const outcome = await deps.db.transaction('parties', async (tx) => {
    const refused = judgeSetup(await findSetupForUpdate(tx), tokenHash)
    if (refused) return { refused }
    const ceremony = ceremonyHash && (await takeCeremony(tx, ceremonyHash))
    if (!isCeremonyFor(ceremony, { kind: 'setup', boundTo: tokenHash }, now) || !ceremony.staff)
      return { refused: 'passkey_invalid' as const }
    const passkey = await verifyRegistration(deps.origin, ceremony.challenge, ceremony.staff, request.credential)
    if (!passkey) return { refused: 'passkey_invalid' as const }

    await closeSetup(tx, now)
    const organisation = await registerOrganisation(tx, request.organisation, true, now)
    const staff: Staff = {
      ...administratorPowers,
      id: ceremony.staff,
      tenant: organisation.id,
      displayName: ceremony.displayName ?? '',
      createdAt: now,
    }
    await insertStaff(tx, staff)
    await insertPasskey(tx, passkey, now)
    const session = await openSession(tx, { tenant: staff.tenant, staff: staff.id, person: null }, now)
    await deps.ledger.append(tx, [organisationRegistered(organisation, now), staffRegistered(staff, now)])
    return { reply: { organisation: wireOrganisation(organisation), staff: wireStaff(staff) }, session }
  })
  if ('refused' in outcome) throw new Refusal(outcome.refused)
  return outcome
}

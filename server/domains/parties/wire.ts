import type { parties } from '@bailee/contract'
import { instant, type OrganisationId, Refusal, toWire } from '#kernel'
import type { ReplyOf } from '#platform'
import type { Approval, Client, Organisation, Staff } from './model.ts'
import { approvalState } from './rules.ts'

/** How this room's things look on the wire. */

export const wireOrganisation = (organisation: Organisation): ReplyOf<typeof parties.setup>['organisation'] => ({
  id: toWire('org', organisation.id),
  kind: organisation.kind,
  name: { ...organisation.name },
  area: organisation.area,
  level: organisation.level,
  createdAt: instant(organisation.createdAt),
})
export const wireClient = (client: Client): ReplyOf<typeof parties.createClient>['client'] => ({
  id: toWire('cli', client.id),
  organisation: toWire('org', client.tenant),
  name: client.name,
  abilities: [...client.abilities],
  purposes: [...client.purposes],
  createdAt: instant(client.createdAt),
  revokedAt: client.revokedAt && instant(client.revokedAt),
})
export const wireStaff = (staff: Staff): ReplyOf<typeof parties.registerFinish>['staff'] => ({
  id: toWire('stf', staff.id),
  organisation: toWire('org', staff.tenant),
  displayName: staff.displayName,
  abilities: [...staff.abilities],
  purposes: [...staff.purposes],
  createdAt: instant(staff.createdAt),
})
export const wireApproval = (approval: Approval, now: Date): ReplyOf<typeof parties.requestApproval>['approval'] => ({
  id: toWire('apr', approval.id),
  act: approval.act,
  subject: approval.subject,
  reason: approval.reason,
  state: approvalState(approval, now),
  requestedBy: approval.requestedBy,
  decidedBy: approval.decidedBy,
  expiresAt: instant(approval.expiresAt),
})

/** A cursor is the last id that was given, in other digits, so that nobody builds on it. */
export const cursorAfter = (last: OrganisationId): string => Buffer.from(last, 'hex').toString('base64url')
export function parseCursor(cursor: string): OrganisationId {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.length !== 16 || bytes.toString('base64url') !== cursor) throw new Refusal('cursor_malformed')
  // Sixteen bytes are an id; whether anything has it does not matter to a comparison.
  return bytes.toString('hex') as OrganisationId
}

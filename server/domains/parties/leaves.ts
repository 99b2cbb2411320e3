import { type Actor, actorField, instant, newId, toWire } from '#kernel'
import type { EntryDraft, Json, PublicDraft } from '#ledger'
import type { AccessLink, Approval, Client, Invitation, Organisation, Staff } from './model.ts'

/** What everybody may know about power on this server: who has it, never a person's name. */

const leaf = (tenant: Organisation['id'], now: Date, members: PublicDraft['leaf']): PublicDraft => ({
  entry: newId(),
  tenant,
  at: now.getTime(),
  leaf: members,
})

export const organisationRegistered = (organisation: Organisation, now: Date): PublicDraft =>
  leaf(organisation.id, now, {
    type: 'organisation-registered',
    v: 1,
    organisation: toWire('org', organisation.id),
    kind: organisation.kind,
    name: organisation.name,
  })

export const clientChanged = (
  type: 'client-registered' | 'client-revoked',
  client: Pick<Client, 'tenant' | 'id' | 'abilities' | 'purposes'>,
  now: Date,
): PublicDraft =>
  leaf(client.tenant, now, {
    type,
    v: 1,
    organisation: toWire('org', client.tenant),
    client: toWire('cli', client.id),
    abilities: client.abilities,
    purposes: client.purposes,
  })

/** When the power is offered, and with whose hand. */
export const staffInvited = (invitation: Invitation, invitedBy: Actor, now: Date): PublicDraft =>
  leaf(invitation.tenant, now, {
    type: 'staff-invited',
    v: 1,
    organisation: toWire('org', invitation.tenant),
    staff: toWire('stf', invitation.staff),
    abilities: invitation.abilities,
    purposes: invitation.purposes,
    by: actorField(invitedBy).id ?? null,
  })

/** When it is taken up. */
export const staffRegistered = (staff: Staff, now: Date): PublicDraft =>
  leaf(staff.tenant, now, {
    type: 'staff-registered',
    v: 1,
    organisation: toWire('org', staff.tenant),
    staff: toWire('stf', staff.id),
    abilities: staff.abilities,
    purposes: staff.purposes,
  })

/** Act and both actors; what it was about is the organisation's own matter. */
export const approvalDecided = (
  approval: Approval,
  decision: 'approved' | 'declined',
  decidedBy: string,
  now: Date,
): PublicDraft =>
  leaf(approval.tenant, now, {
    type: 'approval-decided',
    v: 1,
    organisation: toWire('org', approval.tenant),
    approval: toWire('apr', approval.id),
    act: approval.act,
    decision,
    requestedBy: approval.requestedBy,
    decidedBy,
  })

const personEntry = (
  kind: string,
  link: AccessLink,
  now: Date,
  fields: readonly (readonly [string, Json])[],
): EntryDraft => ({ entry: newId(), subject: link.person, tenant: link.tenant, kind, at: now.getTime(), fields })

/** The person sees that a door to their information was handed out, by which key, and until when it stood open. */
export const accessLinkMade = (link: AccessLink, maker: Actor, now: Date): EntryDraft =>
  personEntry('access-link', link, now, [
    ['actor', actorField(maker)],
    ['expires', instant(link.expiresAt)],
  ])

/** A sign-in that was not theirs is something only the person can recognise. */
export const personSignedIn = (link: AccessLink, now: Date): EntryDraft =>
  personEntry('sign-in', link, now, [
    ['actor', { kind: 'person', id: toWire('per', link.person) }],
    ['means', 'access-link'],
  ])

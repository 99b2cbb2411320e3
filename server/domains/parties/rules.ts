import type { Ability, ErrorCode } from '@bailee/contract'
import type {
  AccessLink,
  Approval,
  Ceremony,
  CeremonyKind,
  Client,
  Invitation,
  Organisation,
  Powers,
  Session,
  Setup,
} from './model.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

export const ceremonyMinutes = 5
export const accessLinkMinutes = 15
export const invitationHours = 72
export const approvalHours = 24
export const sessionHours = 12
export const staffIdleMinutes = 60

const later = (now: Date, milliseconds: number) => new Date(now.getTime() + milliseconds)
export const ceremonyEnd = (now: Date): Date => later(now, ceremonyMinutes * minute)
export const accessLinkEnd = (now: Date): Date => later(now, accessLinkMinutes * minute)
export const invitationEnd = (now: Date): Date => later(now, invitationHours * hour)
export const approvalEnd = (now: Date): Date => later(now, approvalHours * hour)
export const sessionEnd = (now: Date): Date => later(now, sessionHours * hour)

/** What the first administrator and every administrator's key may do. No purpose: it sees nobody's information. */
export const administratorPowers: Powers = { abilities: ['administer', 'publish', 'approve'], purposes: [] }

/** Is set-up open to the holder of this token? */
export function judgeSetup(setup: Setup | undefined, presented: Buffer | undefined): ErrorCode | undefined {
  if (setup?.closedAt) return 'setup_closed'
  return setup?.tokenHash && presented && setup.tokenHash.equals(presented) ? undefined : 'setup_token_invalid'
}

/** A ceremony serves once, for what it was opened for, and only with the token that opened it. */
export const isCeremonyFor = (
  ceremony: Ceremony | undefined,
  wanted: { readonly kind: CeremonyKind; readonly boundTo?: Buffer | undefined },
  now: Date,
): ceremony is Ceremony =>
  ceremony !== undefined &&
  ceremony.kind === wanted.kind &&
  ceremony.expiresAt > now &&
  (ceremony.boundTo === null ? wanted.boundTo === undefined : wanted.boundTo?.equals(ceremony.boundTo) === true)

export const isOpen = <T extends Invitation | AccessLink>(found: T | undefined, now: Date): found is T =>
  found !== undefined && found.expiresAt > now

/** Twelve hours for everybody; staff besides end with an hour of idleness. */
export const isSessionLive = (session: Session, now: Date): boolean =>
  session.expiresAt > now &&
  (session.staff === null || now.getTime() - session.usedAt.getTime() < staffIdleMinutes * minute)

/** Idleness is measured in minutes, so its mark need not be written with every request. */
export const isTouchDue = (session: Session, now: Date): boolean =>
  session.staff !== null && now.getTime() - session.usedAt.getTime() >= minute

export const mayRegisterOrganisations = (own: Organisation | undefined): boolean => own?.founder === true

/** Whoever stands behind a new key: the member of staff who made it, be it by way of other keys; else the key itself. */
export const standsBehind = (maker: string | undefined, ownId: string): string =>
  maker?.startsWith('stf_') ? maker : ownId

/** These abilities make power or lend it, so a single hand must not give them once there is a second. */
const dangerousAbilities: ReadonlySet<Ability> = new Set(['administer', 'approve'])
export const isDangerousGrant = (powers: Powers): boolean =>
  powers.abilities.some((ability) => dangerousAbilities.has(ability))

const next = {
  waiting: ['approved', 'declined'],
  approved: ['used'],
  declined: [],
  used: [],
} as const satisfies Record<Approval['state'], readonly Approval['state'][]>

export const approvalState = (approval: Approval, now: Date): Approval['state'] | 'expired' =>
  (approval.state === 'waiting' || approval.state === 'approved') && approval.expiresAt <= now
    ? 'expired'
    : approval.state

const maySucceed = (approval: Approval, to: Approval['state'], now: Date): boolean => {
  const present = approvalState(approval, now)
  return present !== 'expired' && (next[present] as readonly string[]).includes(to)
}

export interface Decider {
  readonly kind: 'client' | 'staff'
  readonly id: string
  readonly actsFor: string
}
/**
 * May this one decide that request? Never one's own, nor by a key of one's own hand. A machine decides only in an
 * organisation where no member of staff can: a key is no second person when there is one.
 */
export function judgeDecision(
  approval: Approval,
  to: 'approved' | 'declined',
  decider: Decider,
  staffCanApprove: boolean,
  now: Date,
): ErrorCode | undefined {
  if (decider.id === approval.requestedBy || decider.actsFor === approval.requestedFor) return 'approval_same_person'
  if (decider.kind === 'client' && staffCanApprove) return 'ability_missing'
  return maySucceed(approval, to, now) ? undefined : 'approval_expired'
}

/** An approval is for one act on one subject by the one who asked. */
export function judgeUse(
  approval: Approval | undefined,
  wanted: { readonly act: string; readonly subject: string; readonly requestedBy: string },
  now: Date,
): ErrorCode | undefined {
  if (
    !approval ||
    approval.act !== wanted.act ||
    approval.subject !== wanted.subject ||
    approval.requestedBy !== wanted.requestedBy
  )
    return 'approval_needed'
  if (maySucceed(approval, 'used', now)) return undefined
  const present = approvalState(approval, now)
  return present === 'expired' || present === 'used' ? 'approval_expired' : 'approval_needed'
}

export const isRevoked = (client: Client): boolean => client.revokedAt !== null

import type { NoticeId, OrganisationId, PersonId } from '#kernel'
import { type Query, type Tx, uuidArray } from '#platform'
import type { GuardianLink, GuardianRelation } from './model.ts'

export interface GuardianRow {
  readonly person: PersonId
  readonly relation: GuardianRelation
  readonly handOver: Date
  readonly handedOverAt: Date | null
}
/** Everybody who acts, or once acted, for this person. */
export async function guardiansOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
): Promise<readonly GuardianRow[]> {
  return db.query<GuardianRow>({
    name: 'notices/guardians-of',
    text: `select guardian as person, relation, hand_over as "handOver", handed_over_at as "handedOverAt"
      from notices.guardian where subject = $1 and tenant = $2 order by since`,
    values: [subject, tenant],
  })
}
/** The children for whom this person acts today. */
export async function wardsOf(
  db: Query,
  tenant: OrganisationId,
  guardian: PersonId,
  at: Date,
): Promise<readonly GuardianRow[]> {
  return db.query<GuardianRow>({
    name: 'notices/wards-of',
    text: `select subject as person, relation, hand_over as "handOver", handed_over_at as "handedOverAt"
      from notices.guardian where guardian = $1 and tenant = $2 and hand_over > $3 order by since`,
    values: [guardian, tenant, at],
  })
}
/** Did this person agree to act as a guardian under this notice, and did this one ever consent for themself? */
export async function consentKinds(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  notice: NoticeId,
): Promise<{ readonly asGuardian: boolean; readonly own: boolean }> {
  const [row] = await db.query<{ asGuardian: boolean; own: boolean }>({
    name: 'notices/consent-kinds',
    text: `select coalesce(bool_or(as_guardian and notice = $3), false) as "asGuardian",
        coalesce(bool_or(guardian is null and not as_guardian), false) as own
      from notices.consent where subject = $1 and tenant = $2`,
    values: [subject, tenant, notice],
  })
  return row!
}
/** A hand-over may come earlier than was said first, never later. */
export async function insertGuardian(
  tx: Tx,
  tenant: OrganisationId,
  subject: PersonId,
  link: GuardianLink,
  at: Date,
): Promise<void> {
  await tx.query({
    name: 'notices/insert-guardian',
    text: `insert into notices.guardian as g (subject, guardian, tenant, relation, since, hand_over) values ($1, $2, $3, $4, $5, $6)
      on conflict (subject, guardian) do update set hand_over = least(g.hand_over, excluded.hand_over)`,
    values: [subject, link.person, tenant, link.relation, at, link.handOver],
  })
}
export interface HandOver {
  readonly tenant: OrganisationId
  readonly subject: PersonId
  readonly guardian: PersonId
  readonly handOver: Date
}
/** Guardians whose day has come and whose hand-over stands in no chain yet. */
export async function takeHandOvers(tx: Tx, at: Date, limit: number): Promise<readonly HandOver[]> {
  return tx.query<HandOver>({
    name: 'notices/take-hand-overs',
    text: `update notices.guardian g set handed_over_at = $1 from (
        select subject, guardian from notices.guardian where handed_over_at is null and hand_over <= $1
        order by hand_over limit $2 for update skip locked) as due
      where g.subject = due.subject and g.guardian = due.guardian
      returning g.tenant, g.subject, g.guardian, g.hand_over as "handOver"`,
    values: [at, limit],
  })
}
export interface Expired {
  readonly tenant: OrganisationId
  readonly subject: PersonId
  readonly purpose: string
  readonly recipient: string
  readonly keys: number
}
/**
 * Deletes the wraps and recipient consents of people whose time has run out. Their rows are held first, so that an erasure
 * or a renewal goes before or after, and skipped when somebody else holds them.
 */
export async function takeExpired(tx: Tx, at: Date, limit: number): Promise<readonly Expired[]> {
  const due = await tx.query<{ subject: PersonId }>({
    name: 'notices/expired-people',
    text: `select p.id as subject from parties.person p join (
        (select distinct tenant, subject from notices.live_grant where until <= $1 limit $2)
        union (select distinct tenant, subject from notices.recipient_consent where until <= $1 limit $2)) as d
        on d.tenant = p.tenant and d.subject = p.id
      order by p.id for no key update of p skip locked`,
    values: [at, limit],
  })
  if (due.length === 0) return []
  return tx.query<Expired>({
    name: 'notices/take-expired',
    text: `with gone as (
        delete from notices.live_grant where subject = any($2::uuid[]) and until <= $1 returning tenant, subject, consent, purpose
      ), parted as (
        delete from notices.recipient_consent where subject = any($2::uuid[]) and until <= $1 returning tenant, subject, consent, purpose, recipient
      ), ended as (
        select tenant, subject, consent, purpose, '' as recipient, count(*)::int as keys from gone group by tenant, subject, consent, purpose
        union all select tenant, subject, consent, purpose, recipient, 0 from parted
      ), kept as (
        insert into notices.consent_end (subject, consent, purpose, recipient, tenant, how, at)
        select subject, consent, purpose, recipient, tenant, 'expired', $1 from ended on conflict do nothing
      )
      select tenant, subject, purpose, recipient, sum(keys)::int as keys from ended
      group by tenant, subject, purpose, recipient order by tenant, subject, recipient, purpose`,
    values: [at, uuidArray(due.map((row) => row.subject))],
  })
}

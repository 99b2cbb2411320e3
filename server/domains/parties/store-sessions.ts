import type { Ability } from '@bailee/contract'
import type { OrganisationId, PersonId, StaffId } from '#kernel'
import type { Query, Tx } from '#platform'
import type { AccessLink, Powers, Session } from './model.ts'

export async function insertSession(tx: Tx, tokenHash: Buffer, session: Session): Promise<void> {
  await tx.query({
    name: 'parties/insert-session',
    text: `insert into parties.session (token_hash, tenant, staff, person, used_at, expires_at)
           values ($1, $2, $3, $4, $5, $6)`,
    values: [tokenHash, session.tenant, session.staff, session.person, session.usedAt, session.expiresAt],
  })
}

/** A session with the powers that its member of staff has now, not those of sign-in. */
export async function findSession(query: Query, tokenHash: Buffer): Promise<(Session & Powers) | undefined> {
  const [row] = await query.query<{
    tenant: OrganisationId
    staff: StaffId | null
    person: PersonId | null
    used_at: Date
    expires_at: Date
    abilities: Ability[] | null
    purposes: string[] | null
  }>({
    name: 'parties/find-session',
    text: `select session.tenant, session.staff, session.person, session.used_at, session.expires_at,
                  staff.abilities, staff.purposes
           from parties.session left join parties.staff on staff.id = session.staff
           where session.token_hash = $1
             and (session.person is null or exists (
               select from parties.person where tenant = session.tenant and id = session.person and state = 'live'))`,
    values: [tokenHash],
  })
  return (
    row && {
      tenant: row.tenant,
      staff: row.staff,
      person: row.person,
      usedAt: row.used_at,
      expiresAt: row.expires_at,
      abilities: row.abilities ?? [],
      purposes: row.purposes ?? [],
    }
  )
}

export async function touchSession(query: Query, tokenHash: Buffer, now: Date): Promise<void> {
  await query.query({
    name: 'parties/touch-session',
    text: 'update parties.session set used_at = $2 where token_hash = $1 and used_at < $2',
    values: [tokenHash, now],
  })
}

export async function deleteSession(query: Query, tokenHash: Buffer): Promise<void> {
  await query.query({
    name: 'parties/delete-session',
    text: 'delete from parties.session where token_hash = $1',
    values: [tokenHash],
  })
}

export async function insertAccessLink(tx: Tx, tokenHash: Buffer, link: AccessLink): Promise<void> {
  await tx.query({
    name: 'parties/insert-access-link',
    text: 'insert into parties.access_link (token_hash, tenant, person, expires_at) values ($1, $2, $3, $4)',
    values: [tokenHash, link.tenant, link.person, link.expiresAt],
  })
}

/** Reads and deletes at once: a link opens one session, whoever clicks twice. */
export async function takeAccessLink(tx: Tx, tokenHash: Buffer): Promise<AccessLink | undefined> {
  const [row] = await tx.query<{ tenant: OrganisationId; person: PersonId; expires_at: Date }>({
    name: 'parties/take-access-link',
    text: 'delete from parties.access_link where token_hash = $1 returning tenant, person, expires_at',
    values: [tokenHash],
  })
  return row && { tenant: row.tenant, person: row.person, expiresAt: row.expires_at }
}

/** What has expired opens nothing any more, and names of invited staff need not outlive their invitation. */
export async function deleteExpired(query: Query, now: Date): Promise<void> {
  for (const table of ['ceremony', 'invitation', 'access_link', 'session'] as const)
    await query.query({
      name: `parties/delete-expired-${table}`,
      text: `delete from parties.${table} where expires_at <= $1`,
      values: [now],
    })
}

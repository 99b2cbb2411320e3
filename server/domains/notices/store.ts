import type { NoticeId, OrganisationId, PersonId } from '#kernel'
import { byteaArray, type Query, type Tx, textArray, uuidArray } from '#platform'
import type { Consent, GrantRow, NoticeContent, PublishedNotice } from './model.ts'

const columns = `v.notice as id, n.tenant, v.version, n.live_version = v.version as live, v.hash, v.published_at as "publishedAt", v.content`

export async function liveNoticesOf(db: Query, tenant: OrganisationId): Promise<readonly PublishedNotice[]> {
  return db.query<PublishedNotice>({
    name: 'notices/live-of',
    text: `select ${columns} from notices.notice n join notices.version v on v.notice = n.id and v.version = n.live_version where n.tenant = $1 order by n.id`,
    values: [tenant],
  })
}
export async function listLiveNotices(
  db: Query,
  tenant: OrganisationId | null,
  after: string | null,
  limit: number,
): Promise<readonly PublishedNotice[]> {
  return db.query<PublishedNotice>({
    name: 'notices/list-live',
    text: `select ${columns} from notices.notice n join notices.version v on v.notice = n.id and v.version = n.live_version
      where ($1::uuid is null or n.tenant = $1) and ($2::uuid is null or n.id > $2) order by n.id limit $3`,
    values: [tenant, after, limit],
  })
}
export async function findNotice(
  db: Query,
  notice: NoticeId,
  version: number | null,
): Promise<PublishedNotice | undefined> {
  return (
    await db.query<PublishedNotice>({
      name: 'notices/find',
      text: `select ${columns} from notices.notice n join notices.version v on v.notice = n.id and v.version = coalesce($2, n.live_version) where n.id = $1`,
      values: [notice, version],
    })
  )[0]
}
/** Publications of one provider follow one another, so that each is judged against all that came before it. */
export async function holdPublications(tx: Tx, tenant: OrganisationId): Promise<void> {
  await tx.query({
    name: 'notices/hold-publications',
    text: `select pg_advisory_xact_lock(hashtextextended('bailee/publish/' || $1::text, 0))`,
    values: [tenant],
  })
}
/** The next version of (tenant, slug); the row lock makes racing publications follow one another. */
export async function insertVersion(
  tx: Tx,
  row: { id: NoticeId; tenant: OrganisationId; slug: string; hash: Uint8Array; content: NoticeContent; at: Date },
): Promise<{ id: NoticeId; version: number }> {
  const [notice] = await tx.query<{ id: NoticeId; version: number }>({
    name: 'notices/upsert',
    text: `insert into notices.notice as n (id, tenant, slug, live_version) values ($1, $2, $3, 1)
      on conflict (tenant, slug) do update set live_version = n.live_version + 1 returning id, live_version as version`,
    values: [row.id, row.tenant, row.slug],
  })
  await tx.query({
    name: 'notices/insert-version',
    text: 'insert into notices.version (notice, version, hash, content, published_at) values ($1, $2, $3, $4, $5)',
    values: [notice!.id, notice!.version, row.hash, JSON.stringify(row.content), row.at],
  })
  return notice!
}
/**
 * Holds the person's row until the transaction ends: whatever changes their keys or drawers follows one another, so that
 * an erasure is not undone by what was read before it. Says nothing about whether there is such a person.
 */
export async function holdPerson(tx: Tx, tenant: OrganisationId, subject: PersonId): Promise<void> {
  await tx.query({
    name: 'notices/hold-person',
    text: 'select 1 from parties.person where tenant = $1 and id = $2 for no key update',
    values: [tenant, subject],
  })
}
export async function insertConsent(tx: Tx, consent: Consent): Promise<boolean> {
  const rows = await tx.query({
    name: 'notices/insert-consent',
    text: `insert into notices.consent (subject, id, tenant, notice, version, language, purposes, snapshot_hash, given_at)
      select $1, $2, $3, $4, $5, $6, $7, $8, $9 from notices.notice where id = $4 and live_version = $5 and tenant = $3 returning id`,
    values: [
      consent.subject,
      consent.id,
      consent.tenant,
      consent.notice,
      consent.version,
      consent.language,
      textArray(consent.purposes),
      consent.snapshotHash,
      consent.at,
    ],
  })
  return rows.length === 1
}
export async function insertGrants(tx: Tx, rows: readonly GrantRow[]): Promise<void> {
  await tx.query({
    name: 'notices/insert-grants',
    text: `insert into notices.live_grant (subject, category, purpose, tenant, basis, wrap, consent, since)
      select subject, category, purpose, $7, basis, wrap, $8, $9 from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[]) as g (subject, category, purpose, basis, wrap)
      where $6::boolean on conflict (subject, category, purpose) do update set consent = excluded.consent, since = excluded.since, basis = excluded.basis`,
    values: [
      uuidArray(rows.map((row) => row.subject)),
      textArray(rows.map((row) => row.category)),
      textArray(rows.map((row) => row.purpose)),
      textArray(rows.map((row) => row.basis)),
      byteaArray(rows.map((row) => row.wrap)),
      rows.length > 0,
      rows[0]?.tenant ?? null,
      rows[0]?.consent ?? null,
      rows[0]?.since ?? null,
    ],
  })
}
export async function selfWraps(
  tx: Query,
  tenant: OrganisationId,
  subject: PersonId,
): Promise<readonly { category: string; wrap: Buffer }[]> {
  return tx.query({
    name: 'notices/self-wraps',
    text: `select category, wrap from notices.live_grant where subject = $1 and tenant = $2 and purpose = 'self'`,
    values: [subject, tenant],
  })
}
export async function grantsOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
): Promise<readonly { category: string; purpose: string; basis: string; since: Date }[]> {
  return db.query({
    name: 'notices/grants-of',
    text: `select category, purpose, basis, since from notices.live_grant where subject = $1 and tenant = $2 and purpose <> 'self' order by category, purpose`,
    values: [subject, tenant],
  })
}
/** To withdraw is to delete the wraps. Answers how many there were. */
export async function deleteGrants(
  tx: Tx,
  tenant: OrganisationId,
  subject: PersonId,
  purpose: string,
): Promise<number> {
  const rows = await tx.query({
    name: 'notices/delete-grants',
    text: `delete from notices.live_grant where subject = $1 and tenant = $2 and purpose = $3 and basis = 'consent' returning category`,
    values: [subject, tenant, purpose],
  })
  return rows.length
}
export async function deleteEveryGrant(tx: Tx, tenant: OrganisationId, subject: PersonId): Promise<number> {
  const rows = await tx.query({
    name: 'notices/delete-every-grant',
    text: 'delete from notices.live_grant where subject = $1 and tenant = $2 returning 1',
    values: [subject, tenant],
  })
  await tx.query({
    name: 'notices/delete-consents',
    text: 'delete from notices.consent where subject = $1 and tenant = $2',
    values: [subject, tenant],
  })
  return rows.length
}

import type { ConsentId, NoticeId, OrganisationId, PersonId } from '#kernel'
import { byteaArray, type Query, type Tx, textArray, uuidArray } from '#platform'
import type { Consent, GrantRow, NoticeContent, PastVersion, PublishedNotice } from './model.ts'

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
/** Older versions of a notice, oldest first: between two that are known, neither included. */
export async function versionsBefore(
  db: Query,
  notice: NoticeId,
  after: number,
  before: number,
): Promise<readonly PastVersion[]> {
  return db.query<PastVersion>({
    name: 'notices/versions-before',
    text: `select notice, version, jsonb_build_object('purposes', content -> 'purposes', 'categories', content -> 'categories') as content
      from notices.version where notice = $1 and version > $2 and version < $3 order by version`,
    values: [notice, after, before],
  })
}
/** People with a live grant to one of these purposes that they gave under this notice. */
export async function countGranted(
  db: Query,
  tenant: OrganisationId,
  notice: NoticeId,
  purposes: readonly string[],
): Promise<number> {
  const [row] = await db.query<{ people: number }>({
    name: 'notices/count-granted',
    text: `select count(distinct g.subject)::int as people from notices.consent c
      join notices.live_grant g on g.subject = c.subject and g.consent = c.id
      where c.notice = $2 and c.tenant = $1 and g.purpose = any($3::text[]) and g.basis in ('consent', 'separate-consent')`,
    values: [tenant, notice, textArray(purposes)],
  })
  return row!.people
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
    text: `insert into notices.consent (subject, id, tenant, notice, version, language, purposes, snapshot_hash, given_at,
        separately, informed, recipients, guardian, relation, hand_over, as_guardian, renewal)
      select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
      from notices.notice where id = $4 and live_version = $5 and tenant = $3 returning id`,
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
      textArray(consent.separately ?? []),
      textArray(consent.informed ?? []),
      textArray(consent.recipients ?? []),
      consent.guardian?.person ?? null,
      consent.guardian?.relation ?? null,
      consent.guardian?.handOver ?? null,
      consent.asGuardian ?? false,
      consent.renewal ?? false,
    ],
  })
  return rows.length === 1
}
export async function insertGrants(tx: Tx, rows: readonly GrantRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.query({
    name: 'notices/insert-grants',
    text: `insert into notices.live_grant (subject, category, purpose, tenant, basis, wrap, consent, since, until)
      select subject, category, purpose, $6, basis, wrap, $7, $8, until
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $9::timestamptz[]) as g (subject, category, purpose, basis, wrap, until)
      on conflict (subject, category, purpose) do update
        set consent = excluded.consent, since = excluded.since, basis = excluded.basis, until = excluded.until`,
    values: [
      uuidArray(rows.map((row) => row.subject)),
      textArray(rows.map((row) => row.category)),
      textArray(rows.map((row) => row.purpose)),
      textArray(rows.map((row) => row.basis)),
      byteaArray(rows.map((row) => row.wrap)),
      rows[0]!.tenant,
      rows[0]!.consent,
      rows[0]!.since,
      rows.map((row) => row.until),
    ],
  })
}
export async function insertRecipientConsents(
  tx: Tx,
  consent: Consent,
  rows: readonly { recipient: string; purpose: string; categories: readonly string[]; until: Date }[],
): Promise<void> {
  for (const { recipient, purpose, categories, until } of rows)
    await tx.query({
      name: 'notices/insert-recipient-consent',
      text: `insert into notices.recipient_consent (subject, recipient, purpose, tenant, categories, consent, since, until)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (subject, recipient, purpose) do update
          set categories = excluded.categories, consent = excluded.consent, since = excluded.since, until = excluded.until`,
      values: [
        consent.subject,
        recipient,
        purpose,
        consent.tenant,
        textArray(categories),
        consent.id,
        consent.at,
        until,
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
export interface HeldGrant {
  readonly category: string
  readonly purpose: string
  readonly basis: string
  readonly since: Date
  readonly until: Date | null
  readonly consent: ConsentId
}
/** The grants that open something at this moment. */
export async function grantsOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  at: Date,
): Promise<readonly HeldGrant[]> {
  return db.query({
    name: 'notices/grants-of',
    text: `select category, purpose, basis, since, until, consent from notices.live_grant
      where subject = $1 and tenant = $2 and purpose <> 'self' and (until is null or until > $3) order by category, purpose`,
    values: [subject, tenant, at],
  })
}
/** To withdraw is to delete the wraps. Answers how many there were; how each consent ended stays. */
export async function deleteGrants(
  tx: Tx,
  tenant: OrganisationId,
  subject: PersonId,
  purpose: string,
  at: Date,
): Promise<number> {
  const [row] = await tx.query<{ deleted: number }>({
    name: 'notices/delete-grants',
    text: `with gone as (
        delete from notices.live_grant where subject = $1 and tenant = $2 and purpose = $3 and basis in ('consent', 'separate-consent') returning consent
      ), parted as (
        delete from notices.recipient_consent where subject = $1 and tenant = $2 and purpose = $3 and exists (select from gone) returning consent, recipient
      ), ended as (
        insert into notices.consent_end (subject, consent, purpose, recipient, tenant, how, at)
        select $1, consent, $3, recipient, $2, 'withdrawn', $4 from (
          select distinct consent, '' as recipient from gone union select consent, recipient from parted) as e
        on conflict do nothing
      )
      select count(*)::int as deleted from gone`,
    values: [subject, tenant, purpose, at],
  })
  return row!.deleted
}
/** Withdraws one recipient of a purpose; the purpose stays. */
export async function deleteRecipientConsent(
  tx: Tx,
  tenant: OrganisationId,
  subject: PersonId,
  purpose: string,
  recipient: string,
  at: Date,
): Promise<boolean> {
  const rows = await tx.query({
    name: 'notices/delete-recipient-consent',
    text: `with gone as (
        delete from notices.recipient_consent where subject = $1 and tenant = $2 and purpose = $3 and recipient = $4 returning consent
      )
      insert into notices.consent_end (subject, consent, purpose, recipient, tenant, how, at)
      select $1, consent, $3, $4, $2, 'withdrawn', $5 from gone on conflict do nothing returning 1`,
    values: [subject, tenant, purpose, recipient, at],
  })
  return rows.length > 0
}
export interface RecipientConsent {
  readonly recipient: string
  readonly purpose: string
  readonly categories: readonly string[]
  readonly since: Date
  readonly until: Date | null
  readonly consent: ConsentId
}
/** The recipients that a person agreed to and that this moment still knows. */
export async function recipientsOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  at: Date,
): Promise<readonly RecipientConsent[]> {
  return db.query<RecipientConsent>({
    name: 'notices/recipients-of',
    text: `select recipient, purpose, categories, since, until, consent from notices.recipient_consent
      where subject = $1 and tenant = $2 and (until is null or until > $3) order by recipient, purpose`,
    values: [subject, tenant, at],
  })
}

export async function insertRefusals(
  tx: Tx,
  tenant: OrganisationId,
  subject: PersonId,
  refused: readonly { purpose: string; recipient: string }[],
  at: Date,
  askAgainAt: Date,
): Promise<void> {
  await tx.query({
    name: 'notices/insert-refusals',
    text: `insert into notices.refusal (subject, purpose, recipient, tenant, refused_at, ask_again_at)
      select $1, purpose, recipient, $2, $5, $6 from unnest($3::text[], $4::text[]) as r (purpose, recipient)
      on conflict (subject, purpose, recipient) do update set refused_at = excluded.refused_at, ask_again_at = excluded.ask_again_at`,
    values: [
      subject,
      tenant,
      textArray(refused.map((each) => each.purpose)),
      textArray(refused.map((each) => each.recipient)),
      at,
      askAgainAt,
    ],
  })
}
export interface RefusalRow {
  readonly purpose: string
  readonly recipient: string
  readonly refusedAt: Date
  readonly askAgainAt: Date
}
/** Refusals during which nobody may ask. */
export async function refusalsOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  at: Date,
): Promise<readonly RefusalRow[]> {
  return db.query<RefusalRow>({
    name: 'notices/refusals-of',
    text: `select purpose, recipient, refused_at as "refusedAt", ask_again_at as "askAgainAt" from notices.refusal
      where subject = $1 and tenant = $2 and ask_again_at > $3 order by purpose, recipient`,
    values: [subject, tenant, at],
  })
}
/** Who agreed after all has no refusal any more. */
export async function deleteRefusals(
  tx: Tx,
  tenant: OrganisationId,
  subject: PersonId,
  purposes: readonly string[],
  recipients: readonly string[],
): Promise<void> {
  await tx.query({
    name: 'notices/delete-refusals',
    text: `delete from notices.refusal where subject = $1 and tenant = $2
      and case recipient when '' then purpose = any($3::text[]) else recipient = any($4::text[]) end`,
    values: [subject, tenant, textArray(purposes), textArray(recipients)],
  })
}
export async function deleteEveryGrant(tx: Tx, tenant: OrganisationId, subject: PersonId): Promise<number> {
  const rows = await tx.query({
    name: 'notices/delete-every-grant',
    text: 'delete from notices.live_grant where subject = $1 and tenant = $2 returning 1',
    values: [subject, tenant],
  })
  await tx.query({
    name: 'notices/delete-consents',
    text: `with consents as (delete from notices.consent where subject = $1 and tenant = $2),
        recipients as (delete from notices.recipient_consent where subject = $1 and tenant = $2),
        ends as (delete from notices.consent_end where subject = $1 and tenant = $2),
        refusals as (delete from notices.refusal where subject = $1 and tenant = $2)
      delete from notices.guardian where tenant = $2 and (subject = $1 or guardian = $1)`,
    values: [subject, tenant],
  })
  return rows.length
}

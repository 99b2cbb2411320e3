import type { ConsentId, NoticeId, OrganisationId, PersonId } from '#kernel'
import type { Appended } from '#ledger'
import { byteaArray, int4Array, type Query, textArray, uuidArray } from '#platform'
import type { Consent, GrantRow, GuardianRelation, NoticeContent, PublishedNotice } from './model.ts'

interface ConsentRow extends Omit<Consent, 'guardian'> {
  readonly guardian: PersonId | null
  readonly relation: GuardianRelation | null
  readonly handOver: Date | null
  readonly hash: Buffer
  readonly content: NoticeContent
  readonly publishedAt: Date
  readonly liveVersion: number
}
/** A consent, the version that was shown, and which version is live today. */
export interface KeptConsent {
  readonly consent: Consent
  readonly notice: PublishedNotice
  readonly liveVersion: number
}
/** A person's consents, newest first. */
export async function consentsOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  before: ConsentId | null,
  limit: number,
): Promise<readonly KeptConsent[]> {
  const rows = await db.query<ConsentRow>({
    name: 'notices/consents-of',
    text: `select c.id, c.tenant, c.subject, c.notice, c.version, c.language, c.purposes, c.separately, c.informed, c.recipients,
        c.guardian, c.relation, c.hand_over as "handOver", c.as_guardian as "asGuardian", c.renewal, c.snapshot_hash as "snapshotHash",
        c.given_at as at, v.hash, v.content, v.published_at as "publishedAt", n.live_version as "liveVersion"
      from notices.consent c join notices.version v on v.notice = c.notice and v.version = c.version join notices.notice n on n.id = c.notice
      where c.subject = $1 and c.tenant = $2 and ($3::uuid is null or c.id < $3) order by c.id desc limit $4`,
    values: [subject, tenant, before, limit],
  })
  return rows.map(
    ({ hash, content, publishedAt, liveVersion, guardian, relation, handOver, ...consent }): KeptConsent => ({
      consent: {
        ...consent,
        guardian: guardian && relation && handOver ? { person: guardian, relation, handOver } : undefined,
      },
      notice: {
        id: consent.notice,
        tenant: consent.tenant,
        version: consent.version,
        live: consent.version === liveVersion,
        hash,
        publishedAt,
        content,
      },
      liveVersion,
    }),
  )
}
export interface ConsentEnd {
  readonly consent: ConsentId
  readonly purpose: string
  readonly recipient: string
  readonly how: 'withdrawn' | 'expired'
  readonly at: Date
}
export async function endsOf(
  db: Query,
  subject: PersonId,
  consents: readonly ConsentId[],
): Promise<readonly ConsentEnd[]> {
  return db.query<ConsentEnd>({
    name: 'notices/ends-of',
    text: 'select consent, purpose, recipient, how, at from notices.consent_end where subject = $1 and consent = any($2::uuid[])',
    values: [subject, uuidArray(consents)],
  })
}
/** The content of live versions, by notice. */
export async function liveContents(
  db: Query,
  notices: readonly NoticeId[],
): Promise<ReadonlyMap<NoticeId, NoticeContent>> {
  const rows = await db.query<{ notice: NoticeId; content: NoticeContent }>({
    name: 'notices/live-contents',
    text: `select v.notice, v.content from notices.notice n join notices.version v on v.notice = n.id and v.version = n.live_version
      where n.id = any($1::uuid[])`,
    values: [uuidArray(notices)],
  })
  return new Map(rows.map((row) => [row.notice, row.content]))
}

export interface ConsentedRow {
  readonly scope: Buffer
  readonly digest: Buffer
  readonly answer: Buffer
  readonly consent: Consent
  readonly grants: readonly GrantRow[]
  readonly recipients: readonly {
    readonly recipient: string
    readonly purpose: string
    readonly categories: readonly string[]
    readonly until: Date
  }[]
}
/**
 * Consents of new people in one statement: idempotency key, person, consent, wraps, recipients and ledger entry of each,
 * or nothing of it. Answers the places of those that took effect.
 */
export async function insertConsented(
  db: Query,
  rows: readonly ConsentedRow[],
  appended: Appended,
  at: Date,
): Promise<ReadonlySet<number>> {
  const grants = rows.flatMap((row, item) => row.grants.map((grant) => ({ ...grant, item })))
  const recipients = rows.flatMap((row, item) => row.recipients.map((recipient) => ({ ...recipient, item })))
  // Names of purposes and recipients hold no comma.
  const joined = (pick: (consent: Consent) => readonly string[] | undefined) =>
    textArray(rows.map((row) => (pick(row.consent) ?? []).join(',')))
  const done = await db.query<{ item: number }>({
    name: 'notices/insert-consented',
    text: `
      with item as materialized (
        select i.*, ord::int - 1 as item from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::uuid[], $5::uuid[], $6::uuid[], $7::int[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::bool[])
          with ordinality as i (scope, digest, answer, tenant, subject, notice, version, consent, language, purposes, separately, informed, recipients, snapshot_hash, as_guardian, ord)
      ), lawful as materialized (
        select i.* from item i join notices.notice n on n.id = i.notice and n.tenant = i.tenant and n.live_version = i.version
      ), claimed as (
        insert into platform.once (scope, digest, answer) select distinct on (scope) scope, digest, answer from lawful order by scope, item
        on conflict (scope) do nothing returning scope
      ), done as materialized (
        select distinct on (l.scope) l.* from lawful l join claimed c on c.scope = l.scope order by l.scope, l.item
      ), person as (
        insert into parties.person (tenant, id, state, created_at) select tenant, subject, 'live', $16 from done
      ), consent as (
        insert into notices.consent (subject, id, tenant, notice, version, language, purposes, separately, informed, recipients, snapshot_hash, given_at, as_guardian)
        select subject, consent, tenant, notice, version, language, string_to_array(purposes, ','), string_to_array(separately, ','),
          string_to_array(informed, ','), string_to_array(recipients, ','), snapshot_hash, $16, as_guardian from done
      ), wrapped as (
        insert into notices.live_grant (subject, category, purpose, tenant, basis, wrap, consent, since, until)
        select d.subject, g.category, g.purpose, d.tenant, g.basis, g.wrap, d.consent, $16, g.until
        from unnest($17::int[], $18::text[], $19::text[], $20::text[], $21::bytea[], $22::timestamptz[]) as g (item, category, purpose, basis, wrap, until) join done d on d.item = g.item
      ), parted as (
        insert into notices.recipient_consent (subject, recipient, purpose, tenant, categories, consent, since, until)
        select d.subject, r.recipient, r.purpose, d.tenant, string_to_array(r.categories, ','), d.consent, $16, r.until
        from unnest($23::int[], $24::text[], $25::text[], $26::text[], $27::timestamptz[]) as r (item, recipient, purpose, categories, until) join done d on d.item = r.item
      ), logged as (
        insert into ledger.outbox (id, at, count, entries, outcomes)
        select $28, $16, $29, $30, (select array_agg(case when d.item is null then '-' end order by i.item) from item i left join done d on d.item = i.item)
        where exists (select from done)
      )
      select item from done`,
    values: [
      byteaArray(rows.map((row) => row.scope)),
      byteaArray(rows.map((row) => row.digest)),
      byteaArray(rows.map((row) => row.answer)),
      uuidArray(rows.map((row) => row.consent.tenant)),
      uuidArray(rows.map((row) => row.consent.subject)),
      uuidArray(rows.map((row) => row.consent.notice)),
      int4Array(rows.map((row) => row.consent.version)),
      uuidArray(rows.map((row) => row.consent.id)),
      textArray(rows.map((row) => row.consent.language)),
      joined((consent) => consent.purposes),
      joined((consent) => consent.separately),
      joined((consent) => consent.informed),
      joined((consent) => consent.recipients),
      byteaArray(rows.map((row) => row.consent.snapshotHash)),
      rows.map((row) => row.consent.asGuardian ?? false),
      at,
      int4Array(grants.map((grant) => grant.item)),
      textArray(grants.map((grant) => grant.category)),
      textArray(grants.map((grant) => grant.purpose)),
      textArray(grants.map((grant) => grant.basis)),
      byteaArray(grants.map((grant) => grant.wrap)),
      grants.map((grant) => grant.until),
      int4Array(recipients.map((each) => each.item)),
      textArray(recipients.map((each) => each.recipient)),
      textArray(recipients.map((each) => each.purpose)),
      textArray(recipients.map((each) => each.categories.join(','))),
      recipients.map((each) => each.until),
      appended.id,
      appended.entries.length,
      appended.entries.map((entry) => entry.line).join('\n'),
    ],
  })
  return new Set(done.map((row) => row.item))
}

import type { ConsentId, NoticeId, OrganisationId, PersonId } from '#kernel'
import { type Query, uuidArray } from '#platform'
import type { Consent, GuardianRelation, NoticeContent, PublishedNotice } from './model.ts'

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

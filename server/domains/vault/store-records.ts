import type { OrganisationId, PersonId, RecordId } from '#kernel'
import { type Query, type Tx, textArray } from '#platform'

/** What is written down about what was done: releases, corrections, holds. Ids and names of fields, never values. */
export interface ReleaseRow {
  readonly subject: PersonId
  readonly entry: string
  readonly recipient: string
  readonly purpose: string
  readonly contract: string | null
  readonly fields: readonly string[]
  readonly at: Date
  readonly keptUntil: Date
}
export interface CorrectionRow {
  readonly subject: PersonId
  readonly entry: string
  readonly record: RecordId
  readonly fields: readonly string[]
  readonly actorKind: string
  readonly actor: string
  readonly at: Date
}
export interface HoldRow {
  readonly subject: PersonId
  readonly case: string
  readonly reason: HoldReason
  readonly since: Date
  readonly until: Date
}
export type HoldReason = 'litigation' | 'investigation' | 'legal-duty' | 'dispute'

export async function insertRelease(tx: Tx, tenant: OrganisationId, row: ReleaseRow): Promise<void> {
  await tx.query({
    name: 'vault/insert-release',
    text: `insert into vault.release (subject, entry, tenant, recipient, purpose, contract, fields, at, kept_until)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      row.subject,
      row.entry,
      tenant,
      row.recipient,
      row.purpose,
      row.contract,
      textArray(row.fields),
      row.at,
      row.keptUntil,
    ],
  })
}
/** Newest first, after the entry `before`: ids grow with time. */
export async function releasesOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  before: string | null,
  limit: number,
): Promise<readonly ReleaseRow[]> {
  return db.query<ReleaseRow>({
    name: 'vault/releases-of',
    text: `select subject, entry, recipient, purpose, contract, fields, at, kept_until as "keptUntil" from vault.release
      where subject = $1 and tenant = $2 and ($3::uuid is null or entry < $3) order by entry desc limit $4`,
    values: [subject, tenant, before, limit],
  })
}
export async function deleteOldReleases(db: Query, now: Date): Promise<void> {
  await db.query({
    name: 'vault/delete-old-releases',
    text: 'delete from vault.release where kept_until <= $1',
    values: [now],
  })
}

export async function insertCorrection(tx: Tx, tenant: OrganisationId, row: CorrectionRow): Promise<void> {
  await tx.query({
    name: 'vault/insert-correction',
    text: `insert into vault.correction (subject, entry, tenant, record, fields, actor_kind, actor, at)
      values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [row.subject, row.entry, tenant, row.record, textArray(row.fields), row.actorKind, row.actor, row.at],
  })
}
export async function correctionsOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  before: string | null,
  limit: number,
): Promise<readonly CorrectionRow[]> {
  return db.query<CorrectionRow>({
    name: 'vault/corrections-of',
    text: `select subject, entry, record, fields, actor_kind as "actorKind", actor, at from vault.correction
      where subject = $1 and tenant = $2 and ($3::uuid is null or entry < $3) order by entry desc limit $4`,
    values: [subject, tenant, before, limit],
  })
}

export async function upsertHold(tx: Tx, tenant: OrganisationId, row: HoldRow): Promise<void> {
  await tx.query({
    name: 'vault/upsert-hold',
    text: `insert into vault.hold (subject, case_reference, tenant, reason, since, until) values ($1, $2, $3, $4, $5, $6)
      on conflict (subject, case_reference) do update set reason = excluded.reason, until = excluded.until`,
    values: [row.subject, row.case, tenant, row.reason, row.since, row.until],
  })
}
export async function deleteHold(tx: Tx, tenant: OrganisationId, subject: PersonId, matter: string): Promise<boolean> {
  const rows = await tx.query({
    name: 'vault/delete-hold',
    text: 'delete from vault.hold where subject = $1 and case_reference = $2 and tenant = $3 returning subject',
    values: [subject, matter, tenant],
  })
  return rows.length > 0
}
/** Holds that have not ended, the longest first. */
export async function holdsOf(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  now: Date,
): Promise<readonly HoldRow[]> {
  return db.query<HoldRow>({
    name: 'vault/holds-of',
    text: `select subject, case_reference as "case", reason, since, until from vault.hold
      where subject = $1 and tenant = $2 and until > $3 order by until desc, case_reference`,
    values: [subject, tenant, now],
  })
}

import type { OrganisationId, PersonId, RecordId } from '#kernel'
import type { Query, Tx } from '#platform'

export interface Place {
  readonly subject: PersonId
  readonly category: string
  readonly record: RecordId
}
export interface EndedDrawer extends Place {
  readonly tenant: OrganisationId
  readonly collectedAt: Date
  /** Nobody but the person holds a key to it, and nothing keeps it. */
  readonly ended: boolean
}
/** A stretch of the drawers in the order of their key, each with whether any purpose still has a grant for it. */
export async function drawersAfter(
  db: Query,
  after: Place | undefined,
  now: Date,
  limit: number,
): Promise<readonly EndedDrawer[]> {
  return db.query<EndedDrawer>({
    name: 'vault/drawers-after',
    text: `select d.subject, d.category, d.record, d.tenant, d.collected_at as "collectedAt",
        (select 1 from notices.live_grant g where g.subject = d.subject and g.category = d.category and g.purpose <> 'self' limit 1) is null
          and (select 1 from vault.hold h where h.subject = d.subject and h.until > $4 limit 1) is null as ended
      from vault.drawer d where (d.subject, d.category, d.record) > ($1::uuid, $2::text, $3::uuid)
      order by d.subject, d.category, d.record limit $5`,
    values: [after?.subject ?? nil, after?.category ?? '', after?.record ?? nil, now, limit],
  })
}
const nil = '0'.repeat(32)

/**
 * Deletes one drawer with its tokens, and the person's own key to the category with its last drawer, unless a grant or a
 * hold came meanwhile. Answers whether it was deleted.
 */
export async function expireDrawer(tx: Tx, place: Place, now: Date): Promise<boolean> {
  const rows = await tx.query({
    name: 'vault/expire-drawer',
    text: `with gone as (
        delete from vault.drawer d where d.subject = $1 and d.category = $2 and d.record = $3
          and not exists (select from notices.live_grant g where g.subject = $1 and g.category = $2 and g.purpose <> 'self')
          and not exists (select from vault.hold h where h.subject = $1 and h.until > $4)
        returning d.subject, d.record, d.tokens
      ), unindexed as (
        delete from vault.blind_index b using gone, generate_series(1, length(gone.tokens), 16) as start
          where b.token = substr(gone.tokens, start, 16) and b.subject = gone.subject and b.record = gone.record
      ), tokens as (
        delete from vault.token t using gone where t.subject = gone.subject and t.category = $2 and t.record = gone.record
      ), files as (
        delete from vault.file f using gone where f.subject = gone.subject and f.category = $2 and f.record = gone.record returning f.subject, f.file
      ), chunks as (
        delete from vault.file_chunk c using files where c.subject = files.subject and c.file = files.file
      ), keys as (
        delete from notices.live_grant g using gone where g.subject = gone.subject and g.category = $2 and g.purpose = 'self'
          and not exists (select from vault.drawer o where o.subject = $1 and o.category = $2 and o.record <> $3)
      )
      select 1 from gone`,
    values: [place.subject, place.category, place.record, now],
  })
  return rows.length > 0
}

import type { OrganisationId } from '#kernel'
import {
  byteaArray,
  columnGuard,
  type Database,
  grantAad,
  keyIdsArray,
  type Rewrapper,
  textArray,
  uuidArray,
} from '#platform'
import { selfPurpose } from './model.ts'

type Place = readonly [subject: string, category: string, purpose: string]

/** The drawer keys of live grants, for the rotation of epoch keys. A withdrawal or a correction that races it wins. */
export const grantRewrapper = (db: Database): Rewrapper => ({
  name: 'grants',
  ...columnGuard(db, 'notices', 'notices.live_grant', 'wrap'),
  /** Every purpose that any version of the tenant's notices ever stated, and the person's own. */
  async owns(tenant, purpose) {
    if (purpose === selfPurpose) return true
    const rows = await db.as('notices').query({
      name: 'notices/owns-purpose',
      text: `select 1 from notices.version v join notices.notice n on n.id = v.notice
        where n.tenant = $1 and v.content->'purposes' @> jsonb_build_array(jsonb_build_object('id', $2::text)) limit 1`,
      values: [tenant, purpose],
    })
    return rows.length > 0
  },
  async nextBatch(after, limit, keyIds) {
    // Written by the line below: three texts.
    const [subject, category, purpose] = after === null ? ['0'.repeat(32), '', ''] : (JSON.parse(after) as Place)
    const rows = await db.as('notices').query<{
      subject: string
      category: string
      purpose: string
      tenant: OrganisationId
      wrap: Buffer | null
    }>({
      name: 'notices/wraps-to-rewrap',
      text: `select subject, category, purpose, tenant, case when substr(wrap, 3, 16) = any($5::bytea[]) then wrap end as wrap
        from notices.live_grant where (subject, category, purpose) > ($1, $2, $3) order by subject, category, purpose limit $4`,
      values: [subject, category, purpose, limit, keyIdsArray(keyIds)],
    })
    const last = rows.length < limit ? undefined : rows.at(-1)
    return {
      seen: rows.length,
      after: last ? JSON.stringify([last.subject, last.category, last.purpose]) : null,
      rows: rows.flatMap(({ wrap, ...row }) =>
        wrap
          ? {
              place: [row.subject, row.category, row.purpose],
              tenant: row.tenant,
              purpose: row.purpose,
              blob: wrap,
              aad: grantAad(row.tenant, row.subject, row.category, row.purpose),
            }
          : [],
      ),
    }
  },
  async replace(rows) {
    // Nobody is waited for, so nobody can wait for us in a circle; who holds a row now has it in the next pass.
    const set = await db.as('notices').query({
      name: 'notices/rewrap',
      text: `with free as materialized (
          select g.ctid as at, n.fresh from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[]) as n (subject, category, purpose, was, fresh)
          join notices.live_grant g on g.subject = n.subject and g.category = n.category and g.purpose = n.purpose and g.wrap = n.was
          for no key update of g skip locked)
        update notices.live_grant g set wrap = free.fresh from free where g.ctid = free.at returning 1`,
      values: [
        uuidArray(rows.map(({ place }) => String(place[0]))),
        textArray(rows.map(({ place }) => String(place[1]))),
        textArray(rows.map(({ place }) => String(place[2]))),
        byteaArray(rows.map(({ was }) => was)),
        byteaArray(rows.map(({ now }) => now)),
      ],
    })
    return set.length
  },
})

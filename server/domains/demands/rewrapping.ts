import { type DemandId, idBytes, type OrganisationId } from '#kernel'
import { byteaArray, columnGuard, type Database, keyIdsArray, type Rewrapper, sealedForAad, uuidArray } from '#platform'
import { wordsPurpose } from './words.ts'

type Place = readonly [tenant: string, demand: string]

/** The words of demands, for the rotation of epoch keys. Whoever answers or withdraws meanwhile wins. */
export const demandsRewrapper = (db: Database): Rewrapper => ({
  name: 'demands',
  ...columnGuard(db, 'demands', 'demands.demand', 'words'),
  owns: async (_tenant, purpose) => purpose === wordsPurpose,
  async nextBatch(after, limit, keyIds) {
    // Written by the line below: two texts.
    const [tenant, demand] = after === null ? ['0'.repeat(32), '0'.repeat(32)] : (JSON.parse(after) as Place)
    const rows = await db.as('demands').query<{ tenant: OrganisationId; id: DemandId; words: Buffer | null }>({
      name: 'demands/words-to-rewrap',
      text: `select tenant, id, case when substr(words, 3, 16) = any($4::bytea[]) then words end as words
        from demands.demand where (tenant, id) > ($1, $2) order by tenant, id limit $3`,
      values: [tenant, demand, limit, keyIdsArray(keyIds)],
    })
    const last = rows.length < limit ? undefined : rows.at(-1)
    return {
      seen: rows.length,
      after: last ? JSON.stringify([last.tenant, last.id]) : null,
      rows: rows.flatMap((row) =>
        row.words
          ? {
              place: [row.tenant, row.id],
              tenant: row.tenant,
              purpose: wordsPurpose,
              blob: row.words,
              aad: sealedForAad(wordsPurpose, idBytes(row.id)),
            }
          : [],
      ),
    }
  },
  async replace(rows) {
    const set = await db.as('demands').query({
      name: 'demands/rewrap',
      text: `with free as materialized (
          select d.ctid as at, n.fresh from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) as n (tenant, id, was, fresh)
          join demands.demand d on d.tenant = n.tenant and d.id = n.id and d.words = n.was
          for no key update of d skip locked)
        update demands.demand d set words = free.fresh from free where d.ctid = free.at returning 1`,
      values: [
        uuidArray(rows.map(({ place }) => String(place[0]))),
        uuidArray(rows.map(({ place }) => String(place[1]))),
        byteaArray(rows.map(({ was }) => was)),
        byteaArray(rows.map(({ now }) => now)),
      ],
    })
    return set.length
  },
})

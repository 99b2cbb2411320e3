import type { OrganisationId } from '#kernel'
import { byteaArray, chainAad, columnGuard, type Database, keyIdsArray, type Rewrapper, uuidArray } from '#platform'
import { ledgerPurpose } from './chains.ts'

/**
 * People's chains, for the rotation of epoch keys; openings stand under the ledger key that a chain holds and need nothing.
 * The sequencer writes a chain from its own memory, always under the present key: whichever comes second is right.
 */
export const chainRewrapper = (db: Database): Rewrapper => ({
  name: 'chains',
  ...columnGuard(db, 'ledger', 'ledger.chain', 'sealed'),
  owns: async (_tenant, purpose) => purpose === ledgerPurpose,
  async nextBatch(after, limit, keyIds) {
    const rows = await db.as('ledger').query<{
      subject: string
      tenant: OrganisationId
      n: number
      sealed: Buffer | null
    }>({
      name: 'ledger/chains-to-rewrap',
      text: `select subject, tenant, n, case when substr(sealed, 3, 16) = any($3::bytea[]) then sealed end as sealed
        from ledger.chain where subject > $1 order by subject limit $2`,
      values: [after ?? '0'.repeat(32), limit, keyIdsArray(keyIds)],
    })
    return {
      seen: rows.length,
      after: rows.length < limit ? null : rows.at(-1)!.subject,
      rows: rows.flatMap(({ subject, tenant, n, sealed }) =>
        sealed ? { place: [subject], tenant, purpose: ledgerPurpose, blob: sealed, aad: chainAad(subject, n) } : [],
      ),
    }
  },
  async replace(rows) {
    const set = await db.as('ledger').query({
      name: 'ledger/rewrap-chains',
      text: `with free as materialized (
          select c.ctid as at, n.fresh from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as n (subject, was, fresh)
          join ledger.chain c on c.subject = n.subject and c.sealed = n.was for no key update of c skip locked)
        update ledger.chain c set sealed = free.fresh from free where c.ctid = free.at returning 1`,
      values: [
        uuidArray(rows.map(({ place }) => String(place[0]))),
        byteaArray(rows.map(({ was }) => was)),
        byteaArray(rows.map(({ now }) => now)),
      ],
    })
    return set.length
  },
})

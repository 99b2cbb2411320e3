import type { OrganisationId, PersonId } from '#kernel'
import { type Query, type Tx, uuidArray } from '#platform'
import type { Person } from './model.ts'

export async function insertLivePersons(
  tx: Tx,
  tenant: OrganisationId,
  ids: readonly PersonId[],
  now: Date,
): Promise<void> {
  await tx.query({
    name: 'parties/insert-persons',
    text: `insert into parties.person (tenant, id, state, created_at)
           select $1, fresh.id, 'live', $3 from unnest($2::uuid[]) as fresh (id)`,
    values: [tenant, uuidArray(ids), now],
  })
}

export async function findPerson(query: Query, tenant: OrganisationId, id: PersonId): Promise<Person | undefined> {
  const [row] = await query.query<{
    tenant: OrganisationId
    id: PersonId
    state: Person['state']
    created_at: Date
    erased_at: Date | null
  }>({
    name: 'parties/find-person',
    text: 'select tenant, id, state, created_at, erased_at from parties.person where tenant = $1 and id = $2',
    values: [tenant, id],
  })
  return row && { tenant: row.tenant, id: row.id, state: row.state, createdAt: row.created_at, erasedAt: row.erased_at }
}

/** Answers false when there was nobody live to erase. */
export async function markPersonErased(tx: Tx, tenant: OrganisationId, id: PersonId, now: Date): Promise<boolean> {
  const rows = await tx.query({
    name: 'parties/mark-person-erased',
    text: `update parties.person set state = 'erased', erased_at = $3
           where tenant = $1 and id = $2 and state = 'live' returning id`,
    values: [tenant, id, now],
  })
  return rows.length > 0
}

import {
  type Actor,
  type ClientActor,
  type OrganisationId,
  type PersonActor,
  type PersonId,
  Refusal,
  type StaffActor,
} from '#kernel'
import type { Query } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { statesOf } from '../store.ts'
import { correctionsOf, holdsOf, releasesOf } from '../store-records.ts'

type Reader = ClientActor | StaffActor | PersonActor
const pageSize = 50

async function assertReadable(db: Query, actor: Reader, person: PersonId): Promise<OrganisationId> {
  if (isOther(actor, person) || !(await statesOf(db, actor.tenant, [person])).has(person))
    throw new Refusal('person_unknown', { field: '/person' })
  return actor.tenant
}
const isOther = (actor: Actor, person: PersonId) => actor.kind === 'person' && actor.id !== person

function pageOf<Row extends { readonly entry: string }>(rows: readonly Row[]) {
  const items = rows.slice(0, pageSize)
  return { items, next: rows.length > pageSize ? items.at(-1)!.entry : null }
}
function cursorOf(cursor: string | undefined): string | null {
  if (cursor !== undefined && !/^[0-9a-f]{32}$/.test(cursor)) throw new Refusal('cursor_malformed')
  return cursor ?? null
}

/** To whom a person's information was given, newest first. Outlives the person's information. Article 2. */
export async function releases(deps: VaultDeps, actor: Reader, person: PersonId, cursor: string | undefined) {
  const db = deps.db.as('vault')
  const before = cursorOf(cursor)
  const tenant = await assertReadable(db, actor, person)
  return pageOf(await releasesOf(db, tenant, person, before, pageSize + 1))
}
/** Who corrected which fields, newest first. Article 8. */
export async function history(deps: VaultDeps, actor: Reader, person: PersonId, cursor: string | undefined) {
  const db = deps.db.as('vault')
  const before = cursorOf(cursor)
  const tenant = await assertReadable(db, actor, person)
  return pageOf(await correctionsOf(db, tenant, person, before, pageSize + 1))
}
export async function holds(deps: VaultDeps, actor: Reader, person: PersonId) {
  const db = deps.db.as('vault')
  const tenant = await assertReadable(db, actor, person)
  return holdsOf(db, tenant, person, deps.clock.now())
}

import type { Bilingual } from '@bailee/contract'
import type { DemandId, OrganisationId, PersonId } from '#kernel'
import { type Query, type Tx, textArray, uuidArray } from '#platform'
import type { Demand, RegimeLine } from './model.ts'

const columns = `tenant, id, subject, kind, state, purpose, fields, words, made_at as "madeAt", made_by as "madeBy", evidence, regimes,
  started_at as "startedAt", clock, due_at as "dueAt", assumed, extended_at as "extendedAt", answered_at as "answeredAt",
  answered_by as "answeredBy", outcome, reason, came_from as "cameFrom", escalated_at as "escalatedAt", escalated_by as "escalatedBy"`
const waiting = `state in ('open', 'escalated', 'fulfilling')`

export async function insertDemand(tx: Tx, demand: Demand): Promise<void> {
  await tx.query({
    name: 'demands/insert',
    text: `insert into demands.demand (tenant, id, subject, kind, state, purpose, fields, words, made_at, made_by, evidence,
        regimes, started_at, clock, due_at, assumed, answered_at, answered_by, outcome, came_from)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
    values: [
      demand.tenant,
      demand.id,
      demand.subject,
      demand.kind,
      demand.state,
      demand.purpose,
      textArray(demand.fields),
      demand.words,
      demand.madeAt,
      demand.madeBy,
      demand.evidence,
      demand.regimes && JSON.stringify(demand.regimes),
      demand.startedAt,
      demand.clock,
      demand.dueAt,
      demand.assumed,
      demand.answeredAt,
      demand.answeredBy && JSON.stringify(demand.answeredBy),
      demand.outcome,
      demand.cameFrom,
    ],
  })
}
/** Writes back what an act may change. The row is held since it was read, so nobody came between. */
export async function updateDemand(tx: Tx, demand: Demand): Promise<void> {
  await tx.query({
    name: 'demands/update',
    text: `update demands.demand set state = $3, words = $4, evidence = $5, regimes = $6, started_at = $7, clock = $8, due_at = $9,
        assumed = $10, extended_at = $11, answered_at = $12, answered_by = $13, outcome = $14, reason = $15, came_from = $16,
        escalated_at = $17, escalated_by = $18
      where tenant = $1 and id = $2`,
    values: [
      demand.tenant,
      demand.id,
      demand.state,
      demand.words,
      demand.evidence,
      demand.regimes && JSON.stringify(demand.regimes),
      demand.startedAt,
      demand.clock,
      demand.dueAt,
      demand.assumed,
      demand.extendedAt,
      demand.answeredAt,
      demand.answeredBy && JSON.stringify(demand.answeredBy),
      demand.outcome,
      demand.reason,
      demand.cameFrom,
      demand.escalatedAt,
      demand.escalatedBy,
    ],
  })
}
export async function findDemand(db: Query, tenant: OrganisationId, id: DemandId): Promise<Demand | undefined> {
  return (
    await db.query<Demand>({
      name: 'demands/find',
      text: `select ${columns} from demands.demand where tenant = $1 and id = $2`,
      values: [tenant, id],
    })
  )[0]
}
/** The same, held until the transaction ends: acts on one demand follow one another. */
export async function holdDemand(tx: Tx, tenant: OrganisationId, id: DemandId): Promise<Demand | undefined> {
  return (
    await tx.query<Demand>({
      name: 'demands/hold',
      text: `select ${columns} from demands.demand where tenant = $1 and id = $2 for update`,
      values: [tenant, id],
    })
  )[0]
}
export async function demandsOfPerson(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  before: DemandId | null,
  limit: number,
): Promise<readonly Demand[]> {
  return db.query<Demand>({
    name: 'demands/of-person',
    text: `select ${columns} from demands.demand where subject = $1 and tenant = $2 and ($3::uuid is null or id < $3) order by id desc limit $4`,
    values: [subject, tenant, before, limit],
  })
}
export async function demandsOfTenant(
  db: Query,
  tenant: OrganisationId,
  before: DemandId | null,
  limit: number,
): Promise<readonly Demand[]> {
  return db.query<Demand>({
    name: 'demands/of-tenant',
    text: `select ${columns} from demands.demand where tenant = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
    values: [tenant, before, limit],
  })
}
/** Soonest due first; a cursor is the place of the last one seen. */
export async function demandsByClock(
  db: Query,
  tenant: OrganisationId,
  after: { readonly dueAt: Date; readonly id: DemandId } | null,
  limit: number,
): Promise<readonly Demand[]> {
  return db.query<Demand>({
    name: 'demands/by-clock',
    text: `select ${columns} from demands.demand where tenant = $1 and ${waiting} and (due_at, id) > (coalesce($2, '-infinity'::timestamptz), coalesce($3, '00000000-0000-0000-0000-000000000000'::uuid))
      order by due_at, id limit $4`,
    values: [tenant, after?.dueAt ?? null, after?.id ?? null, limit],
  })
}
export async function pendingDemands(db: Query, tenant: OrganisationId, limit: number): Promise<readonly Demand[]> {
  return db.query<Demand>({
    name: 'demands/pending',
    text: `select ${columns} from demands.demand where tenant = $1 and state = 'pending' order by id limit $2`,
    values: [tenant, limit],
  })
}
export interface Place {
  readonly tenant: OrganisationId
  readonly id: DemandId
}
/** `live`: the person was not erased by another way meanwhile. */
export async function overdueDemands(
  db: Query,
  now: Date,
  limit: number,
): Promise<readonly (Place & { readonly live: boolean })[]> {
  return db.query({
    name: 'demands/overdue',
    text: `select d.tenant, d.id, p.state = 'live' as live from demands.demand d join parties.person p on p.tenant = d.tenant and p.id = d.subject
      where d.state = 'open' and d.due_at <= $1 order by d.due_at limit $2`,
    values: [now, limit],
  })
}
export async function unfinishedDemands(db: Query, before: Date, limit: number): Promise<readonly Place[]> {
  return db.query<Place>({
    name: 'demands/unfinished',
    text: `select tenant, id from demands.demand where state = 'fulfilling' and answered_at <= $1 order by answered_at limit $2`,
    values: [before, limit],
  })
}
export async function assumedDemands(db: Query, after: DemandId | null, limit: number): Promise<readonly Place[]> {
  return db.query<Place>({
    name: 'demands/assumed',
    text: `select tenant, id from demands.demand where state = 'open' and assumed and ($1::uuid is null or id > $1) order by id limit $2`,
    values: [after, limit],
  })
}
/** An erased person's words go with them: what remains is that a demand was made and answered. */
export async function forgetWords(tx: Tx, tenant: OrganisationId, subject: PersonId): Promise<void> {
  await tx.query({
    name: 'demands/forget-words',
    text: 'update demands.demand set words = null where subject = $1 and tenant = $2 and words is not null',
    values: [subject, tenant],
  })
}
export async function regimesOf(db: Query, tenant: OrganisationId): Promise<readonly RegimeLine[] | undefined> {
  const [row] = await db.query<{ regimes: readonly RegimeLine[] }>({
    name: 'demands/regimes-of',
    text: 'select regimes from demands.regime where tenant = $1',
    values: [tenant],
  })
  return row?.regimes
}
export async function keepRegimes(
  tx: Tx,
  tenant: OrganisationId,
  regimes: readonly RegimeLine[],
  at: Date,
): Promise<void> {
  await tx.query({
    name: 'demands/keep-regimes',
    text: `insert into demands.regime (tenant, regimes, stated_at) values ($1, $2, $3)
      on conflict (tenant) do update set regimes = excluded.regimes, stated_at = excluded.stated_at`,
    values: [tenant, JSON.stringify(regimes), at],
  })
}
export async function organisationNames(db: Query, ids: readonly string[]): Promise<ReadonlyMap<string, Bilingual>> {
  const rows = await db.query<{ id: string; en: string; zh: string }>({
    name: 'demands/organisation-names',
    text: 'select id, name_en as en, name_zh as zh from parties.organisation where id = any($1::uuid[])',
    values: [uuidArray(ids)],
  })
  return new Map(rows.map(({ id, en, zh }) => [id, { en, zh }]))
}

/** When the first organisation was registered: from then on everything was logged. */
export async function beginning(db: Query): Promise<Date> {
  const [row] = await db.query<{ since: Date | null }>({
    name: 'demands/beginning',
    text: 'select created_at as since from parties.organisation order by id limit 1',
  })
  return row?.since ?? new Date(0)
}

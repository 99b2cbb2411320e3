import { type Actor, type ClientId, type DemandId, type OrganisationId, Refusal, type StaffId } from '#kernel'
import type { OnceKey } from '#platform'
import { actByItself } from '../acting.ts'
import type { DemandsDeps } from '../deps.ts'
import type { Demand } from '../model.ts'
import { findDemand, forgetWords, holdDemand, updateDemand } from '../store.ts'

/**
 * Does what was answered: erases, or withdraws the purpose. The answer was durable before, and both acts happen once for their
 * key, so a server that dies in between goes on from here. An act that the law of its own room refuses puts the demand back.
 */
export async function finish(deps: DemandsDeps, tenant: OrganisationId, id: DemandId): Promise<void> {
  const demand = await findDemand(deps.db.as('demands'), tenant, id)
  if (demand?.state !== 'fulfilling') return
  try {
    await actFor(deps, demand)
  } catch (error) {
    if (!(error instanceof Refusal) || error.status >= 500) throw error
    await putBack(deps, demand, error)
    if (demand.answeredBy?.kind !== 'person') throw error
    return
  }
  await deps.db.transaction('demands', async (tx) => {
    const held = await holdDemand(tx, tenant, id)
    // Another server may have finished the same.
    if (held?.state !== 'fulfilling') return
    await updateDemand(tx, { ...held, state: 'fulfilled', cameFrom: null })
    if (demand.kind === 'delete') await forgetWords(tx, tenant, demand.subject)
  })
}

async function actFor(deps: DemandsDeps, demand: Demand): Promise<void> {
  const actor = actorOf(demand)
  const once: OnceKey = { key: `demand/${demand.id}`, digest: Buffer.from(demand.id, 'hex') }
  if (demand.kind === 'delete')
    await deps.acts.erase(actor, demand.subject, once).catch((error: unknown) => {
      // Somebody erased them meanwhile: what was demanded is so.
      if (!(error instanceof Refusal && error.code === 'person_erased')) throw error
    })
  else if (demand.kind === 'stop' && demand.purpose !== null)
    await deps.acts.withdraw(actor, demand.subject, demand.purpose, once)
}

async function putBack(deps: DemandsDeps, { tenant, id }: Demand, refusal: Refusal): Promise<void> {
  await actByItself(deps, tenant, id, (demand) =>
    demand.state !== 'fulfilling'
      ? undefined
      : {
          to: {
            ...demand,
            state: demand.cameFrom ?? 'open',
            cameFrom: null,
            outcome: null,
            answeredAt: null,
            answeredBy: null,
          },
          act: 'put-back',
          fields: [['because', refusal.code]],
        },
  )
}

const nothing: ReadonlySet<never> = new Set()
/** Whoever answered, for the entry of the act. What they may do was judged when they answered. */
function actorOf(demand: Demand): Exclude<Actor, { kind: 'anyone' }> {
  const { kind, id } = demand.answeredBy ?? { kind: 'software' }
  if (kind === 'software' || id === undefined) throw new Error('software answers nothing that acts')
  const { tenant } = demand
  if (kind === 'person') return { kind, id: demand.subject, tenant }
  // Kind and id were kept together, so the id is of its kind.
  return kind === 'client'
    ? { kind, id: id as ClientId, tenant, abilities: nothing, purposes: nothing }
    : { kind, id: id as StaffId, tenant, abilities: nothing, purposes: nothing }
}

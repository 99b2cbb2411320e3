import { type DemandId, type PersonActor, toWire } from '#kernel'
import { emit, type OnceKey } from '#platform'
import { actByItself, actOn, type Change } from '../acting.ts'
import { defaultRegimes, startClock } from '../clock.ts'
import type { DemandsDeps } from '../deps.ts'
import type { Demand } from '../model.ts'
import { assertMayEscalate, isOverdue } from '../rules.ts'
import { overdueDemands, regimesOf } from '../store.ts'

/** What supervision hears: ids and the clock, nothing that anybody wrote. */
const escalated = (demand: Demand, at: Date, by: 'person' | 'clock'): Change => ({
  to: { ...demand, state: 'escalated', escalatedAt: at, escalatedBy: by },
  act: 'escalate',
  fields: [['by', by]],
  also: (tx) =>
    emit(tx, 'demand.escalated', {
      demand: toWire('dem', demand.id),
      provider: toWire('org', demand.tenant),
      kind: demand.kind,
      clock: demand.clock,
      by,
      refusedFor: demand.reason,
    }),
})

/** The person takes a refusal, or silence, to the authority. Article 9; PIPL 50 and 65. */
export async function escalateDemand(
  deps: DemandsDeps,
  actor: PersonActor,
  id: DemandId,
  onceKey: OnceKey | undefined,
) {
  const under = (await regimesOf(deps.db.as('demands'), actor.tenant)) ?? defaultRegimes
  return actOn(deps, actor, id, onceKey, (demand, at) => {
    assertMayEscalate(demand, at)
    // Refused because nobody knew who asks: here they are, so the clock runs from now.
    const known = demand.startedAt ? demand : { ...demand, ...startClock(demand.kind, at, under) }
    return escalated(known, at, 'person')
  })
}

/** What nobody answered in time escalates by itself. Safe to run anywhere and twice: each row is held and judged anew. */
export async function escalateOverdue(deps: DemandsDeps): Promise<number> {
  let count = 0
  for (;;) {
    const overdue = await overdueDemands(deps.db.as('demands'), deps.clock.now(), 100)
    for (const { tenant, id, live } of overdue)
      if (
        await actByItself(deps, tenant, id, (demand, at) => {
          if (demand.state !== 'open' || !isOverdue(demand, at)) return undefined
          // Nobody is left to whom anything could be owed.
          if (!live) return { to: { ...demand, state: 'withdrawn' }, act: 'lapse' }
          return escalated(demand, at, 'clock')
        })
      )
        count += 1
    if (overdue.length < 100) return count
  }
}

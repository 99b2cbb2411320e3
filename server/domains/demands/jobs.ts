import type { DemandId } from '#kernel'
import { actByItself } from './acting.ts'
import { finish } from './actions/finish.ts'
import { startClock } from './clock.ts'
import type { DemandsDeps } from './deps.ts'
import { assumedDemands, type Place, unfinishedDemands } from './store.ts'

/** Goes on with what a server left half done: answered more than half a minute ago and not finished. */
export async function finishAll(deps: DemandsDeps): Promise<void> {
  const before = new Date(deps.clock.now().getTime() - 30_000)
  for (const { tenant, id } of await unfinishedDemands(deps.db.as('demands'), before, 100))
    await finish(deps, tenant, id).catch((error: unknown) =>
      deps.log.error({ err: error, demand: id }, 'a demand could not be finished'),
    )
}

/** A calendar may have been published since: clocks that rested on an assumption are counted again. */
export async function recount(deps: DemandsDeps): Promise<void> {
  let after: DemandId | null = null
  for (;;) {
    const assumed: readonly Place[] = await assumedDemands(deps.db.as('demands'), after, 100)
    for (const { tenant, id } of assumed)
      await actByItself(deps, tenant, id, (demand) => {
        if (demand.state !== 'open' || demand.extendedAt || !demand.startedAt || !demand.regimes) return undefined
        const { clock, dueAt, assumed: still } = startClock(demand.kind, demand.startedAt, demand.regimes)
        if (dueAt.getTime() === demand.dueAt?.getTime() && clock === demand.clock && still) return undefined
        return { to: { ...demand, clock, dueAt, assumed: still }, act: 'recount' }
      })
    if (assumed.length < 100) return
    after = assumed[99]!.id
  }
}

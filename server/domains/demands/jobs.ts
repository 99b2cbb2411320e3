import { type DemandId, day } from '#kernel'
import { actByItself } from './acting.ts'
import { finish } from './actions/finish.ts'
import { startClock } from './clock.ts'
import type { DemandsDeps } from './deps.ts'
import { assumedDemands, holdDemand, oldWords, type Place, unfinishedDemands, updateDemand } from './store.ts'
import { openWords, sealWords } from './words.ts'

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

/** Words are sealed anew every half epoch, so that they outlive the epoch keys that are destroyed. */
export async function resealWords(deps: DemandsDeps): Promise<number> {
  let count = 0
  for (;;) {
    const at = deps.clock.now()
    const old = await oldWords(deps.db.as('demands'), new Date(at.getTime() - 15 * day), 200)
    for (const { tenant, id } of old)
      await deps.db.transaction('demands', async (tx) => {
        const demand = await holdDemand(tx, tenant, id)
        if (!demand?.words) return
        const words = await sealWords(deps.keys, tenant, id, await openWords(deps.keys, demand))
        await updateDemand(tx, { ...demand, words }, at)
        count += 1
      })
    if (old.length < 200) return count
  }
}

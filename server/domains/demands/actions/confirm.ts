import { type DemandId, Refusal } from '#kernel'
import type { OnceKey } from '#platform'
import { type Asker, actOn } from '../acting.ts'
import { defaultRegimes, startClock } from '../clock.ts'
import type { DemandsDeps } from '../deps.ts'
import { kinds } from '../model.ts'
import { assertMayBecome } from '../rules.ts'
import { regimesOf } from '../store.ts'
import { finish } from './finish.ts'
import { answeredBySoftware } from './make-demand.ts'

/** It is established who asks; from here the clock runs. A person who signs in proves it themselves. */
export async function confirmDemand(
  deps: DemandsDeps,
  actor: Asker,
  id: DemandId,
  evidence: string | undefined,
  onceKey: OnceKey | undefined,
) {
  if (actor.kind !== 'person' && evidence === undefined) throw new Refusal('evidence_needed', { field: '/evidence' })
  const under = (await regimesOf(deps.db.as('demands'), actor.tenant)) ?? defaultRegimes
  const receipt = await actOn(deps, actor, id, onceKey, (demand, at) => {
    const state = assertMayBecome(demand, 'confirm')
    const open = { ...demand, ...startClock(demand.kind, at, under), state, evidence: evidence ?? null }
    const to = answeredBySoftware(open, actor, at) ?? open
    return { to, act: 'confirm', fields: [['bySoftware', kinds[demand.kind].bySoftware]] }
  })
  await finish(deps, actor.tenant, id)
  return receipt
}

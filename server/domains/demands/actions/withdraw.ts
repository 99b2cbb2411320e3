import type { DemandId, PersonActor } from '#kernel'
import type { OnceKey } from '#platform'
import { actOn } from '../acting.ts'
import type { DemandsDeps } from '../deps.ts'
import { assertMayBecome } from '../rules.ts'

/** The person takes a demand back. Once software is doing what was answered it is too late. */
export const withdrawDemand = (deps: DemandsDeps, actor: PersonActor, id: DemandId, onceKey: OnceKey | undefined) =>
  actOn(deps, actor, id, onceKey, (demand) => ({
    to: { ...demand, state: assertMayBecome(demand, 'withdraw') },
    act: 'withdraw',
  }))

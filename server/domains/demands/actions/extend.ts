import { type ClientActor, type DemandId, Refusal, type StaffActor } from '#kernel'
import type { OnceKey } from '#platform'
import { actOn } from '../acting.ts'
import { extendClock } from '../clock.ts'
import type { DemandsDeps } from '../deps.ts'
import { assertMayExtend } from '../rules.ts'
import { digestOf } from '../words.ts'

/** Takes the longer time that the law allows, once, before the clock has run out, with reasons to the person. GDPR 12(3). */
export const extendDemand = (
  deps: DemandsDeps,
  actor: ClientActor | StaffActor,
  id: DemandId,
  text: string,
  onceKey: OnceKey | undefined,
) =>
  actOn(deps, actor, id, onceKey, (demand, at) => {
    assertMayExtend(demand, at)
    const later = extendClock(demand)
    if (!later)
      throw new Refusal('extension_not_allowed', { missing: { why: 'the law gives none', clock: demand.clock } })
    return {
      to: { ...demand, ...later, extendedAt: at },
      act: 'extend',
      words: { extension: text },
      fields: [['said', digestOf(text)]],
    }
  })

import type { Actor } from '#kernel'
import { Refusal } from '#kernel'
import type { Demand, DemandAct, DemandState } from './model.ts'

/** The state machine: from which state an act leads to which. What is not here cannot happen. */
export const next: Readonly<Record<DemandState, Readonly<Partial<Record<DemandAct, DemandState>>>>> = {
  pending: { confirm: 'open', refuse: 'refused', withdraw: 'withdrawn' },
  open: { fulfil: 'fulfilling', refuse: 'refused', extend: 'open', escalate: 'escalated', withdraw: 'withdrawn' },
  // Software is doing what was answered; it ends in `fulfilled`, or where it came from if the act was refused.
  fulfilling: {},
  fulfilled: {},
  refused: { escalate: 'escalated' },
  escalated: { fulfil: 'fulfilling', refuse: 'refused', withdraw: 'withdrawn' },
  withdrawn: {},
}

/** @throws {Refusal} `demand_state` with the state that it is in. */
export function assertMayBecome(demand: Pick<Demand, 'state'>, act: DemandAct): DemandState {
  const state = next[demand.state][act]
  if (!state) throw new Refusal('demand_state', { missing: { state: demand.state, act } })
  return state
}

export const isOverdue = (demand: Pick<Demand, 'state' | 'dueAt'>, now: Date): boolean =>
  (demand.state === 'open' || demand.state === 'escalated' || demand.state === 'fulfilling') &&
  demand.dueAt !== null &&
  demand.dueAt.getTime() <= now.getTime()

/** A refusal may be escalated at once, an open demand only when its clock has run out. @throws {Refusal} */
export function assertMayEscalate(demand: Demand, now: Date): void {
  assertMayBecome(demand, 'escalate')
  if (demand.state === 'open' && !isOverdue(demand, now))
    throw new Refusal('demand_not_overdue', { missing: { dueAt: demand.dueAt?.toISOString() } })
}
/** Once, and before it has run out. That the law knows an extension at all is asked of the clock. @throws {Refusal} */
export function assertMayExtend(demand: Demand, now: Date): void {
  assertMayBecome(demand, 'extend')
  if (demand.extendedAt !== null) throw new Refusal('extension_not_allowed', { missing: { why: 'it was used' } })
  if (isOverdue(demand, now)) throw new Refusal('extension_not_allowed', { missing: { why: 'the clock has run out' } })
}

const acts: Readonly<Record<'person' | 'provider', readonly DemandAct[]>> = {
  person: ['confirm', 'escalate', 'withdraw'],
  provider: ['confirm', 'fulfil', 'refuse', 'extend'],
}
/** What whoever asks may do now. */
export function possibleActs(demand: Demand, actor: Pick<Actor, 'kind'>, extensible: boolean, now: Date): DemandAct[] {
  return acts[actor.kind === 'person' ? 'person' : 'provider'].filter((act) => {
    if (!next[demand.state][act]) return false
    if (act === 'escalate') return demand.state !== 'open' || isOverdue(demand, now)
    if (act === 'extend') return extensible && demand.extendedAt === null && !isOverdue(demand, now)
    return true
  })
}

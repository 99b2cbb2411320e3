import {
  clockById,
  computeClock,
  computeExtended,
  governing,
  regimes as lawOf,
  type Running,
  runningClocks,
} from '@bailee/law'
import { instant } from '#kernel'
import type { Demand, DemandKind, RegimeLine } from './model.ts'

export const defaultRegimes: readonly RegimeLine[] = [{ regime: 'cn' }]

/** Every clock that a demand runs under; its regimes are those of the day on which it started. */
export const clocksOf = (kind: DemandKind, startedAt: Date, under: readonly RegimeLine[]): readonly Running[] =>
  runningClocks(kind, startedAt, under)

/** The clock that decides, for a demand that starts now. */
export function startClock(kind: DemandKind, startedAt: Date, under: readonly RegimeLine[]) {
  const decides = governing(clocksOf(kind, startedAt, under), false)
  if (!decides) throw new Error(`no clock is in force for a demand to ${kind}`)
  const { clock, computation } = decides
  return { startedAt, regimes: under, clock: clock.id, dueAt: computation.due, assumed: computation.assumed }
}
/** Undefined when the law gives no extension, or when another clock would run out no later. */
export function extendClock(demand: Demand) {
  if (!demand.startedAt || !demand.regimes) return undefined
  const decides = governing(clocksOf(demand.kind, demand.startedAt, demand.regimes), true)
  return (
    decides && {
      clock: decides.clock.id,
      dueAt: decides.computation.due,
      assumed: decides.computation.assumed,
    }
  )
}

/** How the clock of a demand was counted, computed anew from what is stored: the same inputs, the same steps. */
export function shownClock(demand: Demand, withSteps: boolean) {
  const clock = demand.clock === null ? undefined : clockById(demand.clock)
  if (!clock || !demand.startedAt || !demand.dueAt) return null
  const zone = demand.regimes?.find(({ regime }) => regime === clock.regime)?.zone ?? lawOf[clock.regime].zone
  const { calendar } = lawOf[clock.regime]
  const computation =
    (demand.extendedAt ? computeExtended(clock, demand.startedAt, calendar, zone) : undefined) ??
    computeClock(clock, demand.startedAt, calendar, zone)
  return {
    id: clock.id,
    regime: clock.regime,
    instrument: clock.instrument,
    version: clock.version,
    article: demand.extendedAt && clock.extension ? clock.extension.article : clock.article,
    rank: clock.rank,
    source: clock.source,
    secondHand: clock.secondHand === true,
    note: clock.note ?? null,
    event: clock.event,
    zone,
    startedAt: instant(demand.startedAt),
    dueAt: instant(demand.dueAt),
    lastDay: computation.lastDay,
    assumed: computation.assumed,
    extended: demand.extendedAt !== null && clock.extension !== undefined,
    ...(withSteps ? { steps: computation.steps.map((step) => ({ ...step })) } : {}),
  }
}

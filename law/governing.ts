import { clocks } from './clocks.ts'
import { type Computation, computeClock, computeExtended } from './compute.ts'
import { localDate } from './dates.ts'
import type { Clock, DemandKind, Regime } from './model.ts'
import { regimes } from './regimes.ts'

export interface Running {
  readonly clock: Clock
  readonly zone: string
  readonly computation: Computation
  readonly extended: Computation | undefined
}
export const clockById = (id: string): Clock | undefined => clocks.find((clock) => clock.id === id)

/** Every clock in force on the day a demand of this kind started, in each regime that the provider answers by; soonest due first. */
export function runningClocks(
  kind: DemandKind,
  startedAt: Date,
  under: readonly { readonly regime: Regime; readonly zone?: string | undefined }[],
): readonly Running[] {
  return under
    .flatMap(({ regime, zone = regimes[regime].zone }) => {
      const today = localDate(startedAt, zone)
      return clocks
        .filter((clock) => clock.regime === regime && clock.demands.includes(kind))
        .filter(({ from, to }) => from <= today && (to === null || today <= to))
        .map((clock) => ({
          clock,
          zone,
          computation: computeClock(clock, startedAt, regimes[regime].calendar, zone),
          extended: computeExtended(clock, startedAt, regimes[regime].calendar, zone),
        }))
    })
    .sort((one, other) => one.computation.due.getTime() - other.computation.due.getTime())
}

/**
 * The clock that decides: the soonest of all. `extended` asks after an extension, which moves only clocks that have one; undefined
 * when that would gain nothing.
 */
export function governing(
  running: readonly Running[],
  extended: boolean,
): { readonly clock: Clock; readonly zone: string; readonly computation: Computation } | undefined {
  const dueOf = ({ computation, extended: later }: Running) => (extended ? (later ?? computation) : computation)
  const [soonest] = [...running].sort((one, other) => dueOf(one).due.getTime() - dueOf(other).due.getTime())
  if (!soonest) return undefined
  const computation = dueOf(soonest)
  if (extended && computation.due.getTime() <= (governing(running, false)?.computation.due.getTime() ?? 0))
    return undefined
  return { clock: soonest.clock, zone: soonest.zone, computation }
}

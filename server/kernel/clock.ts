/** The time is a fact that rules are given; nobody but a Clock asks the machine. */
export interface Clock {
  now(): Date
}
export const systemClock: Clock = { now: () => new Date() }
/** A clock that is ahead of the machine's, for rehearsing what time does to keys and deadlines. */
export const clockAhead = (milliseconds: number): Clock => ({ now: () => new Date(Date.now() + milliseconds) })
export const fixedClock = (at: Date): Clock & { set(next: Date): void } => {
  let present = at
  return {
    now: () => new Date(present),
    set: (next) => {
      present = next
    },
  }
}
/** UTC with milliseconds, as it stands on the wire. */
export const instant = (at: Date | number): string => new Date(at).toISOString()
export const day = 86_400_000

/** Civil dates as `YYYY-MM-DD`, and what they mean in a time zone. Arithmetic is on days, so that no hour is ever lost. */
const day = 86_400_000
const utc = (date: string): number => Date.parse(`${date}T00:00:00Z`)
const dateOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

export const addDays = (date: string, days: number): string => dateOf(utc(date) + days * day)
export const daysBetween = (from: string, to: string): number => Math.round((utc(to) - utc(from)) / day)
/** 0 is Sunday. */
export const weekday = (date: string): number => new Date(utc(date)).getUTCDay()

/** The same day of a later month; where that month has no such day, its last day (Civil Code 202; Regulation 1182/71, 3(2)(c)). */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, dayOfMonth = 1] = date.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return dateOf(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(dayOfMonth, last)))
}

const formats = new Map<string, Intl.DateTimeFormat>()
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      calendar: 'iso8601',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(zone, format)
  }
  return format
}
/** Is this an IANA time zone that the machine knows? */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}
/** Wall-clock time in the zone, as if it were UTC. */
function wallClock(at: number, zone: string): number {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day: date = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, date, hour, minute, second)
}
/** The date on a calendar that hangs in this zone. */
export const localDate = (at: Date, zone: string): string => dateOf(wallClock(at.getTime(), zone))

/** The instant at which the day is over: the first of the next day in the zone, even where clocks are put forward at midnight. */
export function endOfDay(date: string, zone: string): Date {
  const midnight = utc(date) + day
  let at = midnight - (wallClock(midnight, zone) - midnight)
  // Once more: the first guess may have used the offset of the other side of a change.
  at = midnight - (wallClock(at, zone) - at)
  while (localDate(new Date(at), zone) <= date) at += 900_000
  while (localDate(new Date(at - 1000), zone) > date) at -= 900_000
  return new Date(at)
}

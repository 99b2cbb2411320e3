import { weekday } from '../dates.ts'
import type { Bilingual } from '../model.ts'

export interface CalendarYear {
  readonly source: string
  readonly secondHand?: true
  /** Days off, weekends among them included; first and last day of each break. */
  readonly off: readonly { readonly name: Bilingual; readonly from: string; readonly to: string }[]
  /** Saturdays and Sundays on which people work in exchange. */
  readonly working: readonly string[]
}
export interface Calendar {
  readonly id: string
  readonly title: Bilingual
  /** By year. A year that is missing was not yet published: its weekends are known, its holidays are not. */
  readonly years: Readonly<Record<string, CalendarYear>>
}
export interface DayKind {
  readonly working: boolean
  readonly why: Bilingual
  /** The calendar of that year is not known, so this is an assumption. */
  readonly assumed: boolean
}

const workday: Bilingual = { en: 'working day', zh: '工作日' }
const exchanged: Bilingual = { en: 'weekend worked in exchange for a holiday', zh: '调休上班日' }
const weekend: Bilingual = { en: 'weekend', zh: '周末' }

export function dayKind(calendar: Calendar, date: string): DayKind {
  const year = calendar.years[date.slice(0, 4)]
  const assumed = year === undefined
  const off = year?.off.find(({ from, to }) => from <= date && date <= to)
  if (off) return { working: false, why: off.name, assumed }
  if (year?.working.includes(date)) return { working: true, why: exchanged, assumed }
  const rests = weekday(date) === 0 || weekday(date) === 6
  return { working: !rests, why: rests ? weekend : workday, assumed }
}

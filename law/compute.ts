import { type Calendar, dayKind } from './calendars/calendar.ts'
import { addDays, addMonths, endOfDay, localDate } from './dates.ts'
import type { Bilingual, Clock, Counting, Length } from './model.ts'

/** One line of the shown computation. `date` is local; `counted` is the number that the day has in the period, or null. */
export interface Step {
  readonly date: string
  readonly counted: number | null
  readonly why: Bilingual
}
export interface Computation {
  /** From this instant on the clock has run out. */
  readonly due: Date
  /** The last local day on which an answer is in time. */
  readonly lastDay: string
  readonly steps: readonly Step[]
  /** A year's calendar is not known: compute again once it is published. */
  readonly assumed: boolean
}

/**
 * When a clock that started at this instant runs out, and how that was counted. Days are those of the zone.
 * Civil Code, articles 200 to 204; Regulation (EEC, Euratom) No 1182/71, article 3.
 */
export const computeClock = (
  clock: Pick<Clock, 'length' | 'counting'>,
  startedAt: Date,
  calendar: Calendar,
  zone: string,
): Computation => compute(clock.length, clock.counting, startedAt, calendar, zone)

/** The same with the extension; it runs on from the clock itself, not from its last day. Undefined where the law gives none. */
export function computeExtended(
  clock: Pick<Clock, 'length' | 'extension' | 'counting'>,
  startedAt: Date,
  calendar: Calendar,
  zone: string,
): Computation | undefined {
  const length = clock.extension && sum(clock.length, clock.extension.length)
  return length && compute(length, clock.counting, startedAt, calendar, zone)
}
function sum(one: Length, other: Length): Length {
  if ('months' in one && 'months' in other) return { months: one.months + other.months }
  if ('days' in one && 'days' in other) return { days: one.days + other.days }
  if ('workingDays' in one && 'workingDays' in other) return { workingDays: one.workingDays + other.workingDays }
  if ('hours' in one && 'hours' in other) return { hours: one.hours + other.hours }
  throw new Error('an extension is counted like its clock')
}

const articles: Readonly<Record<Counting, { first: Bilingual; last: Bilingual; month: Bilingual }>> = {
  cn: {
    first: { en: 'the day it starts is not counted (Civil Code 201)', zh: '起始当日不计入（民法典第二百零一条）' },
    last: {
      en: 'not a working day, so the last day moves on (Civil Code 203)',
      zh: '最后一日为休假日，顺延（民法典第二百零三条）',
    },
    month: { en: 'the same day of the month (Civil Code 202)', zh: '到期月的对应日（民法典第二百零二条）' },
  },
  eu: {
    first: {
      en: 'the day it starts is not counted (Regulation 1182/71, 3(1))',
      zh: '起始当日不计入（欧共体1182/71号条例第3条第1款）',
    },
    last: {
      en: 'not a working day, so the last day moves on (Regulation 1182/71, 3(4))',
      zh: '最后一日为休息日，顺延（欧共体1182/71号条例第3条第4款）',
    },
    month: {
      en: 'the same day of the month (Regulation 1182/71, 3(2)(c))',
      zh: '到期月的对应日（欧共体1182/71号条例第3条第2款c项）',
    },
  },
}

function compute(length: Length, counting: Counting, startedAt: Date, calendar: Calendar, zone: string): Computation {
  const first = localDate(startedAt, zone)
  if ('hours' in length) return hours(length.hours, counting, startedAt, zone)
  const words = articles[counting]
  const steps: Step[] = [{ date: first, counted: null, why: words.first }]
  let assumed = false
  let last = first
  if ('workingDays' in length) {
    for (let counted = 0; counted < length.workingDays; ) {
      last = addDays(last, 1)
      const { working, why, assumed: guessed } = dayKind(calendar, last)
      assumed ||= guessed
      if (working) counted += 1
      steps.push({ date: last, counted: working ? counted : null, why })
    }
  } else {
    if ('days' in length)
      for (let counted = 1; counted <= length.days; counted++) {
        last = addDays(last, 1)
        steps.push({ date: last, counted, why: { en: `day ${counted}`, zh: `第${counted}日` } })
      }
    else
      for (let counted = 1; counted <= length.months; counted++) {
        // Always from the first day: 31 January and one month is 28 February, and two months are 31 March again.
        last = addMonths(first, counted)
        steps.push({ date: last, counted, why: words.month })
      }
    for (;;) {
      const { working, why, assumed: guessed } = dayKind(calendar, last)
      assumed ||= guessed
      if (working) break
      last = addDays(last, 1)
      steps.push({
        date: last,
        counted: null,
        why: { en: `${words.last.en}: ${why.en}`, zh: `${words.last.zh}：${why.zh}` },
      })
    }
  }
  return { due: endOfDay(last, zone), lastDay: last, steps, assumed }
}

const hour = 3_600_000
/** By the hour, holidays or not. European hours begin with the next full one (3(1) of the Regulation), Chinese ones at once (201). */
function hours(count: number, counting: Counting, startedAt: Date, zone: string): Computation {
  const start = startedAt.getTime()
  const from = counting === 'eu' ? Math.floor(start / hour) * hour + hour : start
  const due = new Date(from + count * hour)
  const lastDay = localDate(due, zone)
  const why: Bilingual =
    counting === 'eu'
      ? {
          en: 'the hour it starts in is not counted (Regulation 1182/71, 3(1))',
          zh: '起始的小时不计入（欧共体1182/71号条例第3条第1款）',
        }
      : {
          en: 'hours count from the moment itself (Civil Code 201)',
          zh: '按小时计算，自起始时刻起算（民法典第二百零一条）',
        }
  const end: Bilingual = {
    en: `hour ${count} ends; holidays count like other days`,
    zh: `第${count}小时届满，节假日照常计算`,
  }
  const steps: Step[] = [
    { date: localDate(startedAt, zone), counted: null, why },
    { date: lastDay, counted: count, why: end },
  ]
  return { due, lastDay, steps, assumed: false }
}

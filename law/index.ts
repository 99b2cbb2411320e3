/** The law as data: clocks, calendars of working days, reasons for refusal. Dated, versioned, cited. No dependency, no I/O. */

export { type Calendar, type CalendarYear, type DayKind, dayKind } from './calendars/calendar.ts'
export { cn } from './calendars/cn.ts'
export { eu } from './calendars/eu.ts'
export { clocks } from './clocks.ts'
export { type Computation, computeClock, computeExtended, type Step } from './compute.ts'
export { addDays, addMonths, daysBetween, endOfDay, isZone, localDate, weekday } from './dates.ts'
export { clockById, governing, type Running, runningClocks } from './governing.ts'
export type { Bilingual, Clock, Counting, DemandKind, Length, Rank, Regime } from './model.ts'
export { type RefusalReason, refusalReasonOf, refusalReasons } from './refusals.ts'
export { regimes } from './regimes.ts'

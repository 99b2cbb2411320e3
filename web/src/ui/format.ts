import { useMemo } from 'react'
import { type Language, localeOf, useSpeech } from '../i18n/index.tsx'

/** Dates, lists and durations in the reader's language and their own time zone. */
export function formatterFor(language: Language) {
  const locale = localeOf(language)
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long' })
  // A date without a time belongs to no zone.
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
  const minute = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
  const countries = new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  const unit = (name: 'millisecond' | 'second', digits: number) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits })
  return {
    moment: (at: string | number | Date) => moment.format(new Date(at)),
    day: (at: string | number | Date) => day.format(new Date(at)),
    /** A date as it stands, `2027-01-31`. */
    date: (text: string) => date.format(new Date(`${text}T00:00:00Z`)),
    clock: (at: string | number | Date) => clock.format(new Date(at)),
    minute: (at: string | number | Date) => minute.format(new Date(at)),
    /** ISO 3166-1 alpha-2 to its name. */
    country: (code: string) => countries.of(code) ?? code,
    list: (words: readonly string[]) => list.format(words),
    duration: (ms: number) =>
      ms < 1000 ? unit('millisecond', ms < 10 ? 1 : 0).format(ms) : unit('second', 1).format(ms / 1000),
  }
}
export type Formatter = ReturnType<typeof formatterFor>

export function useFormat(): Formatter {
  const { language } = useSpeech()
  return useMemo(() => formatterFor(language), [language])
}

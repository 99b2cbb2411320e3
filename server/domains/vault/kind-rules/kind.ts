/** What a kind of field knows about its values. Pure, and linear in the length of the value. */
export interface Kind {
  /** The rule that this value breaks, in words that do not repeat it; undefined when it breaks none. */
  broken(value: string, context: KindContext): string | undefined
  /** Stands beside each blind index token: 1 is the folding of free text, 2 that of the kind. */
  readonly normaliser: number
  /** Equal for values that mean the same. Also of values that break the rules: they are searched for too. */
  normalise(value: string): string
  /** Masked and derived forms: what they answer, or undefined where the value does not tell. */
  readonly forms: Readonly<Record<string, Form>>
}
export interface KindContext {
  readonly field: string
  /** Today in Beijing, as YYYY-MM-DD. */
  readonly today: string
}
export type Form = (value: string, today: string) => string | undefined

/** China keeps one time, eight hours ahead of UTC, all year. */
export const beijingDay = (now: Date): string => new Date(now.getTime() + 8 * 3_600_000).toISOString().slice(0, 10)

/** Compatibility forms folded; spaces, hyphens and invisible characters dropped. */
export const squeezed = (value: string): string => value.normalize('NFKC').replace(/[\s\p{Cf}\p{Pd}]/gu, '')

export const isDigits = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x39) return false
  }
  return text.length > 0
}
/** The first thing that a reader would call one letter. */
export function firstLetter(text: string): string {
  // A reader's letter is short; a tower of combining marks is cut.
  for (const { segment } of letters.segment(text.slice(0, 40))) return segment
  return ''
}
const letters = new Intl.Segmenter('zh', { granularity: 'grapheme' })

/** Is there such a day? Gregorian calendar; year 1 to 9999. */
export function isDay(year: number, month: number, dayOfMonth: number): boolean {
  if (year < 1 || year > 9999 || month < 1 || month > 12 || dayOfMonth < 1) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return dayOfMonth <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
}
export const isoDay = (year: number, month: number, dayOfMonth: number): string =>
  `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`

/**
 * Has somebody born on this day reached so many full years? The day of birth is not counted, so a year is full on the
 * day after the birthday; who was born on 29 February waits for 1 March (Civil Code articles 200 to 202 and 1259).
 */
export const reached = (born: string, years: number, today: string): string =>
  String(today > `${String(Number(born.slice(0, 4)) + years).padStart(4, '0')}${born.slice(4)}`)

import { isDay, isDigits, isoDay, type Kind, reached, squeezed } from './kind.ts'

/** 1990-01-02, 1990/1/2, 1990.1.2, 19900102 or 1990年1月2日 as 1990-01-02. Undefined when there is no such day. */
export function foldDate(value: string): string | undefined {
  if (value.length > 50) return undefined
  const text = value.normalize('NFKC').replace(/[\s\p{Cf}]/gu, '')
  const parts =
    text.length === 8 && isDigits(text)
      ? [text.slice(0, 4), text.slice(4, 6), text.slice(6)]
      : text.replace(/日$/, '').split(/[-/.年月]/)
  if (parts.length !== 3 || parts[0]!.length !== 4) return undefined
  if (!parts.every((part) => isDigits(part) && part.length <= 4)) return undefined
  const [year, month, dayOfMonth] = parts.map(Number)
  return isDay(year!, month!, dayOfMonth!) ? isoDay(year!, month!, dayOfMonth!) : undefined
}
const from = (answer: (folded: string, today: string) => string) => (value: string, today: string) => {
  const folded = foldDate(value)
  return folded && answer(folded, today)
}

export const date: Kind = {
  broken(value, { field, today }) {
    const folded = foldDate(value)
    if (folded === undefined) return 'must be a day that exists: YYYY-MM-DD'
    // Nobody is born tomorrow; a delivery may well be due then.
    return /^birth/.test(field) && folded > today ? 'must not be in the future' : undefined
  },
  normaliser: 2,
  normalise: (value) => foldDate(value) ?? squeezed(value),
  forms: {
    year: from((folded) => folded.slice(0, 4)),
    month: from((folded) => folded.slice(0, 7)),
    over14: from((folded, today) => reached(folded, 14, today)),
    over18: from((folded, today) => reached(folded, 18, today)),
  },
}

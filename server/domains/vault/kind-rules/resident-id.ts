import { isDay, isDigits, isoDay, type Kind, reached, squeezed } from './kind.ts'

/** Weights of MOD 11-2 (ISO/IEC 7064; GB 11643-1999). */
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
export function checkDigit(first17: string): string {
  let sum = 0
  for (const [at, weight] of weights.entries()) sum += weight * (first17.charCodeAt(at) - 0x30)
  return '10X98765432'[sum % 11]!
}

/** 18 characters with a capital X; the old 15 digits are brought to 18. Undefined when it is neither. */
export function foldResidentId(value: string): string | undefined {
  // Nothing that means an ID number is longer, however it is spaced.
  if (value.length > 100) return undefined
  const text = squeezed(value).toUpperCase()
  if (text.length === 18) return isDigits(text.slice(0, 17)) && /^[0-9X]$/.test(text[17]!) ? text : undefined
  if (text.length !== 15 || !isDigits(text)) return undefined
  // Serials 996 to 999 were kept for people who were a hundred already (GB 11643-89).
  const century = Number(text.slice(12)) >= 996 ? '18' : '19'
  const first17 = `${text.slice(0, 6)}${century}${text.slice(6)}`
  return first17 + checkDigit(first17)
}
function bornOf(folded: string): string | undefined {
  const [year, month, dayOfMonth] = [folded.slice(6, 10), folded.slice(10, 12), folded.slice(12, 14)].map(Number)
  return isDay(year!, month!, dayOfMonth!) ? isoDay(year!, month!, dayOfMonth!) : undefined
}
const from = (answer: (folded: string, born: string, today: string) => string) => (value: string, today: string) => {
  const folded = foldResidentId(value)
  const born = folded && bornOf(folded)
  return folded && born ? answer(folded, born, today) : undefined
}

/** Checksum and date decide. County codes change and old ones stay in use, so a region is never a reason to refuse. */
export const residentId: Kind = {
  broken(value, { today }) {
    const folded = foldResidentId(value)
    if (folded === undefined) return 'must be 18 characters, or 15 digits in the old form'
    const born = bornOf(folded)
    if (born === undefined) return 'must hold a day that exists'
    if (born > today) return 'must not hold a birthday in the future'
    if (checkDigit(folded) !== folded[17]) return 'must have the right check digit (MOD 11-2)'
    return undefined
  },
  normaliser: 2,
  normalise: (value) => foldResidentId(value) ?? squeezed(value).toUpperCase(),
  forms: {
    last4: from((folded) => folded.slice(14)),
    year: from((_, born) => born.slice(0, 4)),
    over14: from((_, born, today) => reached(born, 14, today)),
    over18: from((_, born, today) => reached(born, 18, today)),
    /** Division codes of the place of first registration (GB/T 2260), not of where somebody lives. */
    city: from((folded) => `${folded.slice(0, 4)}00`),
    province: from((folded) => `${folded.slice(0, 2)}0000`),
  },
}

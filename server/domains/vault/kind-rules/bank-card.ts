import { isDigits, type Kind, squeezed } from './kind.ts'

/** ISO/IEC 7812-1, annex B. */
export function luhn(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 0x30
    sum += at % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9
  }
  return sum % 10 === 0
}
export function foldCard(value: string): string | undefined {
  if (value.length > 100) return undefined
  const digits = squeezed(value)
  return isDigits(digits) && digits.length >= 12 && digits.length <= 19 ? digits : undefined
}

export const bankCard: Kind = {
  broken(value) {
    const digits = foldCard(value)
    if (digits === undefined) return 'must be 12 to 19 digits'
    return luhn(digits) ? undefined : 'must have the right check digit (Luhn)'
  },
  normaliser: 2,
  normalise: squeezed,
  forms: {
    last4: (value) => foldCard(value)?.slice(-4),
    /** The issuer's number: which bank, not whose card. */
    issuer: (value) => foldCard(value)?.slice(0, 6),
  },
}

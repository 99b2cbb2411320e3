import { isDigits, type Kind } from './kind.ts'

/**
 * E.164 with a plus. Without a country code it is a mainland number: mobile (11 digits from 13 to 19), landline with its
 * area code, or 400/800. Undefined when it is none of these.
 */
export function foldPhone(value: string): string | undefined {
  if (value.length > 100) return undefined
  let text = value.normalize('NFKC').replace(/[\s\p{Cf}\p{Pd}().]/gu, '')
  if (text.startsWith('00')) text = `+${text.slice(2)}`
  else if (text.startsWith('86') && text.length === 13) text = `+${text}`
  if (!text.startsWith('+')) return mainland(text)
  const digits = text.slice(1)
  if (digits.startsWith('86')) return mainland(digits.slice(2))
  return isDigits(digits) && digits[0] !== '0' && digits.length >= 7 && digits.length <= 15 ? text : undefined
}
function mainland(national: string): string | undefined {
  if (!isDigits(national)) return undefined
  if (national[0] === '1' && national.length === 11 && national[1]! >= '3') return `+86${national}`
  if (/^[48]00/.test(national) && national.length === 10) return `+86${national}`
  const area = national[0] === '0' ? national.slice(1) : national
  // Area codes: 10 and 2x with 8 digits behind, all others three digits with 7 or 8 behind.
  const code = /^(?:10|2\d)/.test(area) ? 2 : 3
  const rest = area.length - code
  if (!/^(?:10|[2-9])/.test(area) || area[code] === '0' || area[code] === '1') return undefined
  return rest === 8 || (rest === 7 && code === 3) ? `+86${area}` : undefined
}

export const phone: Kind = {
  broken: (value) =>
    foldPhone(value) === undefined
      ? 'must be a mainland number (landlines with their area code), or a foreign one with + and its country code'
      : undefined,
  normaliser: 2,
  normalise: (value) => foldPhone(value) ?? value.normalize('NFKC').replace(/[\s\p{Cf}\p{Pd}().]/gu, ''),
  forms: {
    last4: (value) => foldPhone(value)?.slice(-4),
    masked: (value) => {
      const folded = foldPhone(value)
      if (folded === undefined) return undefined
      const national = folded.startsWith('+86') ? folded.slice(3) : folded
      return `${national.slice(0, 3)}${'*'.repeat(national.length - 7)}${national.slice(-4)}`
    },
  },
}

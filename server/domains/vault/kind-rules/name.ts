import { firstLetter, type Kind } from './kind.ts'

const fold = (value: string): string => {
  const folded = value
    .normalize('NFKC')
    // The dot within names of many peoples is typed in several ways.
    .replace(/[\s\p{Cf}\p{Pd}·•‧∙⋅・]/gu, '')
    .toLowerCase()
  return folded === value ? folded : fold(folded)
}

/** Whatever somebody is called is their name: any script, sign or length. Only what no text may hold is refused. */
export const name: Kind = {
  broken(value) {
    if (value.length === 0) return 'must not be empty'
    if (value.includes('\0')) return 'must not contain U+0000'
    return value.isWellFormed() ? undefined : 'must not contain half a character (lone surrogate)'
  },
  normaliser: 2,
  normalise: fold,
  forms: { initial: (value) => `${firstLetter(value.trim())}*` },
}

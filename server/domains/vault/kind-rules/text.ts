/**
 * Normaliser version 1: compatibility forms folded, spaces and hyphens dropped, lower case. Stored beside each token.
 * Repeated until nothing changes: lower case may compose anew, and equal things must be equal however often they are folded.
 */
export const normaliserVersion = 1
export function normalise(value: string): string {
  const folded = value
    .normalize('NFKC')
    .replace(/[\s\p{Cf}-]+/gu, '')
    .toLowerCase()
  return folded === value ? folded : normalise(folded)
}

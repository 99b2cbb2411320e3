import { base64Decode, base64Encode, nextKey, tagOf } from '@bailee/proof'
import type { KnownTag } from './check-open.ts'

/**
 * The key of a person’s own chain, as it was at one moment, in a file that they keep. With it their later tags can be worked
 * out without asking anybody; without it, which tag is the next one is the server’s word.
 */
export interface ChainKey {
  readonly format: 'bailee-chain-key-1'
  readonly origin: string
  readonly person: string
  /** How many entries the chain had. */
  readonly n: number
  /** k_n, base64. */
  readonly key: string
  readonly savedAt: string
}
export interface ChainChecked {
  /** `other`: the key of another person or ledger. `broken`: the server’s chain does not follow from the key. */
  readonly verdict: 'follows' | 'broken' | 'other' | 'unreadable'
  /** Entries since the key was saved. */
  readonly since: number
  /** Of them, those that the server listed with the very tag that the key gives. */
  readonly matched: number
}
type Chain = { readonly n: number; readonly key: string; readonly tags: readonly KnownTag[] }

export const chainKeyOf = (origin: string, person: string, chain: Chain, now: Date): ChainKey => ({
  format: 'bailee-chain-key-1',
  origin,
  person,
  n: chain.n,
  key: chain.key,
  savedAt: now.toISOString(),
})

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
function readChainKey(text: string): ChainKey | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value) || value.format !== 'bailee-chain-key-1') return undefined
    const { origin, person, n, key, savedAt } = value
    const isWhole = [origin, person, key, savedAt].every((one) => typeof one === 'string') && Number.isSafeInteger(n)
    // Each member was just looked at.
    return isWhole && base64Decode(String(key)).length === 32 ? (value as unknown as ChainKey) : undefined
  } catch {
    return undefined
  }
}
/** Turns the key as far as the chain is said to be: a million steps take a second or two, and nobody has more entries. */
const mostSteps = 1_000_000

export function checkChain(text: string, origin: string, person: string, chain: Chain): ChainChecked {
  const saved = readChainKey(text)
  const outcome = (verdict: ChainChecked['verdict'], since = 0, matched = 0) => ({ verdict, since, matched })
  if (!saved) return outcome('unreadable')
  if (saved.origin !== origin || saved.person !== person) return outcome('other')
  const since = chain.n - saved.n
  // A chain only grows: a shorter one is another one.
  if (since < 0 || since > mostSteps) return outcome('broken')
  const told = new Map(chain.tags.map(({ n, tag }) => [n, tag]))
  let key = base64Decode(saved.key)
  let matched = 0
  for (let n = saved.n; n < chain.n; n++) {
    const tag = told.get(n)
    if (tag !== undefined) {
      if (base64Encode(tagOf(key)) !== tag) return outcome('broken', since, matched)
      matched += 1
    }
    key = nextKey(key)
  }
  return outcome(base64Encode(key) === chain.key ? 'follows' : 'broken', since, matched)
}

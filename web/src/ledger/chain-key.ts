import { base64Decode, base64Encode, nextKey, tagOf } from '@bailee/proof'
import type { Reply } from '../api.ts'
import type { KnownTag } from './check-open.ts'

/**
 * The file that a person keeps: the reply of `chainStart`, which `bailee audit` takes as well, and whose it is. With it all
 * their tags can be worked out without asking anybody; without it, which tag is the next one is the server’s word.
 */
export interface ChainFile extends Reply<'chainStart'> {
  readonly person: string
}
export interface ChainChecked {
  /** `other`: the key of another person or ledger. `broken`: the server’s chain does not follow from the key. */
  readonly verdict: 'follows' | 'broken' | 'other' | 'unreadable'
  /** Entries that follow from the key. */
  readonly since: number
  /** Of them, those that the server listed with the very tag that the key gives. */
  readonly matched: number
}
type Chain = { readonly n: number; readonly key: string; readonly tags: readonly KnownTag[] }

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
function readChainFile(text: string): Pick<ChainFile, 'n' | 'key' | 'checkpoint' | 'person'> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value) || value.v !== 1) return undefined
    const { n, key, checkpoint, person } = value
    if (typeof key !== 'string' || base64Decode(key).length !== 32) return undefined
    if (typeof n !== 'number' || !Number.isSafeInteger(n) || typeof checkpoint !== 'string') return undefined
    return { n, key, checkpoint, person: typeof person === 'string' ? person : '' }
  } catch {
    return undefined
  }
}
/** The first line of a checkpoint. */
const originOf = (checkpoint: string): string => checkpoint.split('\n', 1)[0] ?? ''
/** Turns the key as far as the chain is said to be: a million steps take a second or two, and nobody has more entries. */
const mostSteps = 1_000_000

export function checkChain(text: string, origin: string, person: string, chain: Chain): ChainChecked {
  const saved = readChainFile(text)
  const outcome = (verdict: ChainChecked['verdict'], since = 0, matched = 0) => ({ verdict, since, matched })
  if (!saved) return outcome('unreadable')
  if (originOf(saved.checkpoint) !== origin || (saved.person !== '' && saved.person !== person)) return outcome('other')
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

import { type Hash, hexEncode, nextKey, parseCheckpoint, parseNote, parsePolicy, tagOf } from '@bailee/proof'
import { Audit, type AuditSource } from './audit.ts'
import { attempt, type Check, judgeCheckpoint, type Verdict, verdictOf } from './judge.ts'

/** How far beyond the newest entry found the chain is searched: a gap wider than this is reported as missing all the same. */
const searchAhead = 4096

export interface ChainKey {
  /** The key of this place of the chain: with it, that tag and all later ones can be computed. */
  readonly n: number
  readonly key: Uint8Array
  /** How many entries the chain is known to have had; fewer are then a loss. */
  readonly known: number
}
export interface PersonAudit {
  readonly verdict: Verdict
  readonly size: number
  readonly epochs: number
  readonly entries: readonly { readonly n: number; readonly index: number }[]
  readonly missing: readonly number[]
  readonly checks: readonly Check[]
}

/**
 * Reads the whole published log, so that nobody learns which tags were looked for. Rebuilds the tree and every closed
 * epoch's tag index from the entries: a tag of the chain that is in no entry is then absent, and not only withheld.
 */
export async function auditPerson(
  {
    note,
    older,
    policy,
    chain,
    source,
  }: {
    readonly note: string
    /** Checkpoints seen before: the log must be a continuation of each. */
    readonly older: readonly string[]
    readonly policy: string | undefined
    readonly chain: ChainKey
    readonly source: AuditSource
  },
  on: { readonly nowSeconds: number; progress(size: number): void },
): Promise<PersonAudit> {
  const trusted = policy === undefined ? undefined : attempt(() => parsePolicy(policy))
  if (trusted !== undefined && !trusted.ok)
    return nothing([{ id: 'log-signature', ok: false, detail: `policy: ${trusted.why}` }])
  const { checkpoint, checks: signed } = judgeCheckpoint(note, trusted?.value, { nowSeconds: on.nowSeconds })
  const checks: Check[] = [...signed]
  if (checkpoint === undefined || verdictOf(checks) === 'bad') return nothing(checks)

  const stops: { readonly size: number; readonly root: Hash }[] = []
  for (const text of older) {
    const { checkpoint: past, checks: ofPast } = judgeCheckpoint(text, trusted?.value, { nowSeconds: on.nowSeconds })
    if (past === undefined || verdictOf(ofPast) === 'bad' || past.origin !== checkpoint.origin)
      return nothing([...checks, { id: 'consistency', ok: false, detail: 'an older checkpoint is not of this log' }])
    if (past.size > checkpoint.size) {
      const detail = `it had ${past.size} entries and now has ${checkpoint.size}`
      return nothing([...checks, { id: 'consistency', ok: false, detail }])
    }
    stops.push(past)
  }
  stops.sort((a, b) => a.size - b.size)

  const expected = new Map<string, number>()
  let key: Uint8Array = chain.key
  let reach = chain.n
  const searchTo = (n: number) => {
    for (; reach < n; reach++) {
      expected.set(hexEncode(tagOf(key)), reach)
      key = nextKey(key)
    }
  }
  searchTo(Math.max(chain.n, chain.known) + searchAhead)
  const found: { n: number; index: number }[] = []
  const audit = new Audit(undefined)
  const reading = {
    found: () => {},
    progress: on.progress,
    sealed(index: number, tag: Uint8Array) {
      const n = expected.get(hexEncode(tag))
      if (n === undefined) return
      found.push({ n, index })
      searchTo(n + searchAhead)
    },
  }
  for (const stop of stops) {
    const read = await audit.readTo(stop, source, reading)
    if (verdictOf(read) === 'bad')
      return nothing([
        ...checks,
        { id: 'consistency', ok: false, detail: `not what was signed at ${stop.size}` },
        ...read,
      ])
  }
  checks.push({ id: 'consistency', ok: true, detail: stops.map(({ size }) => size).join(', ') })
  const read = await audit.readTo(checkpoint, source, reading)
  checks.push(...read)
  if (verdictOf(read) === 'bad') return nothing(checks)

  const times = Map.groupBy(found, ({ n }) => n)
  const end = Math.max(chain.known, ...found.map(({ n }) => n + 1))
  const missing: number[] = []
  for (let n = chain.n; n < end; n++) if (!times.has(n)) missing.push(n)
  const twice = [...times].filter(([, at]) => at.length > 1).map(([n]) => n)
  const judge = (id: string, wrong: readonly number[]): Check => ({
    id,
    ok: wrong.length === 0,
    detail: wrong.slice(0, 20).join(', '),
  })
  checks.push(judge('chain', missing), judge('single', twice))
  if (missing.length + twice.length === 0) checks.push({ id: 'absence', ok: true, detail: `tag ${end}` })
  return {
    verdict: verdictOf(checks),
    size: checkpoint.size,
    epochs: audit.epochs,
    entries: found.toSorted((a, b) => a.n - b.n),
    missing,
    checks,
  }
}

const nothing = (checks: readonly Check[]): PersonAudit => ({
  verdict: verdictOf(checks),
  size: 0,
  epochs: 0,
  entries: [],
  missing: [],
  checks,
})

/** Size of a checkpoint whose signatures were judged already. */
export const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).text).size

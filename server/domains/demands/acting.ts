import type { Receipt } from '@bailee/contract'
import { type Actor, type DemandId, type OrganisationId, Refusal } from '#kernel'
import type { Appended, Json } from '#ledger'
import { type OnceKey, once, type Tx } from '#platform'
import type { DemandsDeps } from './deps.ts'
import { demandEntry } from './entries.ts'
import type { Demand, Words } from './model.ts'
import { holdDemand, updateDemand } from './store.ts'
import { openWords, sealWords } from './words.ts'

export type Asker = Exclude<Actor, { kind: 'anyone' }>

/** A person sees their own demands, a provider's people their provider's. Others' are answered like ones that never were. */
export function assertOwn(demand: Demand | undefined, actor: Asker): asserts demand is Demand {
  if (!demand || (actor.kind === 'person' && demand.subject !== actor.id)) throw new Refusal('demand_unknown')
}
export const actedBy = (actor: Asker) => ({ kind: actor.kind, id: actor.id as string })

export interface Change {
  readonly to: Demand
  readonly act: string
  readonly words?: Words
  readonly fields?: readonly (readonly [string, Json])[]
  /** More to do in the same transaction. */
  readonly also?: (tx: Tx) => Promise<void>
}
/** One act on one demand, once: the row is held, judged, written back and logged in one transaction. */
export async function actOn(
  deps: DemandsDeps,
  actor: Asker,
  id: DemandId,
  onceKey: OnceKey | undefined,
  judge: (demand: Demand, at: Date) => Change,
): Promise<Receipt> {
  const at = deps.clock.now()
  const appended = await deps.db.transaction('demands', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      const demand = await holdDemand(tx, actor.tenant, id)
      assertOwn(demand, actor)
      return keepChange(deps, tx, actor, demand, judge(demand, at), at)
    }),
  )
  return deps.ledger.promise(appended)[0]!
}
export async function keepChange(
  deps: Pick<DemandsDeps, 'keys' | 'ledger'>,
  tx: Tx,
  actor: Asker | { readonly kind: 'software' },
  before: Demand,
  change: Change,
  at: Date,
): Promise<Appended> {
  let { to } = change
  if (change.words) {
    const words = { ...(await openWords(deps.keys, before)), ...change.words }
    to = { ...to, words: await sealWords(deps.keys, to.tenant, to.id, words) }
  }
  await updateDemand(tx, to)
  await change.also?.(tx)
  return deps.ledger.append(tx, [demandEntry(to, actor, change.act, at, change.fields)])
}
/** The same without anybody asking: by the clock, or because an act was refused. Answers false when the state had moved on. */
export async function actByItself(
  deps: DemandsDeps,
  tenant: OrganisationId,
  id: DemandId,
  judge: (demand: Demand, at: Date) => Change | undefined,
): Promise<boolean> {
  const at = deps.clock.now()
  return deps.db.transaction('demands', async (tx) => {
    const demand = await holdDemand(tx, tenant, id)
    const change = demand && judge(demand, at)
    if (!demand || !change) return false
    await keepChange(deps, tx, { kind: 'software' }, demand, change, at)
    return true
  })
}

import { isZone } from '@bailee/law'
import { type ClientActor, newId, Refusal, type StaffActor, toWire } from '#kernel'
import { type OnceKey, once } from '#platform'
import type { DemandsDeps } from '../deps.ts'
import type { RegimeLine } from '../model.ts'
import { keepRegimes } from '../store.ts'

/** Says in public by which laws' clocks this provider answers. Demands that are running keep theirs. */
export async function stateRegimes(
  deps: DemandsDeps,
  actor: ClientActor | StaffActor,
  given: readonly RegimeLine[],
  onceKey: OnceKey | undefined,
) {
  for (const [at, { regime, zone }] of given.entries()) {
    if (zone !== undefined && !isZone(zone)) throw new Refusal('zone_unknown', { field: `/regimes/${at}/zone` })
    if (given.findIndex((other) => other.regime === regime) !== at)
      throw new Refusal('schema_violation', { field: `/regimes/${at}/regime`, rule: 'is stated twice' })
  }
  const regimes = given.map(({ regime, zone }) => (zone === undefined ? { regime } : { regime, zone }))
  const at = deps.clock.now()
  const appended = await deps.db.transaction('demands', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      await keepRegimes(tx, actor.tenant, regimes, at)
      const leaf = { type: 'demand-clocks-stated', v: 1, provider: toWire('org', actor.tenant), regimes }
      return deps.ledger.append(tx, [{ entry: newId<'ent'>(), tenant: actor.tenant, at: at.getTime(), leaf }])
    }),
  )
  return { regimes, receipt: deps.ledger.promise(appended)[0]! }
}

import type { demands as wire } from '@bailee/contract'
import type { PersonActor } from '#kernel'
import type { ReplyOf } from '#platform'
import type { DemandsDeps } from './deps.ts'

/** Under which rules, on which basis, and how often: notices as they were shown, grants, and what the ledger says. PIPL 48. */
export async function explanationOf(
  deps: DemandsDeps,
  actor: PersonActor,
): Promise<ReplyOf<typeof wire.explainDemand>> {
  const { notices, grants, consents } = await deps.acts.basisOf(actor.tenant, actor.id)
  const byKind: Record<string, number> = {}
  const byPurpose: Record<string, number> = {}
  let total = 0
  for await (const page of deps.ledger.reader.pagesOf(actor.id))
    for (const { kind, fields } of page) {
      total += 1
      byKind[kind] = (byKind[kind] ?? 0) + 1
      if (typeof fields.purpose === 'string') byPurpose[fields.purpose] = (byPurpose[fields.purpose] ?? 0) + 1
    }
  // Both come from rooms whose own contract made them.
  return { notices, grants, consents, entries: { total, byKind, byPurpose } } as ReplyOf<typeof wire.explainDemand>
}

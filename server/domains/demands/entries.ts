import { type Actor, actorField, newId, toWire } from '#kernel'
import type { EntryDraft, Json } from '#ledger'
import type { Demand } from './model.ts'

/** What the person reads about a demand in their own ledger: who did what to it, and until when an answer is due. */
export function demandEntry(
  demand: Demand,
  actor: Actor | { readonly kind: 'software' },
  act: string,
  at: Date,
  more: readonly (readonly [string, Json])[] = [],
): EntryDraft {
  return {
    entry: newId<'ent'>(),
    subject: demand.subject,
    tenant: demand.tenant,
    kind: 'demand',
    at: at.getTime(),
    fields: [
      ['actor', actor.kind === 'software' ? { kind: 'software' } : (actorField(actor) as { kind: string })],
      ['demand', toWire('dem', demand.id)],
      ['act', act],
      ['wanted', demand.kind],
      ['state', demand.state],
      ['clock', demand.clock],
      ['dueAt', demand.dueAt === null ? null : demand.dueAt.toISOString()],
      ...more,
    ],
  }
}

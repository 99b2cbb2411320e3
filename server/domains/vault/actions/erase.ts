import {
  actorField,
  type ClientActor,
  instant,
  newId,
  type PersonActor,
  type PersonId,
  Refusal,
  type StaffActor,
} from '#kernel'
import type { EntryDraft } from '#ledger'
import { epochOf, type OnceKey, once, unrecoverableAt } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { eraseDrawers } from '../store.ts'
import { holdsOf } from '../store-records.ts'

/**
 * Shreds the person's keys and removes what they sealed. Wraps, drawers, index and openings go in this transaction and
 * the sequencer's next; older copies of the wraps, in backups, die with the epoch keys that made them. Article 8.
 */
export async function erase(
  deps: VaultDeps,
  actor: ClientActor | StaffActor | PersonActor,
  person: PersonId,
  onceKey: OnceKey | undefined,
) {
  if (actor.kind === 'person' && actor.id !== person) throw new Refusal('person_unknown')
  const at = deps.clock.now()
  const answer = await deps.db.transaction('vault', async (tx) => {
    await deps.notices.holdPerson(tx, actor.tenant, person)
    const [held] = await holdsOf(tx, actor.tenant, person, at)
    if (held) return { held, appended: await deps.ledger.append(tx, [refusedEntry(actor, person, at)]) }
    return once(tx, deps.keys, actor.tenant, onceKey, async () => {
      await deps.persons.assertLive(tx, actor.tenant, person)
      const keys = await deps.notices.deleteEveryGrant(tx, actor.tenant, person)
      const drawers = await eraseDrawers(tx, actor.tenant, person)
      await deps.persons.markErased(tx, actor.tenant, person)
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          subject: person,
          tenant: actor.tenant,
          kind: 'erase',
          at: at.getTime(),
          fields: [
            ['actor', actorField(actor)],
            ['drawers', drawers],
            ['keysDestroyed', keys],
          ],
        },
      ])
      return { at: at.getTime(), keys, drawers, appended }
    })
  })
  if ('held' in answer) {
    const { reason, until } = answer.held
    const receipt = deps.ledger.promise(answer.appended)[0]!
    throw new Refusal('held', { field: '/person', missing: { reason, until: instant(until) }, receipt })
  }
  return {
    person,
    erasedAt: instant(answer.at),
    drawers: answer.drawers,
    keys: answer.keys,
    unrecoverableAfter: {
      at: instant(unrecoverableAt(new Date(answer.at), epochOf, deps.keyBackupDays)),
      meaning:
        'Until then, a backup of both databases and the root key from before the erasure could still be opened. The epoch keys that wrapped this person’s keys are destroyed within ten days after their epoch, which the ledger says in a leaf “epoch-keys-destroyed”, and the last backup of the key store that holds them is deleted by this date.',
    },
    receipt: deps.ledger.promise(answer.appended)[0]!,
  }
}

const refusedEntry = (actor: ClientActor | StaffActor | PersonActor, person: PersonId, at: Date): EntryDraft => ({
  entry: newId(),
  subject: person,
  tenant: actor.tenant,
  kind: 'erase',
  at: at.getTime(),
  fields: [
    ['actor', actorField(actor)],
    ['outcome', 'refused: held'],
  ],
})

import { actorField, type ClientActor, newId, type PersonActor, type PersonId, Refusal, type StaffActor } from '#kernel'
import { type OnceKey, once } from '#platform'
import type { NoticesDeps } from '../deps.ts'
import { deleteGrants, holdPerson } from '../store.ts'

/** Withdraws consent for one purpose: the wraps are deleted, so the next look has no key. Other purposes are untouched. Article 2. */
export async function withdrawConsent(
  deps: NoticesDeps,
  actor: ClientActor | StaffActor | PersonActor,
  person: PersonId,
  purpose: string,
  onceKey: OnceKey | undefined,
) {
  if (actor.kind === 'person' && actor.id !== person) throw new Refusal('person_unknown')
  const at = deps.clock.now().getTime()
  const answer = await deps.db.transaction('notices', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      await holdPerson(tx, actor.tenant, person)
      await deps.persons.assertLive(tx, actor.tenant, person)
      const destroyed = await deleteGrants(tx, actor.tenant, person, purpose)
      if (destroyed === 0) throw new Refusal('consent_unknown', { field: '/purpose', missing: { purpose } })
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          subject: person,
          tenant: actor.tenant,
          kind: 'withdraw',
          at,
          fields: [
            ['actor', actorField(actor)],
            ['purpose', purpose],
            ['keysDestroyed', destroyed],
          ],
        },
      ])
      return { destroyed, appended }
    }),
  )
  return { destroyed: answer.destroyed, receipt: deps.ledger.promise(answer.appended)[0]! }
}

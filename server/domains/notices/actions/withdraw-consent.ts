import { actorField, type ClientActor, newId, type PersonActor, type PersonId, Refusal, type StaffActor } from '#kernel'
import { type OnceKey, once } from '#platform'
import type { NoticesDeps } from '../deps.ts'
import { actingFor } from '../guardians.ts'
import { isConsent } from '../model.ts'
import { deleteGrants, deleteRecipientConsent, grantsOf, holdPerson } from '../store.ts'

export interface Withdrawal {
  readonly person: PersonId
  readonly purpose: string
  /** Only this recipient; the purpose stays. */
  readonly recipient: string | undefined
}

/** Withdraws consent for one purpose: the wraps are deleted, so the next look has no key. Other purposes are untouched. Article 2. */
export async function withdrawConsent(
  deps: NoticesDeps,
  actor: ClientActor | StaffActor | PersonActor,
  { person, purpose, recipient }: Withdrawal,
  onceKey: OnceKey | undefined,
) {
  const at = deps.clock.now()
  const answer = await deps.db.transaction('notices', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      await holdPerson(tx, actor.tenant, person)
      await actingFor(tx, actor, person, at)
      await deps.persons.assertLive(tx, actor.tenant, person)
      let destroyed = 0
      if (recipient !== undefined) {
        if (!(await deleteRecipientConsent(tx, actor.tenant, person, purpose, recipient, at)))
          throw new Refusal('consent_unknown', { field: '/recipient', missing: { purpose, recipient } })
      } else {
        destroyed = await deleteGrants(tx, actor.tenant, person, purpose, at)
        if (destroyed === 0) {
          const other = (await grantsOf(tx, actor.tenant, person, at)).find((grant) => grant.purpose === purpose)
          throw other && !isConsent(other.basis)
            ? new Refusal('basis_not_consent', { field: '/purpose', missing: { purpose, basis: other.basis } })
            : new Refusal('consent_unknown', { field: '/purpose', missing: { purpose } })
        }
      }
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          subject: person,
          tenant: actor.tenant,
          kind: 'withdraw',
          at: at.getTime(),
          fields: [
            ['actor', actorField(actor)],
            ['purpose', purpose],
            ...(recipient === undefined ? [] : [['recipient', recipient] as const]),
            ['keysDestroyed', destroyed],
          ],
        },
      ])
      return { destroyed, appended }
    }),
  )
  return { destroyed: answer.destroyed, receipt: deps.ledger.promise(answer.appended)[0]! }
}

import {
  actorField,
  type ClientActor,
  day,
  instant,
  newId,
  type PersonActor,
  type PersonId,
  Refusal,
  toWire,
} from '#kernel'
import { type OnceKey, once } from '#platform'
import type { NoticesDeps } from '../deps.ts'
import { actingFor } from '../guardians.ts'
import { askAgainDays, isConsent } from '../model.ts'
import { judgeSnapshot, recipientsOf } from '../rules.ts'
import { holdPerson, insertRefusals } from '../store.ts'

export interface RefusedAsk {
  readonly person: PersonId
  readonly snapshot: string
  readonly purposes: readonly string[]
  readonly recipients: readonly string[]
}

/** Records a no. Until the date in the answer nobody asks again; what the person agreed to earlier stays as it was. Article 2. */
export async function refuseConsent(
  deps: NoticesDeps,
  actor: ClientActor | PersonActor,
  request: RefusedAsk,
  onceKey: OnceKey | undefined,
) {
  const { person, purposes, recipients } = request
  const rules = await deps.rules.of(actor.tenant)
  const at = deps.clock.now()
  const answer = await deps.db.transaction('notices', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      const { shown } = deps.snapshots.read(request.snapshot)
      const notice = judgeSnapshot(shown, rules, at)
      if (purposes.length + recipients.length === 0)
        throw new Refusal('schema_violation', { field: '/purposes', rule: 'something must be refused' })
      const stated = new Map(notice.content.purposes.map((purpose) => [purpose.id, purpose.basis]))
      for (const [index, purpose] of purposes.entries()) {
        const field = `/purposes/${index}`
        const basis = stated.get(purpose)
        if (!basis) throw new Refusal('purpose_unknown', { field, rule: 'must be stated by the notice shown' })
        if (!isConsent(basis)) throw new Refusal('basis_not_consent', { field, missing: { purpose, basis } })
      }
      const parties = recipientsOf(notice, recipients, new Set(stated.keys()))
      await holdPerson(tx, actor.tenant, person)
      await actingFor(tx, actor, person, at)
      await deps.persons.assertLive(tx, actor.tenant, person)
      const askAgainAt = new Date(at.getTime() + askAgainDays * day)
      const refused = [
        ...purposes.map((purpose) => ({ purpose, recipient: '' })),
        ...parties.map(({ purpose, recipient }) => ({ purpose, recipient })),
      ]
      await insertRefusals(tx, actor.tenant, person, refused, at, askAgainAt)
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          subject: person,
          tenant: actor.tenant,
          kind: 'refuse',
          at: at.getTime(),
          fields: [
            ['actor', actorField(actor)],
            ['notice', { id: toWire('ntc', notice.id), version: notice.version, hash: notice.hash.toString('hex') }],
            ['purposes', [...purposes]],
            ...(recipients.length > 0 ? [['recipients', [...recipients]] as const] : []),
            ['askAgainAt', instant(askAgainAt)],
          ],
        },
      ])
      return { askAgainAt: askAgainAt.getTime(), appended }
    }),
  )
  return { askAgainAt: answer.askAgainAt, receipt: deps.ledger.promise(answer.appended)[0]! }
}

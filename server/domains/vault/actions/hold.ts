import {
  actorField,
  type ClientActor,
  day,
  instant,
  newId,
  type PersonId,
  Refusal,
  type StaffActor,
  toWire,
} from '#kernel'
import { type OnceKey, once } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { deleteHold, type HoldReason, upsertHold } from '../store-records.ts'

const longestDays = 3 * 366

export interface HoldRequest {
  readonly person: PersonId
  readonly reason: HoldReason
  readonly case: string
  readonly until: Date
  readonly approval: string | undefined
}
/** What the second person approves: whose information, in which case. */
const approvedSubject = (person: PersonId, matter: string) => `${toWire('per', person)}:${matter}`

/** Keeps a person's information from erasure until a date. Two people decide it, and the person reads it in their ledger. */
export async function hold(
  deps: VaultDeps,
  actor: ClientActor | StaffActor,
  request: HoldRequest,
  onceKey: OnceKey | undefined,
) {
  const { person, reason, until } = request
  const { tenant } = actor
  const since = deps.clock.now()
  const left = until.getTime() - since.getTime()
  if (!(left > 0 && left <= longestDays * day)) throw new Refusal('hold_too_long', { field: '/until' })
  const answer = await deps.db.transaction('vault', (tx) =>
    once(tx, deps.keys, tenant, onceKey, async () => {
      await deps.notices.holdPerson(tx, tenant, person)
      await deps.persons.assertLive(tx, tenant, person)
      const subject = approvedSubject(person, request.case)
      const approval = await deps.approvals.assertApproved(tx, {
        tenant,
        act: 'hold-person',
        subject,
        actor,
        approval: request.approval,
      })
      await upsertHold(tx, tenant, { subject: person, case: request.case, reason, since, until })
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          subject: person,
          tenant,
          kind: 'hold',
          at: since.getTime(),
          fields: [
            ['actor', actorField(actor)],
            ['reason', reason],
            ['case', request.case],
            ['until', instant(until)],
            ['approval', toWire('apr', approval)],
          ],
        },
      ])
      return { since: since.getTime(), appended }
    }),
  )
  return {
    hold: { person, reason, case: request.case, since: instant(answer.since), until: instant(until) },
    receipt: deps.ledger.promise(answer.appended)[0]!,
  }
}

/** Ends a hold before its date, again by two people. */
export async function endHold(
  deps: VaultDeps,
  actor: ClientActor | StaffActor,
  request: Pick<HoldRequest, 'person' | 'case' | 'approval'>,
  onceKey: OnceKey | undefined,
) {
  const { person } = request
  const { tenant } = actor
  const at = deps.clock.now()
  const answer = await deps.db.transaction('vault', (tx) =>
    once(tx, deps.keys, tenant, onceKey, async () => {
      await deps.notices.holdPerson(tx, tenant, person)
      if (!(await deleteHold(tx, tenant, person, request.case))) throw new Refusal('hold_unknown', { field: '/case' })
      const subject = approvedSubject(person, request.case)
      const approval = await deps.approvals.assertApproved(tx, {
        tenant,
        act: 'end-hold',
        subject,
        actor,
        approval: request.approval,
      })
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          subject: person,
          tenant,
          kind: 'end-hold',
          at: at.getTime(),
          fields: [
            ['actor', actorField(actor)],
            ['case', request.case],
            ['approval', toWire('apr', approval)],
          ],
        },
      ])
      return { at: at.getTime(), appended }
    }),
  )
  return {
    person,
    case: request.case,
    endedAt: instant(answer.at),
    receipt: deps.ledger.promise(answer.appended)[0]!,
  }
}

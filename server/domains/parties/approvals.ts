import { type ApprovalId, actorField, type Clock, fromWire, type OrganisationId, Refusal } from '#kernel'
import type { Tx } from '#platform'
import type { Member } from './model.ts'
import { judgeUse } from './rules.ts'
import { findApprovalForUpdate, findUsableApproval, markApprovalUsed } from './store-approvals.ts'

export interface ApprovedAct {
  readonly tenant: OrganisationId
  /** Name of the dangerous act, as it was asked for. */
  readonly act: string
  readonly subject: string
  readonly actor: Member
  /** Wire id of the approval that the caller means; without it, any that fits. */
  readonly approval?: string | undefined
}

/**
 * Uses up an approval, in the transaction of the act that it allows: one approval, one act. It must be approved, not
 * expired, and asked for by the one who acts now.
 * @throws {Refusal} `approval_needed` with the act and subject to ask for; `approval_expired` for the one that was named
 */
export async function assertApproved(clock: Clock, tx: Tx, wanted: ApprovedAct): Promise<ApprovalId> {
  const { tenant, act, subject } = wanted
  const requestedBy = actorField(wanted.actor).id!
  const now = clock.now()
  const approval =
    wanted.approval === undefined
      ? await findUsableApproval(tx, { tenant, act, subject, requestedBy, now })
      : await findApprovalForUpdate(tx, tenant, fromWire('apr', wanted.approval))
  const refused = judgeUse(approval, { act, subject, requestedBy }, now)
  if (refused || !approval) throw new Refusal(refused ?? 'approval_needed', { missing: { act, subject } })
  await markApprovalUsed(tx, approval.id, now)
  return approval.id
}

import { type ApprovalId, actorField, type Clock, fromWire, type OrganisationId, Refusal } from '#kernel'
import type { Tx } from '#platform'
import type { Member } from './model.ts'
import { judgeUse } from './rules.ts'
import { findApprovalForUpdate, findUsableApproval, markApprovalUsed } from './store-approvals.ts'
import { findFounder } from './store-organisations.ts'

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

/**
 * Uses up an approval of the first organisation whose act is done at the server's own terminal, where nobody signs in: what
 * is checked is that two people agreed, not which of them sits there. Both are named in the answer, for the ledger.
 * @throws {Refusal} `approval_needed` or `approval_expired`
 */
export async function useApprovalAtTerminal(
  clock: Clock,
  tx: Tx,
  wanted: { readonly approval: string; readonly act: string; readonly subject: string },
): Promise<{ readonly requestedBy: string; readonly decidedBy: string }> {
  const { act, subject } = wanted
  const founder = await findFounder(tx)
  const approval = founder && (await findApprovalForUpdate(tx, founder, fromWire('apr', wanted.approval)))
  const now = clock.now()
  const refused = judgeUse(approval, { act, subject, requestedBy: approval?.requestedBy ?? '' }, now)
  if (refused || !approval?.decidedBy) throw new Refusal(refused ?? 'approval_needed', { missing: { act, subject } })
  await markApprovalUsed(tx, approval.id, now)
  return { requestedBy: approval.requestedBy, decidedBy: approval.decidedBy }
}

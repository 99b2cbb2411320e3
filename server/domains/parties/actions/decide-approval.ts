import type { parties } from '@bailee/contract'
import { actorField, fromWire, Refusal, toWire } from '#kernel'
import { type OnceKey, once, type ReplyOf } from '#platform'
import { actsForOf } from '../grants.ts'
import { approvalDecided } from '../leaves.ts'
import type { Approval, Member, RoomDeps } from '../model.ts'
import { judgeDecision } from '../rules.ts'
import { findApprovalForUpdate, setApprovalDecision } from '../store-approvals.ts'
import { hasStaffApprover } from '../store-staff.ts'
import { wireApproval } from '../wire.ts'

export interface DecideApprovalRequest {
  readonly approval: string
  readonly decision: 'approve' | 'decline'
}

/** The second person's word. Both actors stand in the public ledger, whatever was decided. */
export async function decideApproval(
  deps: RoomDeps,
  actor: Member,
  request: DecideApprovalRequest,
  given: OnceKey | undefined,
): Promise<ReplyOf<typeof parties.decideApproval>> {
  const now = deps.clock.now()
  const state = request.decision === 'approve' ? 'approved' : 'declined'
  return deps.db.transaction('parties', (tx) =>
    once(tx, deps.keys, actor.tenant, given, async () => {
      const approval = await findApprovalForUpdate(tx, actor.tenant, fromWire('apr', request.approval))
      if (!approval) throw new Refusal('approval_unknown')
      const decider = { kind: actor.kind, id: actorField(actor).id!, actsFor: await actsForOf(tx, actor) }
      const refused = judgeDecision(approval, state, decider, await hasStaffApprover(tx, actor.tenant, null), now)
      if (refused === 'ability_missing') throw new Refusal(refused, { missing: { callers: ['staff'] } })
      if (refused) throw new Refusal(refused)
      const decided: Approval = { ...approval, state, decidedBy: decider.id }
      await setApprovalDecision(tx, approval.id, {
        state,
        decidedBy: decider.id,
        decidedFor: decider.actsFor,
        decidedAt: now,
      })
      const leaf = approvalDecided(approval, state, decider.id, now)
      await deps.ledger.append(tx, [leaf])
      return { approval: wireApproval(decided, now), entry: toWire('ent', leaf.entry) }
    }),
  )
}

import type { parties } from '@bailee/contract'
import { actorField, newId } from '#kernel'
import { type OnceKey, once, type ReplyOf } from '#platform'
import { actsForOf } from '../grants.ts'
import type { Approval, Member, RoomDeps } from '../model.ts'
import { approvalEnd } from '../rules.ts'
import { insertApproval } from '../store-approvals.ts'
import { wireApproval } from '../wire.ts'

export interface RequestApprovalRequest {
  readonly act: string
  readonly subject: string
  readonly reason: string
}

export async function requestApproval(
  deps: RoomDeps,
  actor: Member,
  request: RequestApprovalRequest,
  given: OnceKey | undefined,
): Promise<ReplyOf<typeof parties.requestApproval>> {
  const now = deps.clock.now()
  return deps.db.transaction('parties', (tx) =>
    once(tx, deps.keys, actor.tenant, given, async () => {
      const approval: Approval = {
        id: newId(),
        tenant: actor.tenant,
        act: request.act,
        subject: request.subject,
        reason: request.reason,
        state: 'waiting',
        requestedBy: actorField(actor).id!,
        requestedFor: await actsForOf(tx, actor),
        decidedBy: null,
        expiresAt: approvalEnd(now),
      }
      await insertApproval(tx, approval, now)
      return { approval: wireApproval(approval, now) }
    }),
  )
}

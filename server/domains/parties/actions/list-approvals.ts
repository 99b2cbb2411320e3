import type { parties } from '@bailee/contract'
import type { ReplyOf } from '#platform'
import type { Member, RoomDeps } from '../model.ts'
import { approvalsOf } from '../store-approvals.ts'
import { wireApproval } from '../wire.ts'

const newest = 200

export async function listApprovals(deps: RoomDeps, actor: Member): Promise<ReplyOf<typeof parties.listApprovals>> {
  const now = deps.clock.now()
  const approvals = await approvalsOf(deps.db.as('parties'), actor.tenant, newest)
  return { items: approvals.map((approval) => wireApproval(approval, now)) }
}

import type { ApprovalId, OrganisationId } from '#kernel'
import type { Query, Tx } from '#platform'
import type { Approval, ApprovalState } from './model.ts'

interface Row {
  readonly id: ApprovalId
  readonly tenant: OrganisationId
  readonly act: string
  readonly subject: string
  readonly reason: string
  readonly state: ApprovalState
  readonly requested_by: string
  readonly requested_for: string
  readonly decided_by: string | null
  readonly expires_at: Date
}
const columns = 'id, tenant, act, subject, reason, state, requested_by, requested_for, decided_by, expires_at'
const approvalOf = (row: Row): Approval => ({
  id: row.id,
  tenant: row.tenant,
  act: row.act,
  subject: row.subject,
  reason: row.reason,
  state: row.state,
  requestedBy: row.requested_by,
  requestedFor: row.requested_for,
  decidedBy: row.decided_by,
  expiresAt: row.expires_at,
})

export async function insertApproval(tx: Tx, approval: Approval, now: Date): Promise<void> {
  await tx.query({
    name: 'parties/insert-approval',
    text: `insert into parties.approval
             (id, tenant, act, subject, reason, state, requested_by, requested_for, requested_at, expires_at)
           values ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9)`,
    values: [
      approval.id,
      approval.tenant,
      approval.act,
      approval.subject,
      approval.reason,
      approval.requestedBy,
      approval.requestedFor,
      now,
      approval.expiresAt,
    ],
  })
}

export async function findApprovalForUpdate(
  tx: Tx,
  tenant: OrganisationId,
  id: ApprovalId,
): Promise<Approval | undefined> {
  const [row] = await tx.query<Row>({
    name: 'parties/find-approval-for-update',
    text: `select ${columns} from parties.approval where tenant = $1 and id = $2 for update`,
    values: [tenant, id],
  })
  return row && approvalOf(row)
}

export async function findUsableApproval(
  tx: Tx,
  wanted: { tenant: OrganisationId; act: string; subject: string; requestedBy: string; now: Date },
): Promise<Approval | undefined> {
  const [row] = await tx.query<Row>({
    name: 'parties/find-usable-approval',
    text: `select ${columns} from parties.approval
           where tenant = $1 and act = $2 and subject = $3 and requested_by = $4
             and state = 'approved' and expires_at > $5
           order by id limit 1 for update`,
    values: [wanted.tenant, wanted.act, wanted.subject, wanted.requestedBy, wanted.now],
  })
  return row && approvalOf(row)
}

/** The newest first; older ones than these have long expired. */
export async function approvalsOf(query: Query, tenant: OrganisationId, limit: number): Promise<readonly Approval[]> {
  const rows = await query.query<Row>({
    name: 'parties/approvals-of',
    text: `select ${columns} from parties.approval where tenant = $1 order by id desc limit $2`,
    values: [tenant, limit],
  })
  return rows.map(approvalOf)
}

export async function setApprovalDecision(
  tx: Tx,
  id: ApprovalId,
  decision: { state: 'approved' | 'declined'; decidedBy: string; decidedFor: string; decidedAt: Date },
): Promise<void> {
  await tx.query({
    name: 'parties/set-approval-decision',
    text: `update parties.approval set state = $2, decided_by = $3, decided_for = $4, decided_at = $5 where id = $1`,
    values: [id, decision.state, decision.decidedBy, decision.decidedFor, decision.decidedAt],
  })
}

export async function markApprovalUsed(tx: Tx, id: ApprovalId, now: Date): Promise<void> {
  await tx.query({
    name: 'parties/mark-approval-used',
    text: `update parties.approval set state = 'used', used_at = $2 where id = $1`,
    values: [id, now],
  })
}

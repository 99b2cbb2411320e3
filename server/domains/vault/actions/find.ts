import { type ClientActor, newId, Refusal, type StaffActor } from '#kernel'
import type { EntryDraft } from '#ledger'
import { agreementOf } from '#notices'
import type { VaultDeps } from '../deps.ts'
import type { FindRequest } from '../model.ts'
import { judgeLook } from '../rules.ts'
import { blindToken } from '../seals.ts'
import { findByToken } from '../store.ts'
import { lookFields } from './look.ts'

const mostHits = 20

/** Searches at most per minute and caller. Equality search over a small space is enumeration; this makes it slow and loud. */
export class FindQuota {
  readonly #perMinute: number
  readonly #spent = new Map<string, { minute: number; count: number }>()
  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }
  spend(caller: string, now: Date): void {
    const minute = Math.floor(now.getTime() / 60_000)
    const held = this.#spent.get(caller)
    const count = held?.minute === minute ? held.count + 1 : 1
    if (this.#spent.size > 10_000) this.#spent.clear()
    this.#spent.set(caller, { minute, count })
    if (count > this.#perMinute)
      throw new Refusal('find_quota_exceeded', {
        missing: { perMinute: this.#perMinute, retryAfterSeconds: 60 - now.getUTCSeconds() },
      })
  }
}

/** Finds people by equality of one field, for one purpose. Each person found gets an entry: being searched for is being looked at. Article 2. */
export async function find(deps: VaultDeps, quota: FindQuota, actor: ClientActor | StaffActor, request: FindRequest) {
  deps.ledger.assertKeepsUp()
  const at = deps.clock.now()
  const rules = await deps.notices.rules.of(actor.tenant)
  const verdict = judgeLook(rules, actor, { purpose: request.purpose, fields: [request.field] })
  if ('refusal' in verdict) {
    const { code, details } = verdict.refusal
    throw new Refusal(code, { ...details, ...(details.field?.startsWith('/fields') ? { field: '/field' } : {}) })
  }
  if (!rules.searchable.has(request.field))
    throw new Refusal('field_not_searchable', { field: '/field', missing: { field: request.field } })
  quota.spend(actor.id, at)
  const category = verdict.categories[0]!
  const agreed = agreementOf(rules, category, request.purpose, [request.field])
  const token = await blindToken(deps.keys, actor.tenant, request.field, request.value)
  const { hits, appended } = await deps.db.transaction('vault', async (tx) => {
    const rows = await findByToken(tx, actor.tenant, token, category, request.purpose, mostHits, at, agreed)
    const drafts = rows.map(
      (row): EntryDraft => ({
        entry: newId<'ent'>(),
        subject: row.subject,
        tenant: actor.tenant,
        kind: 'find',
        at: at.getTime(),
        fields: lookFields(actor, {
          person: row.subject,
          purpose: request.purpose,
          fields: [request.field],
          record: row.record,
          onBehalfOf: request.onBehalfOf,
          case: request.case,
        }),
      }),
    )
    return { hits: rows, appended: drafts.length > 0 ? await deps.ledger.append(tx, drafts) : undefined }
  })
  const receipts = appended ? deps.ledger.promise(appended) : []
  return hits.map((row, index) => ({ person: row.subject, record: row.record, receipt: receipts[index]! }))
}

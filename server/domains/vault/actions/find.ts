import { type ClientActor, newId, Refusal, type StaffActor } from '#kernel'
import type { EntryDraft } from '#ledger'
import { type Agreement, agreementOf } from '#notices'
import { coalesce, type Query } from '#platform'
import type { VaultDeps } from '../deps.ts'
import type { FindRequest, Hit } from '../model.ts'
import type { FindQuota } from '../quota.ts'
import { judgeLook } from '../rules.ts'
import { blindTokens } from '../seals.ts'
import { findByTokens, logFound } from '../store.ts'
import { lookFields } from './look.ts'

const mostHits = 20

export interface FindItem {
  readonly actor: ClientActor | StaffActor
  readonly request: FindRequest
}
interface Judged extends FindItem {
  readonly category: string
  readonly tokens: readonly Buffer[]
  readonly agreed: Agreement | undefined
}

/**
 * Finds people by equality of one field, for one purpose. Each person found gets an entry: being searched for is being
 * looked at. Article 2. Finds that arrive while a statement is in flight share the next two: one reads, one logs, and
 * nobody hears of a hit before its entry is durable.
 */
export function createFind(deps: VaultDeps, quota: FindQuota): (item: FindItem) => Promise<readonly Hit[]> {
  const db = deps.db.as('vault')
  return coalesce<FindItem, readonly Hit[]>((items) => findTogether(deps, quota, db, items), {
    maxBatch: 128,
    lanes: 2,
    ...(deps.observeBatch ? { observe: deps.observeBatch } : {}),
  })
}

async function judge(deps: VaultDeps, quota: FindQuota, item: FindItem, at: Date): Promise<Judged | Refusal> {
  const { actor, request } = item
  const rules = deps.notices.rules.cached(actor.tenant) ?? (await deps.notices.rules.of(actor.tenant))
  const verdict = judgeLook(rules, actor, { purpose: request.purpose, fields: [request.field] })
  if ('refusal' in verdict) {
    const { code, details } = verdict.refusal
    return new Refusal(code, { ...details, ...(details.field?.startsWith('/fields') ? { field: '/field' } : {}) })
  }
  if (!rules.searchable.has(request.field))
    return new Refusal('field_not_searchable', { field: '/field', missing: { field: request.field } })
  try {
    quota.spend(actor.id, at)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  const kind = rules.kindOf.get(request.field) ?? 'text'
  const tokens = await blindTokens(deps.keys, actor.tenant, request.field, kind, request.value)
  const category = verdict.categories[0]!
  return { ...item, category, tokens, agreed: agreementOf(rules, category, request.purpose, [request.field]) }
}

async function findTogether(
  deps: VaultDeps,
  quota: FindQuota,
  db: Query,
  items: readonly FindItem[],
): Promise<(readonly Hit[] | Error)[]> {
  deps.ledger.assertKeepsUp()
  const at = deps.clock.now()
  const judged: (Judged | Refusal)[] = []
  for (const item of items) judged.push(await judge(deps, quota, item, at))
  const asks = judged.flatMap((each, item) =>
    each instanceof Refusal
      ? []
      : each.tokens.map((token) => ({
          item,
          token,
          tenant: each.actor.tenant,
          category: each.category,
          purpose: each.request.purpose,
          agreed: each.agreed,
        })),
  )
  const rows = asks.length === 0 ? [] : await findByTokens(db, asks, mostHits, at)
  const drafts = rows.map(({ item, subject, record }): EntryDraft => {
    const { actor, request } = items[item]!
    const { purpose, field, onBehalfOf } = request
    return {
      entry: newId<'ent'>(),
      subject,
      tenant: actor.tenant,
      kind: 'find',
      at: at.getTime(),
      fields: lookFields(actor, { person: subject, purpose, fields: [field], record, onBehalfOf, case: request.case }),
    }
  })
  const answers = judged.map((each): Hit[] | Refusal => (each instanceof Refusal ? each : []))
  if (drafts.length > 0) {
    const appended = deps.ledger.prepare(drafts)
    await logFound(db, appended)
    const receipts = deps.ledger.promise(appended)
    for (const [index, { item, subject, record }] of rows.entries()) {
      const hits = answers[item]
      if (Array.isArray(hits)) hits.push({ person: subject, record, receipt: receipts[index]! })
    }
  }
  for (const [item, answer] of answers.entries())
    if (Array.isArray(answer) && answer.length === 0) quota.miss(items[item]!.actor.id, at)
  return answers
}

import { type ClientActor, newId, type PersonId, Refusal } from '#kernel'
import { coalesce, type OnceKey, onceScope, type Query, sealAnswer } from '#platform'
import type { NoticesDeps } from '../deps.ts'
import type { Consent, GrantRow, PublishedNotice } from '../model.ts'
import { consentReceipt } from '../receipts.ts'
import { judgeSnapshot, recipientsOf, untilOf } from '../rules.ts'
import { insertConsented } from '../store-consents.ts'
import {
  type ConsentRequest,
  consentEntry,
  daysOf,
  giveConsent,
  given,
  judgeConsent,
  wrapGrants,
} from './give-consent.ts'

export interface ConsentItem {
  readonly actor: ClientActor
  readonly request: ConsentRequest
  readonly once: OnceKey
}
type Given = Awaited<ReturnType<typeof giveConsent>>

/**
 * Consents of people who come with the request: those that arrive together share one statement and one commit, as in
 * the vault. Whatever does not take effect there (a replay, a refusal, a notice that moved on) is done again alone, and
 * hears its reason or its first answer. Article 2.
 */
export function createConsent(deps: NoticesDeps): (item: ConsentItem) => Promise<Given> {
  const db = deps.db.as('notices')
  const together = coalesce<ConsentItem, Given | undefined>((items) => consentTogether(deps, db, items), {
    maxBatch: 64,
    lanes: 2,
  })
  return async (item) => {
    const { actor, request, once } = item
    const alone = request.person !== undefined || request.guardian !== undefined
    return (alone ? undefined : await together(item)) ?? giveConsent(deps, actor, request, once)
  }
}

async function consentTogether(
  deps: NoticesDeps,
  db: Query,
  items: readonly ConsentItem[],
): Promise<(Given | undefined)[]> {
  const at = deps.clock.now()
  const prepared = []
  for (const [place, item] of items.entries()) {
    const made = await prepare(deps, item, at)
    if (made) prepared.push({ ...made, item, place })
  }
  const results: (Given | undefined)[] = items.map(() => undefined)
  if (prepared.length === 0) return results
  const appended = deps.ledger.prepare(prepared.map(({ draft }) => draft))
  const rows = await Promise.all(
    prepared.map(async ({ consent, answer, item, grants, recipients }, index) => {
      const scope = onceScope(item.actor.tenant, item.once.key)
      const own = { ...appended, entries: [appended.entries[index]!] }
      const kept = await sealAnswer(deps.keys, item.actor.tenant, scope, { ...answer, appended: own })
      return { scope, digest: item.once.digest, answer: kept, consent, grants, recipients }
    }),
  )
  const done = await insertConsented(db, rows, appended, at)
  const receipts = deps.ledger.promise(appended)
  for (const [index, { place, answer }] of prepared.entries())
    if (done.has(index)) results[place] = { ...answer, receipt: receipts[index]! }
  return results
}

/** Undefined when it is refused: the action that stands alone says why, unless it was done before. */
async function prepare(deps: NoticesDeps, { actor, request }: ConsentItem, at: Date) {
  const rules = deps.rules.cached(actor.tenant) ?? (await deps.rules.of(actor.tenant))
  try {
    const { shown, hash } = deps.snapshots.read(request.snapshot)
    const notice: PublishedNotice = judgeSnapshot(shown, rules, at)
    const { wanted } = judgeConsent(notice, request, at)
    const consent: Consent = {
      id: newId<'cns'>(),
      tenant: actor.tenant,
      subject: newId<'per'>(),
      notice: notice.id,
      version: notice.version,
      language: shown.language,
      purposes: request.purposes,
      separately: request.separately ?? [],
      informed: request.informed ?? [],
      recipients: request.recipients ?? [],
      asGuardian: request.asGuardian ?? false,
      snapshotHash: hash,
      at,
    }
    const recipients = recipientsOf(
      notice,
      request.recipients ?? [],
      new Set(wanted.map((grant) => grant.purpose)),
    ).map((each) => ({ ...each, until: untilOf(at, daysOf(notice, each.purpose), undefined) }))
    const grants: GrantRow[] = await wrapGrants(deps, consent, wanted, new Map())
    const draft = consentEntry(actor, consent, notice)
    const answer = {
      consent: consent.id,
      person: consent.subject as PersonId,
      at: at.getTime(),
      grants: given(grants),
      recipients: request.recipients ?? [],
      consentReceipt: consentReceipt(consent, notice, deps.signer),
    }
    return { consent, grants, recipients, draft, answer }
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

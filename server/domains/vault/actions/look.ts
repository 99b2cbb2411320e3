import { type Actor, actorField, type ClientActor, type EntryId, newId, Refusal, type StaffActor } from '#kernel'
import type { EntryDraft } from '#ledger'
import { agreementOf, type DrawerKey, type Rules, unwrap } from '#notices'
import { coalesce, keyIdsOf, open, SealBroken } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { beijingDay, equalsForm } from '../kind-rules/index.ts'
import { type Look, type LookRequest, profileOf } from '../model.ts'
import type { FindQuota } from '../quota.ts'
import { type Asked, fieldOf, judgeLook } from '../rules.ts'
import { openDrawer } from '../seals.ts'
import { type Answer, type Ask, fetchAndLog } from '../store.ts'

export interface LookItem {
  readonly actor: ClientActor | StaffActor
  readonly request: LookRequest
  /** A look whose answer goes to a recipient is a `release`. */
  readonly kind?: 'release'
  /** What the entry says besides. */
  readonly more?: EntryDraft['fields']
  /** Why it is refused already; it is logged like every refused look. */
  readonly refusal?: Refusal | undefined
  /** Takes the drawer key in the place of what the drawer holds: for what lies beside it. */
  readonly takeKey?: (drawerKey: DrawerKey) => void
  /** Sealed under the drawer key by a token: opened in the place of the drawer. */
  readonly token?: { readonly field: string; readonly sealed: Buffer; readonly aad: Uint8Array }
}
type Judged = LookItem & {
  readonly entry: EntryId
  readonly categories: readonly string[]
  readonly rules: Rules
  readonly asked: readonly Asked[]
  readonly refusal: Refusal | undefined
}

/**
 * Opens fields for one stated purpose. Leaves a ledger entry even when it refuses. Article 2.
 *
 * Looks that arrive while a statement is in flight share the next one: fetch, log and commit once for all, then open.
 * Nothing is opened before its entry is durable, and a refusal is thrown after the commit, so its evidence stays.
 */
export function createLook(deps: VaultDeps, quota: FindQuota): (item: LookItem) => Promise<Look> {
  const db = deps.db.as('vault')
  return coalesce<LookItem, Look>((items) => lookTogether(deps, quota, db, items), {
    maxBatch: 128,
    lanes: 2,
    ...(deps.observeBatch ? { observe: deps.observeBatch } : {}),
  })
}

export const lookFields = (actor: Actor, request: LookRequest): EntryDraft['fields'] => [
  ['actor', actorField(actor)],
  ['purpose', request.purpose],
  ['fields', request.fields],
  ['record', `rec_${request.record ?? profileOf(request.person)}`],
  ...(request.onBehalfOf === undefined ? [] : [['onBehalfOf', request.onBehalfOf] as const]),
  ...(request.case === undefined ? [] : [['case', request.case] as const]),
]

export async function lookTogether(
  deps: VaultDeps,
  quota: FindQuota,
  db: Parameters<typeof fetchAndLog>[0],
  items: readonly LookItem[],
): Promise<(Look | Error)[]> {
  deps.ledger.assertKeepsUp()
  const now = deps.clock.now()
  const at = now.getTime()
  const judged: Judged[] = []
  for (const item of items) {
    const { actor, request } = item
    const rules = deps.notices.rules.cached(actor.tenant) ?? (await deps.notices.rules.of(actor.tenant))
    const verdict = item.refusal ? { refusal: item.refusal } : judgeLook(rules, actor, request)
    const entry = newId<'ent'>()
    const refusal = 'refusal' in verdict ? verdict.refusal : spendEquals(quota, actor, verdict.asked, now)
    judged.push(
      'refusal' in verdict
        ? { ...item, entry, rules, categories: [], asked: [], refusal }
        : { ...item, entry, rules, categories: verdict.categories, asked: verdict.asked, refusal },
    )
  }
  const asks: Ask[] = []
  for (const [item, { actor, request, rules, categories, refusal }] of judged.entries()) {
    // A refused look asks for one thing still: whether there is such a person, so that the refusal reaches their chain.
    for (const category of refusal ? [''] : categories)
      asks.push({
        item,
        tenant: actor.tenant,
        subject: request.person,
        category,
        purpose: refusal ? '' : request.purpose,
        record: request.record ?? profileOf(request.person),
        agreed: refusal ? undefined : agreementOf(rules, category, request.purpose, request.fields.map(fieldOf)),
      })
  }
  const appended = deps.ledger.prepare(
    judged.map(({ actor, request, entry, kind, more }) => ({
      entry,
      subject: request.person,
      tenant: actor.tenant,
      kind: kind ?? 'look',
      at,
      fields: more ? [...lookFields(actor, request), ...more] : lookFields(actor, request),
    })),
  )
  const presets = judged.map(({ refusal }) => (refusal ? `refused: ${refusal.code}` : null))
  const answers = await fetchAndLog(db, asks, presets, appended)

  const byItem = judged.map(() => [] as Answer[])
  for (const answer of answers) byItem[answer.item]!.push(answer)
  const outcomes = byItem.map((rows) => rows[0]!.outcome)
  const receipts = deps.ledger.promise(appended, outcomes)
  await deps.keys.load(keyIdsOf(answers.map((answer) => answer.wrap)))
  return judged.map((item, index) => {
    const receipt = receipts[index]!
    const outcome = outcomes[index]!
    if (item.refusal)
      return new Refusal(
        item.refusal.code,
        isForeign(outcome) ? item.refusal.details : { ...item.refusal.details, receipt },
      )
    if (isForeign(outcome)) return new Refusal('person_unknown', { field: '/person' })
    if (outcome === 'refused: person_erased') return new Refusal('person_erased', { field: '/person', receipt })
    if (outcome === 'refused: grant_missing')
      return new Refusal('grant_missing', {
        missing: { purpose: item.request.purpose, categories: missingOf(byItem[index]!) },
        receipt,
      })
    if (outcome === 'refused: record_unknown') return new Refusal('record_unknown', { field: '/record', receipt })
    try {
      return {
        person: item.request.person,
        record: item.request.record ?? profileOf(item.request.person),
        fields: openFields(deps, quota, item, byItem[index]!, now),
        receipt,
      }
    } catch (error) {
      const unavailable = error instanceof Refusal && error.code === 'key_unavailable'
      if (!unavailable && !(error instanceof SealBroken)) throw error
      const what = unavailable ? 'the key of a wrap is not in the key store' : 'a drawer or a wrap does not open'
      deps.log.error({ entry: item.entry, person: item.request.person }, what)
      return new Refusal(unavailable ? 'key_unavailable' : 'seal_broken', { receipt })
    }
  })
}

const isForeign = (outcome: string) => outcome === '-' || outcome === 'refused: another organisation'
const missingOf = (rows: readonly Answer[]) => rows.filter((row) => !row.wrap).map((row) => row.category)

/** To compare is to search one drawer: each comparison spends from the same quota as a find. */
function spendEquals(
  quota: FindQuota,
  actor: ClientActor | StaffActor,
  asked: readonly Asked[],
  now: Date,
): Refusal | undefined {
  try {
    for (const { as } of asked) if (isEquals(as)) quota.spend(actor.id, now)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
const isEquals = (as: string) => as.endsWith(`.${equalsForm}`)

function openFields(
  deps: VaultDeps,
  quota: FindQuota,
  { actor, request, asked, token, takeKey }: Judged,
  rows: readonly Answer[],
  now: Date,
): Record<string, string> {
  const { tenant } = actor
  const record = request.record ?? profileOf(request.person)
  const fields: Record<string, string> = {}
  for (const row of rows) {
    const drawerKey: DrawerKey | undefined = unwrap(
      deps.keys,
      tenant,
      request.person,
      row.category!,
      request.purpose,
      row.wrap!,
    )
    if (!drawerKey) throw new Refusal('key_unavailable')
    if (takeKey) {
      takeKey(drawerKey)
      continue
    }
    const held = token
      ? { [token.field]: open(drawerKey.key, token.sealed, token.aad).toString('utf8') }
      : openDrawer(drawerKey, tenant, request.person, record, row.category!, row.version!, row.sealed!)
    drawerKey.bytes.fill(0)
    for (const field of request.fields) if (Object.hasOwn(held, field)) fields[field] = held[field]!
    for (const { as, field, answer } of asked) {
      // What does not tell (an ID number from before it was checked) is left out, like a field that is not held.
      const answered = Object.hasOwn(held, field) ? answer(held[field]!, beijingDay(now)) : undefined
      if (answered !== undefined) fields[as] = answered
      if (answered === 'false' && isEquals(as)) quota.miss(actor.id, now)
    }
  }
  return fields
}

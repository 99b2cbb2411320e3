import { type ClientActor, day, instant, type PersonId, type RecordId, Refusal } from '#kernel'
import { isConsent, type Rules } from '#notices'
import type { Tx } from '#platform'
import type { VaultDeps } from '../deps.ts'
import type { FindQuota } from '../quota.ts'
import { judgeLook } from '../rules.ts'
import { insertRelease } from '../store-records.ts'
import { lookTogether } from './look.ts'

/** Records of what was given to others are kept three years (PIPL article 56; GB/T 35273-2020, 9.2). */
export const releaseKeptDays = 3 * 366

export interface ReleaseRequest {
  readonly person: PersonId
  readonly purpose: string
  readonly recipient: string
  readonly fields: readonly string[]
  readonly record: RecordId | undefined
  readonly contract: string | undefined
  readonly case: string | undefined
}

/**
 * A look whose answer goes to a recipient: under the person's grant for the purpose, to whom the live notice names for it.
 * The entry, the three-year record and the look take effect together. Articles 2 and 4.
 */
export async function release(deps: VaultDeps, quota: FindQuota, actor: ClientActor, request: ReleaseRequest) {
  const { person, purpose, recipient } = request
  const { tenant } = actor
  const rules = await deps.notices.rules.of(tenant)
  const verdict = judgeLook(rules, actor, request)
  const categories = 'refusal' in verdict ? [] : verdict.categories
  const found = 'refusal' in verdict ? undefined : judgeRecipient(rules, request, categories)
  const contract = request.contract ?? (found && !(found instanceof Refusal) ? found.contract : undefined) ?? null
  const at = deps.clock.now()
  const keptUntil = new Date(at.getTime() + releaseKeptDays * day)
  const made = await deps.db.transaction('vault', async (tx) => {
    await deps.notices.holdPerson(tx, tenant, person)
    const refusal = found instanceof Refusal ? found : await assertAgreed(deps, tx, rules, actor, request, categories)
    const [look] = await lookTogether(deps, quota, tx, [
      {
        actor,
        request: { ...request, onBehalfOf: undefined },
        kind: 'release',
        more: [['recipient', recipient], ...(contract === null ? [] : [['contract', contract] as const])],
        refusal,
      },
    ])
    if (look && !(look instanceof Error))
      await insertRelease(tx, tenant, {
        subject: person,
        entry: look.receipt.entry.replaceAll('-', ''),
        recipient,
        purpose,
        contract,
        fields: request.fields,
        at,
        keptUntil,
      })
    return look!
  })
  // After the commit: the evidence of a refused release stays.
  if (made instanceof Error) throw made
  return { ...made, recipient, keptUntil: instant(keptUntil) }
}

/** Where the purpose rests on consent, the recipient needs one of its own, for every category that leaves (PIPL article 23). */
async function assertAgreed(
  deps: VaultDeps,
  tx: Tx,
  rules: Rules,
  { tenant }: ClientActor,
  { person, purpose, recipient }: ReleaseRequest,
  categories: readonly string[],
): Promise<Refusal | undefined> {
  if (!isConsent(rules.purposes.get(purpose)?.basis ?? '')) return undefined
  const agreed = await deps.notices.recipientsOf(tx, tenant, person, deps.clock.now())
  const own = agreed.find((each) => each.recipient === recipient && each.purpose === purpose)
  if (own && categories.every((category) => own.categories.includes(category))) return undefined
  return new Refusal('recipient_not_agreed', { field: '/recipient', missing: { recipient, purpose } })
}

function judgeRecipient(
  rules: Rules,
  { recipient, purpose }: ReleaseRequest,
  categories: readonly string[],
): Refusal | { readonly contract: string | undefined } {
  for (const { content } of rules.notices.values())
    for (const named of content.recipients) {
      if (named.slug !== recipient || named.purpose !== purpose) continue
      if (named.categories && !categories.every((category) => named.categories!.includes(category))) continue
      return { contract: named.contract }
    }
  return new Refusal('recipient_unknown', { field: '/recipient', missing: { recipient, purpose, categories } })
}

import { actorField, type ClientActor, newId, type PersonId, Refusal, toWire } from '#kernel'
import { type OnceKey, once, type Tx } from '#platform'
import type { NoticesDeps } from '../deps.ts'
import { newDrawerKey, openSelfWraps, wrapFor } from '../drawer-keys.ts'
import { type Consent, type GrantRow, type PublishedNotice, selfPurpose } from '../model.ts'
import { consentReceipt } from '../receipts.ts'
import { grantsOf, judgeSnapshot } from '../rules.ts'
import { holdPerson, insertConsent, insertGrants, selfWraps } from '../store.ts'

export interface ConsentRequest {
  readonly person: PersonId | undefined
  readonly snapshot: string
  readonly purposes: readonly string[]
}

/** Records consent to the exact notice shown. To consent is to wrap the person's keys for those purposes. Article 2. */
export async function giveConsent(
  deps: NoticesDeps,
  actor: ClientActor,
  request: ConsentRequest,
  onceKey: OnceKey | undefined,
) {
  const rules = await deps.rules.of(actor.tenant)
  const at = deps.clock.now()
  const { appended, ...answer } = await deps.db.transaction('notices', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      // Judged in here, so that a repeated request hears its first answer even when the notice has moved on since.
      const { shown, hash } = deps.snapshots.read(request.snapshot)
      const notice = judgeSnapshot(shown, rules, at)
      const grants = grantsOf(notice, request.purposes)
      const person = request.person ?? newId<'per'>()
      if (request.person) {
        await holdPerson(tx, actor.tenant, person)
        await deps.persons.assertLive(tx, actor.tenant, person)
      } else await deps.persons.insertPersons(tx, actor.tenant, [person])
      const consent: Consent = {
        id: newId<'cns'>(),
        tenant: actor.tenant,
        subject: person,
        notice: notice.id,
        version: notice.version,
        language: shown.language,
        purposes: request.purposes,
        snapshotHash: hash,
        at,
      }
      await recordConsent(deps, tx, consent, grants, request.person !== undefined)
      return {
        consent: consent.id,
        person,
        at: at.getTime(),
        grants,
        consentReceipt: consentReceipt(consent, notice, deps.signer),
        appended: await deps.ledger.append(tx, [consentEntry(actor, consent, notice)]),
      }
    }),
  )
  return { ...answer, receipt: deps.ledger.promise(appended)[0]! }
}

export const consentEntry = (actor: ClientActor, consent: Consent, notice: PublishedNotice) => ({
  entry: newId<'ent'>(),
  subject: consent.subject,
  tenant: consent.tenant,
  kind: 'consent',
  at: consent.at.getTime(),
  fields: [
    ['actor', actorField(actor)],
    ['consent', toWire('cns', consent.id)],
    ['notice', { id: toWire('ntc', notice.id), version: notice.version, hash: notice.hash.toString('hex') }],
    ['language', consent.language],
    ['purposes', [...consent.purposes]],
  ] as const,
})

/** The rows of a consent, in somebody's transaction. @throws {Refusal} `snapshot_stale` when the notice moved on meanwhile. */
export async function recordConsent(
  deps: Pick<NoticesDeps, 'keys'>,
  tx: Tx,
  consent: Consent,
  wanted: readonly { category: string; purpose: string; basis: string }[],
  known: boolean,
): Promise<void> {
  if (!(await insertConsent(tx, consent))) throw new Refusal('snapshot_stale', { field: '/snapshot' })
  const { tenant, subject } = consent
  const held = known
    ? await openSelfWraps(deps.keys, tenant, subject, await selfWraps(tx, tenant, subject))
    : new Map<string, ReturnType<typeof newDrawerKey>>()
  const rows: GrantRow[] = []
  for (const category of new Set(wanted.map((grant) => grant.category))) {
    let drawerKey = held.get(category)
    const purposes = wanted.filter((grant) => grant.category === category)
    const grants = drawerKey ? purposes : [{ category, purpose: selfPurpose, basis: 'self' }, ...purposes]
    drawerKey ??= newDrawerKey()
    for (const { purpose, basis } of grants) {
      const wrap = wrapFor(await deps.keys.current(tenant, purpose), tenant, subject, category, purpose, drawerKey)
      rows.push({ subject, category, purpose, tenant, basis, wrap, consent: consent.id, since: consent.at })
    }
    drawerKey.bytes.fill(0)
  }
  await insertGrants(tx, rows)
}

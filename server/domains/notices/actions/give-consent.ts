import {
  type Actor,
  actorField,
  type ClientActor,
  instant,
  newId,
  type PersonActor,
  type PersonId,
  Refusal,
  toWire,
} from '#kernel'
import type { EntryDraft } from '#ledger'
import { type OnceKey, once, type Tx } from '#platform'
import type { NoticesDeps } from '../deps.ts'
import { type DrawerKey, newDrawerKey, openSelfWraps, wrapFor } from '../drawer-keys.ts'
import { actingFor, assertGuardian } from '../guardians.ts'
import {
  type AgeBand,
  type Consent,
  type GrantRow,
  type GuardianLink,
  type GuardianRelation,
  isConsent,
  type PublishedNotice,
  purposesOf,
  selfPurpose,
  type WantedGrant,
} from '../model.ts'
import { consentReceipt } from '../receipts.ts'
import { assertMayAsk, grantsOf, handOverOf, judgeSnapshot, recipientsOf, untilOf } from '../rules.ts'
import * as store from '../store.ts'
import { insertGuardian } from '../store-guardians.ts'

export interface ConsentRequest {
  readonly person: PersonId | undefined
  readonly snapshot: string
  readonly purposes: readonly string[]
  readonly separately?: readonly string[] | undefined
  readonly informed?: readonly string[] | undefined
  readonly recipients?: readonly string[] | undefined
  readonly ageBand?: AgeBand | undefined
  readonly guardian?: { readonly person: PersonId; readonly relation: GuardianRelation; readonly handOver: string }
  readonly asGuardian?: boolean | undefined
}

/**
 * Records consent to the exact notice shown. To consent is to wrap the person's keys for those purposes. Article 2.
 * With `renewal`, every purpose must still have a consent that stands; its time begins anew.
 */
export async function giveConsent(
  deps: NoticesDeps,
  actor: ClientActor | PersonActor,
  request: ConsentRequest,
  onceKey: OnceKey | undefined,
  { renewal = false } = {},
) {
  const rules = await deps.rules.of(actor.tenant)
  const at = deps.clock.now()
  const known = request.person ?? (actor.kind === 'person' ? actor.id : undefined)
  const { appended, ...answer } = await deps.db.transaction('notices', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      // Judged in here, so that a repeated request hears its first answer even when the notice has moved on since.
      const { shown, hash } = deps.snapshots.read(request.snapshot)
      const notice = judgeSnapshot(shown, rules, at)
      const { wanted, guardian } = judgeConsent(notice, request, at)
      const person = known ?? newId<'per'>()
      if (known) {
        for (const id of [person, ...(guardian ? [guardian.person] : [])].sort())
          await store.holdPerson(tx, actor.tenant, id)
        await deps.persons.assertLive(tx, actor.tenant, person)
        await actingFor(tx, actor, person, at)
      } else await deps.persons.insertPersons(tx, actor.tenant, [person])
      await assertGuardian(deps, tx, { tenant: actor.tenant, person, known: known !== undefined, notice, guardian, at })
      const standing = known ? await store.grantsOf(tx, actor.tenant, person, at) : []
      // The person themself may come back to what they refused; nobody else may bring them.
      if (known && actor.kind !== 'person')
        assertMayAsk(await store.refusalsOf(tx, actor.tenant, person, at), {
          purposes: wanted.map((grant) => grant.purpose),
          recipients: request.recipients ?? [],
        })
      if (renewal) assertStands(wanted, standing)
      const consent: Consent = {
        id: newId<'cns'>(),
        tenant: actor.tenant,
        subject: person,
        notice: notice.id,
        version: notice.version,
        language: shown.language,
        purposes: request.purposes,
        separately: request.separately ?? [],
        informed: request.informed ?? [],
        recipients: request.recipients ?? [],
        guardian,
        asGuardian: request.asGuardian ?? false,
        renewal,
        snapshotHash: hash,
        at,
      }
      const recipients = recipientsOf(
        notice,
        consent.recipients ?? [],
        new Set([...wanted, ...standing].map((grant) => grant.purpose)),
      )
      const grants = await recordConsent(deps, tx, consent, wanted, known !== undefined)
      await store.insertRecipientConsents(
        tx,
        consent,
        recipients.map((each) => ({ ...each, until: untilOf(at, daysOf(notice, each.purpose), guardian?.handOver) })),
      )
      if (known) await store.deleteRefusals(tx, actor.tenant, person, purposesOf(consent), consent.recipients ?? [])
      if (guardian) await insertGuardian(tx, actor.tenant, person, guardian, at)
      return {
        consent: consent.id,
        person,
        at: at.getTime(),
        grants,
        recipients: consent.recipients ?? [],
        consentReceipt: consentReceipt(consent, notice, deps.signer),
        appended: await deps.ledger.append(tx, [
          consentEntry(actor, consent, notice),
          ...(guardian ? [guardianEntry(actor, consent, guardian)] : []),
        ]),
      }
    }),
  )
  return { ...answer, receipt: deps.ledger.promise(appended)[0]! }
}

/** What is wanted, and who speaks for whom, from memory alone. */
export function judgeConsent(notice: PublishedNotice, request: ConsentRequest, at: Date) {
  const { purposes, separately = [], informed = [], recipients = [], asGuardian } = request
  if (!asGuardian && purposes.length + separately.length + informed.length + recipients.length === 0)
    throw new Refusal('schema_violation', { field: '/purposes', rule: 'something must be agreed to' })
  if (asGuardian && (request.guardian || (request.ageBand ?? 'adult') !== 'adult'))
    throw new Refusal('schema_violation', { field: '/asGuardian', rule: 'only an adult acts for a child' })
  const wanted = grantsOf(notice, purposes, {
    separately,
    informed,
    ageBand: request.ageBand,
    guarded: request.guardian !== undefined || asGuardian === true,
  })
  const guardian: GuardianLink | undefined = request.guardian && {
    person: request.guardian.person,
    relation: request.guardian.relation,
    handOver: handOverOf(request.guardian.handOver, notice.content.minors?.guardianBelow, at),
  }
  return { wanted, guardian }
}

function assertStands(wanted: readonly WantedGrant[], standing: readonly store.HeldGrant[]): void {
  for (const { purpose, basis } of wanted)
    if (isConsent(basis) && !standing.some((grant) => grant.purpose === purpose && isConsent(grant.basis)))
      throw new Refusal('consent_unknown', { field: '/purposes', missing: { purpose } })
}

export function daysOf({ content }: PublishedNotice, id: string): number {
  const { retentionDays, consentDays } = content.purposes.find((purpose) => purpose.id === id)!
  return Math.min(retentionDays, consentDays ?? retentionDays)
}

const some = (name: string, list: readonly string[] | undefined) =>
  list && list.length > 0 ? [[name, [...list]] as const] : []

export const consentEntry = (actor: Actor, consent: Consent, notice: PublishedNotice): EntryDraft => ({
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
    ...some('separately', consent.separately),
    ...some('informed', consent.informed),
    ...some('recipients', consent.recipients),
    ...(consent.guardian ? [['guardian', toWire('per', consent.guardian.person)] as const] : []),
    ...(consent.asGuardian ? [['asGuardian', true] as const] : []),
    ...(consent.renewal ? [['renewal', true] as const] : []),
  ],
})
/** In the guardian's own chain: that they acted, for whom, and until when they may. */
const guardianEntry = (actor: Actor, consent: Consent, guardian: GuardianLink): EntryDraft => ({
  entry: newId<'ent'>(),
  subject: guardian.person,
  tenant: consent.tenant,
  kind: 'guardian-consent',
  at: consent.at.getTime(),
  fields: [
    ['actor', actorField(actor)],
    ['consent', toWire('cns', consent.id)],
    ['person', toWire('per', consent.subject)],
    ['relation', guardian.relation],
    ['handOver', instant(guardian.handOver)],
  ],
})

/** The rows of a consent, in somebody's transaction. @throws {Refusal} `snapshot_stale` when the notice moved on meanwhile. */
export async function recordConsent(
  deps: Pick<NoticesDeps, 'keys'>,
  tx: Tx,
  consent: Consent,
  wanted: readonly WantedGrant[],
  known: boolean,
): Promise<{ category: string; purpose: string; basis: string; until: number }[]> {
  if (!(await store.insertConsent(tx, consent))) throw new Refusal('snapshot_stale', { field: '/snapshot' })
  const { tenant, subject } = consent
  const held = known
    ? await openSelfWraps(deps.keys, tenant, subject, await store.selfWraps(tx, tenant, subject))
    : new Map<string, DrawerKey>()
  const rows = await wrapGrants(deps, consent, wanted, held)
  await store.insertGrants(tx, rows)
  return given(rows)
}
/** What the answer says of the wraps: all but the person's own. */
export const given = (rows: readonly GrantRow[]) =>
  rows.flatMap(({ category, purpose, basis, until }) =>
    until ? [{ category, purpose, basis, until: until.getTime() }] : [],
  )

/** A drawer key for each category, taken from `held` or new, wrapped for each purpose and for the person. */
export async function wrapGrants(
  deps: Pick<NoticesDeps, 'keys'>,
  consent: Consent,
  wanted: readonly WantedGrant[],
  held: ReadonlyMap<string, DrawerKey>,
): Promise<GrantRow[]> {
  const { tenant, subject } = consent
  const rows: GrantRow[] = []
  for (const category of new Set(wanted.map((grant) => grant.category))) {
    let drawerKey = held.get(category)
    const purposes = wanted
      .filter((grant) => grant.category === category)
      .map(({ purpose, basis, days }) => ({
        purpose,
        basis,
        until: untilOf(consent.at, days, consent.guardian?.handOver),
      }))
    const grants = drawerKey ? purposes : [{ purpose: selfPurpose, basis: 'self', until: null }, ...purposes]
    drawerKey ??= newDrawerKey()
    for (const { purpose, basis, until } of grants) {
      const epochKey = deps.keys.currentCached(tenant, purpose) ?? (await deps.keys.current(tenant, purpose))
      const wrap = wrapFor(epochKey, tenant, subject, category, purpose, drawerKey)
      rows.push({ subject, category, purpose, tenant, basis, wrap, consent: consent.id, since: consent.at, until })
    }
    drawerKey.bytes.fill(0)
  }
  return rows
}

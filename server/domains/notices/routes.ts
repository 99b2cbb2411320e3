import { notices as wire } from '@bailee/contract'
import {
  type Actor,
  type ClientActor,
  fromWire,
  instant,
  type NoticeId,
  type PersonActor,
  type PersonId,
  Refusal,
  type StaffActor,
  toWire,
} from '#kernel'
import type { HttpServer } from '#platform'
import { createConsent } from './actions/consent-together.ts'
import { giveConsent } from './actions/give-consent.ts'
import { listConsents } from './actions/list-consents.ts'
import { previewNotice } from './actions/preview-notice.ts'
import { publishNotice } from './actions/publish-notice.ts'
import { refuseConsent } from './actions/refuse-consent.ts'
import { withdrawConsent } from './actions/withdraw-consent.ts'
import type { NoticesDeps } from './deps.ts'
import { diff, widens } from './diff.ts'
import { dpvOf } from './dpv.ts'
import { dpvCn } from './dpv-cn.ts'
import { actingFor } from './guardians.ts'
import type { NoticeContent, PublishedNotice } from './model.ts'
import { assertMayAsk } from './rules.ts'
import * as store from './store.ts'

type LegalBasis = NoticeContent['purposes'][number]['basis']
const pageSize = 50
const shownMilliseconds = 1_000
const mostShown = 1_000

const onWire = (notice: PublishedNotice) => ({
  id: toWire('ntc', notice.id),
  provider: toWire('org', notice.tenant),
  version: notice.version,
  hash: notice.hash.toString('hex'),
  publishedAt: instant(notice.publishedAt),
  live: notice.live,
  content: notice.content,
})

export function mountNoticesRoutes(http: HttpServer, deps: NoticesDeps): void {
  const db = deps.db.as('notices')
  http.mount(wire.publishNotice, async ({ actor, body, once }) => {
    const { notice, receipt } = await publishNotice(deps, actor as ClientActor | StaffActor, body, once)
    shown.delete(notice.id)
    return { notice: onWire(notice), receipt }
  })
  http.mount(wire.listNotices, async ({ query }) => {
    if (query.cursor !== undefined && !/^[0-9a-f]{32}$/.test(query.cursor)) throw new Refusal('cursor_malformed')
    const rows = await store.listLiveNotices(
      db,
      query.provider === undefined ? null : fromWire('org', query.provider),
      query.cursor ?? null,
      pageSize + 1,
    )
    return { items: rows.slice(0, pageSize).map(onWire), next: rows.length > pageSize ? rows[pageSize - 1]!.id : null }
  })
  http.mount(wire.previewNotice, async ({ actor, body }) => {
    const { live, ...preview } = await previewNotice(deps, actor as ClientActor | StaffActor, body)
    return { ...preview, live: live ? { notice: toWire('ntc', live.id), version: live.version } : null }
  })
  const noticeAt = async (notice: string, version: number | undefined): Promise<PublishedNotice> => {
    // Versions are counted in 32 bits.
    const known = (version ?? 1) < 2 ** 31
    const found = known ? await store.findNotice(db, fromWire('ntc', notice), version ?? null) : undefined
    if (!found) throw new Refusal('notice_unknown')
    return found
  }
  http.mount(wire.getNotice, async ({ params, query }) => onWire(await noticeAt(params.notice, query.version)))
  http.mount(wire.diffNotice, async ({ params, query }) => {
    const from = await noticeAt(params.notice, query.from)
    const to = await noticeAt(params.notice, query.to)
    const changes = diff(from.content, to.content)
    return { notice: params.notice, from: from.version, to: to.version, widens: widens(changes), changes }
  })
  http.mount(wire.noticeDpv, async ({ params, query }) => dpvOf(await noticeAt(params.notice, query.version)))
  http.mount(wire.dpvExtension, () => dpvCn())
  // As old as the rules may be: consent is checked against what is live in its own statement.
  const shown = new Map<NoticeId, { readonly notice: PublishedNotice; readonly until: number }>()
  const liveNotice = async (id: NoticeId): Promise<PublishedNotice> => {
    const held = shown.get(id)
    if (held && held.until > performance.now()) return held.notice
    const notice = await store.findNotice(db, id, null)
    if (!notice) throw new Refusal('notice_unknown')
    if (shown.size >= mostShown) shown.clear()
    shown.set(id, { notice, until: performance.now() + shownMilliseconds })
    return notice
  }
  http.mount(wire.takeSnapshot, async ({ actor, body }) => {
    const notice = await liveNotice(fromWire('ntc', body.notice))
    if (body.person !== undefined)
      await assertMayBeAsked(deps, actor, notice, fromWire('per', body.person), body.purposes)
    const { snapshot, expiresAt } = deps.snapshots.of(notice, body.language, deps.clock.now())
    return { snapshot, notice: onWire(notice), expiresAt }
  })
  const consentRequest = (body: wire.ConsentBody) => ({
    person: body.person === undefined ? undefined : fromWire('per', body.person),
    snapshot: body.snapshot,
    purposes: body.purposes,
    separately: body.separately,
    informed: body.informed,
    recipients: body.recipients,
    ageBand: body.ageBand,
    ...(body.guardian ? { guardian: { ...body.guardian, person: fromWire('per', body.guardian.person) } } : {}),
    asGuardian: body.asGuardian,
  })
  const consent = createConsent(deps)
  http.mount(wire.giveConsent, async ({ actor, body, once }) =>
    consentOnWire(
      actor.kind === 'client' && once
        ? await consent({ actor, request: consentRequest(body), once })
        : await giveConsent(deps, actor as PersonActor, consentRequest(body), once),
    ),
  )
  http.mount(wire.renewConsent, async ({ actor, body, once }) =>
    consentOnWire(
      await giveConsent(deps, actor as ClientActor | PersonActor, consentRequest(body), once, { renewal: true }),
    ),
  )
  http.mount(wire.refuseConsent, async ({ actor, body, once }) => {
    const { askAgainAt, receipt } = await refuseConsent(
      deps,
      actor as ClientActor | PersonActor,
      {
        person: fromWire('per', body.person),
        snapshot: body.snapshot,
        purposes: body.purposes,
        recipients: body.recipients ?? [],
      },
      once,
    )
    return { person: body.person, askAgainAt: instant(askAgainAt), receipt }
  })
  http.mount(wire.listConsents, async ({ actor, body }) => {
    if (body.person === undefined && actor.kind !== 'person')
      throw new Refusal('schema_violation', { field: '/person', rule: 'must be present' })
    const person = body.person === undefined ? (actor as PersonActor).id : fromWire('per', body.person)
    const found = await listConsents(
      deps,
      actor as ClientActor | PersonActor,
      person,
      body.cursor ? fromWire('cns', body.cursor) : null,
    )
    return consentsOnWire(found)
  })
  http.mount(wire.withdrawConsent, async ({ actor, body, once }) => {
    const { destroyed, receipt } = await withdrawConsent(
      deps,
      actor as ClientActor | PersonActor,
      { person: fromWire('per', body.person), purpose: body.purpose, recipient: body.recipient },
      once,
    )
    const { person, purpose, recipient } = body
    return { person, purpose, ...(recipient === undefined ? {} : { recipient }), destroyed, receipt }
  })
  http.mount(wire.listGrants, async ({ actor, body }) => {
    const person = fromWire('per', body.person)
    const { tenant } = actor as ClientActor
    const at = deps.clock.now()
    await deps.db.transaction('notices', async (tx) => {
      await actingFor(tx, actor as ClientActor | PersonActor, person, at)
      await deps.persons.assertLive(tx, tenant, person)
    })
    return { items: (await store.grantsOf(db, tenant, person, at)).map(grantOnWire) }
  })
}

const grantOnWire = (grant: {
  readonly category: string
  readonly purpose: string
  readonly basis: string
  readonly since: Date | number
  readonly until: Date | number | null
}) => ({
  category: grant.category,
  purpose: grant.purpose,
  basis: grant.basis as LegalBasis,
  since: instant(grant.since),
  ...(grant.until === null ? {} : { until: instant(grant.until) }),
})
const consentOnWire = (given: Awaited<ReturnType<typeof giveConsent>>) => ({
  consent: toWire('cns', given.consent),
  person: toWire('per', given.person),
  grants: given.grants.map((grant) => grantOnWire({ ...grant, since: given.at })),
  recipients: [...given.recipients],
  consentReceipt: given.consentReceipt,
  receipt: given.receipt,
})
const dates = ({ until, endedAt }: { until?: Date | null; endedAt?: Date }) => ({
  ...(until ? { until: instant(until) } : {}),
  ...(endedAt ? { endedAt: instant(endedAt) } : {}),
})
const consentsOnWire = (found: Awaited<ReturnType<typeof listConsents>>) => ({
  items: found.items.map(({ consent, notice, liveVersion, purposes, recipients, asksAnew, consentReceipt }) => ({
    consent: toWire('cns', consent.id),
    notice: toWire('ntc', notice.id),
    version: notice.version,
    liveVersion,
    title: notice.content.title,
    givenAt: instant(consent.at),
    ...(consent.guardian ? { guardian: toWire('per', consent.guardian.person) } : {}),
    asGuardian: consent.asGuardian ?? false,
    purposes: purposes.map(({ purpose, state, ...rest }) => ({
      purpose: purpose.id,
      title: purpose.title,
      basis: purpose.basis,
      state,
      ...dates(rest),
    })),
    recipients: recipients.map(({ recipient, slug, state, ...rest }) => ({
      recipient: slug,
      name: recipient.name,
      purpose: recipient.purpose,
      state,
      ...dates(rest),
    })),
    asksAnew,
    consentReceipt,
  })),
  refusals: found.refusals.map(({ purpose, recipient, refusedAt, askAgainAt }) => ({
    purpose,
    ...(recipient === '' ? {} : { recipient }),
    refusedAt: instant(refusedAt),
    askAgainAt: instant(askAgainAt),
  })),
  guardians: found.guardians.map(({ person, relation, handOver, ended }) => ({
    person: toWire('per', person),
    relation,
    handOver: instant(handOver),
    ended,
  })),
  wards: found.wards.map(({ person, relation, handOver }) => ({
    person: toWire('per', person),
    relation,
    handOver: instant(handOver),
  })),
  next: found.next === null ? null : toWire('cns', found.next),
})

/** A snapshot for somebody in particular is the beginning of asking them. */
async function assertMayBeAsked(
  deps: NoticesDeps,
  actor: Actor,
  notice: PublishedNotice,
  person: PersonId,
  purposes: readonly string[] | undefined,
): Promise<void> {
  if (actor.kind === 'anyone') throw new Refusal('credentials_missing')
  if (actor.tenant !== notice.tenant) throw new Refusal('person_unknown', { field: '/person' })
  const at = deps.clock.now()
  if (actor.kind === 'person') return actingFor(deps.db.as('notices'), actor, person, at)
  assertMayAsk(await store.refusalsOf(deps.db.as('notices'), actor.tenant, person, at), {
    purposes: purposes ?? notice.content.purposes.map((purpose) => purpose.id),
    recipients: [],
  })
}

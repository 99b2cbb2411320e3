import { notices as wire } from '@bailee/contract'
import {
  type Actor,
  type ClientActor,
  fromWire,
  instant,
  type PersonActor,
  Refusal,
  type StaffActor,
  toWire,
} from '#kernel'
import type { HttpServer } from '#platform'
import { giveConsent } from './actions/give-consent.ts'
import { publishNotice } from './actions/publish-notice.ts'
import { withdrawConsent } from './actions/withdraw-consent.ts'
import type { NoticesDeps } from './deps.ts'
import type { NoticeContent, PublishedNotice } from './model.ts'
import * as store from './store.ts'

type LegalBasis = NoticeContent['purposes'][number]['basis']
const pageSize = 50
const snapshotMinutes = 60

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
  http.mount(wire.getNotice, async ({ params, query }) => {
    // Versions are counted in 32 bits.
    const known = (query.version ?? 1) < 2 ** 31
    const notice = known ? await store.findNotice(db, fromWire('ntc', params.notice), query.version ?? null) : undefined
    if (!notice) throw new Refusal('notice_unknown')
    return onWire(notice)
  })
  http.mount(wire.takeSnapshot, async ({ body }) => {
    const notice = await store.findNotice(db, fromWire('ntc', body.notice), null)
    if (!notice) throw new Refusal('notice_unknown')
    const now = deps.clock.now().getTime()
    const expiresAt = instant(now + snapshotMinutes * 60_000)
    const snapshot = deps.snapshots.sign({
      notice: notice.id,
      version: notice.version,
      hash: notice.hash.toString('hex'),
      language: body.language,
      shownAt: instant(now),
      expiresAt,
    })
    return { snapshot, notice: onWire(notice), expiresAt }
  })
  http.mount(wire.giveConsent, async ({ actor, body, once }) => {
    const { consent, person, at, grants, consentReceipt, receipt } = await giveConsent(
      deps,
      actor as ClientActor,
      {
        person: body.person === undefined ? undefined : fromWire('per', body.person),
        snapshot: body.snapshot,
        purposes: body.purposes,
      },
      once,
    )
    return {
      consent: toWire('cns', consent),
      person: toWire('per', person),
      consentReceipt,
      receipt,
      grants: grants.map((grant) => ({
        category: grant.category,
        purpose: grant.purpose,
        basis: grant.basis as LegalBasis,
        since: instant(at),
      })),
    }
  })
  http.mount(wire.withdrawConsent, async ({ actor, body, once }) => {
    const { destroyed, receipt } = await withdrawConsent(
      deps,
      actor as ClientActor | PersonActor,
      fromWire('per', body.person),
      body.purpose,
      once,
    )
    return { person: body.person, purpose: body.purpose, destroyed, receipt }
  })
  http.mount(wire.listGrants, async ({ actor, body }) => {
    const person = fromWire('per', body.person)
    const { tenant } = actor as ClientActor
    assertOwn(actor, person)
    await deps.db.transaction('notices', (tx) => deps.persons.assertLive(tx, tenant, person))
    const items = await store.grantsOf(db, tenant, person)
    return {
      items: items.map((grant) => ({
        category: grant.category,
        purpose: grant.purpose,
        basis: grant.basis as LegalBasis,
        since: instant(grant.since),
      })),
    }
  })
}

const assertOwn = (actor: Actor, person: string) => {
  if (actor.kind === 'person' && actor.id !== person) throw new Refusal('person_unknown')
}

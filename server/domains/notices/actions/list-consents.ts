import type { ClientActor, ConsentId, PersonActor, PersonId } from '#kernel'
import type { NoticesDeps } from '../deps.ts'
import { diff } from '../diff.ts'
import { actingFor } from '../guardians.ts'
import { isConsent, purposesOf } from '../model.ts'
import { consentReceipt } from '../receipts.ts'
import { untilOf } from '../rules.ts'
import { grantsOf, recipientsOf, refusalsOf } from '../store.ts'
import { consentsOf, endsOf, type KeptConsent, liveContents } from '../store-consents.ts'
import { guardiansOf, wardsOf } from '../store-guardians.ts'

const pageSize = 20

/** A person's consents with their receipts and what became of each, refusals, guardians. Articles 2 and 8. */
export async function listConsents(
  deps: NoticesDeps,
  actor: ClientActor | PersonActor,
  person: PersonId,
  before: ConsentId | null,
) {
  const at = deps.clock.now()
  const { tenant } = actor
  return deps.db.transaction('notices', async (tx) => {
    await actingFor(tx, actor, person, at)
    await deps.persons.assertLive(tx, tenant, person)
    const found = await consentsOf(tx, tenant, person, before, pageSize + 1)
    const page = found.slice(0, pageSize)
    const ends = await endsOf(
      tx,
      person,
      page.map(({ consent }) => consent.id),
    )
    const grants = await grantsOf(tx, tenant, person, at)
    const recipients = await recipientsOf(tx, tenant, person, at)
    const live = await liveContents(tx, [...new Set(page.map(({ notice }) => notice.id))])
    const lapsed = (until: Date | undefined) => until !== undefined && until <= at

    /** Live under this consent, ended by an act or by time, or replaced by a later consent. */
    const stateOf = ({ consent }: KeptConsent, purpose: string, recipient: string) => {
      const held =
        recipient === ''
          ? grants.find((grant) => grant.consent === consent.id && grant.purpose === purpose)
          : recipients.find((each) => each.consent === consent.id && each.recipient === recipient)
      const end = ends.find(
        (each) => each.consent === consent.id && each.purpose === purpose && each.recipient === recipient,
      )
      if (held) return { state: consent.renewal ? ('renewed' as const) : ('given' as const), until: held.until }
      return end ? { state: end.how, endedAt: end.at } : { state: undefined }
    }
    const items = page.map((kept) => {
      const { consent, notice, liveVersion } = kept
      const { content } = notice
      const unswept = (purpose: string) => {
        const { retentionDays, consentDays } = content.purposes.find((each) => each.id === purpose)!
        const days = Math.min(retentionDays, consentDays ?? retentionDays)
        const until = untilOf(consent.at, days, consent.guardian?.handOver)
        return lapsed(until) ? ({ state: 'expired', endedAt: until } as const) : ({ state: 'superseded' } as const)
      }
      const told = purposesOf(consent)
      const states = (purpose: string, recipient: string) => {
        const known = stateOf(kept, purpose, recipient)
        return known.state === undefined ? unswept(purpose) : known
      }
      const standing = new Set(grants.filter((grant) => grant.consent === consent.id).map((grant) => grant.purpose))
      return {
        consent,
        notice,
        liveVersion,
        purposes: content.purposes
          .filter((purpose) => told.includes(purpose.id))
          .map((purpose) => ({ purpose, ...states(purpose.id, '') })),
        recipients: content.recipients.flatMap((recipient) =>
          recipient.slug !== undefined && consent.recipients?.includes(recipient.slug)
            ? [{ recipient, slug: recipient.slug, ...states(recipient.purpose, recipient.slug) }]
            : [],
        ),
        asksAnew:
          liveVersion === notice.version
            ? []
            : diff(content, live.get(notice.id)!).filter(
                (change) =>
                  change.kind === 'widens' &&
                  change.purposes.some(
                    (purpose) =>
                      standing.has(purpose) &&
                      isConsent(content.purposes.find((each) => each.id === purpose)?.basis ?? ''),
                  ),
              ),
        consentReceipt: consentReceipt(consent, notice, deps.signer),
      }
    })
    return {
      items,
      next: found.length > pageSize ? page.at(-1)!.consent.id : null,
      refusals: await refusalsOf(tx, tenant, person, at),
      guardians: (await guardiansOf(tx, tenant, person)).map((link) => ({ ...link, ended: link.handOver <= at })),
      wards: await wardsOf(tx, tenant, person, at),
    }
  })
}

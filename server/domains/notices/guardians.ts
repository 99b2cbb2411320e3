import {
  type ClientActor,
  instant,
  type OrganisationId,
  type PersonActor,
  type PersonId,
  Refusal,
  type StaffActor,
} from '#kernel'
import type { Query, Tx } from '#platform'
import type { NoticesDeps } from './deps.ts'
import type { GuardianLink, PublishedNotice } from './model.ts'
import { consentKinds, guardiansOf } from './store-guardians.ts'

/**
 * A person acts for themself, or for a child whose guardian they are until the day of the hand-over. That day ends it
 * by itself: nothing needs to run. Personal Information Protection Law, article 31.
 * @throws {Refusal} `person_unknown`, as for anybody who is not theirs.
 */
export async function actingFor(
  db: Query,
  actor: ClientActor | StaffActor | PersonActor,
  person: PersonId,
  at: Date,
): Promise<void> {
  if (actor.kind !== 'person' || actor.id === person) return
  const links = await guardiansOf(db, actor.tenant, person)
  if (!links.some((link) => link.person === actor.id && link.handOver > at)) throw new Refusal('person_unknown')
}

interface Guarding {
  readonly tenant: OrganisationId
  readonly person: PersonId
  readonly known: boolean
  readonly notice: PublishedNotice
  readonly guardian: GuardianLink | undefined
  readonly at: Date
}
/**
 * A child has the guardian that they came with, and no other; while that one acts, nobody consents without them.
 * @throws {Refusal} `guardian_needed`, `guardian_not_theirs`
 */
export async function assertGuardian(deps: NoticesDeps, tx: Tx, given: Guarding): Promise<void> {
  const { tenant, person, known, notice, guardian, at } = given
  const links = known ? await guardiansOf(tx, tenant, person) : []
  const acting = links.filter((link) => link.handOver > at)
  if (!guardian) {
    if (acting.length > 0)
      throw new Refusal('guardian_needed', {
        field: '/guardian',
        rule: 'must be present until the hand-over',
        missing: { handOver: instant(acting[0]!.handOver) },
      })
    return
  }
  const notTheirs = (rule: string) => new Refusal('guardian_not_theirs', { field: '/guardian/person', rule })
  if (guardian.person === person) throw notTheirs('nobody is their own guardian')
  try {
    await deps.persons.assertLive(tx, tenant, guardian.person)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw notTheirs('must be a person known here')
  }
  const { asGuardian } = await consentKinds(tx, tenant, guardian.person, notice.id)
  if (!asGuardian) throw notTheirs('must have agreed to act as a guardian under this notice')
  if ((await guardiansOf(tx, tenant, guardian.person)).some((link) => link.handOver > at))
    throw notTheirs('has a guardian of their own')
  if (acting.length > 0) {
    if (!acting.some((link) => link.person === guardian.person)) throw notTheirs('must be the guardian of this person')
  } else if (links.length > 0) throw notTheirs('the hand-over has been: the person consents')
  else if (known && (await consentKinds(tx, tenant, person, notice.id)).own)
    throw notTheirs('the person has consented for themself')
}

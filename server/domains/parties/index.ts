/** Floor 3: who acts here. Organisations, staff, machine clients, persons' ids, sessions, approvals by two people. */
import { join } from 'node:path'
import type { Actor, ApprovalId, OrganisationId, PersonId } from '#kernel'
import type { HttpServer, RoomMigrations, Tx } from '#platform'
import { type ApprovedAct, assertApproved } from './approvals.ts'
import { authenticate, type Credentials } from './authenticate.ts'
import { createClientCredentials } from './credentials.ts'
import type { PartiesDeps, Person, RoomDeps } from './model.ts'
import { mountRoutes } from './routes.ts'
import { mayRegisterOrganisations } from './rules.ts'
import { newSecret } from './secrets.ts'
import { findKnownClient } from './store-clients.ts'
import { findOrganisation, replaceSetupToken } from './store-organisations.ts'
import { findPerson, insertLivePersons, markPersonErased } from './store-persons.ts'
import { deleteExpired } from './store-sessions.ts'

export { type ApprovedAct, useApprovalAtTerminal } from './approvals.ts'
export type { Credentials } from './authenticate.ts'
export type { Member, PartiesDeps, Person } from './model.ts'
export { type SoftwareAuthenticator, softwareAuthenticator } from './test-authenticator.ts'

export const partiesMigrations: RoomMigrations = { room: 'parties', folder: join(import.meta.dirname, 'migrations') }

export interface Parties {
  /**
   * Who is calling? At once for a key that was checked in the last seconds; `anyone` without credentials.
   * @throws {Refusal} `credentials_invalid`
   */
  authenticate(credentials: Credentials): Actor | Promise<Actor>
  mountRoutes(http: HttpServer): void
  /** A new one-time token for the set-up page, in place of every earlier one; nothing once an organisation exists. */
  ensureSetupLink(): Promise<string | undefined>
  /** The organisation that set this server up: its administrators look after the installation itself. */
  isFirstOrganisation(tenant: OrganisationId): Promise<boolean>
  /** Deletes what has expired: ceremonies, invitations, links, sessions. To be called now and then. */
  sweep(): Promise<void>

  /** For upper rooms, in their own transaction: new live persons of this organisation. */
  insertPersons(tx: Tx, tenant: OrganisationId, ids: readonly PersonId[]): Promise<void>
  /** Nothing for another organisation's person, exactly as for one that never was. */
  findPerson(tx: Tx, tenant: OrganisationId, id: PersonId): Promise<Person | undefined>
  /** Answers false when there was nobody live to erase. From then on no link opens a session for them. */
  markErased(tx: Tx, tenant: OrganisationId, id: PersonId): Promise<boolean>
  /**
   * Uses up the approval of a dangerous act, in the transaction of the act.
   * @throws {Refusal} `approval_needed` with the act and subject to ask for; `approval_expired` for the one that was named
   */
  assertApproved(tx: Tx, wanted: ApprovedAct): Promise<ApprovalId>
}

export function createParties(given: PartiesDeps): Parties {
  const { db, clock } = given
  const credentials = createClientCredentials((id) => findKnownClient(db.as('parties'), id))
  const deps: RoomDeps = { ...given, credentials }
  return {
    authenticate: (presented) => authenticate(deps, presented),
    mountRoutes: (http) => mountRoutes(deps, http),
    async ensureSetupLink() {
      const token = newSecret()
      return (await replaceSetupToken(db.as('parties'), token.hash, clock.now())) ? token.text : undefined
    },
    isFirstOrganisation: (tenant) =>
      db.transaction('parties', async (tx) => mayRegisterOrganisations(await findOrganisation(tx, tenant))),
    sweep: () => deleteExpired(db.as('parties'), clock.now()),
    insertPersons: (tx, tenant, ids) => insertLivePersons(tx, tenant, ids, clock.now()),
    findPerson,
    markErased: (tx, tenant, id) => markPersonErased(tx, tenant, id, clock.now()),
    assertApproved: (tx, wanted) => assertApproved(clock, tx, wanted),
  }
}

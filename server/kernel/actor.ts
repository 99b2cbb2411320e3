import type { Ability } from '@bailee/contract'
import type { ClientId, OrganisationId, PersonId, StaffId } from './ids.ts'

/** Who acts. Every action takes one; every ledger entry names one. */
export type Actor = ClientActor | StaffActor | PersonActor | Anyone
export interface ClientActor {
  readonly kind: 'client'
  readonly id: ClientId
  readonly tenant: OrganisationId
  readonly abilities: ReadonlySet<Ability>
  readonly purposes: ReadonlySet<string>
}
export interface StaffActor {
  readonly kind: 'staff'
  readonly id: StaffId
  readonly tenant: OrganisationId
  readonly abilities: ReadonlySet<Ability>
  readonly purposes: ReadonlySet<string>
}
/** The person, seen from one provider: there is no identifier that joins a person's providers. */
export interface PersonActor {
  readonly kind: 'person'
  readonly id: PersonId
  readonly tenant: OrganisationId
}
export interface Anyone {
  readonly kind: 'anyone'
}
export const anyone: Anyone = { kind: 'anyone' }

/** How an actor is named in a ledger entry: kind and id, never a name. */
export const actorField = (actor: Actor): { kind: string; id?: string } =>
  actor.kind === 'anyone'
    ? { kind: 'anyone' }
    : { kind: actor.kind, id: `${{ client: 'cli', staff: 'stf', person: 'per' }[actor.kind]}_${actor.id}` }

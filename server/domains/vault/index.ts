import { join } from 'node:path'
import type { ClientActor, PersonActor, PersonId, StaffActor } from '#kernel'
import type { HttpServer, OnceKey, RoomMigrations } from '#platform'
import { erase } from './actions/erase.ts'
import { mine } from './actions/mine.ts'
import type { VaultDeps } from './deps.ts'
import { sweepRetention } from './jobs.ts'
import { mountVaultRoutes } from './routes.ts'

export type { VaultDeps, VaultPersons } from './deps.ts'
export const vaultMigrations: RoomMigrations = { room: 'vault', folder: join(import.meta.dirname, 'migrations') }

/** Sealed drawers and looks. What leaves this room in the clear has left its trace in the ledger first. */
export const createVault = (deps: VaultDeps) => ({
  mountRoutes: (http: HttpServer) => mountVaultRoutes(http, deps),
  /** For rooms above, as functions that the hall passes on. */
  mine: (actor: PersonActor) => mine(deps, actor),
  erase: (actor: ClientActor | StaffActor | PersonActor, person: PersonId, once: OnceKey) =>
    erase(deps, actor, person, once),
  /** Erases what nobody may use any more and whose retention is over. To be called now and then. */
  sweepRetention: () => sweepRetention(deps),
})

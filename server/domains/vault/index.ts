import { join } from 'node:path'
import type { HttpServer, RoomMigrations } from '#platform'
import type { VaultDeps } from './deps.ts'
import { sweepRetention } from './jobs.ts'
import { mountVaultRoutes } from './routes.ts'

export type { VaultDeps, VaultPersons } from './deps.ts'
export const vaultMigrations: RoomMigrations = { room: 'vault', folder: join(import.meta.dirname, 'migrations') }

/** Sealed drawers and looks. What leaves this room in the clear has left its trace in the ledger first. */
export const createVault = (deps: VaultDeps) => ({
  mountRoutes: (http: HttpServer) => mountVaultRoutes(http, deps),
  /** Erases what nobody may use any more and whose retention is over. To be called now and then. */
  sweepRetention: () => sweepRetention(deps),
})

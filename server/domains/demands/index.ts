import { join } from 'node:path'
import type { HttpServer, Jobs, RoomMigrations } from '#platform'
import { escalateOverdue } from './actions/escalate.ts'
import type { DemandsDeps } from './deps.ts'
import { finishAll, recount } from './jobs.ts'
import { mountDemandsRoutes } from './routes.ts'

export type { Acts, Basis, DemandsDeps, HeldRecord } from './deps.ts'
export { demandsRewrapper } from './rewrapping.ts'
export const demandsMigrations: RoomMigrations = { room: 'demands', folder: join(import.meta.dirname, 'migrations') }

/** What people ask by right, with the law's clocks. */
export interface DemandsRoom {
  mountRoutes(http: HttpServer): void
  registerJobs(jobs: Jobs): void
  /** Escalates what nobody answered in time; answers how many. */
  escalateOverdue(): Promise<number>
  /** Goes on with what a server left half done; runs by itself every minute. */
  finishAll(): Promise<void>
  /** Counts clocks again that rested on a calendar which was not yet published; runs by itself every day. */
  recount(): Promise<void>
}
export function createDemands(deps: DemandsDeps): DemandsRoom {
  return {
    mountRoutes: (http) => mountDemandsRoutes(http, deps),
    registerJobs(jobs) {
      jobs.every('demands/escalate', 60, async () => {
        await escalateOverdue(deps)
      })
      jobs.every('demands/finish', 60, () => finishAll(deps))
      jobs.every('demands/recount', 86_400, () => recount(deps))
    },
    escalateOverdue: () => escalateOverdue(deps),
    finishAll: () => finishAll(deps),
    recount: () => recount(deps),
  }
}

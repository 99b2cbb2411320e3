import { join } from 'node:path'
import type { HttpServer, Jobs, RoomMigrations } from '#platform'
import { escalateOverdue } from './actions/escalate.ts'
import type { DemandsDeps } from './deps.ts'
import { finishAll, recount, resealWords } from './jobs.ts'
import { mountDemandsRoutes } from './routes.ts'

export type { Acts, Basis, DemandsDeps, HeldRecord } from './deps.ts'
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
  /** Seals words that were sealed so many days ago under today's epoch key: with 0 to be done before an epoch key is destroyed. */
  resealWords(olderThanDays?: number): Promise<number>
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
      jobs.every('demands/reseal', 86_400, async () => {
        await resealWords(deps)
      })
    },
    escalateOverdue: () => escalateOverdue(deps),
    finishAll: () => finishAll(deps),
    recount: () => recount(deps),
    resealWords: (olderThanDays) => resealWords(deps, olderThanDays),
  }
}

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
  /** Seals old words under today's epoch key: to be done before an epoch key is destroyed. */
  resealWords(): Promise<number>
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
    resealWords: () => resealWords(deps),
  }
}

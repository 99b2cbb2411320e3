import type { NoticeId, OrganisationId } from '#kernel'
import type { Query } from '#platform'
import type { PastVersion, PublishedNotice, Rules } from './model.ts'
import { compileRules } from './rules.ts'
import { liveNoticesOf, versionsBefore } from './store.ts'

/**
 * A tenant's compiled rules, kept for a second: another server's publication is seen within that, our own at once.
 * Consent itself is checked against the live version in the database, in its own statement.
 */
const keptMilliseconds = 1_000

export class RulesCache {
  readonly #db: Query
  readonly #held = new Map<OrganisationId, { rules: Rules; until: number }>()
  /** A version never changes, so it is read once. */
  readonly #past = new Map<NoticeId, PastVersion[]>()
  readonly #underway = new Map<OrganisationId, Promise<Rules>>()
  constructor(db: Query) {
    this.#db = db
  }
  /** From memory alone. */
  cached(tenant: OrganisationId): Rules | undefined {
    const held = this.#held.get(tenant)
    return held && held.until > performance.now() ? held.rules : undefined
  }
  of(tenant: OrganisationId): Promise<Rules> {
    const cached = this.cached(tenant)
    if (cached) return Promise.resolve(cached)
    const underway = this.#underway.get(tenant)
    if (underway) return underway
    const fetching: Promise<Rules> = liveNoticesOf(this.#db, tenant)
      .then(async (live) => {
        const rules = compileRules(live, await this.#pastOf(live))
        // What was read before a publication must not be remembered after it.
        if (this.#underway.get(tenant) === fetching)
          this.#held.set(tenant, { rules, until: performance.now() + keptMilliseconds })
        return rules
      })
      .finally(() => {
        if (this.#underway.get(tenant) === fetching) this.#underway.delete(tenant)
      })
    this.#underway.set(tenant, fetching)
    return fetching
  }
  async #pastOf(live: readonly PublishedNotice[]): Promise<readonly PastVersion[]> {
    for (const { id, version } of live) {
      const known = this.#past.get(id)?.at(-1)?.version ?? 0
      if (known >= version - 1) continue
      const found = await versionsBefore(this.#db, id, known, version)
      const held = this.#past.get(id) ?? []
      // Two refreshes may have asked at once.
      this.#past.set(id, [...held, ...found.filter((each) => !held.some((one) => one.version === each.version))])
    }
    return live.flatMap(({ id }) => this.#past.get(id) ?? [])
  }
  forget(tenant: OrganisationId): void {
    this.#held.delete(tenant)
    this.#underway.delete(tenant)
  }
}

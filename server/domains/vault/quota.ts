import { Refusal } from '#kernel'

const windowMilliseconds = 600_000

/**
 * What a caller may ask by equality. Equality search over a small space is enumeration: the quota by the minute makes it
 * slow; misses are counted over ten minutes, and a caller who keeps missing is refused until those minutes are over.
 * Each server process counts for itself.
 */
export class FindQuota {
  readonly #perMinute: number
  readonly #mostMisses: number
  readonly #suspected: (caller: string, misses: number) => void
  readonly #spent = new Map<string, { minute: number; count: number }>()
  readonly #missed = new Map<string, { window: number; count: number }>()
  /** `suspected` is told once a caller and window. */
  constructor(perMinute: number, suspected: (caller: string, misses: number) => void = () => {}) {
    this.#perMinute = perMinute
    this.#mostMisses = 2 * perMinute
    this.#suspected = suspected
  }
  /** @throws {Refusal} `find_quota_exceeded` with the seconds to wait */
  spend(caller: string, now: Date): void {
    const window = Math.floor(now.getTime() / windowMilliseconds)
    const missed = this.#missed.get(caller)
    if (missed?.window === window && missed.count > this.#mostMisses)
      throw new Refusal('find_quota_exceeded', {
        missing: {
          missesPerTenMinutes: this.#mostMisses,
          retryAfterSeconds: Math.ceil(((window + 1) * windowMilliseconds - now.getTime()) / 1000),
        },
      })
    const minute = Math.floor(now.getTime() / 60_000)
    const held = this.#spent.get(caller)
    const count = held?.minute === minute ? held.count + 1 : 1
    if (this.#spent.size > 10_000) this.#spent.clear()
    this.#spent.set(caller, { minute, count })
    if (count > this.#perMinute)
      throw new Refusal('find_quota_exceeded', {
        missing: { perMinute: this.#perMinute, retryAfterSeconds: 60 - now.getUTCSeconds() },
      })
  }
  /** Nobody had what was asked for. */
  miss(caller: string, now: Date): void {
    const window = Math.floor(now.getTime() / windowMilliseconds)
    const held = this.#missed.get(caller)
    const count = held?.window === window ? held.count + 1 : 1
    if (this.#missed.size > 10_000) this.#missed.clear()
    this.#missed.set(caller, { window, count })
    if (count === this.#mostMisses + 1) this.#suspected(caller, count)
  }
}

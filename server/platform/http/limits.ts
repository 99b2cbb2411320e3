/**
 * Token buckets by caller, in memory: each server process grants its share. A bucket refills continuously, holds one
 * minute's worth, and is forgotten when full. Bounded, so that a flood of new addresses cannot fill the memory.
 */
export class RateLimiter {
  readonly #perMinute: number
  readonly #maxKeys: number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()
  constructor(perMinute: number, maxKeys = 100_000) {
    this.#perMinute = perMinute
    this.#maxKeys = maxKeys
  }
  /** Takes one token. Answers 0 when granted, else the seconds to wait. `now` in milliseconds, from a monotonic clock. */
  take(key: string, now: number = performance.now()): number {
    let bucket = this.#buckets.get(key)
    if (!bucket) {
      if (this.#buckets.size >= this.#maxKeys) this.#forget(now)
      bucket = { tokens: this.#perMinute, at: now }
      this.#buckets.set(key, bucket)
    }
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + ((now - bucket.at) * this.#perMinute) / 60_000)
    bucket.at = now
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      return 0
    }
    return Math.max(1, Math.ceil(((1 - bucket.tokens) * 60) / this.#perMinute))
  }
  #forget(now: number) {
    for (const [key, bucket] of this.#buckets)
      if (bucket.tokens + ((now - bucket.at) * this.#perMinute) / 60_000 >= this.#perMinute) this.#buckets.delete(key)
    // Still full: the oldest go first (a Map keeps insertion order).
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size < this.#maxKeys) break
      this.#buckets.delete(key)
    }
  }
}

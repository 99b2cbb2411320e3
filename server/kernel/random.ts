import { randomFillSync } from 'node:crypto'

/**
 * Secrets of one width from a pool that is filled for many at a time: a call into OpenSSL for each costs 2.5 µs
 * (2026-11-23). What has been given out is wiped from the pool.
 */
export function randomSource(width: number, together = 256): () => Buffer {
  const pool = Buffer.alloc(width * together)
  let used = pool.length
  return () => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const secret = Buffer.from(pool.subarray(used, used + width))
    pool.fill(0, used, used + width)
    used += width
    return secret
  }
}

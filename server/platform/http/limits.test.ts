import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RateLimiter } from './limits.ts'

test('a caller has a minute’s worth at once, and then as many as the minute refills', () => {
  const limiter = new RateLimiter(60)
  for (let at = 0; at < 60; at++) assert.equal(limiter.take('a', 0), 0)
  assert.equal(limiter.take('a', 0), 1)
  assert.equal(limiter.take('a', 999), 1)
  assert.equal(limiter.take('a', 1000), 0)
  assert.equal(limiter.take('a', 1000), 1)
})
test('one caller does not spend what another has', () => {
  const limiter = new RateLimiter(1)
  assert.deepEqual([limiter.take('a', 0), limiter.take('a', 0), limiter.take('b', 0)], [0, 60, 0])
})
test('whoever waits as long as they were told is granted the next', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.array(fc.nat({ max: 5_000 }), { maxLength: 50 }),
      (rate, gaps) => {
        const limiter = new RateLimiter(rate)
        let now = 0
        for (const gap of gaps) {
          now += gap
          const wait = limiter.take('a', now)
          if (wait === 0) continue
          now += wait * 1000
          assert.equal(limiter.take('a', now), 0)
        }
      },
    ),
  )
})
test('in any minute nobody gets more than twice the rate', () => {
  const limiter = new RateLimiter(100)
  let granted = 0
  for (let now = 0; now < 60_000; now += 10) if (limiter.take('a', now) === 0) granted += 1
  assert.ok(granted >= 199 && granted <= 200, String(granted))
})
test('a flood of new callers does not fill the memory, and does not free a caller who has spent theirs', () => {
  const limiter = new RateLimiter(1, 10)
  for (let at = 0; at < 1000; at++) limiter.take(`flood ${at}`, at)
  assert.equal(limiter.take('spent', 1000), 0)
  for (let at = 0; at < 5; at++) limiter.take(`other ${at}`, 1000)
  assert.notEqual(limiter.take('spent', 1000), 0)
})

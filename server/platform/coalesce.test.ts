import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { CoalesceOverflow, coalesce } from './coalesce.ts'

/** Batches that end when they are told to. */
function stage(options: { maxBatch?: number; lanes?: number; maxWaiting?: number } = {}) {
  const underway: {
    readonly items: readonly number[]
    end(results?: (string | Error)[]): void
    fail(error: Error): void
  }[] = []
  const ask = coalesce<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        underway.push({
          items,
          end: (results = items.map((item) => `answer ${item}`)) => resolve(results),
          fail: reject,
        })
      }),
    { maxBatch: 100, lanes: 1, ...options },
  )
  return { ask, underway }
}

test('a lone request does not wait for company', async () => {
  const { ask, underway } = stage()
  const answer = ask(1)
  await nextTurn()
  assert.deepEqual(underway[0]?.items, [1])
  underway[0]?.end()
  assert.equal(await answer, 'answer 1')
})
test('requests that arrive while a batch is in flight travel together in the next one, in order', async () => {
  const { ask, underway } = stage()
  const first = [ask(1), ask(2)]
  await nextTurn()
  const later = [ask(3), ask(4), ask(5)]
  await nextTurn()
  assert.equal(underway.length, 1)
  underway[0]!.end()
  assert.deepEqual(await Promise.all(first), ['answer 1', 'answer 2'])
  await nextTurn()
  assert.deepEqual(
    underway.map(({ items }) => items),
    [
      [1, 2],
      [3, 4, 5],
    ],
  )
  underway[1]!.end()
  assert.deepEqual(await Promise.all(later), ['answer 3', 'answer 4', 'answer 5'])
})
test('each request hears its own answer, also when others of its batch failed', async () => {
  const { ask, underway } = stage()
  const asked = Promise.allSettled([ask(1), ask(2), ask(3)])
  await nextTurn()
  underway[0]!.end(['one', new Error('two'), 'three'])
  const [one, two, three] = await asked
  assert.deepEqual([one?.status, two?.status, three?.status], ['fulfilled', 'rejected', 'fulfilled'])
})
test('a batch that broke is told to all of it, and the next one is served', async () => {
  const { ask, underway } = stage()
  const asked = Promise.allSettled([ask(1), ask(2)])
  await nextTurn()
  const next = ask(3)
  underway[0]!.fail(new Error('broken'))
  for (const result of await asked) assert.equal(result.status, 'rejected')
  await nextTurn()
  underway[1]!.end()
  assert.equal(await next, 'answer 3')
})
test('no batch is larger than allowed and no more run at once than there are lanes', async () => {
  const { ask, underway } = stage({ maxBatch: 2, lanes: 2 })
  const asked = [1, 2, 3, 4, 5].map(ask)
  await nextTurn()
  assert.deepEqual(
    underway.map(({ items }) => items),
    [
      [1, 2],
      [3, 4],
    ],
  )
  underway[1]!.end()
  await pause(1)
  assert.deepEqual(underway[2]?.items, [5])
  underway[0]!.end()
  underway[2]!.end()
  assert.equal((await Promise.all(asked)).length, 5)
})
test('what would wait too long is refused at once, and others are served all the same', async () => {
  const { ask, underway } = stage({ maxWaiting: 2 })
  const first = ask(0)
  await nextTurn()
  const waiting = [ask(1), ask(2)]
  await assert.rejects(ask(3), CoalesceOverflow)
  underway[0]!.end()
  await first
  await nextTurn()
  underway[1]!.end()
  await Promise.all(waiting)
})

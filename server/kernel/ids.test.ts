import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dashed, fromWire, idBytes, newId, timeOfId, toWire } from './ids.ts'

test('ids are UUIDv7 in form', () => {
  for (let at = 0; at < 2000; at++) assert.match(newId(), /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
})
test('a hundred thousand ids are all different, and each comes after the one before', () => {
  let last = ''
  for (let at = 0; at < 100_000; at++) {
    const id = newId()
    assert.ok(id > last, `${id} after ${last}`)
    last = id
  }
})
test('ids go on increasing when the clock stands still or steps back', (t) => {
  const real = Date.now()
  t.mock.timers.enable({ apis: ['Date'], now: real })
  let last = newId()
  const next = () => {
    const id = newId()
    assert.ok(id > last, `${id} after ${last}`)
    last = id
  }
  for (let at = 0; at < 10_000; at++) next()
  t.mock.timers.setTime(real - 3_600_000)
  for (let at = 0; at < 10_000; at++) next()
  t.mock.timers.setTime(real + 60_000)
  next()
  assert.equal(timeOfId(last), real + 60_000)
})
test('an id says when it was made', () => {
  const before = Date.now()
  const made = timeOfId(newId())
  // Ids may have borrowed from the milliseconds to come.
  assert.ok(made >= before && made < Date.now() + 120_000)
})
test('what follows the time is not guessed from an earlier id', () => {
  const tails = new Set(Array.from({ length: 5000 }, () => newId().slice(16)))
  assert.equal(tails.size, 5000)
})
test('an id on the wire carries its kind, and comes back without it', () => {
  const id = newId<'per'>()
  assert.equal(toWire('per', id), `per_${id}`)
  assert.equal(fromWire('per', `per_${id}`), id)
  assert.equal(dashed(id).replaceAll('-', ''), id)
  assert.match(dashed(id), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(idBytes(id).length, 16)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demands as wire } from '@bailee/contract'
import { refusalReasons } from '@bailee/law'
import { Refusal } from '#kernel'
import { csvCell, csvLine } from './csv.ts'
import type { Demand, DemandAct, DemandState } from './model.ts'
import { assertMayBecome, assertMayEscalate, assertMayExtend, isOverdue, next, possibleActs } from './rules.ts'

const now = new Date('2026-11-24T00:00:00Z')
const demand = (state: DemandState, more: Partial<Demand> = {}) =>
  ({ state, dueAt: new Date('2026-12-01T00:00:00Z'), extendedAt: null, ...more }) as Demand
const past = { dueAt: now }
const refused = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof Refusal)
    return error.code
  }
  return 'allowed'
}
const states = Object.keys(next) as DemandState[]

test('nothing leads out of what is fulfilled or withdrawn, and into fulfilled only by way of doing it', () => {
  assert.deepEqual([next.fulfilled, next.withdrawn, next.fulfilling], [{}, {}, {}])
  for (const state of states)
    for (const target of Object.values(next[state])) assert.notEqual(target, 'fulfilled', `${state} skips the act`)
})
test('every state but the last ones is left by the person or the provider, and every state is reached', () => {
  const reached = new Set<string>([
    'pending',
    'open',
    'fulfilling',
    'fulfilled',
    ...states.flatMap((s) => Object.values(next[s])),
  ])
  assert.deepEqual([...reached].sort(), [...states].sort())
})
test('an act that a state does not know is refused with the state', () => {
  assert.equal(
    refused(() => assertMayBecome(demand('fulfilled'), 'withdraw')),
    'demand_state',
  )
  assert.equal(assertMayBecome(demand('open'), 'withdraw'), 'withdrawn')
})
test('a demand is overdue from the instant at which its clock runs out', () => {
  const due = new Date('2026-12-01T16:00:00Z')
  const before = new Date(due.getTime() - 1)
  assert.deepEqual(
    [isOverdue(demand('open', { dueAt: due }), before), isOverdue(demand('open', { dueAt: due }), due)],
    [false, true],
  )
  assert.equal(isOverdue(demand('fulfilled', past), now), false)
  assert.equal(isOverdue(demand('pending', { dueAt: null }), now), false)
})
test('silence is escalated when it has lasted too long, a refusal at once', () => {
  assert.equal(
    refused(() => assertMayEscalate(demand('open'), now)),
    'demand_not_overdue',
  )
  assert.equal(
    refused(() => assertMayEscalate(demand('open', past), now)),
    'allowed',
  )
  assert.equal(
    refused(() => assertMayEscalate(demand('refused'), now)),
    'allowed',
  )
  assert.equal(
    refused(() => assertMayEscalate(demand('escalated'), now)),
    'demand_state',
  )
})
test('a clock is extended once, and before it has run out', () => {
  assert.equal(
    refused(() => assertMayExtend(demand('open'), now)),
    'allowed',
  )
  assert.equal(
    refused(() => assertMayExtend(demand('open', { extendedAt: now }), now)),
    'extension_not_allowed',
  )
  assert.equal(
    refused(() => assertMayExtend(demand('open', past), now)),
    'extension_not_allowed',
  )
  assert.equal(
    refused(() => assertMayExtend(demand('refused'), now)),
    'demand_state',
  )
})
test('what may be done is what the table knows, for whoever asks', () => {
  const can = (state: DemandState, kind: 'person' | 'client', more = {}): DemandAct[] =>
    possibleActs(demand(state, more), { kind }, false, now)
  assert.deepEqual(can('open', 'person'), ['withdraw'])
  assert.deepEqual(can('open', 'person', past), ['escalate', 'withdraw'])
  assert.deepEqual(can('open', 'client'), ['fulfil', 'refuse'])
  assert.deepEqual(can('pending', 'client'), ['confirm', 'refuse'])
  assert.deepEqual(can('withdrawn', 'client'), [])
  assert.deepEqual(possibleActs(demand('open'), { kind: 'client' }, true, now), ['fulfil', 'refuse', 'extend'])
})
test('the wire knows exactly the reasons that the law knows', () => {
  const { anyOf } = wire.RefusalReason as unknown as { anyOf: { const: string }[] }
  assert.deepEqual(anyOf.map((one) => one.const).sort(), refusalReasons.map((one) => one.id).sort())
})

test('a cell that a spreadsheet would run is made harmless, and nothing else is touched', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '＝1+1', '＠SUM(A1)'])
    assert.equal(csvCell(text).replace(/^"/, '').startsWith("'"), true, JSON.stringify(text))
  assert.equal(csvCell('a=1'), 'a=1')
  assert.equal(csvCell(-5), '-5', 'a number is a number')
  assert.equal(csvCell(null), '')
  assert.equal(csvCell(['a', 'b']), '"[""a"",""b""]"')
})
test('RFC 4180: commas, quotes and line ends are quoted, lines end with CR LF', () => {
  assert.equal(
    csvLine(['plain', 'a,b', 'say "hi"', 'two\nlines', 'two\r\nlines']),
    'plain,"a,b","say ""hi""","two\nlines","two\r\nlines"\r\n',
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ClientActor, newId, Refusal } from '#kernel'
import type { Rules } from '#notices'
import { drawersOf, judgeLook, normalise } from './rules.ts'

const rules: Rules = {
  categoryOf: new Map([
    ['name', 'contact'],
    ['phone', 'contact'],
    ['address', 'place'],
  ]),
  searchable: new Set(['phone']),
  kindOf: new Map([['phone', 'phone'] as const]),
  purposes: new Map([
    ['delivery', { basis: 'consent' }],
    ['support', { basis: 'consent' }],
  ]),
  purposesOf: new Map([
    ['contact', new Set(['delivery', 'support'])],
    ['place', new Set(['delivery'])],
  ]),
  notices: new Map(),
}
const bound = (...purposes: string[]): ClientActor => ({
  kind: 'client',
  id: newId(),
  tenant: newId(),
  abilities: new Set(['look']),
  purposes: new Set(purposes),
})
const judged = (actor: ClientActor, purpose: string, fields: string[]) => {
  const verdict = judgeLook(rules, actor, { purpose, fields })
  return 'refusal' in verdict ? [verdict.refusal.code, verdict.refusal.details.field] : verdict.categories
}

test('article 2: a look is judged by purpose, by the key’s binding, and field by field', () => {
  const actor = bound('delivery', 'support')
  assert.deepEqual(judged(actor, 'delivery', ['name', 'address', 'phone']), ['contact', 'place'])
  assert.deepEqual(judged(actor, 'resale', ['name']), ['purpose_unknown', '/purpose'])
  assert.deepEqual(judged(bound('support'), 'delivery', ['name']), ['purpose_not_bound', '/purpose'])
  assert.deepEqual(judged(actor, 'support', ['name', 'address']), ['field_not_allowed', '/fields/1'])
  assert.deepEqual(judged(actor, 'support', ['name', 'passport']), ['field_not_covered', '/fields/1'])
  for (const inherited of ['constructor', 'toString', 'hasOwnProperty'])
    assert.deepEqual(judged(actor, 'delivery', [inherited]), ['field_not_covered', '/fields/0'])
})
test('article 2: fields are sorted into the drawers of their categories, or refused by name', () => {
  assert.deepEqual(
    Object.fromEntries(drawersOf(rules, { name: 'a', address: 'b', phone: '13800000000' }, '2026-11-24')),
    {
      contact: { name: 'a', phone: '13800000000' },
      place: { address: 'b' },
    },
  )
  const refusalOf = (fields: Record<string, string>) => {
    try {
      drawersOf(rules, fields, '2026-11-24')
      return undefined
    } catch (error) {
      return error instanceof Refusal ? error.details : undefined
    }
  }
  assert.deepEqual(refusalOf({ passport: 'x' }), { field: '/fields/passport', missing: { field: 'passport' } })
  // A number in the place of a name may be somebody's.
  assert.deepEqual(refusalOf({ '13800000000': 'x' }), { field: '/fields' })
})
test('a form is judged by the kind of its field', () => {
  const actor = bound('delivery')
  assert.deepEqual(judged(actor, 'delivery', ['phone.last4', 'name.equals']), ['schema_violation', '/equals/name'])
  assert.deepEqual(judged(actor, 'delivery', ['phone.last4', 'phone']), ['contact'])
  assert.deepEqual(judged(actor, 'delivery', ['phone.over18']), ['form_unknown', '/fields/0'])
  assert.deepEqual(judged(actor, 'delivery', ['name', 'name.last4']), ['form_unknown', '/fields/1'])
  assert.deepEqual(judged(actor, 'delivery', ['passport.last4']), ['field_not_covered', '/fields/0'])
  for (const inherited of ['phone.constructor', 'phone.toString', 'phone.'])
    assert.deepEqual(judged(actor, 'delivery', [inherited]), ['form_unknown', '/fields/0'])
})
test('a value that is not of its field’s kind is refused by name and rule, and not repeated', () => {
  assert.throws(
    () => drawersOf(rules, { phone: '12345' }, '2026-11-24'),
    (error) =>
      error instanceof Refusal &&
      error.code === 'field_invalid' &&
      error.details.field === '/fields/phone' &&
      !JSON.stringify(error.details).includes('12345'),
  )
})
test('what people write in different ways is found as the same, and what differs is not', () => {
  const same = (...forms: string[]) => assert.equal(new Set(forms.map(normalise)).size, 1, forms.join(' | '))
  same(
    '13800000000',
    '138 0000 0000',
    '138-0000-0000',
    '１３８００００００００',
    '\t138\u200b00000000\n',
    '138\u00a00000\u30000000',
  )
  same('Mei@Example.org', 'mei@example.org', 'ＭＥＩ@example.org')
  assert.notEqual(normalise('13800000000'), normalise('13800000001'))
  assert.notEqual(normalise('a.b@example.org'), normalise('ab@example.org'))
})
test('normalising twice is normalising once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (value) => {
      assert.equal(normalise(normalise(value)), normalise(value))
    }),
    { numRuns: 2000 },
  )
})
test('a very long text is normalised in linear time', () => {
  const started = performance.now()
  for (const part of [' -', '\u200b', 'ﬁ', 'é']) normalise(part.repeat(1_000_000))
  assert.ok(performance.now() - started < 3_000)
})

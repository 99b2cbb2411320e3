import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type, { type TSchema } from 'typebox'
import { Refusal } from '#kernel'
import { compileCheck } from './validate.ts'

function refusalOf(schema: TSchema, value: unknown, place: 'body' | 'query' | 'params' = 'body') {
  try {
    compileCheck(schema, place)(value)
  } catch (error) {
    assert.ok(error instanceof Refusal)
    assert.equal(error.code, 'schema_violation')
    assert.equal(JSON.stringify(error.details).includes('marker'), false)
    return [error.details.field, error.details.rule]
  }
  return undefined
}
const closed = { additionalProperties: false }
const schema = Type.Object(
  {
    name: Type.String({ minLength: 2, maxLength: 10, pattern: '^[a-z]+$' }),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
    tags: Type.Optional(Type.Array(Type.String({ pattern: '^t' }), { minItems: 1, maxItems: 2, uniqueItems: true })),
    kind: Type.Optional(Type.Union([Type.Literal('one'), Type.Literal('two')])),
    inner: Type.Optional(Type.Object({ deep: Type.Boolean() }, closed)),
  },
  closed,
)

test('each broken rule is told with the pointer of what broke it, and never with the value', () => {
  const cases: readonly (readonly [unknown, string, string])[] = [
    [{}, '/name', 'must be present'],
    [{ name: 'a' }, '/name', 'minLength 2'],
    [{ name: 'markermarker' }, '/name', 'maxLength 10'],
    [{ name: 'MARKER' }, '/name', 'must match ^[a-z]+$'],
    [{ name: 1 }, '/name', 'must be of type string'],
    [{ name: 'ok', count: 0 }, '/count', 'minimum 1'],
    [{ name: 'ok', count: 10 }, '/count', 'maximum 9'],
    [{ name: 'ok', count: 1.5 }, '/count', 'must be of type integer'],
    [{ name: 'ok', count: '1' }, '/count', 'must be of type integer'],
    [{ name: 'ok', tags: [] }, '/tags', 'minItems 1'],
    [{ name: 'ok', tags: ['t1', 't2', 't3'] }, '/tags', 'maxItems 2'],
    [{ name: 'ok', tags: ['t', 't'] }, '/tags', 'must not hold the same item twice'],
    [{ name: 'ok', tags: ['t', 'marker'] }, '/tags/1', 'must match ^t'],
    [{ name: 'ok', kind: 'marker' }, '/kind', 'must be one of "one", "two"'],
    [{ name: 'ok', inner: {} }, '/inner/deep', 'must be present'],
    [{ name: 'ok', inner: { deep: true, more: 'marker' } }, '/inner/more', 'is not known here'],
    [{ name: 'ok', 'marker 13800000000': 1 }, '/', 'is not known here'],
    [{ name: 'ok', inner: { deep: true, 'marker 1': 1 } }, '/inner', 'is not known here'],
    ['marker', '/', 'must be of type object'],
    [null, '/', 'must be of type object'],
    [[], '/', 'must be of type object'],
  ]
  for (const [value, field, rule] of cases) assert.deepEqual(refusalOf(schema, value), [field, rule])
  assert.equal(refusalOf(schema, { name: 'ok', count: 9, tags: ['t'], kind: 'two', inner: { deep: false } }), undefined)
})
test('queries and parameters come as text and are read as what they should be', () => {
  const query = Type.Object({ from: Type.Integer({ minimum: 1 }) }, closed)
  assert.deepEqual(compileCheck(query, 'query')({ from: '12' }), { from: 12 })
  assert.deepEqual(refusalOf(query, { from: 'marker' }, 'query'), ['/query/from', 'must be of type integer'])
  assert.deepEqual(refusalOf(query, { from: '0' }, 'params'), ['/params/from', 'minimum 1'])
  assert.deepEqual(refusalOf(query, {}, 'query'), ['/query/from', 'must be present'])
})
test('a body is taken as it is: a number in quotes is no number', () => {
  assert.deepEqual(refusalOf(Type.Object({ n: Type.Integer() }), { n: '1' }), ['/n', 'must be of type integer'])
})
test('members inherited from Object are not members of the body', () => {
  const needs = Type.Object({ toString: Type.String(), constructor: Type.String() }, closed)
  assert.notEqual(refusalOf(needs, {}), undefined)
  assert.equal(refusalOf(schema, JSON.parse('{"name":"ok","__proto__":{"count":0}}'))?.[1], 'is not known here')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '#kernel'
import { nestsDeeperThan, parseJsonBody } from './body.ts'

const parse = (text: string) => parseJsonBody(Buffer.from(text))
const refusedAs = (code: string, field?: string) => (error: unknown) => {
  assert.ok(error instanceof Refusal)
  assert.deepEqual([error.code, error.details.field], [code, field])
  return true
}

test('any JSON value that is not too deep comes through as JSON.parse gives it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      const text = JSON.stringify(value)
      assert.deepEqual(parse(text), JSON.parse(text))
    }),
  )
})
test('depth is counted exactly, and brackets inside strings do not count', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat({ max: 8 }), (value, limit) => {
      assert.equal(nestsDeeperThan(JSON.stringify(value), limit), depthOf(value) > limit)
    }),
  )
  assert.equal(nestsDeeperThan('"[[[[\\"[[["', 0), false)
})
test('thirty-two levels are read and thirty-three are not', () => {
  parse('['.repeat(32) + ']'.repeat(32))
  assert.throws(() => parse('['.repeat(33) + ']'.repeat(33)), refusedAs('body_too_deep'))
  assert.throws(() => parse('['.repeat(1_000_000)), refusedAs('body_too_deep'))
})
test('bytes that are not UTF-8 are refused wherever they stand', () => {
  const invalid = [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]]
  for (const bytes of invalid)
    for (const [before, after] of [
      ['{"a":"', '"}'],
      ['{"', '":1}'],
      ['', ''],
    ] as const)
      assert.throws(
        () => parseJsonBody(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])),
        refusedAs('text_not_unicode'),
      )
})
test('an escaped half of a character is refused with the place where it stands', () => {
  assert.throws(() => parse('{"a":["b","\\ud83d"]}'), refusedAs('text_not_unicode', '/a/1'))
  assert.throws(() => parse('{"a/b~c":"\\udc00"}'), refusedAs('text_not_unicode', '/a~1b~0c'))
  assert.throws(() => parse('{"a":{"\\udc00":1}}'), refusedAs('text_not_unicode', '/a'))
  assert.deepEqual(parse('{"a":"\\ud83d\\ude00"}'), { a: '😀' })
})
test('the refusal of a body never quotes it', () => {
  for (const text of ['{"marker', 'marker', '{"a":marker}', '\\ud800 marker', '{"a":"marker\\ud800"}'])
    try {
      parse(text)
      assert.fail('was read')
    } catch (error) {
      assert.ok(error instanceof Refusal, String(error))
      assert.equal(JSON.stringify([error.message, error.details]).includes('marker'), false)
    }
})
test('a million quotes and backslashes are read through once', () => {
  const started = performance.now()
  for (const text of [
    '"\\'.repeat(500_000),
    '\\'.repeat(1_000_000),
    '"'.repeat(1_000_000),
    `"${'\\u'.repeat(400_000)}`,
  ])
    assert.throws(() => parse(text), Refusal)
  assert.ok(performance.now() - started < 2_000)
})

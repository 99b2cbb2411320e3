import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duplicateProblems, findDuplicates, meaningfulLines } from './duplicate-code.ts'

const lines = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => `const value${from + i} = read(${from + i})`)

test('a copied run of nine lines is found, whatever its indentation, comments and blank lines', () => {
  const original = ['export function first() {', ...lines(9), 'return value1', '}'].join('\n')
  const copy = [
    'export function second() {',
    '',
    '// a copy',
    ...lines(9).map((line) => `      ${line}`),
    'return value2',
    '}',
  ].join('\n')
  const found = findDuplicates(
    new Map([
      ['a.ts', original],
      ['b.ts', copy],
    ]),
  )
  assert.deepEqual(found, [{ first: { file: 'a.ts', line: 2 }, second: { file: 'b.ts', line: 4 }, lines: 9 }])
  assert.deepEqual(duplicateProblems(found, []), ['9 lines stand twice: a.ts:2 and b.ts:4'])
})

test('a copy within one file is found', () => {
  const source = [...lines(8), 'between()', ...lines(8)].join('\n')
  assert.deepEqual(findDuplicates(new Map([['a.ts', source]])), [
    { first: { file: 'a.ts', line: 1 }, second: { file: 'a.ts', line: 10 }, lines: 8 },
  ])
})

test('seven equal lines are not a copy, and a line that repeats is a list', () => {
  assert.deepEqual(
    findDuplicates(
      new Map([
        ['a.ts', lines(7).join('\n')],
        ['b.ts', lines(7).join('\n')],
      ]),
    ),
    [],
  )
  assert.deepEqual(findDuplicates(new Map([['a.ts', Array(12).fill('push(1)').join('\n')]])), [])
})

test('imports, comments and bare punctuation do not count', () => {
  const source = "import {\n  a,\n  b,\n} from './c.ts'\nimport d from 'd'\n/* x\n y */\n// z\n})\n\nconst kept = 1"
  assert.deepEqual(meaningfulLines(source), [{ text: 'const kept = 1', line: 11 }])
})

test('an allowed pair is silent until it grows, and a needless allowance is noticed', () => {
  const pair = { first: { file: 'a.ts', line: 1 }, second: { file: 'b.ts', line: 1 }, lines: 9 }
  const allowed = { files: ['b.ts', 'a.ts'] as const, lines: 9, reason: 'two published formats that happen to agree' }
  assert.deepEqual(duplicateProblems([pair], [allowed]), [])
  assert.equal(duplicateProblems([{ ...pair, lines: 10 }], [allowed]).length, 1)
  assert.deepEqual(duplicateProblems([], [allowed]), ['allowed, but no longer there: b.ts and a.ts'])
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorCatalogue } from '@bailee/contract'
import { catalogueProblems, raisedCodes, unknownCodes } from './error-catalogue.ts'
import { repositoryRoot } from './repository.ts'

const paper = readFileSync(join(repositoryRoot, 'docs/errors.md'), 'utf8')

test('docs/errors.md and the contract know the same codes, statuses and meanings', () => {
  assert.deepEqual(catalogueProblems(errorCatalogue, paper), [])
})

test('a code missing from the paper is noticed', () => {
  const doctored = paper.replace(/^.*`grant_missing`.*\n/m, '')
  assert.deepEqual(catalogueProblems(errorCatalogue, doctored), ['docs/errors.md does not know grant_missing'])
})

test('a code missing from the contract is noticed', () => {
  const doctored = paper.replace('`grant_missing`', '`grant_lost`')
  assert.deepEqual(catalogueProblems(errorCatalogue, doctored), [
    'docs/errors.md does not know grant_missing',
    'docs/errors.md has grant_lost, contract/errors.ts has not',
  ])
})

test('a changed status and a changed sentence are noticed', () => {
  const doctored = paper
    .replace('| `rate_limited` | 429 |', '| `rate_limited` | 420 |')
    .replace('请求内容过大。', '过大。')
  assert.deepEqual(catalogueProblems(errorCatalogue, doctored), [
    'body_too_large: the Chinese differs in docs/errors.md',
    'rate_limited is 429, docs/errors.md says 420',
  ])
})

test('a code that is raised and in no list is noticed, with its place', () => {
  const raised = raisedCodes(
    new Map([['server/a.ts', "throw new Refusal('grant_missing')\nthrow new Refusal(\n  'no_such_code',\n)"]]),
  )
  assert.deepEqual(
    raised.map(({ code }) => code),
    ['grant_missing', 'no_such_code'],
  )
  assert.deepEqual(unknownCodes(raised, errorCatalogue), ['server/a.ts:2 raises no_such_code, which no list knows'])
})

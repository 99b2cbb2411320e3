import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dependencyProblems } from './dependency-list.ts'
import { configurationProblems, glossaryProblems, threatModelProblems } from './papers.ts'
import { repositoryRoot, tableRows } from './repository.ts'
import { environmentReaders, unwantedWords } from './words.ts'

test('a table is read by its first heading, and only to its end', () => {
  const text = '| Code | Status |\n| --- | --- |\n| `a` | 1 |\n\n| Other | x |\n| --- | --- |\n| b | 2 |\n'
  assert.deepEqual(tableRows(text, 'Code'), [['`a`', '1']])
})

test('a word without Chinese is noticed', () => {
  const text = '| English | 中文 | Meaning |\n| --- | --- | --- |\n| look | look | one purposeful opening |\n'
  assert.deepEqual(glossaryProblems(text), ['docs/glossary.md: "look" has no Chinese'])
})

test('an undeclared, an unlisted and a loosely pinned package are noticed', () => {
  const heading =
    '| Package | Version | Owner room | Licence | Size | Why | Who keeps it |\n| --- | --- | --- | --- | --- | --- | --- |\n'
  const line = '| `left` | 1.0.0 | tools | MIT | 1 | it was here before us | somebody |\n'
  const declared = [{ name: 'right', version: '^2.0.0', declaredIn: 'package.json' }]
  assert.deepEqual(dependencyProblems(repositoryRoot, declared, heading + line), [
    'package.json: right is "^2.0.0", not an exact version',
    'package.json: right has no line in docs/dependencies.md',
    'docs/dependencies.md: nobody declares left',
  ])
})

test('a line of the threat model must name a test that exists, or say that there is none', () => {
  const row = (proof: string) =>
    `| Who steals | Gets | Does not get | Proved by |\n| --- | --- | --- | --- |\n| a disk | noise | words | ${proof} |\n`
  const named = '`tools/papers.test.ts`: "a word without Chinese is noticed"'
  assert.deepEqual(threatModelProblems(repositoryRoot, row(named)), [])
  assert.deepEqual(threatModelProblems(repositoryRoot, row('not yet tested')), [])
  assert.deepEqual(threatModelProblems(repositoryRoot, row('trust us')), [
    'docs/threat-model.md: "a disk" names neither a test nor "not yet tested"',
  ])
  assert.deepEqual(threatModelProblems(repositoryRoot, row('`tools/none.test.ts`: "x"')), [
    'docs/threat-model.md: there is no tools/none.test.ts',
  ])
})

test('a setting that is read and not described, or described and not read, is noticed', () => {
  const config = "export const configurationNames = [\n  'BAILEE_DATA',\n  'BAILEE_PORT',\n] as const"
  const text =
    '| Variable | Default | Meaning |\n| --- | --- | --- |\n| `BAILEE_DATA` | x | y |\n| `BAILEE_OLD` | x | y |\n'
  assert.deepEqual(configurationProblems(config, text), [
    'docs/operations.md does not describe BAILEE_PORT',
    'docs/operations.md: nobody reads BAILEE_OLD',
  ])
})

test('paths of one machine and deferred work are noticed', () => {
  assert.equal(unwantedWords('a.ts', `const home = '/${'home'}/somebody/x'`).length, 1)
  assert.equal(unwantedWords('a.ts', `// ${'TO'}DO later`).length, 1)
  assert.deepEqual(unwantedWords('a.ts', "const path = join(tmpdir(), 'x')"), [])
})

test('a room that reads the environment by itself is noticed', () => {
  assert.equal(environmentReaders('server/domains/vault/store.ts', 'const x = process.env.X').length, 1)
  assert.deepEqual(environmentReaders('server/config.ts', 'const x = process.env.X'), [])
})

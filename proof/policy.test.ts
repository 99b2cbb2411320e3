import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatVerifierKey } from './note.ts'
import { parsePolicy, policyVerifiers, quorumReached } from './policy.ts'

const vkey = (name: string, type = 4, fill = name.charCodeAt(name.length - 1)) =>
  formatVerifierKey(name, type, new Uint8Array(type === 6 ? 1312 : 32).fill(fill))

const witnesses = ['X1', 'X2', 'X3', 'Y4', 'Y5'].map((name) => `witness ${name} ${vkey(name)} https://${name}.example/`)
const text = [
  '# two groups',
  `log ${vkey('log.example/1', 1)}`,
  `\tlog ${vkey('log.example/1', 6)}  https://log.example/ `,
  '',
  ...witnesses,
  'group X 2 X1 X2 X3',
  'group Y any Y4 Y5',
  'group XY all X Y',
  'quorum XY',
  '',
].join('\n')

test('a quorum of groups is reached by enough witnesses of each, and unknown names count for nothing', () => {
  const policy = parsePolicy(text)
  assert.ok(quorumReached(policy, ['X1', 'X3', 'Y5']))
  assert.ok(!quorumReached(policy, ['X1', 'Y5', 'Y4']))
  assert.ok(!quorumReached(policy, ['X1', 'X1', 'Y5']))
  assert.ok(!quorumReached(policy, ['X1', 'X2', 'X3']))
  assert.ok(!quorumReached(policy, ['X', 'Y', 'XY', 'none']))
  assert.ok(quorumReached(parsePolicy('quorum none\n'), []))
  assert.ok(quorumReached(parsePolicy(`${witnesses[0]}\nquorum X1\n`), ['X1']))
})

test('the keys of a log are found by its origin, the post-quantum one apart', () => {
  const keys = policyVerifiers(parsePolicy(text), 'log.example/1')
  assert.deepEqual([keys.log.length, keys.logPostQuantum.length, keys.witnesses.length], [1, 1, 5])
  assert.equal(policyVerifiers(parsePolicy(text), 'log.example/2').log.length, 0)
})

test('a policy that could be read in two ways is refused', () => {
  const w = witnesses.slice(0, 3).join('\n')
  const bad = {
    'no quorum': `${w}\n`,
    'two quorums': 'quorum none\nquorum none\n',
    'a quorum that is defined later': `quorum X1\n${w}\n`,
    'the same key twice': `witness a ${vkey('a')}\nwitness b ${vkey('b', 4, 97)}\nquorum a\n`,
    'the same name twice': `${w}\ngroup X1 any X2\nquorum X1\n`,
    'a witness named none': `witness none ${vkey('n')}\nquorum none\n`,
    'none in a group': `${w}\ngroup g any none\nquorum g\n`,
    'a member of two groups': `${w}\ngroup g any X1\ngroup h any X1 X2\nquorum h\n`,
    'the same member twice': `${w}\ngroup g 2 X1 X1\nquorum g\n`,
    'a threshold of none': `${w}\ngroup g 0 X1\nquorum g\n`,
    'a threshold above all': `${w}\ngroup g 2 X1\nquorum g\n`,
    'a threshold in words': `${w}\ngroup g most X1\nquorum g\n`,
    'an empty group': `${w}\ngroup g any\nquorum g\n`,
    'a group of itself': `${w}\ngroup g any g\nquorum g\n`,
    'a witness whose signatures bear no time': `witness a ${vkey('a', 1)}\nquorum a\n`,
    'a log with the key of a witness': `log ${vkey('a', 4)}\nquorum none\n`,
    'a key of a wrong length': `log ${formatVerifierKey('a', 1, new Uint8Array(31))}\nquorum none\n`,
    'an unknown line': 'watcher a\nquorum none\n',
    'a carriage return': 'quorum none\r\n',
    'an unfinished line': 'quorum none',
    'a key that does not fit its name': `log ${vkey('a', 1).replace('a+', 'b+')}\nquorum none\n`,
  }
  for (const [what, policy] of Object.entries(bad)) {
    assert.throws(() => parsePolicy(policy), { code: 'malformed_policy' }, what)
  }
})

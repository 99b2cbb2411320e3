import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCatalogue } from '@bailee/contract'
import { words } from '../embed/words.ts'
import { en } from '../src/i18n/en.ts'
import { zh } from '../src/i18n/zh.ts'

/** Every text of a dictionary by its path. Functions are called: a number where they take one, a word where they take text. */
function textsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') {
    const speak = value as (...values: unknown[]) => string
    return [[path, speak(...Array.from({ length: speak.length }, () => 3))]]
  }
  return Object.entries(value as object).flatMap(([key, inner]) => textsOf(inner, path ? `${path}.${key}` : key))
}
const english = new Map([...textsOf(en), ...textsOf(words.en, 'embed')])
const chinese = new Map([...textsOf(zh), ...textsOf(words.zh, 'embed')])

test('both languages have the same texts, and none is empty', () => {
  assert.deepEqual([...chinese.keys()].sort(), [...english.keys()].sort())
  for (const [path, text] of [...english, ...chinese])
    assert.ok(text.trim() !== '' || /^(shell\.comma|embed\.list)$/.test(path), path)
})

test('English is English and Chinese is Chinese', () => {
  const inOther = new Set(['language.name', 'language.other', 'language.switchTo', 'embed.other', 'embed.otherCode'])
  for (const [path, text] of english) if (!inOther.has(path)) assert.doesNotMatch(text, /\p{Script=Han}/u, path)
  // A comma, and names in brackets or quotation marks.
  const same = new Set([
    'shell.comma',
    'acts.named',
    'acts.quote',
    'embed.list',
    'embed.pair',
    'embed.in',
    'embed.abroadTo',
    'notices.abroadTo',
    'notices.in',
    ...inOther,
  ])
  for (const [path, text] of chinese) if (!same.has(path)) assert.match(text, /\p{Script=Han}/u, path)
})

test('nothing unsaid slips into a text', () => {
  for (const [path, text] of [...english, ...chinese]) assert.doesNotMatch(text, /undefined|NaN|\[object|\$\{/, path)
})

test('every error code of the wire has advice in both languages', () => {
  for (const code of Object.keys(errorCatalogue)) {
    assert.ok(english.get(`advice.${code}`), code)
    assert.ok(chinese.get(`advice.${code}`), code)
  }
})

test('English numbers agree with their nouns', () => {
  assert.equal(en.landing.liveEntries(1), '1 entry')
  assert.equal(en.landing.liveEntries(12_345), '12,345 entries')
  assert.match(en.person.can.withdrawn('News', 1), /1 key was destroyed/)
})

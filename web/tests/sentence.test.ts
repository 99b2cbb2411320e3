import assert from 'node:assert/strict'
import { test } from 'node:test'
import { en } from '../src/i18n/en.ts'
import { zh } from '../src/i18n/zh.ts'
import { type EntryToSay, type Speaker, sentenceOf } from '../src/person/sentence.ts'

const words = {
  purpose: (id: string) => ({ delivery: 'Delivering your order', news: 'Sending news' })[id] ?? id,
  category: (id: string) => ({ contact: 'How to reach you' })[id] ?? id,
  field: (name: string) => ({ phone: 'Phone number', name: 'Name' })[name] ?? name,
  fieldsOf: () => [],
  isSensitive: () => false,
}
const list = (items: readonly string[]) => items.join(' and ')
const english: Speaker = { t: en, words, list, organisation: 'Lanting Shop' }
const chinese: Speaker = { t: zh, words, list: (items) => items.join('和'), organisation: '兰亭小铺' }
const client = { kind: 'client', id: 'cli_1' }
const say = (entry: EntryToSay, speaker = english) => sentenceOf(entry, speaker)

test('a look says who, what and why, in the notice’s own words', () => {
  const { text, refused } = say({
    kind: 'look',
    fields: { actor: client, purpose: 'delivery', fields: ['name', 'phone'], outcome: 'opened' },
  })
  assert.equal(text, 'A system of Lanting Shop looked at “Name” and “Phone number”, for “Delivering your order”.')
  assert.equal(refused, false)
})

test('a refused look says that nothing was opened, and why', () => {
  for (const outcome of [{ outcome: 'refused: grant_missing' }, { outcome: 'refused', reason: 'grant_missing' }]) {
    const { text, refused, notes } = say({
      kind: 'look',
      fields: { actor: client, purpose: 'news', fields: ['phone'], ...outcome },
    })
    assert.ok(refused)
    assert.match(text, /tried to look at “Phone number”, for “Sending news”, and was refused\. Nothing was opened\./)
    assert.deepEqual(notes, [`Reason: ${en.acts.reasons.grant_missing}`])
  }
})

test('my own look is said as mine', () => {
  const actor = { kind: 'person', id: 'per_1' }
  assert.equal(
    say({ kind: 'look', fields: { actor, purpose: 'self', categories: ['contact'] } }).text,
    en.acts.lookSelf,
  )
  assert.equal(say({ kind: 'look', fields: { actor, purpose: 'self' } }, chinese).text, '您查看了关于您的信息。')
})

test('a named actor is named, and on whose behalf and for which case is told', () => {
  const { text, notes } = say({
    kind: 'find',
    fields: {
      actor: { kind: 'staff', id: 'stf_1', name: 'Desk 4' },
      purpose: 'delivery',
      fields: ['phone'],
      onBehalfOf: 'clerk-9',
      case: 'T-1',
    },
  })
  assert.equal(text, 'Desk 4 (Lanting Shop) searched by “Phone number”, for “Delivering your order”, and found you.')
  assert.deepEqual(notes, ['on behalf of clerk-9', 'case T-1'])
})

test('every kind of act that the server logs has words in both languages', () => {
  const kinds = ['look', 'collect', 'correct', 'consent', 'withdraw', 'find', 'erase', 'access-link', 'sign-in']
  kinds.push('refuse', 'expire', 'hand-over', 'guardian-consent')
  for (const speaker of [english, chinese])
    for (const kind of kinds) {
      const { text } = say({ kind, fields: { actor: client, purpose: 'delivery', fields: ['phone'] } }, speaker)
      assert.ok(text.length > 5, kind)
      assert.doesNotMatch(text, /undefined|null|\[object/, kind)
      assert.notEqual(text, speaker.t.acts.unknown(speaker.t.acts.provider(speaker.organisation ?? ''), kind), kind)
    }
})

test('separate consent, a recipient taken back and a guardian’s promise are told as what they are', () => {
  assert.match(
    say({ kind: 'consent', fields: { actor: client, purposes: ['delivery'], separately: ['news'] } }).text,
    /agreed to “Delivering your order” and “Sending news”\./,
  )
  assert.match(
    say({ kind: 'withdraw', fields: { actor: client, purpose: 'news', recipient: 'printer', keysDestroyed: 0 } }).text,
    /withdrew the consent to “printer” receiving anything for “Sending news”\.$/,
  )
  assert.match(
    say({ kind: 'consent', fields: { actor: client, purposes: [], asGuardian: true } }).text,
    /agreed to act for a child in your care\.$/,
  )
})

test('what this page has no words for is still shown, never dropped', () => {
  assert.equal(
    say({ kind: 'inspection', fields: { actor: { kind: 'authority', name: 'City Office' } } }).text,
    'City Office did something that this page has no words for: “inspection”.',
  )
  for (const fields of [{}, { actor: null }, { actor: [], purpose: 7, fields: { a: 1 }, outcome: 3 }])
    assert.ok(say({ kind: 'look', fields }).text.startsWith('Somebody looked at your information'))
})

test('a demand, the end of what was agreed to, and a key handed out are said in both languages', () => {
  const demand = { kind: 'demand', fields: { actor: { kind: 'software' }, act: 'fulfil', wanted: 'copy' } }
  assert.equal(say(demand).text, 'The server fulfilled the demand “Copy”.')
  assert.equal(say(demand, chinese).text, '服务器完成了请求“复制”。')
  const renewed = { kind: 'consent', fields: { actor: client, purposes: ['news'], renewal: true } }
  assert.match(say(renewed).text, /recorded that you renewed your consent to “Sending news”/)
  assert.match(
    say({ kind: 'chain-start', fields: { actor: { kind: 'person', id: 'per_1' } } }).text,
    /^You took the key/,
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diff, widens } from './diff.ts'
import type { NoticeContent } from './model.ts'

const words = (en: string) => ({ en, zh: `${en}（中文）` })
type Purpose = NoticeContent['purposes'][number]
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const subset = (names: readonly string[], least = 0) => fc.subarray([...names], { minLength: least })
/** Without the members that are not there: as the wire has it. */
const present = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T

const purposeIds = ['delivery', 'care', 'offers']
const purposes = subset(purposeIds, 1).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc
        .record({
          basis: fc.constantFrom<Purpose['basis']>('consent', 'separate-consent', 'contract', 'legal-duty'),
          retentionDays: fc.integer({ min: 1, max: 4 }),
          consentDays: maybe(fc.integer({ min: 1, max: 3 })),
          automatedDecision: maybe(fc.constantFrom(words('a score'), words('a rank'))),
        })
        .map((more): Purpose => present({ id, title: words(id), ...more }) as Purpose),
    ),
  ),
)
const outsider = fc.record({
  slug: fc.constantFrom('courier', 'printer'),
  name: fc.constant(words('somebody')),
  purpose: fc.constantFrom(...purposeIds),
  country: maybe(fc.constantFrom('SG', 'DE')),
  categories: maybe(subset(['contact', 'body'], 1)),
})
const outsiders = fc
  .uniqueArray(outsider, { selector: (each) => each.slug, maxLength: 2 })
  .map((list) => list.map(present))
const categories = subset(['contact', 'body'], 1).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc
        .record({
          sensitive: fc.boolean(),
          purposes: subset(purposeIds, 1),
          fields: fc
            .tuple(subset(['name', 'phone', 'pulse'], 1), fc.boolean())
            .map(([names, search]) => names.map((name) => ({ name: `${id}${name}`, title: words(name), search }))),
        })
        .map((more) => ({ id, term: 'pd:Contact', title: words(id), ...more })),
    ),
  ),
)
const content: fc.Arbitrary<NoticeContent> = fc
  .record({
    purposes,
    categories,
    recipients: outsiders,
    crossBorder: maybe(
      fc.record({ countries: subset(['SG', 'DE', 'US'], 1), safeguards: fc.constant(words('contract')) }),
    ),
    minors: maybe(fc.record({ guardianBelow: fc.integer({ min: 0, max: 18 }), rule: fc.constant(words('a parent')) })),
  })
  .map((more) => present({ slug: 'orders', title: words('Orders'), contact: words('desk'), ...more }) as NoticeContent)
const pathsOf = (before: NoticeContent, after: NoticeContent, kind: string) =>
  diff(before, after)
    .filter((change) => change.kind === kind)
    .map((change) => change.path)
    .sort()

test('what widens one way narrows the other way, at the same places, and words are words both ways', () => {
  fc.assert(
    fc.property(content, content, (a, b) => {
      assert.deepEqual(pathsOf(a, b, 'widens'), pathsOf(b, a, 'narrows'))
      assert.deepEqual(pathsOf(a, b, 'same'), pathsOf(b, a, 'same'))
    }),
    { numRuns: 300 },
  )
})
test('a notice does not differ from itself, and every change has words in both languages', () => {
  fc.assert(
    fc.property(content, content, (a, b) => {
      assert.deepEqual(diff(a, structuredClone(a)), [])
      for (const { en, zh } of diff(a, b)) assert.ok(en.length > 5 && /[\u4e00-\u9fff]/.test(zh), `${en} ${zh}`)
    }),
    { numRuns: 100 },
  )
})
test('taking something away widens nothing', () => {
  fc.assert(
    fc.property(content, fc.nat(), (whole, at) => {
      const { crossBorder: _abroad, ...inside } = whole
      assert.equal(widens(diff(whole, inside)), false)
      assert.equal(widens(diff(whole, { ...whole, recipients: whole.recipients.toSpliced(at % 3, 1) })), false)
      if (whole.categories.length > 1) {
        // A recipient of every category gets fewer by it; one that names the category goes with it.
        const categories = whole.categories.toSpliced(at % whole.categories.length, 1)
        const recipients = whole.recipients.filter((each) => each.categories === undefined)
        assert.equal(widens(diff({ ...whole, recipients }, { ...whole, recipients, categories })), false)
      }
    }),
    { numRuns: 200 },
  )
})

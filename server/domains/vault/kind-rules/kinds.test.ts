import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { luhn } from './bank-card.ts'
import { beijingDay, kinds } from './index.ts'
import { checkDigit } from './resident-id.ts'

const today = '2026-11-24'
const brokenOf = (kind: keyof typeof kinds, value: string, field = 'field') =>
  kinds[kind].broken(value, { field, today })
const formOf = (kind: keyof typeof kinds, form: string, value: string) => kinds[kind].forms[form]!(value, today)
const good = (kind: keyof typeof kinds, ...values: string[]) => {
  for (const value of values) assert.equal(brokenOf(kind, value), undefined, value)
}
const bad = (kind: keyof typeof kinds, ...values: string[]) => {
  for (const value of values) assert.notEqual(brokenOf(kind, value), undefined, value)
}
const same = (kind: keyof typeof kinds, ...values: string[]) =>
  assert.equal(new Set(values.map(kinds[kind].normalise)).size, 1, values.join(' | '))

test('resident ID: checksum and date decide, a region that nobody knows is accepted', () => {
  good('resident-id', '11010519491231002X', '11010519491231002x', '440524188001010014', '110105 19491231 002X')
  good('resident-id', '１１０１０５１９４９１２３１００２Ｘ', '110105491231002')
  const unknownRegion = '99999919900101001'
  good('resident-id', unknownRegion + checkDigit(unknownRegion))
  const inTheFuture = '11010520991231002'
  const impossible = '11010519490231002'
  bad('resident-id', '110105194912310021', inTheFuture + checkDigit(inTheFuture), impossible + checkDigit(impossible))
  bad('resident-id', '', 'X', '1101051949123100', '11010519491231002XX', '110105491331002', 'X'.repeat(18))
})
test('resident ID: the old form of fifteen digits is the same person', () => {
  same('resident-id', '110105491231002', '11010519491231002X', '110105-19491231-002x')
  assert.equal(kinds['resident-id'].normalise('440524800101996').slice(6, 14), '18800101')
})
test('resident ID: every other character in one place breaks the checksum', () => {
  const given = fc.tuple(
    fc.integer({ min: 110000, max: 999999 }),
    fc.date({ min: new Date('1900-01-01'), max: new Date('2026-11-20'), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999 }),
    fc.nat({ max: 16 }),
    fc.integer({ min: 1, max: 9 }),
  )
  fc.assert(
    fc.property(given, ([region, born, serial, at, shift]) => {
      const first17 = `${region}${born.toISOString().slice(0, 10).replaceAll('-', '')}${String(serial).padStart(3, '0')}`
      const whole = first17 + checkDigit(first17)
      good('resident-id', whole)
      const digit = String((Number(whole[at]) + shift) % 10)
      bad('resident-id', whole.slice(0, at) + digit + whole.slice(at + 1))
    }),
    { numRuns: 2000 },
  )
})
test('age is full on the day after the birthday, and 29 February waits for March', () => {
  const over = (born: string, day: string) => kinds.date.forms.over18!(born, day)
  assert.equal(over('2008-11-23', today), 'true')
  assert.equal(over('2008-11-24', today), 'false')
  assert.equal(over('2008-02-29', '2026-02-28'), 'false')
  assert.equal(over('2008-02-29', '2026-03-01'), 'true')
  assert.equal(beijingDay(new Date('2026-11-23T16:00:00Z')), today)
  assert.equal(formOf('resident-id', 'over14', '11010519491231002X'), 'true')
  assert.equal(formOf('resident-id', 'city', '11010519491231002X'), '110100')
  assert.equal(formOf('resident-id', 'last4', '110105491231002'), '002X')
})
test('phone: mainland numbers without a country code, foreign ones with it', () => {
  same('phone', '13800000000', '+86 138 0000 0000', '0086-138-0000-0000', '8613800000000', '１３８００００００００')
  same('phone', '010-62345678', '+861062345678', '(010) 6234 5678')
  good('phone', '0755 26123456', '0898-6123456', '400-123-4567', '+1 415 555 0100', '+44 20 7946 0018', '+8225551234')
  bad(
    'phone',
    '12345',
    '12800000000',
    '1380000000',
    '138000000000',
    '+',
    '+0123456789',
    '62345678',
    'abc',
    '+1234567890123456',
  )
  assert.equal(formOf('phone', 'last4', '+86 138 0000 1234'), '1234')
  assert.equal(formOf('phone', 'masked', '13800001234'), '138****1234')
})
test('e-mail: the domain is folded, the local part is kept', () => {
  same('email', 'Mei@Example.ORG', 'Mei@example.org', ' Mei@EXAMPLE.org ')
  same('email', 'a@bücher.example', 'a@xn--bcher-kva.example', 'a@BÜCHER.example')
  assert.notEqual(kinds.email.normalise('mei@example.org'), kinds.email.normalise('Mei@example.org'))
  good('email', '李@例子.中国', 'a+b@example.org', `${'a'.repeat(64)}@example.org`)
  bad(
    'email',
    'a',
    '@example.org',
    'a@',
    'a@b',
    'a b@example.org',
    'a@exa mple.org',
    'a@-b.org',
    'a@b..org',
    'a@127.0.0.1',
  )
  bad(
    'email',
    `${'a'.repeat(65)}@example.org`,
    `a@${'b'.repeat(64)}.org`,
    'a@@example.org',
    'a@[::1]',
    'a@example.org/x',
  )
  assert.equal(formOf('email', 'domain', 'Mei@Example.org'), 'example.org')
  assert.equal(formOf('email', 'masked', 'mei@example.org'), 'm***@example.org')
})
test('bank card: 12 to 19 digits and their check digit; any other digit in one place breaks it', () => {
  good('bank-card', '4111 1111 1111 1111', '5500-0000-0000-0004')
  bad('bank-card', '4111111111111112', '41111111111', '41111111111111111111', 'x'.repeat(16), '')
  fc.assert(
    fc.property(
      fc.stringMatching(/^[0-9]{12,19}$/),
      fc.nat({ max: 11 }),
      fc.integer({ min: 1, max: 9 }),
      (digits, at, shift) => {
        const changed = digits.slice(0, at) + String((Number(digits[at]) + shift) % 10) + digits.slice(at + 1)
        assert.equal(luhn(digits) && luhn(changed), false)
      },
    ),
  )
  assert.equal(formOf('bank-card', 'issuer', '4111 1111 1111 1111'), '411111')
})
test('date: days that exist; a birthday is not in the future', () => {
  same('date', '1990-01-02', '1990/1/2', '19900102', '1990年1月2日', '1990.01.02')
  good('date', '2000-02-29', '2030-01-01')
  bad('date', '1900-02-29', '2001-02-30', '1990-13-01', '90-01-01', '1990-1', '1990-01-01-01', 'yesterday', '--')
  assert.notEqual(brokenOf('date', '2026-11-25', 'birthDate'), undefined)
  assert.equal(brokenOf('date', today, 'birthday'), undefined)
  assert.equal(formOf('date', 'year', '1990年1月2日'), '1990')
})
test('address: province, city and district as they are written', () => {
  const of = (value: string) => ['province', 'city', 'district'].map((form) => formOf('address', form, value))
  assert.deepEqual(of('广东省深圳市南山区某路 1 号'), ['广东省', '深圳市', '南山区'])
  assert.deepEqual(of('北京市朝阳区某街 2 号'), ['北京市', '北京市', '朝阳区'])
  assert.deepEqual(of('广西壮族自治区南宁市青秀区'), ['广西壮族自治区', '南宁市', '青秀区'])
  assert.deepEqual(of('湖北省恩施土家族苗族自治州恩施市某镇'), ['湖北省', '恩施土家族苗族自治州', '恩施市'])
  assert.deepEqual(of('杭州市西湖区'), [undefined, '杭州市', '西湖区'])
  assert.deepEqual(of('1 Invented Street'), [undefined, undefined, undefined])
})
test('a name is never refused for its script, its signs or its length', () => {
  good('name', '张三', 'Zoë', '👩‍👩‍👧', '\u200bA', '买买提·吐尔逊', '\u202eabc', '𠮷', 'X'.repeat(4000), ' ')
  bad('name', '', 'a\0b', '\ud83d')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
      assert.equal(brokenOf('name', value) === undefined, !value.includes('\0') && value.isWellFormed())
    }),
  )
  same('name', '买买提·吐尔逊', '买买提•吐尔逊', '买买提 吐尔逊')
  assert.equal(formOf('name', 'initial', '张三'), '张*')
})
test('no kind throws, whatever the text, and no rule repeats it', () => {
  const marker = 'MARKER-5555'
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (value) => {
      for (const [name, kind] of Object.entries(kinds)) {
        const rule = kind.broken(`${value}${marker}`, { field: name, today })
        assert.equal(rule?.includes(marker) ?? false, false)
        kind.broken(value, { field: name, today })
        assert.equal(typeof kind.normalise(value), 'string')
        for (const form of Object.values(kind.forms)) form(value, today)
      }
    }),
    { numRuns: 500 },
  )
})
test('what is right is folded to something that is right and folds no further', () => {
  const values = fc.constantFrom<[keyof typeof kinds, string]>(
    ['phone', '138 0000 0000'],
    ['email', 'A@BÜCHER.example'],
    ['resident-id', '110105491231002'],
    ['date', '1990年1月2日'],
    ['bank-card', '4111 1111 1111 1111'],
  )
  fc.assert(
    fc.property(values, ([kind, value]) => {
      const once = kinds[kind].normalise(value)
      good(kind, once)
      assert.equal(kinds[kind].normalise(once), once)
    }),
  )
})
test('the longest value that the wire lets through takes each kind a few milliseconds', () => {
  for (const part of ['1', ' ', '@', '.', '市', '\u200b', 'a@', '-', 'ﬁ', '·']) {
    const value = part.repeat(4000 / part.length)
    const started = performance.now()
    for (const kind of Object.values(kinds)) {
      kind.broken(value, { field: 'birthDate', today })
      kind.normalise(value)
      for (const form of Object.values(kind.forms)) form(value, today)
    }
    assert.ok(performance.now() - started < 500, part)
  }
})

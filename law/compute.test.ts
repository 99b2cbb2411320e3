import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addDays,
  addMonths,
  type Clock,
  clockById,
  clocks,
  cn,
  computeClock,
  computeExtended,
  dayKind,
  daysBetween,
  endOfDay,
  eu,
  governing,
  isZone,
  localDate,
  refusalReasons,
  regimes,
  runningClocks,
  weekday,
} from './index.ts'

const shanghai = 'Asia/Shanghai'
const get = (id: string): Clock => {
  const clock = clockById(id)
  assert.ok(clock, id)
  return clock
}
const order24 = get('cn-order24-12')
const method191 = get('cn-191-6')
const gdpr = get('eu-gdpr-12-3')
const at = (text: string) => new Date(text)

test('fifteen days run from the day after, and a last day in a holiday moves past it', () => {
  // 00:30 on 19 September in Shanghai is still the 18th in Greenwich.
  const { due, lastDay, steps, assumed } = computeClock(order24, at('2026-09-18T16:30:00Z'), cn, shanghai)
  assert.deepEqual([lastDay, due.toISOString(), assumed], ['2026-10-08', '2026-10-08T16:00:00.000Z', false])
  assert.deepEqual(steps[0], {
    date: '2026-09-19',
    counted: null,
    why: { en: 'the day it starts is not counted (Civil Code 201)', zh: '起始当日不计入（民法典第二百零一条）' },
  })
  assert.deepEqual([steps[15]?.date, steps[15]?.counted], ['2026-10-04', 15])
  assert.match(steps[16]!.why.en, /moves on .*National Day/)
})
test('fifteen working days count the weekends that are worked and skip the holidays that are not', () => {
  const { lastDay, steps } = computeClock(method191, at('2026-09-19T04:00:00Z'), cn, shanghai)
  assert.equal(lastDay, '2026-10-15')
  const of = (date: string) => steps.find((step) => step.date === date)
  assert.deepEqual([of('2026-09-20')?.counted, of('2026-09-20')?.why.zh], [1, '调休上班日'])
  assert.deepEqual([of('2026-09-25')?.counted, of('2026-09-25')?.why.zh], [null, '中秋节'])
  assert.deepEqual([of('2026-10-10')?.counted, of('2026-10-11')?.counted], [11, null])
  assert.deepEqual(
    steps.filter((step) => step.counted !== null).map((step) => step.counted),
    Array.from({ length: 15 }, (_, index) => index + 1),
  )
})
test('a month ends on the same date, on the last of a shorter month, and not on a weekend', () => {
  const last = (start: string) => computeClock(gdpr, at(start), eu, 'Europe/Brussels').lastDay
  // The examples of EDPB Guidelines 01/2022, on article 12(3).
  assert.equal(last('2022-03-05T09:00:00Z'), '2022-04-05')
  assert.equal(last('2022-08-31T09:00:00Z'), '2022-09-30')
  assert.equal(last('2026-01-31T09:00:00Z'), '2026-03-02', '28 February 2026 is a Saturday')
  assert.equal(last('2024-01-30T09:00:00Z'), '2024-02-29')
})
test('an extension runs on from the clock, not from its last day', () => {
  const extended = computeExtended(gdpr, at('2026-01-31T09:00:00Z'), eu, 'Europe/Brussels')
  assert.equal(extended?.lastDay, '2026-04-30')
  assert.equal(computeExtended(order24, at('2026-01-31T09:00:00Z'), cn, shanghai), undefined)
})
test('the day ends in the zone, across a change of clocks as well', () => {
  assert.equal(endOfDay('2026-03-28', 'Europe/Brussels').toISOString(), '2026-03-28T23:00:00.000Z')
  assert.equal(endOfDay('2026-03-29', 'Europe/Brussels').toISOString(), '2026-03-29T22:00:00.000Z')
  assert.equal(endOfDay('2026-10-25', 'Europe/Brussels').toISOString(), '2026-10-25T23:00:00.000Z')
  // Clocks are put forward at midnight: 6 September 2025 began at one o'clock in Santiago on the 7th.
  assert.equal(endOfDay('2025-09-06', 'America/Santiago').toISOString(), '2025-09-07T04:00:00.000Z')
})
test('hours: Europe begins with the next full hour, China at once, and neither waits for a holiday', () => {
  const breach = computeClock(get('eu-gdpr-33-1'), at('2026-12-24T10:20:00Z'), eu, 'Europe/Brussels')
  assert.equal(breach.due.toISOString(), '2026-12-27T11:00:00.000Z')
  const incident = computeClock(get('cn-incident-general'), at('2026-10-01T10:20:00Z'), cn, shanghai)
  assert.equal(incident.due.toISOString(), '2026-10-01T14:20:00.000Z')
})
test('a year whose calendar is not published is an assumption, and says so', () => {
  const { assumed, lastDay } = computeClock(method191, at('2026-12-20T04:00:00Z'), cn, shanghai)
  assert.deepEqual([assumed, lastDay], [true, '2027-01-08'])
  assert.equal(dayKind(cn, '2027-02-08').assumed, true)
  assert.equal(dayKind(cn, '2026-12-31').assumed, false)
})

test('the calendars hold together: breaks are in order, and worked days are weekends outside of them', () => {
  for (const [year, { off, working, source }] of Object.entries(cn.years)) {
    assert.match(source, new RegExp(`${year}年部分节假日安排的通知（国办发明电`))
    let last = ''
    for (const { from, to } of off) {
      assert.ok(last < from && from <= to && from.startsWith(year) && to.startsWith(year), `${from} to ${to}`)
      last = to
    }
    for (const date of working) {
      assert.ok([0, 6].includes(weekday(date)), `${date} is no weekend`)
      assert.equal(dayKind(cn, date).working, true, `${date} is in a break`)
    }
  }
  // Working days of the year, as the notices make them.
  const workingDays = (year: number) => {
    let count = 0
    for (let date = `${year}-01-01`; date.startsWith(String(year)); date = addDays(date, 1))
      if (dayKind(cn, date).working) count += 1
    return count
  }
  assert.deepEqual([2024, 2025, 2026].map(workingDays), [251, 248, 248])
})
test('every clock is dated, cited and in one of the two regimes', () => {
  assert.equal(new Set(clocks.map((clock) => clock.id)).size, clocks.length)
  for (const clock of clocks) {
    assert.match(clock.from, /^\d{4}-\d\d-\d\d$/)
    assert.ok(clock.to === null || clock.to > clock.from)
    assert.ok(clock.source.length > 20 && clock.article !== '' && clock.instrument.zh !== '')
    assert.ok(clock.regime in regimes)
    assert.equal(clock.counting, clock.regime)
  }
})
test('an edition of a standard follows the one before it without a gap', () => {
  assert.equal(addDays(get('cn-35273-2017-7-11').to!, 1), get('cn-35273-8-7').from)
  const ids = (start: string) => runningClocks('see', at(start), [{ regime: 'cn' }]).map((running) => running.clock.id)
  assert.deepEqual(ids('2020-09-30T04:00:00Z'), ['cn-35273-2017-7-11'])
  assert.deepEqual(ids('2020-09-30T16:00:00Z'), ['cn-35273-8-7'])
})
test('of all clocks the soonest decides, and an extension that another clock forbids gains nothing', () => {
  const both = runningClocks('delete', at('2026-11-24T04:00:00Z'), [{ regime: 'cn' }, { regime: 'eu' }])
  assert.equal(governing(both, false)?.clock.id, 'cn-order24-12')
  assert.equal(governing(both, true), undefined)
  const european = runningClocks('delete', at('2026-11-24T04:00:00Z'), [{ regime: 'eu', zone: 'Europe/Tallinn' }])
  assert.equal(governing(european, true)?.computation.lastDay, '2027-02-24')
})
test('every reason for refusing has a law, and every kind of demand can be refused for want of identity', () => {
  for (const reason of refusalReasons)
    assert.ok(Object.keys(reason.law).length > 0 && reason.title.zh !== '', reason.id)
  for (const kind of ['see', 'copy', 'correct', 'delete', 'stop', 'explain'] as const)
    assert.ok(refusalReasons.some((reason) => reason.id === 'identity-unproven' && reason.demands.includes(kind)))
})
test('a zone is one that the machine knows', () => {
  assert.deepEqual(['Asia/Shanghai', 'UTC', 'Mars/Olympus', ''].map(isZone), [true, true, false, false])
})

const instants = fc.date({ min: at('2023-01-01T00:00:00Z'), max: at('2028-12-31T00:00:00Z'), noInvalidDate: true })
const zones = fc.constantFrom('Asia/Shanghai', 'Europe/Brussels', 'America/Santiago', 'Pacific/Apia', 'UTC')
const lengths = fc.oneof(
  fc.record({ days: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ workingDays: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ months: fc.integer({ min: 1, max: 14 }) }),
)
test('property: the last day is a working day, the clock runs out as it ends, and the steps say how', () => {
  fc.assert(
    fc.property(lengths, instants, zones, fc.constantFrom(cn, eu), (length, start, zone, calendar) => {
      const counting = calendar === cn ? 'cn' : 'eu'
      const { due, lastDay, steps, assumed } = computeClock({ length, counting }, start, calendar, zone)
      assert.equal(dayKind(calendar, lastDay).working, true)
      assert.equal(localDate(new Date(due.getTime() - 1), zone), lastDay)
      assert.equal(localDate(due, zone) > lastDay, true)
      const first = localDate(start, zone)
      assert.ok(lastDay > first)
      assert.equal(steps[0]?.date, first)
      assert.equal(steps.at(-1)?.date, lastDay)
      for (let index = 1; index < steps.length; index++) assert.ok(steps[index]!.date > steps[index - 1]!.date)
      if ('workingDays' in length) {
        // Counted again without looking at how it was done.
        let count = 0
        for (let date = addDays(first, 1); date <= lastDay; date = addDays(date, 1))
          if (dayKind(calendar, date).working) count += 1
        assert.equal(count, length.workingDays)
        assert.ok(steps.every((step) => step.counted === null || dayKind(calendar, step.date).working))
      } else {
        const nominal = 'days' in length ? addDays(first, length.days) : addMonths(first, length.months)
        assert.ok(lastDay >= nominal && daysBetween(nominal, lastDay) <= 10)
        for (let date = nominal; date < lastDay; date = addDays(date, 1))
          assert.equal(dayKind(calendar, date).working, false)
      }
      if (calendar === eu) assert.equal(assumed, true)
    }),
    { numRuns: 500 },
  )
})
test('property: a later start never runs out sooner', () => {
  fc.assert(
    fc.property(lengths, instants, fc.integer({ min: 0, max: 400 * 3_600_000 }), zones, (length, start, more, zone) => {
      const later = new Date(start.getTime() + more)
      const due = (from: Date) => computeClock({ length, counting: 'cn' }, from, cn, zone).due.getTime()
      assert.ok(due(start) <= due(later))
    }),
    { numRuns: 300 },
  )
})
test('property: months keep the date where they can, and never spill over', () => {
  fc.assert(
    fc.property(instants, fc.integer({ min: 0, max: 36 }), (start, months) => {
      const date = localDate(start, 'UTC')
      const later = addMonths(date, months)
      const wanted = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 1))
      assert.equal(later.slice(0, 7), wanted.toISOString().slice(0, 7))
      assert.ok(
        later.slice(8) === date.slice(8) || (later.slice(8) < date.slice(8) && addDays(later, 1).endsWith('-01')),
      )
    }),
  )
})

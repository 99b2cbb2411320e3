import type { Calendar } from './calendar.ts'

/**
 * Saturdays and Sundays alone. Which public holidays count is for each Member State to say (Regulation 1182/71, article 2(1)), and
 * none is listed here, so every computation answers `assumed: true`. An unlisted holiday could only move a last day later: what is
 * shown is never too late.
 */
export const eu: Calendar = {
  id: 'eu',
  title: { en: 'Weekends in the European Union, without public holidays', zh: '欧盟周末（未列公共假日）' },
  years: {},
}

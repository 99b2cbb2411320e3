import type { Calendar } from './calendar.ts'

const names = {
  newYear: { en: 'New Year', zh: '元旦' },
  spring: { en: 'Spring Festival', zh: '春节' },
  qingming: { en: 'Tomb-Sweeping Day', zh: '清明节' },
  labour: { en: 'Labour Day', zh: '劳动节' },
  dragonBoat: { en: 'Dragon Boat Festival', zh: '端午节' },
  midAutumn: { en: 'Mid-Autumn Festival', zh: '中秋节' },
  national: { en: 'National Day', zh: '国庆节' },
  nationalAndMidAutumn: { en: 'National Day and Mid-Autumn Festival', zh: '国庆节、中秋节' },
} as const

/**
 * Mainland China, from the yearly notices of the General Office of the State Council. The notice for a year appears late in the
 * year before; until it stands here, computations that reach into that year answer `assumed: true` and must be made again.
 * Days checked on 2026-11-24 against two independent transcriptions of the notices.
 */
export const cn: Calendar = {
  id: 'cn',
  title: { en: 'Working days in mainland China', zh: '中国大陆工作日' },
  years: {
    2024: {
      source: '国务院办公厅关于2024年部分节假日安排的通知（国办发明电〔2023〕7号，2023-10-25）',
      off: [
        { name: names.newYear, from: '2024-01-01', to: '2024-01-01' },
        { name: names.spring, from: '2024-02-10', to: '2024-02-17' },
        { name: names.qingming, from: '2024-04-04', to: '2024-04-06' },
        { name: names.labour, from: '2024-05-01', to: '2024-05-05' },
        { name: names.dragonBoat, from: '2024-06-10', to: '2024-06-10' },
        { name: names.midAutumn, from: '2024-09-15', to: '2024-09-17' },
        { name: names.national, from: '2024-10-01', to: '2024-10-07' },
      ],
      working: [
        ...['2024-02-04', '2024-02-18', '2024-04-07', '2024-04-28'],
        ...['2024-05-11', '2024-09-14', '2024-09-29', '2024-10-12'],
      ],
    },
    2025: {
      source: '国务院办公厅关于2025年部分节假日安排的通知（国办发明电〔2024〕12号，2024-11-12）',
      off: [
        { name: names.newYear, from: '2025-01-01', to: '2025-01-01' },
        { name: names.spring, from: '2025-01-28', to: '2025-02-04' },
        { name: names.qingming, from: '2025-04-04', to: '2025-04-06' },
        { name: names.labour, from: '2025-05-01', to: '2025-05-05' },
        { name: names.dragonBoat, from: '2025-05-31', to: '2025-06-02' },
        { name: names.nationalAndMidAutumn, from: '2025-10-01', to: '2025-10-08' },
      ],
      working: ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11'],
    },
    2026: {
      source: '国务院办公厅关于2026年部分节假日安排的通知（国办发明电〔2025〕7号，2025-11-04）',
      off: [
        { name: names.newYear, from: '2026-01-01', to: '2026-01-03' },
        { name: names.spring, from: '2026-02-15', to: '2026-02-23' },
        { name: names.qingming, from: '2026-04-04', to: '2026-04-06' },
        { name: names.labour, from: '2026-05-01', to: '2026-05-05' },
        { name: names.dragonBoat, from: '2026-06-19', to: '2026-06-21' },
        { name: names.midAutumn, from: '2026-09-25', to: '2026-09-27' },
        { name: names.national, from: '2026-10-01', to: '2026-10-07' },
      ],
      working: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
    },
  },
}

import type { Calendar } from './calendars/calendar.ts'
import { cn } from './calendars/cn.ts'
import { eu } from './calendars/eu.ts'
import type { Bilingual, Regime } from './model.ts'

/** What a regime counts with. The zone is where the provider's day ends; it may state another within the regime. */
export const regimes: Readonly<Record<Regime, { title: Bilingual; calendar: Calendar; zone: string }>> = {
  cn: { title: { en: 'Mainland China', zh: '中国大陆' }, calendar: cn, zone: 'Asia/Shanghai' },
  eu: { title: { en: 'European Union', zh: '欧盟' }, calendar: eu, zone: 'Europe/Brussels' },
}

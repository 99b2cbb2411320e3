/** One line of the doctor: what was looked at, and what to do when it is not well. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly en: string
  readonly zh: string
  readonly todo?: { readonly en: string; readonly zh: string }
}

export const ok = (en: string, zh: string): Finding => ({ level: 'ok', en, zh })
export const warn = (en: string, zh: string, todoEn: string, todoZh: string): Finding => ({
  level: 'warn',
  en,
  zh,
  todo: { en: todoEn, zh: todoZh },
})
export const fail = (en: string, zh: string, todoEn: string, todoZh: string): Finding => ({
  level: 'fail',
  en,
  zh,
  todo: { en: todoEn, zh: todoZh },
})

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' }
export const findingText = ({ level, en, zh, todo }: Finding): string =>
  [`${marks[level]}  ${en}`, `      ${zh}`, ...(todo ? [`      -> ${todo.en}`, `         ${todo.zh}`] : [])].join('\n')

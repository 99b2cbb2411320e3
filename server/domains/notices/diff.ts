import type { notices } from '@bailee/contract'
import { isConsent, type NoticeContent } from './model.ts'

export type NoticeChange = notices.NoticeChange
type Kind = NoticeChange['kind']
type Say = readonly [en: string, zh: string]
type Purpose = NoticeContent['purposes'][number]

/**
 * What changed from one version to another. `widens` takes more from the person than they agreed to, and needs fresh
 * consent; `narrows` takes less and needs nothing; `same` is a matter of words. Pure; `diff(a, b)` widens exactly where
 * `diff(b, a)` narrows. Personal Information Protection Law, article 14.
 */
export function diff(before: NoticeContent, after: NoticeContent): NoticeChange[] {
  const changes: NoticeChange[] = []
  const every = before.purposes.map(({ id }) => id).filter((id) => after.purposes.some((each) => each.id === id))
  const note = (path: string, kind: Kind, purposes: readonly string[], [en, zh]: Say) =>
    void changes.push({ path, kind, purposes: [...purposes], en, zh })
  /** More of something that a person would rather have less of. */
  const grows = (from: number, to: number): Kind => (to > from ? 'widens' : 'narrows')

  diffPurposes(before, after, note, grows)
  diffCategories(before, after, every, note)
  diffOutside(before, after, every, note)
  const below = (content: NoticeContent) => content.minors?.guardianBelow ?? 0
  if (below(before) !== below(after))
    note('/minors/guardianBelow', grows(below(after), below(before)), every, [
      `A guardian consents below the age of ${below(after)} instead of ${below(before)}.`,
      `由监护人同意的年龄从 ${below(before)} 岁以下改为 ${below(after)} 岁以下。`,
    ])
  for (const [path, pick, what] of wordings)
    if (JSON.stringify(pick(before)) !== JSON.stringify(pick(after)))
      note(path, 'same', every, [`The words about ${what[0]} changed.`, `关于${what[1]}的文字有变更。`])
  return changes
}
export const widens = (changes: readonly NoticeChange[]): boolean => changes.some((change) => change.kind === 'widens')

type Note = (path: string, kind: Kind, purposes: readonly string[], say: Say) => void

const wordings: readonly (readonly [string, (content: NoticeContent) => unknown, Say])[] = [
  ['/title', (content) => content.title, ['the notice as a whole', '告知整体']],
  ['/contact', (content) => content.contact, ['whom to turn to', '联系方式']],
  ['/manner', (content) => content.manner, ['how it is done', '处理方式']],
  ['/crossBorder/safeguards', (content) => content.crossBorder?.safeguards, ['safeguards abroad', '境外保障措施']],
  ['/minors/rule', (content) => content.minors?.rule, ['minors', '未成年人']],
]

/** How much a basis leaves to the person: everything, an act of consent, or nothing. */
const leaves = (basis: Purpose['basis']) => (basis === 'separate-consent' ? 2 : isConsent(basis) ? 1 : 0)

function diffPurposes(
  before: NoticeContent,
  after: NoticeContent,
  note: Note,
  grows: (from: number, to: number) => Kind,
): void {
  const old = new Map(before.purposes.map((purpose) => [purpose.id, purpose]))
  for (const purpose of after.purposes)
    if (!old.has(purpose.id))
      note(
        `/purposes/${purpose.id}`,
        'widens',
        [purpose.id],
        [`New purpose: ${purpose.title.en}.`, `新增目的：${purpose.title.zh}。`],
      )
  for (const [id, was] of old) {
    const is = after.purposes.find((purpose) => purpose.id === id)
    const path = `/purposes/${id}`
    if (!is) {
      note(path, 'narrows', [id], [`No longer a purpose: ${was.title.en}.`, `不再作为目的：${was.title.zh}。`])
      continue
    }
    if (was.basis !== is.basis) {
      const kind = leaves(was.basis) === leaves(is.basis) ? 'same' : grows(leaves(is.basis), leaves(was.basis))
      note(
        `${path}/basis`,
        kind,
        [id],
        [
          `${is.title.en}: the basis is ${is.basis} instead of ${was.basis}.`,
          `${is.title.zh}：依据从 ${was.basis} 改为 ${is.basis}。`,
        ],
      )
    }
    if (was.retentionDays !== is.retentionDays)
      note(
        `${path}/retentionDays`,
        grows(was.retentionDays, is.retentionDays),
        [id],
        [
          `${is.title.en}: kept for ${is.retentionDays} days instead of ${was.retentionDays}.`,
          `${is.title.zh}：保存期限从 ${was.retentionDays} 天改为 ${is.retentionDays} 天。`,
        ],
      )
    const [stood, stands] = [was.consentDays ?? Infinity, is.consentDays ?? Infinity]
    if (stood !== stands)
      note(
        `${path}/consentDays`,
        grows(stood, stands),
        [id],
        [
          `${is.title.en}: consent lasts ${daysEn(stands)} instead of ${daysEn(stood)}.`,
          `${is.title.zh}：同意的有效期从${daysZh(stood)}改为${daysZh(stands)}。`,
        ],
      )
    if (!was.automatedDecision !== !is.automatedDecision)
      note(
        `${path}/automatedDecision`,
        is.automatedDecision ? 'widens' : 'narrows',
        [id],
        [
          `${is.title.en}: ${is.automatedDecision ? 'a machine now decides' : 'no machine decides any more'}.`,
          `${is.title.zh}：${is.automatedDecision ? '改由自动化决策' : '不再自动化决策'}。`,
        ],
      )
    else if (JSON.stringify(was.automatedDecision) !== JSON.stringify(is.automatedDecision))
      note(
        `${path}/automatedDecision`,
        'same',
        [id],
        [
          `${is.title.en}: the words about the machine’s decision changed.`,
          `${is.title.zh}：关于自动化决策的文字有变更。`,
        ],
      )
    if (JSON.stringify(was.title) !== JSON.stringify(is.title))
      note(
        `${path}/title`,
        'same',
        [id],
        [`“${was.title.en}” is now called “${is.title.en}”.`, `“${was.title.zh}”现称“${is.title.zh}”。`],
      )
  }
}
const daysEn = (days: number) => (days === Infinity ? 'as long as the information is kept' : `${days} days`)
const daysZh = (days: number) => (days === Infinity ? '信息保存期间' : ` ${days} 天`)

function diffCategories(before: NoticeContent, after: NoticeContent, every: readonly string[], note: Note): void {
  const ids = new Set([...before.categories, ...after.categories].map((category) => category.id))
  for (const id of ids) {
    const was = before.categories.find((category) => category.id === id)
    const is = after.categories.find((category) => category.id === id)
    const { title } = (is ?? was)!
    const path = `/categories/${id}`
    const had = new Set(was?.purposes)
    const has = new Set(is?.purposes)
    // A purpose that came or went says so itself.
    for (const purpose of every) {
      if (!had.has(purpose) && has.has(purpose))
        note(
          `${path}/purposes/${purpose}`,
          'widens',
          [purpose],
          [`${title.en} is now used for ${purpose}.`, `${title.zh}新用于 ${purpose}。`],
        )
      if (had.has(purpose) && !has.has(purpose))
        note(
          `${path}/purposes/${purpose}`,
          'narrows',
          [purpose],
          [`${title.en} is no longer used for ${purpose}.`, `${title.zh}不再用于 ${purpose}。`],
        )
    }
    if (!was || !is) continue
    const shared = every.filter((purpose) => had.has(purpose) && has.has(purpose))
    if (was.sensitive !== is.sensitive)
      note(`${path}/sensitive`, is.sensitive ? 'narrows' : 'widens', shared, [
        `${title.en} ${is.sensitive ? 'now counts' : 'no longer counts'} as sensitive.`,
        `${title.zh}${is.sensitive ? '现列为' : '不再列为'}敏感个人信息。`,
      ])
    const fields = new Set([...was.fields, ...is.fields].map((field) => field.name))
    for (const name of fields) {
      const old = was.fields.find((field) => field.name === name)
      const now = is.fields.find((field) => field.name === name)
      const place = `${path}/fields/${name}`
      const words = (now ?? old)!.title
      if (!old) note(place, 'widens', shared, [`New item: ${words.en}.`, `新增信息项：${words.zh}。`])
      else if (!now) note(place, 'narrows', shared, [`No longer collected: ${words.en}.`, `不再收集：${words.zh}。`])
      else if (Boolean(old.search) !== Boolean(now.search))
        note(`${place}/search`, now.search ? 'widens' : 'narrows', shared, [
          `People ${now.search ? 'can now' : 'can no longer'} be found by ${words.en}.`,
          `${now.search ? '现可' : '不再'}按${words.zh}查找个人。`,
        ])
      if (old && now && wordsOf(old) !== wordsOf(now))
        note(`${place}/title`, 'same', shared, [
          `The words about ${words.en} changed.`,
          `关于${words.zh}的文字有变更。`,
        ])
    }
    if (wordsOf(was) !== wordsOf(is))
      note(`${path}/title`, 'same', shared, [`The words about ${title.en} changed.`, `关于${title.zh}的文字有变更。`])
  }
}
const wordsOf = (thing: { readonly title: object; readonly term?: string; readonly kind?: string }) =>
  JSON.stringify([thing.title, thing.term, thing.kind])

interface Outsider {
  readonly name: { readonly en: string; readonly zh: string }
  readonly purpose: string
  readonly slug?: string
  readonly country?: string
  readonly contract?: string
  readonly categories?: readonly string[]
}

function diffOutside(before: NoticeContent, after: NoticeContent, every: readonly string[], note: Note): void {
  const sides = [
    ['recipients', before.recipients, after.recipients, ['recipient', '接收方']],
    ['processors', before.processors ?? [], after.processors ?? [], ['processor', '受托人']],
  ] as const
  for (const [side, had, has, what] of sides) {
    const was = new Map(had.map((each: Outsider) => [keyOf(each), each]))
    const is = new Map(has.map((each: Outsider) => [keyOf(each), each]))
    for (const key of new Set([...was.keys(), ...is.keys()])) {
      const [old, now] = [was.get(key), is.get(key)]
      const path = `/${side}/${key}`
      const { name, purpose } = (now ?? old)!
      const on = every.includes(purpose) ? [purpose] : []
      if (!old) note(path, 'widens', on, [`New ${what[0]}: ${name.en}.`, `新增${what[1]}：${name.zh}。`])
      else if (!now)
        note(path, 'narrows', on, [`No longer a ${what[0]}: ${name.en}.`, `不再是${what[1]}：${name.zh}。`])
      else {
        if (old.country !== now.country) {
          if (now.country !== undefined)
            note(`${path}/country/${now.country}`, 'widens', on, [
              `${name.en} is now in ${now.country}.`,
              `${name.zh}现位于 ${now.country}。`,
            ])
          if (old.country !== undefined)
            note(`${path}/country/${old.country}`, 'narrows', on, [
              `${name.en} is no longer in ${old.country}.`,
              `${name.zh}不再位于 ${old.country}。`,
            ])
        }
        const [sent, sends] = [categoriesOf(before, old), categoriesOf(after, now)]
        for (const category of new Set([...sent, ...sends]))
          if (sent.has(category) !== sends.has(category))
            note(`${path}/categories/${category}`, sends.has(category) ? 'widens' : 'narrows', on, [
              `${name.en} ${sends.has(category) ? 'now receives' : 'no longer receives'} ${category}.`,
              `${name.zh}${sends.has(category) ? '新接收' : '不再接收'} ${category}。`,
            ])
        if (JSON.stringify([old.name, old.contract]) !== JSON.stringify([now.name, now.contract]))
          note(`${path}/name`, 'same', on, [`The words about ${name.en} changed.`, `关于${name.zh}的文字有变更。`])
      }
    }
  }
  const [were, are] = [new Set(before.crossBorder?.countries), new Set(after.crossBorder?.countries)]
  for (const country of new Set([...were, ...are])) {
    if (!were.has(country))
      note(`/crossBorder/countries/${country}`, 'widens', every, [
        `Information now goes to ${country}.`,
        `信息新增出境至 ${country}。`,
      ])
    if (!are.has(country))
      note(`/crossBorder/countries/${country}`, 'narrows', every, [
        `Information no longer goes to ${country}.`,
        `信息不再出境至 ${country}。`,
      ])
  }
}
const keyOf = ({ slug, name, purpose }: Outsider) => `${slug ?? name.en}/${purpose}`
/** What a recipient gets when the notice does not say: every category of its purpose. */
const categoriesOf = (content: NoticeContent, { categories, purpose }: Outsider): ReadonlySet<string> =>
  new Set(
    categories ??
      content.categories.filter((category) => category.purposes.includes(purpose)).map((category) => category.id),
  )

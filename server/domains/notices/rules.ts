import { Refusal } from '#kernel'
import {
  type FieldKind,
  type NoticeContent,
  type PublishedNotice,
  type Rules,
  type ShownNotice,
  selfPurpose,
} from './model.ts'

/** A notice must not contradict itself or the others that are live for the same provider. Article 2: clear and public. */
export function assertCoherent(content: NoticeContent, others: readonly PublishedNotice[]): void {
  const wrong = (field: string, rule: string) => new Refusal('notice_invalid', { field, rule })
  const unstorable = pointerOfNul(content, '')
  if (unstorable !== undefined) throw wrong(unstorable, 'must not contain U+0000')
  const purposes = new Set<string>()
  for (const [at, purpose] of content.purposes.entries()) {
    if (purpose.id === selfPurpose) throw wrong(`/purposes/${at}/id`, '"self" is the person’s own purpose')
    if (['ledger', 'index', 'once'].includes(purpose.id)) throw wrong(`/purposes/${at}/id`, 'is reserved')
    if (purposes.has(purpose.id)) throw wrong(`/purposes/${at}/id`, 'is stated twice')
    purposes.add(purpose.id)
  }
  const used = new Set<string>()
  const categories = new Set<string>()
  const fields = new Map<string, string>()
  for (const other of others)
    for (const category of other.content.categories)
      for (const field of category.fields) fields.set(field.name, category.id)
  for (const [at, category] of content.categories.entries()) {
    if (categories.has(category.id)) throw wrong(`/categories/${at}/id`, 'is stated twice')
    categories.add(category.id)
    for (const [place, purpose] of category.purposes.entries()) {
      if (!purposes.has(purpose))
        throw wrong(`/categories/${at}/purposes/${place}`, 'is not among the purposes of this notice')
      used.add(purpose)
    }
    const own = new Set<string>()
    for (const [place, field] of category.fields.entries()) {
      if (own.has(field.name)) throw wrong(`/categories/${at}/fields/${place}/name`, 'is stated twice')
      own.add(field.name)
      const elsewhere = fields.get(field.name)
      if (elsewhere !== undefined && elsewhere !== category.id)
        throw wrong(`/categories/${at}/fields/${place}/name`, 'belongs to another category already')
      fields.set(field.name, category.id)
    }
  }
  for (const [at, purpose] of content.purposes.entries())
    if (!used.has(purpose.id))
      throw wrong(`/purposes/${at}/id`, 'needs no category: a purpose without information is none')
  for (const [at, recipient] of content.recipients.entries())
    if (!purposes.has(recipient.purpose))
      throw wrong(`/recipients/${at}/purpose`, 'is not among the purposes of this notice')
}

/** PostgreSQL keeps every character in a text but U+0000. */
function pointerOfNul(value: unknown, pointer: string): string | undefined {
  if (typeof value === 'string') return value.includes('\0') ? pointer : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    const found = pointerOfNul(member, `${pointer}/${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

export function compileRules(live: readonly PublishedNotice[]): Rules {
  const categoryOf = new Map<string, string>()
  const searchable = new Set<string>()
  const kindOf = new Map<string, FieldKind>()
  const purposes = new Map<string, { basis: string }>()
  const purposesOf = new Map<string, Set<string>>()
  for (const { content } of live) {
    for (const purpose of content.purposes) purposes.set(purpose.id, { basis: purpose.basis })
    for (const category of content.categories) {
      for (const field of category.fields) {
        categoryOf.set(field.name, category.id)
        if (field.search) searchable.add(field.name)
        if (field.kind !== undefined && field.kind !== 'text') kindOf.set(field.name, field.kind)
      }
      const allowed = purposesOf.get(category.id) ?? new Set<string>()
      for (const purpose of category.purposes) allowed.add(purpose)
      purposesOf.set(category.id, allowed)
    }
  }
  return {
    categoryOf,
    searchable,
    kindOf,
    purposes,
    purposesOf,
    notices: new Map(live.map((notice) => [notice.id, notice])),
  }
}

/** Is what was shown still what is live? Consent to yesterday's notice is no consent to today's. */
export function judgeSnapshot(shown: ShownNotice, rules: Rules, now: Date): PublishedNotice {
  const notice = rules.notices.get(shown.notice)
  if (
    !notice ||
    notice.version !== shown.version ||
    notice.hash.toString('hex') !== shown.hash ||
    now.getTime() > Date.parse(shown.expiresAt)
  )
    throw new Refusal('snapshot_stale', { field: '/snapshot', missing: { liveVersion: notice?.version ?? null } })
  return notice
}

/** Which (category, purpose) pairs a consent to these purposes opens, by the notice that was shown. */
export function grantsOf(
  notice: PublishedNotice,
  agreed: readonly string[],
): { category: string; purpose: string; basis: string }[] {
  const stated = new Map(notice.content.purposes.map((purpose) => [purpose.id, purpose.basis]))
  for (const [at, purpose] of agreed.entries())
    if (!stated.has(purpose))
      throw new Refusal('purpose_unknown', { field: `/purposes/${at}`, rule: 'must be stated by the notice shown' })
  return notice.content.categories.flatMap((category) =>
    category.purposes
      .filter((purpose) => agreed.includes(purpose))
      .map((purpose) => ({ category: category.id, purpose, basis: stated.get(purpose)! })),
  )
}

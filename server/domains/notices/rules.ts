import { day, instant, Refusal } from '#kernel'
import {
  type Agreed,
  type Agreement,
  type Beside,
  type FieldKind,
  handOverGraceDays,
  isConsent,
  type NoticeContent,
  type PastVersion,
  type PublishedNotice,
  type Rules,
  type ShownNotice,
  selfPurpose,
  type WantedGrant,
} from './model.ts'

export interface Incoherence {
  readonly field: string
  readonly rule: string
}
/**
 * A notice must not contradict itself or the others that are live for the same provider. Article 2: clear and public.
 * @throws {Refusal} `notice_invalid`, naming the first contradiction.
 */
export function assertCoherent(content: NoticeContent, others: readonly PublishedNotice[]): void {
  const [first] = incoherences(content, others)
  if (first) throw new Refusal('notice_invalid', { ...first })
}

const reservedPurposes = ['ledger', 'index', 'once']

/** Every contradiction, each with its place. Sensitive information: Personal Information Protection Law, articles 28 and 29. */
export function incoherences(content: NoticeContent, others: readonly PublishedNotice[]): Incoherence[] {
  const found: Incoherence[] = []
  const wrong = (field: string, rule: string) => void found.push({ field, rule })
  const unstorable = pointerOfNul(content, '')
  if (unstorable !== undefined) wrong(unstorable, 'must not contain U+0000')
  const bases = new Map<string, string>()
  for (const [at, purpose] of content.purposes.entries()) {
    const place = `/purposes/${at}`
    if (purpose.id === selfPurpose) wrong(`${place}/id`, '"self" is the person’s own purpose')
    if (reservedPurposes.includes(purpose.id)) wrong(`${place}/id`, 'is reserved')
    if (bases.has(purpose.id)) wrong(`${place}/id`, 'is stated twice')
    if (purpose.consentDays !== undefined && !isConsent(purpose.basis))
      wrong(`${place}/consentDays`, `there is no consent to expire: the basis is ${purpose.basis}`)
    bases.set(purpose.id, purpose.basis)
  }
  const { used, categories } = categoryFaults(content, others, bases, wrong)
  for (const [at, purpose] of content.purposes.entries())
    if (!used.has(purpose.id)) wrong(`/purposes/${at}/id`, 'needs no category: a purpose without information is none')
  outsideFaults(content, bases, categories, wrong)
  return found
}

type Wrong = (field: string, rule: string) => void

function categoryFaults(
  content: NoticeContent,
  others: readonly PublishedNotice[],
  bases: ReadonlyMap<string, string>,
  wrong: Wrong,
) {
  const used = new Set<string>()
  const categories = new Map<string, readonly string[]>()
  const fields = new Map<string, string>()
  for (const other of others)
    for (const category of other.content.categories)
      for (const field of category.fields) fields.set(field.name, category.id)
  for (const [at, category] of content.categories.entries()) {
    const place = `/categories/${at}`
    if (categories.has(category.id)) wrong(`${place}/id`, 'is stated twice')
    categories.set(category.id, category.purposes)
    for (const [index, purpose] of category.purposes.entries()) {
      const basis = bases.get(purpose)
      if (basis === undefined) wrong(`${place}/purposes/${index}`, 'is not among the purposes of this notice')
      else if (category.sensitive && basis === 'consent')
        wrong(`${place}/purposes/${index}`, 'is sensitive: such a purpose needs separate consent or another basis')
      used.add(purpose)
    }
    const own = new Set<string>()
    for (const [index, field] of category.fields.entries()) {
      if (own.has(field.name)) wrong(`${place}/fields/${index}/name`, 'is stated twice')
      own.add(field.name)
      const elsewhere = fields.get(field.name)
      if (elsewhere !== undefined && elsewhere !== category.id)
        wrong(`${place}/fields/${index}/name`, 'belongs to another category already')
      fields.set(field.name, category.id)
    }
  }
  return { used, categories }
}

/** Who else has it, and where: recipients, processors, other countries. Articles 21, 23, 38 and 39 of the same law. */
function outsideFaults(
  content: NoticeContent,
  bases: ReadonlyMap<string, string>,
  categories: ReadonlyMap<string, readonly string[]>,
  wrong: Wrong,
): void {
  const notOurs = 'is not among the purposes of this notice'
  const abroad = new Set(content.crossBorder?.countries)
  const countryFault = (place: string, country: string | undefined) => {
    if (country !== undefined && country !== home && !abroad.has(country))
      wrong(`${place}/country`, 'is not among the countries of crossBorder')
  }
  const slugs = new Set<string>()
  for (const [at, recipient] of content.recipients.entries()) {
    const place = `/recipients/${at}`
    if (!bases.has(recipient.purpose)) wrong(`${place}/purpose`, notOurs)
    if (recipient.slug !== undefined && slugs.has(recipient.slug)) wrong(`${place}/slug`, 'is stated twice')
    if (recipient.slug !== undefined) slugs.add(recipient.slug)
    for (const [index, category] of (recipient.categories ?? []).entries())
      if (!categories.get(category)?.includes(recipient.purpose))
        wrong(`${place}/categories/${index}`, 'is not a category of this notice for the recipient’s purpose')
    countryFault(place, recipient.country)
  }
  for (const [at, processor] of (content.processors ?? []).entries()) {
    if (!bases.has(processor.purpose)) wrong(`/processors/${at}/purpose`, notOurs)
    countryFault(`/processors/${at}`, processor.country)
  }
  for (const [at, country] of (content.crossBorder?.countries ?? []).entries())
    if (country === home) wrong(`/crossBorder/countries/${at}`, 'is not another country')
}
/** The country whose law this house was built for. Everything else is across a border. */
const home = 'CN'
const pairOf = (category: string, purpose: string) => `${category} ${purpose}`

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

/** `past`: the versions that came before the live ones, where there are any. */
export function compileRules(live: readonly PublishedNotice[], past: readonly PastVersion[] = []): Rules {
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
    agreed: agreedOf(live, past),
  }
}

/** Pair of category and purpose -> its fields, and whether a machine decides. */
function pairsOf(content: PastVersion['content']) {
  const automated = new Set(content.purposes.filter((each) => each.automatedDecision).map((each) => each.id))
  const pairs = new Map<string, { fields: ReadonlySet<string>; automated: boolean }>()
  for (const category of content.categories) {
    const fields = new Set(category.fields.map((field) => field.name))
    for (const purpose of category.purposes)
      pairs.set(pairOf(category.id, purpose), { fields, automated: automated.has(purpose) })
  }
  return pairs
}

/**
 * Since which version each field has been stated for a purpose without a gap. A grant to an older version does not reach
 * it: what was widened needs fresh consent. Personal Information Protection Law, article 14. A purpose in which a machine
 * newly decides counts as new from then on. Pairs that every grant reaches whole are left out.
 */
function agreedOf(live: readonly PublishedNotice[], past: readonly PastVersion[]): Map<string, Agreed> {
  const history = Map.groupBy(past, (version) => version.notice)
  const agreed = new Map<string, Map<PublishedNotice['id'], ReadonlyMap<string, number>>>()
  const stated = new Map<string, Set<string>>()
  const partly = new Set<string>()
  for (const notice of live) {
    const older = (history.get(notice.id) ?? [])
      .filter((each) => each.version < notice.version)
      .sort((a, b) => b.version - a.version)
      .map((each) => ({ version: each.version, pairs: pairsOf(each.content) }))
    const first = older.at(-1)?.version ?? notice.version
    const pairs = pairsOf(notice.content)
    for (const { pairs: then } of older) for (const pair of then.keys()) if (!pairs.has(pair)) partly.add(pair)
    for (const [pair, now] of pairs) {
      const since = new Map([...now.fields].map((field) => [field, notice.version]))
      const open = new Set(now.fields)
      for (const { version, pairs: earlier } of older) {
        const then = earlier.get(pair)
        if (!then || (now.automated && !then.automated)) break
        for (const field of open)
          if (then.fields.has(field)) since.set(field, version)
          else open.delete(field)
      }
      if ([...since.values()].some((version) => version > first)) partly.add(pair)
      agreed.set(pair, (agreed.get(pair) ?? new Map()).set(notice.id, since))
      const fields = stated.get(pair)
      if (fields && fields.symmetricDifference(now.fields).size > 0) partly.add(pair)
      stated.set(pair, fields?.union(now.fields) ?? new Set(now.fields))
    }
  }
  for (const pair of agreed.keys()) if (!partly.has(pair)) agreed.delete(pair)
  return agreed
}

/** By notice, the version that a grant must have been given under, or later. Undefined when any grant reaches this. */
export function agreementOf(
  rules: Rules,
  category: string,
  purpose: string,
  fields: readonly string[],
): Agreement | undefined {
  const agreed = rules.agreed?.get(pairOf(category, purpose))
  if (!agreed) return undefined
  const own = fields.filter((field) => rules.categoryOf.get(field) === category)
  const agreement: Record<string, number> = {}
  for (const [notice, since] of agreed)
    if (own.every((field) => since.has(field)))
      agreement[notice] = Math.max(1, ...own.map((field) => since.get(field)!))
  return agreement
}
export const reaches = (agreement: Agreement | undefined, notice: string, version: number): boolean =>
  agreement === undefined || version >= (agreement[notice] ?? Infinity)

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

/**
 * Which (category, purpose) pairs a consent opens, by the notice that was shown, and for how many days. `agreed` is what
 * was agreed to together; a purpose that needs separate consent is refused there. Articles 14, 23, 29 and 31.
 * @throws {Refusal} `purpose_unknown`, `separate_consent_bundled`, `guardian_needed`, `schema_violation`
 */
export function grantsOf(
  notice: PublishedNotice,
  agreed: readonly string[],
  { separately = [], informed = [], ageBand, guarded = false }: Beside = {},
): WantedGrant[] {
  const stated = new Map(notice.content.purposes.map((purpose) => [purpose.id, purpose]))
  for (const [member, list] of Object.entries({ purposes: agreed, separately, informed }))
    for (const [at, id] of list.entries()) {
      const field = `/${member}/${at}`
      const purpose = stated.get(id)
      if (!purpose) throw new Refusal('purpose_unknown', { field, rule: 'must be stated by the notice shown' })
      if (member === 'purposes' && purpose.basis === 'separate-consent')
        throw new Refusal('separate_consent_bundled', {
          field,
          rule: 'must be agreed to by itself and named in separately',
          missing: { purpose: id },
        })
      if (member === 'separately' && !isConsent(purpose.basis))
        throw new Refusal('schema_violation', { field, rule: `rests on ${purpose.basis}: it is told, not agreed to` })
      if (member === 'informed' && isConsent(purpose.basis))
        throw new Refusal('schema_violation', { field, rule: 'rests on consent: to be told of it is not to agree' })
    }
  assertOfAge(notice, ageBand, guarded)
  const wanted = new Set([...agreed, ...separately, ...informed])
  return notice.content.categories.flatMap((category) =>
    category.purposes
      .filter((purpose) => wanted.has(purpose))
      .map((id) => {
        const { basis, retentionDays, consentDays } = stated.get(id)!
        return {
          category: category.id,
          purpose: id,
          basis,
          days: Math.min(retentionDays, consentDays ?? retentionDays),
        }
      }),
  )
}

/** Below fourteen the law asks for a guardian whether or not the notice says so. Personal Information Protection Law, article 31. */
function assertOfAge({ content }: PublishedNotice, ageBand: Beside['ageBand'], guarded: boolean): void {
  if (guarded || ageBand === 'adult') return
  const guardianBelow = content.minors?.guardianBelow
  const missing = { guardianBelow: guardianBelow ?? 14 }
  if (ageBand === undefined) {
    if (guardianBelow)
      throw new Refusal('guardian_needed', {
        field: '/ageBand',
        rule: 'must be stated: this notice has a rule for minors',
        missing,
      })
  } else if (missing.guardianBelow > (ageBand === 'under14' ? 0 : 14))
    throw new Refusal('guardian_needed', { field: '/guardian', rule: 'must be present at this age', missing })
}

/** The recipients agreed to, by name. Each belongs to a purpose that is agreed to as well, now or before. Article 23. */
export function recipientsOf(
  { content }: PublishedNotice,
  slugs: readonly string[],
  purposes: ReadonlySet<string>,
): { recipient: string; purpose: string; categories: readonly string[] }[] {
  return slugs.map((slug, at) => {
    const recipient = content.recipients.find((each) => each.slug === slug)
    const field = `/recipients/${at}`
    if (!recipient) throw new Refusal('recipient_unknown', { field, rule: 'must be a recipient of the notice shown' })
    if (!purposes.has(recipient.purpose))
      throw new Refusal('recipient_unknown', {
        field,
        rule: 'its purpose must be agreed to as well',
        missing: { purpose: recipient.purpose },
      })
    return {
      recipient: slug,
      purpose: recipient.purpose,
      categories:
        recipient.categories ??
        content.categories.filter((each) => each.purposes.includes(recipient.purpose)).map((each) => each.id),
    }
  })
}

/** When a grant ends by itself. What a guardian agreed to ends with their time, after days in which the child is asked. */
export function untilOf(since: Date, days: number, handOver: Date | undefined): Date {
  const ends = since.getTime() + days * day
  return new Date(handOver ? Math.min(ends, handOver.getTime() + handOverGraceDays * day) : ends)
}

/** The day of the hand-over lies ahead, and no further than a child has years to go. */
export function handOverOf(text: string, guardianBelow: number | undefined, now: Date): Date {
  const at = new Date(`${text}T00:00:00.000Z`)
  const rule = (words: string) => new Refusal('schema_violation', { field: '/guardian/handOver', rule: words })
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text) throw rule('must be a day that exists')
  if (at <= now) throw rule('must lie ahead: from that day the person consents')
  const years = guardianBelow || 14
  const latest = new Date(now)
  latest.setUTCFullYear(now.getUTCFullYear() + years)
  if (at > latest) throw rule(`must be within ${years} years`)
  return at
}

/** Whoever refused is left in peace. Network Data Security Management Regulations, article 22: no repeated asking. */
export function assertMayAsk(
  refusals: readonly { readonly purpose: string; readonly recipient: string; readonly askAgainAt: Date }[],
  asked: { readonly purposes: readonly string[]; readonly recipients: readonly string[] },
): void {
  for (const { purpose, recipient, askAgainAt } of refusals)
    if (recipient === '' ? asked.purposes.includes(purpose) : asked.recipients.includes(recipient))
      throw new Refusal('asked_too_soon', {
        missing: { purpose, ...(recipient === '' ? {} : { recipient }), askAgainAt: instant(askAgainAt) },
      })
}

import type { notices } from '@bailee/contract'

export type Content = notices.NoticeDraft
export type Purpose = Content['purposes'][number]
export type Category = Content['categories'][number]
export type Recipient = Content['recipients'][number]

/** What a person is asked, and what they are told without being asked. Nothing of it is ever agreed to beforehand. */
export interface Questions {
  /** May be agreed to together. */
  readonly together: readonly Purpose[]
  /** Each by itself: the notice says so, or a sensitive category is used. Personal Information Protection Law, article 29. */
  readonly separate: readonly Purpose[]
  /** Each by itself: whoever the information may be released to. Article 23. */
  readonly recipients: readonly (Recipient & { readonly slug: string })[]
  /** On another basis: a contract, a duty. No consent is asked, and none is pretended. */
  readonly informed: readonly Purpose[]
}
export type AgeBand = 'under14' | '14to17' | 'adult'
export const ageBands: readonly AgeBand[] = ['under14', '14to17', 'adult']
/** Whether a guardian has to answer: below the age that the notice names, and below fourteen by law. Article 31. */
export const needsGuardian = ({ minors }: Content, age: AgeBand): boolean =>
  age === 'under14' || (age === '14to17' && (minors?.guardianBelow ?? 14) > 14)

/** In the words of the wire: what a provider’s server hands on when it records the consent. */
export interface Choice {
  readonly purposes: readonly string[]
  readonly separately: readonly string[]
  readonly recipients: readonly string[]
  readonly informed: readonly string[]
  /** What stayed switched off, so that nobody asks for it again too soon. */
  readonly refused: { readonly purposes: readonly string[]; readonly recipients: readonly string[] }
}

const ids = (purposes: readonly Purpose[]) => purposes.map(({ id }) => id)

/** `wanted`: only these purposes are on the table; empty means all of the notice. */
export function questionsOf(content: Content, wanted: readonly string[] = []): Questions {
  const onTable = content.purposes.filter(({ id }) => wanted.length === 0 || wanted.includes(id))
  const asked = onTable.filter(({ basis }) => basis === 'consent' || basis === 'separate-consent')
  const isSeparate = ({ id, basis }: Purpose) =>
    basis === 'separate-consent' || categoriesFor(content, id).some(({ sensitive }) => sensitive)
  return {
    together: asked.filter((purpose) => !isSeparate(purpose)),
    separate: asked.filter(isSeparate),
    recipients: content.recipients.flatMap((one) =>
      one.slug !== undefined && ids(onTable).includes(one.purpose) ? [{ ...one, slug: one.slug }] : [],
    ),
    informed: onTable.filter((purpose) => !asked.includes(purpose)),
  }
}

/** The name of a switch. A purpose and a recipient may bear the same name. */
export const purposeKey = (id: string) => `purpose ${id}`
export const recipientKey = (slug: string) => `recipient ${slug}`

/** What the switches come to. To receive information for a purpose that nobody agreed to is nothing: such a recipient is left out. */
export function choiceOf(questions: Questions, on: ReadonlySet<string>): Choice {
  const { together, separate, informed } = questions
  const isOn = ({ id }: Purpose) => on.has(purposeKey(id))
  const live = new Set(ids([...[...together, ...separate].filter(isOn), ...informed]))
  const agreed = questions.recipients.filter(({ slug, purpose }) => on.has(recipientKey(slug)) && live.has(purpose))
  return {
    purposes: ids(together.filter(isOn)),
    separately: ids(separate.filter(isOn)),
    recipients: agreed.map(({ slug }) => slug),
    informed: ids(informed),
    refused: {
      purposes: ids([...together, ...separate].filter((purpose) => !isOn(purpose))),
      recipients: questions.recipients.filter((one) => !agreed.includes(one)).map(({ slug }) => slug),
    },
  }
}

/** The categories that a purpose opens. */
export const categoriesFor = (content: Content, purpose: string): readonly Category[] =>
  content.categories.filter(({ purposes }) => purposes.includes(purpose))

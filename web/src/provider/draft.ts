import type { Input } from '../api.ts'

/** A notice before it is published. */
export type Draft = Input<'publishNotice'>['body']
export type Purpose = Draft['purposes'][number]
export type Category = Draft['categories'][number]
export type CategoryField = Category['fields'][number]
export type Recipient = Draft['recipients'][number]
export type Both = Draft['title']

export const both: Both = { en: '', zh: '' }
export const blankPurpose: Purpose = { id: '', title: both, basis: 'consent', retentionDays: 180 }
export const blankField: CategoryField = { name: '', title: both }
export const blankCategory: Category = {
  id: '',
  term: 'pd:Contact',
  title: both,
  sensitive: false,
  fields: [blankField],
  purposes: [],
}
export const blankRecipient: Recipient = { name: both, purpose: '' }
export const blankDraft: Draft = {
  slug: '',
  title: both,
  contact: both,
  purposes: [blankPurpose],
  categories: [blankCategory],
  recipients: [],
}

const isSaid = (text: Both | undefined): text is Both => text !== undefined && (text.en !== '' || text.zh !== '')

/** What goes on the wire: what was left empty and need not be said is left out. */
export function wireDraft(draft: Draft): Draft {
  const { manner, processors, crossBorder, minors, ...rest } = draft
  const purposes = draft.purposes.map(({ automatedDecision, consentDays, ...purpose }) => ({
    ...purpose,
    ...(consentDays === undefined ? {} : { consentDays }),
    ...(isSaid(automatedDecision) ? { automatedDecision } : {}),
  }))
  const recipients = draft.recipients.map(({ slug, categories, country, contract, ...recipient }) => ({
    ...recipient,
    ...(slug ? { slug } : {}),
    ...(categories && categories.length > 0 ? { categories } : {}),
    ...(country ? { country } : {}),
    ...(contract ? { contract } : {}),
  }))
  return {
    ...rest,
    purposes,
    recipients,
    ...(isSaid(manner) ? { manner } : {}),
    ...(processors && processors.length > 0 ? { processors } : {}),
    ...(crossBorder && crossBorder.countries.length > 0 ? { crossBorder } : {}),
    ...(isSaid(minors?.rule) ? { minors } : {}),
  } as Draft // members were only left out
}

/** Whether a preview can be drawn: the texts that it shows are there. */
export const isDrawable = (draft: Draft): boolean =>
  draft.purposes.length > 0 &&
  draft.purposes.every(({ id }) => id !== '') &&
  (draft.title.en !== '' || draft.title.zh !== '')

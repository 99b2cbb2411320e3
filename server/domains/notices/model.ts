import type { notices } from '@bailee/contract'
import type { ConsentId, NoticeId, OrganisationId, PersonId } from '#kernel'

export type NoticeContent = notices.NoticeDraft
export type FieldKind = notices.FieldKind
export interface PublishedNotice {
  readonly id: NoticeId
  readonly tenant: OrganisationId
  readonly version: number
  readonly live: boolean
  readonly hash: Buffer
  readonly publishedAt: Date
  readonly content: NoticeContent
}
/** The purpose under which the person opens their own drawers. Nobody else may state it. */
export const selfPurpose = 'self'

/** What a tenant's live notices allow, compiled once so that judging a look is a few map look-ups. */
export interface Rules {
  readonly categoryOf: ReadonlyMap<string, string>
  readonly searchable: ReadonlySet<string>
  /** What a value is, where the notice says more than `text`. */
  readonly kindOf: ReadonlyMap<string, FieldKind>
  readonly purposes: ReadonlyMap<string, { readonly basis: string }>
  /** Purposes for which the notice allows a category. */
  readonly purposesOf: ReadonlyMap<string, ReadonlySet<string>>
  readonly notices: ReadonlyMap<NoticeId, PublishedNotice>
}
export interface ShownNotice {
  readonly notice: NoticeId
  readonly version: number
  readonly hash: string
  readonly language: 'en' | 'zh'
  readonly shownAt: string
  readonly expiresAt: string
}
export interface Consent {
  readonly id: ConsentId
  readonly tenant: OrganisationId
  readonly subject: PersonId
  readonly notice: NoticeId
  readonly version: number
  readonly language: 'en' | 'zh'
  readonly purposes: readonly string[]
  readonly snapshotHash: Buffer
  readonly at: Date
}
export interface GrantRow {
  readonly subject: PersonId
  readonly category: string
  readonly purpose: string
  readonly tenant: OrganisationId
  readonly basis: string
  readonly wrap: Buffer
  readonly consent: ConsentId
  readonly since: Date
}

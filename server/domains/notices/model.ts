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
  /** By category and purpose: what a person must have agreed to. Only where some grants do not reach everything. */
  readonly agreed?: ReadonlyMap<string, Agreed>
}
/** By notice, since which version each field has been stated without a gap. */
export type Agreed = ReadonlyMap<NoticeId, ReadonlyMap<string, number>>
/** By notice, the oldest version under which a grant reaches what is asked for. */
export type Agreement = Readonly<Record<string, number>>
/** What a version allowed, kept for as long as grants to it may stand: pairs of category and purpose, and their fields. */
export interface PastVersion {
  readonly notice: NoticeId
  readonly version: number
  readonly content: Pick<NoticeContent, 'purposes' | 'categories'>
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
  /** Agreed to together; `separately` each by itself; `informed`: told of, because no consent is needed. */
  readonly purposes: readonly string[]
  readonly separately?: readonly string[]
  readonly informed?: readonly string[]
  readonly recipients?: readonly string[]
  readonly guardian?: GuardianLink | undefined
  readonly asGuardian?: boolean
  readonly renewal?: boolean
  readonly snapshotHash: Buffer
  readonly at: Date
}
export interface GuardianLink {
  readonly person: PersonId
  readonly relation: GuardianRelation
  readonly handOver: Date
}
export type GuardianRelation = 'parent' | 'relative' | 'appointed'
export type AgeBand = 'under14' | '14to17' | 'adult'
/** A grant that a consent opens, and after how many days it ends by itself. */
export interface WantedGrant {
  readonly category: string
  readonly purpose: string
  readonly basis: string
  readonly days: number
}
/** What is agreed to beside the purposes that are agreed to together. */
export interface Beside {
  readonly separately?: readonly string[] | undefined
  readonly informed?: readonly string[] | undefined
  readonly recipients?: readonly string[] | undefined
  readonly ageBand?: AgeBand | undefined
  /** A guardian speaks, or the person agrees to be one: then no age is asked. */
  readonly guarded?: boolean
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
  readonly until: Date | null
}

/** Bases that a person gives, and may take back. All others a person is told of. */
export const consentBases: readonly string[] = ['consent', 'separate-consent']
export const isConsent = (basis: string): boolean => consentBases.includes(basis)
/** Days for which a person who refused is left in peace. Network Data Regulations, article 22: no repeated asking. */
export const askAgainDays = 30
/** Days after the hand-over for which what a guardian agreed to still stands, so that the person can be asked. */
export const handOverGraceDays = 30
/** Every purpose that a consent touches. */
export const purposesOf = ({ purposes, separately = [], informed = [] }: Consent): readonly string[] => [
  ...new Set([...purposes, ...separately, ...informed]),
]

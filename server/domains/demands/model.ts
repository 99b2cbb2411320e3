import type { demands as wire } from '@bailee/contract'
import type { Regime } from '@bailee/law'
import type { DemandId, OrganisationId, PersonId } from '#kernel'

export type DemandKind = wire.DemandKind
export type DemandState = wire.DemandState
export type DemandAct = 'confirm' | 'fulfil' | 'refuse' | 'extend' | 'escalate' | 'withdraw'
export type RefusalReason = wire.RefusalReason
export interface RegimeLine {
  readonly regime: Regime
  readonly zone?: string | undefined
}

/** Who acted, as it is kept: kind and id, never a name. */
export interface ActedBy {
  readonly kind: 'client' | 'staff' | 'person' | 'software'
  readonly id?: string
}
/** What people wrote: sealed together in one column. */
export interface Words {
  readonly demand?: string
  readonly answer?: string
  readonly extension?: string
}
export interface Demand {
  readonly tenant: OrganisationId
  readonly id: DemandId
  readonly subject: PersonId
  readonly kind: DemandKind
  readonly state: DemandState
  readonly purpose: string | null
  readonly fields: readonly string[]
  readonly words: Buffer | null
  readonly madeAt: Date
  readonly madeBy: 'person' | 'client' | 'staff'
  readonly evidence: string | null
  readonly regimes: readonly RegimeLine[] | null
  readonly startedAt: Date | null
  readonly clock: string | null
  readonly dueAt: Date | null
  readonly assumed: boolean
  readonly extendedAt: Date | null
  readonly answeredAt: Date | null
  readonly answeredBy: ActedBy | null
  readonly outcome: 'fulfilled' | 'refused' | null
  readonly reason: RefusalReason | null
  readonly cameFrom: DemandState | null
  readonly escalatedAt: Date | null
  readonly escalatedBy: 'person' | 'clock' | null
}
/** What is true of a demand of its own kind: may software answer it by itself, and does answering it do something? */
export const kinds: Readonly<Record<DemandKind, { readonly bySoftware: boolean; readonly acts: boolean }>> = {
  see: { bySoftware: true, acts: false },
  copy: { bySoftware: true, acts: false },
  explain: { bySoftware: true, acts: false },
  stop: { bySoftware: true, acts: true },
  correct: { bySoftware: false, acts: false },
  // Deleting cannot be undone: the provider answers, because a law may oblige it to keep.
  delete: { bySoftware: false, acts: true },
}

import type { Receipt } from '@bailee/contract'
import type { EntryId, OrganisationId, PersonId } from '#kernel'
import type { Tx } from '#platform'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Something that was done with a person's information. It becomes a sealed leaf; only the person and the maker can open it. */
export interface EntryDraft {
  readonly entry: EntryId
  readonly subject: PersonId
  readonly tenant: OrganisationId
  /** look, collect, consent, withdraw, find, erase, access-link, … */
  readonly kind: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** What the person will read: actor, purpose, fields, outcome. Ids and names of fields, never their values. */
  readonly fields: readonly (readonly [name: string, value: Json])[]
}
/** Something that everybody may know: canonical JSON, verbatim in the log. */
export interface PublicDraft {
  readonly entry: EntryId
  readonly tenant: OrganisationId | null
  readonly at: number
  readonly leaf: { readonly type: string; readonly v: number; readonly [name: string]: Json }
}
/**
 * What is written to the outbox and is to be promised once the transaction has committed: one row for all entries of one
 * transaction. A line is the canonical text of one entry; its hash, with the outcome, is what a receipt promises.
 */
export interface Appended {
  readonly id: string
  readonly at: number
  readonly entries: readonly { readonly entry: EntryId; readonly line: string }[]
}

export interface Ledger {
  /** Writes entries in the transaction of the act itself: both are durable, or neither. */
  append(tx: Tx, drafts: readonly (EntryDraft | PublicDraft)[]): Promise<Appended>
  /** Signed promises, one for each entry in order. Only after the commit: a promise of nothing would be a lie. */
  promise(appended: Appended, outcomes?: readonly (string | null)[], commitments?: readonly Uint8Array[]): Receipt[]
  /** What a receipt for this entry commits to: kept by acts that must answer a replay with the same promise. */
  commitment(line: string, outcome: string | null): Uint8Array
  /** A fresh receipt for an entry that was promised before. */
  promiseAgain(entry: EntryId, commitment: Uint8Array): Receipt
  /**
   * The same in two halves, for statements that decide and log at once: the row to insert into `ledger.outbox`
   * (id, at, count, entries), with `outcomes` computed by the statement itself.
   */
  prepare(drafts: readonly (EntryDraft | PublicDraft)[]): Appended
  /** @throws {Refusal} `ledger_behind` when entries have waited past their deadline: nothing is opened then. */
  assertKeepsUp(): void
}

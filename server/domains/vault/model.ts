import type { Receipt, vault } from '@bailee/contract'
import type { PersonId, RecordId } from '#kernel'

/** Format of what a drawer holds: version 1 is a JSON object of field name and text. Part of the AAD. */
export const drawerSchemaVersion = 1

export interface LookRequest {
  readonly person: PersonId
  readonly purpose: string
  /** Fields, or less than fields: `phone`, `phone.last4`, `idNumber.over18`. */
  readonly fields: readonly string[]
  /** What `<field>.equals` compares with. Never logged. */
  readonly equals?: Readonly<Record<string, string>> | undefined
  /** The person's profile unless said otherwise. */
  readonly record: RecordId | undefined
  readonly onBehalfOf: string | undefined
  readonly case: string | undefined
}
export interface Look {
  readonly person: PersonId
  readonly record: RecordId
  readonly fields: Record<string, string>
  readonly receipt: Receipt
}
export interface CollectRequest {
  readonly person: PersonId | undefined
  readonly consent: { readonly snapshot: string; readonly purposes: readonly string[] } | undefined
  readonly record: RecordId | undefined
  readonly replace: boolean
  readonly fields: Readonly<Record<string, string>>
}
export interface Collected {
  readonly person: PersonId
  readonly record: RecordId
  readonly receipt: Receipt
}
export interface FindRequest {
  readonly purpose: string
  readonly field: string
  readonly value: string
  readonly onBehalfOf: string | undefined
  readonly case: string | undefined
}
export interface Hit {
  readonly person: PersonId
  readonly record: RecordId
  readonly receipt: Receipt
}
/** A record that holds a person's own particulars has the person's own id. */
export const profileOf = (person: PersonId): RecordId => person as string as RecordId

export type TokenForm = vault.TokenForm

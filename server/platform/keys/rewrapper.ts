import type { OrganisationId } from '#kernel'

/** A blob under an epoch key, where it lies, and what it is bound to. `place` means something to its room alone. */
export interface WrappedRow {
  readonly place: readonly (string | number)[]
  readonly tenant: OrganisationId
  readonly purpose: string
  readonly blob: Buffer
  readonly aad: Uint8Array
}
export interface Rewrapped {
  readonly place: WrappedRow['place']
  readonly was: Buffer
  readonly now: Buffer
}
/**
 * What a room gives to the rotation: it knows where its blobs lie. Every room that keeps anything sealed under an epoch
 * key has one, because a key is destroyed only when every blob under its purpose is accounted for.
 */
export interface Rewrapper {
  readonly name: string
  /** Do this room's blobs stand under keys of this purpose? A purpose that nobody owns keeps its keys for ever. */
  owns(tenant: OrganisationId, purpose: string): Promise<boolean>
  /** About how many rows there are to walk through. */
  expected(): Promise<number>
  /**
   * The next rows in order of their key: `seen` were walked over, those under one of these keys are given. `after` is
   * where to go on, null at the end. Undefined for blobs that are not re-wrapped because they die by themselves.
   */
  readonly nextBatch?: (
    after: string | null,
    limit: number,
    keyIds: readonly string[],
  ) => Promise<{ readonly rows: readonly WrappedRow[]; readonly seen: number; readonly after: string | null }>
  /** Compare-and-set: a row that has changed, gone or is being changed is left to whoever does so. Answers how many were set. */
  readonly replace?: (rows: readonly Rewrapped[]) => Promise<number>
  /** Returns when every transaction that was writing such rows when it was called has ended. */
  fence(): Promise<void>
  /** How many blobs stand under each of these keys: ids without any are left out. */
  countUnder(keyIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** A row as it stands: the value of each mapped column by the field that it becomes. */
export interface Row {
  readonly key: string
  readonly values: Readonly<Record<string, string | null>>
}
/** What one request carries. Written down before it is sent, so that after a crash it is sent again as it was. */
export interface Batch {
  readonly number: number
  readonly snapshot: string
  readonly rows: readonly Row[]
}
export interface Moved {
  readonly key: string
  readonly person: string
}
/** What became of a row: the person it is now, or the code of the refusal. */
export type Outcome = Moved | { readonly key: string; readonly refused: string }

/** Where a migration reads from and keeps its own state. */
export interface Source {
  /** Of this migration, the same in every run: part of each request's Idempotency-Key. */
  readonly id: string
  count(): Promise<number>
  /** Everything, in order, for the dry run. Does not need `open`. */
  scan(size: number): AsyncGenerator<readonly Row[]>
  /** What stands in the way of a cut-over, as rules; empty when nothing does. */
  obstacles(): Promise<readonly string[]>
  /** Makes or finds the state of this migration, and holds it alone. */
  open(): Promise<{ readonly moved: number; readonly refused: number }>
  /** Batches that were written down and whose answer is not known. */
  unsettled(): Promise<readonly Batch[]>
  /** The next rows that are in no batch, written down as one; undefined when there are none. Called by one at a time. */
  take(size: number, snapshot: string): Promise<Batch | undefined>
  settle(batch: Batch, outcomes: readonly Outcome[]): Promise<void>
  /** Puts refused rows back, to be tried again. */
  forgetRefusals(): Promise<number>
  /** Rows that were moved, with what the source holds now; all of them in order, or about `sample` of them. */
  moved(size: number, sample?: number): AsyncGenerator<readonly (Row & Moved)[]>
  /** Writes the person beside the row and takes the plain values away, where they are still what was read back. */
  replace(rows: readonly (Row & Moved)[]): Promise<number>
  /** Where the result of a cut-over is, when it is another place than the source. */
  finish(): Promise<string | undefined>
  close(): Promise<void>
}

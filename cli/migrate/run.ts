import { BaileeError, type BodyOf, type Caller } from '@bailee/sdk'
import { exit, Stop } from '../exit.ts'
import { pause } from '../http.ts'
import type { Mapping } from './mapping.ts'
import type { Batch, Moved, Outcome, Row, Source } from './source.ts'

/** Longest value of a field, in UTF-16 units: `maxLength` of the contract. */
const longestValue = 4000
/** Of one request's JSON. The server refuses bodies above 2,000,000 bytes. */
const requestBytes = 1_500_000
const inFlight = 4
const looksAtOnce = 100

export interface ColumnReport {
  readonly field: string
  nulls: number
  tooLong: number
  /** Holds what no text may hold: NUL, or half of a surrogate pair. */
  malformed: number
  /** Rows whose value another row has, too. */
  duplicates: number
}
export interface DryRun {
  readonly rows: number
  /** Rows with nothing in any mapped column: they are not moved. */
  readonly empty: number
  readonly columns: readonly ColumnReport[]
  readonly obstacles: readonly string[]
}

/** Reads everything and says what would happen, in counts. No value leaves this function. */
export async function dryRun(source: Source, mapping: Mapping, onProgress: (rows: number) => void): Promise<DryRun> {
  const { createHash } = await import('node:crypto')
  const columns = Object.values(mapping.columns).map((field) => ({
    field,
    nulls: 0,
    tooLong: 0,
    malformed: 0,
    duplicates: 0,
    seen: new Set<string>(),
  }))
  let rows = 0
  let empty = 0
  for await (const page of source.scan(mapping.batch)) {
    for (const { values } of page) {
      rows += 1
      if (Object.keys(fieldsOf(values)).length === 0) empty += 1
      for (const column of columns) {
        const value = values[column.field]
        if (value === null || value === undefined || value === '') {
          column.nulls += 1
          continue
        }
        if (value.length > longestValue) column.tooLong += 1
        if (!value.isWellFormed() || value.includes('\u0000')) column.malformed += 1
        const mark = createHash('sha256').update(value).digest('base64').slice(0, 16)
        if (column.seen.has(mark)) column.duplicates += 1
        column.seen.add(mark)
      }
    }
    onProgress(rows)
  }
  return { rows, empty, columns: columns.map(({ seen: _, ...column }) => column), obstacles: await source.obstacles() }
}

/** What is empty is not collected: no field holds the empty text. */
function fieldsOf(values: Row['values']): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [field, value] of Object.entries(values)) if (value !== null && value !== '') fields[field] = value
  return fields
}

export interface Backfilled {
  moved: number
  /** By code. */
  readonly refused: Record<string, number>
  empty: number
}

/**
 * Moves what is not moved yet. A batch is written down before it is sent, and sent again as it was after a crash: the
 * Idempotency-Key is made of the migration and the batch, so what was collected is not collected twice.
 */
export async function backfill(
  source: Source,
  mapping: Mapping,
  caller: Caller,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (rows: number) => void },
): Promise<Backfilled> {
  const total: Backfilled = { moved: 0, refused: {}, empty: 0 }
  const { call } = caller
  const snapshot =
    mapping.snapshot ??
    (await call('takeSnapshot', { body: { notice: mapping.notice, language: mapping.language } })).snapshot
  const waiting = [...(await source.unsettled())]
  // The source is asked for the next batch by one worker at a time.
  let turn: Promise<unknown> = Promise.resolve()
  const next = (): Promise<Batch | undefined> => {
    const mine = turn.then(() => waiting.shift() ?? source.take(mapping.batch, snapshot))
    turn = mine.catch(() => {})
    return mine
  }
  let failed = false
  const worker = async () => {
    try {
      for (;;) {
        if (signal.aborted || failed) return
        const batch = await next()
        if (batch === undefined) return
        const outcomes = await send(source.id, batch, mapping, caller, signal)
        await source.settle(batch, outcomes)
        for (const outcome of outcomes) {
          if ('person' in outcome) total.moved += 1
          else if (outcome.refused === 'empty') total.empty += 1
          else total.refused[outcome.refused] = (total.refused[outcome.refused] ?? 0) + 1
        }
        onProgress(outcomes.length)
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: inFlight }, worker))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  if (signal.aborted) throw new Stop(exit.interrupted, 'migrationResumable')
  return total
}

async function send(
  id: string,
  batch: Batch,
  { purposes }: Mapping,
  { call }: Caller,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const items: { key: string; item: BodyOf<'collect'> }[] = []
  for (const { key, values } of batch.rows) {
    const fields = fieldsOf(values)
    if (Object.keys(fields).length === 0) outcomes.push({ key, refused: 'empty' })
    // One value of the wrong shape would spoil the whole request.
    else if (Object.values(fields).some((value) => value.length > longestValue || !value.isWellFormed()))
      outcomes.push({ key, refused: 'schema_violation' })
    else items.push({ key, item: { consent: { snapshot: batch.snapshot, purposes }, fields } })
  }
  for (const [part, some] of bySize(items).entries()) {
    const reply = await patiently(signal, () =>
      call('collectBatch', {
        body: { items: some.map(({ item }) => item) },
        idempotencyKey: `migrate-${id}.${batch.number}.${part}`,
      }),
    )
    for (const [place, { key }] of some.entries()) {
      const answer = reply.items[place]
      if (answer !== undefined && !('problem' in answer)) outcomes.push({ key, person: answer.person })
      else outcomes.push({ key, refused: answer?.problem.code ?? 'reply_malformed' })
    }
  }
  return outcomes
}

/** The same cut for the same rows, so that a repeated request has the same key. */
function bySize<Item extends { readonly item: unknown }>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = []
  let bytes = 0
  for (const one of items) {
    const size = Buffer.byteLength(JSON.stringify(one.item)) + 1
    if (parts.length === 0 || bytes + size > requestBytes) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(one)
    bytes += size
  }
  return parts
}

/** A server that is behind or busy is waited for, a server that is away for a while as well: nothing is lost by waiting. */
async function patiently<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const passes =
        error instanceof BaileeError && (error.code === 'unreachable' || error.status === 503 || error.status === 429)
      if (!passes || tries >= 60 || signal.aborted) throw error
      await pause(Math.min(10_000, (error.retryAfterSeconds ?? 0) * 1000 || 500 * 2 ** tries), signal)
    }
  }
}

export interface Verified {
  compared: number
  /** Differs: the row changed since it was moved, or something is wrong. */
  different: number
  refused: number
  /** Rows whose plain values were taken away. */
  replaced: number
}

/**
 * Reads back through Bailee, for a purpose, and compares with what the source holds. With `cutOver` the rows that were just
 * read back, and only those, lose their plain values, unless they changed in that moment.
 */
export async function readBack(
  source: Source,
  mapping: Mapping,
  { call }: Caller,
  options: {
    readonly sample?: number
    readonly cutOver: boolean
    readonly signal: AbortSignal
    readonly onProgress: (rows: number) => void
  },
): Promise<Verified> {
  const total: Verified = { compared: 0, different: 0, refused: 0, replaced: 0 }
  const fields = Object.values(mapping.columns)
  for await (const page of source.moved(looksAtOnce, options.sample)) {
    if (options.signal.aborted) throw new Stop(exit.interrupted, 'migrationResumable')
    const asked = page.filter(({ values }) => Object.keys(fieldsOf(values)).length > 0)
    if (asked.length === 0) continue
    const reply = await patiently(options.signal, () =>
      call('lookBatch', {
        body: {
          items: asked.map(({ person, values }) => ({
            person,
            purpose: mapping.verifyFor,
            // A category that nobody sealed cannot be opened: only what the row holds is asked for.
            fields: fields.filter((field) => values[field] !== null && values[field] !== ''),
            case: 'migration',
          })),
        },
      }),
    )
    const same: (Row & Moved)[] = []
    for (const [place, row] of asked.entries()) {
      const answer = reply.items[place]
      total.compared += 1
      if (answer === undefined || 'problem' in answer) total.refused += 1
      else if (Object.entries(fieldsOf(row.values)).every(([field, value]) => answer.fields[field] === value))
        same.push(row)
      else total.different += 1
    }
    if (options.cutOver && same.length > 0) total.replaced += await source.replace(same)
    options.onProgress(total.compared)
  }
  return total
}

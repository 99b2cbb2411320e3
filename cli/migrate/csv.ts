import { createHash, randomUUID } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { exit, Stop } from '../exit.ts'
import { type Mapping, mappingDigest } from './mapping.ts'
import type { Batch, Moved, Outcome, Row, Source } from './source.ts'

/** RFC 4180: quoted fields may hold commas, quotes (doubled) and line ends. Linear; a row at a time. */
export async function* readCsv(file: string): AsyncGenerator<string[]> {
  let record: string[] = []
  let field = ''
  let state: 'bare' | 'quoted' | 'quote' = 'bare'
  let begun = false
  let first = true
  for await (let chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    if (first && chunk.startsWith('\ufeff')) chunk = chunk.slice(1)
    first = false
    for (const letter of chunk) {
      if (state === 'quoted') {
        if (letter === '"') state = 'quote'
        else field += letter
        continue
      }
      if (state === 'quote' && letter === '"') {
        field += '"'
        state = 'quoted'
        continue
      }
      if (letter === '"' && field === '' && state === 'bare') {
        state = 'quoted'
        begun = true
      } else if (letter === ',') {
        record.push(field)
        field = ''
        state = 'bare'
        begun = true
      } else if (letter === '\n') {
        if (begun || field !== '') yield [...record, field]
        record = []
        field = ''
        state = 'bare'
        begun = false
      } else if (letter !== '\r') {
        field += letter
        begun = true
      }
    }
  }
  if (state === 'quoted') throw new Stop(exit.usage, 'csvOpenQuote')
  if (begun || field !== '') yield [...record, field]
}

export const csvField = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

type Line =
  | { readonly v: 1; readonly id: string; readonly digest: string; readonly file: string }
  | { readonly batch: number; readonly from: number; readonly rows: number; readonly snapshot: string }
  | { readonly settled: number; readonly outcomes: readonly Outcome[] }
  | { readonly forget: true }

/**
 * A file does not change while it is migrated (its digest is compared), so what was sent need not be written down: where
 * it began and how long it was is enough. The state is `<file>.bailee-migration`, one JSON line a step, synced; a line that
 * a crash cut off did not happen. Holds keys and person ids, no other value.
 */
export async function openCsv(file: string, mapping: Mapping): Promise<Source> {
  const source = new Csv(file, mapping)
  await source.read()
  return source
}

class Csv implements Source {
  id = ''
  readonly #file: string
  readonly #mapping: Mapping
  readonly #state: string
  #digest = ''
  #rows = 0
  #handle: number | undefined
  #pages: AsyncGenerator<Row> | undefined
  #at = 0
  #next = 0
  readonly #open = new Map<number, { from: number; rows: number; snapshot: string }>()
  readonly #outcomes = new Map<string, Outcome>()
  readonly #taken: { from: number; rows: number }[] = []
  #replaced: Map<string, string> = new Map()

  constructor(file: string, mapping: Mapping) {
    this.#file = file
    this.#mapping = mapping
    this.#state = `${file}.bailee-migration`
  }

  async read() {
    if (!existsSync(this.#file)) throw new Stop(exit.usage, 'fileUnreadable', { file: this.#file, why: 'ENOENT' })
    const digest = createHash('sha256')
    for await (const chunk of createReadStream(this.#file)) digest.update(chunk)
    this.#digest = digest.digest('hex')
    const keys = new Set<string>()
    for await (const row of this.#all()) {
      this.#rows += 1
      if (row.key === '' || keys.has(row.key)) throw new Stop(exit.usage, 'keyNotUnique', { column: this.#mapping.key })
      keys.add(row.key)
    }
  }

  async *#all(): AsyncGenerator<Row> {
    let places: { key: number; columns: (readonly [string, number])[] } | undefined
    for await (const record of readCsv(this.#file)) {
      if (places === undefined) {
        const place = (column: string) => {
          const at = record.indexOf(column)
          if (at < 0) throw new Stop(exit.usage, 'columnMissing', { column })
          return at
        }
        places = {
          key: place(this.#mapping.key),
          columns: Object.entries(this.#mapping.columns).map(([column, field]) => [field, place(column)] as const),
        }
        continue
      }
      yield {
        key: record[places.key] ?? '',
        values: Object.fromEntries(places.columns.map(([field, at]) => [field, record[at] || null])),
      }
    }
  }

  async count() {
    return this.#rows
  }
  async *scan(size: number) {
    let page: Row[] = []
    for await (const row of this.#all()) {
      page.push(row)
      if (page.length < size) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }
  async obstacles() {
    return []
  }

  async open() {
    const digest = mappingDigest(this.#mapping)
    const lines: Line[] = []
    if (existsSync(this.#state)) {
      const text = readFileSync(this.#state, 'utf8')
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      if (whole.length < text.length) truncateSync(this.#state, Buffer.byteLength(whole))
      for (const line of whole.split('\n').filter((one) => one !== '')) lines.push(JSON.parse(line) as Line)
    }
    this.#handle = openSync(this.#state, 'a', 0o600)
    const [head] = lines
    if (head === undefined) {
      this.id = randomUUID()
      this.#write({ v: 1, id: this.id, digest, file: this.#digest })
    } else {
      if (!('v' in head) || head.digest !== digest || head.file !== this.#digest)
        throw new Stop(exit.cannotJudge, 'stateDamaged', { file: this.#state, why: 'of another file or mapping' })
      this.id = head.id
    }
    for (const line of lines) {
      if ('batch' in line) {
        this.#open.set(line.batch, line)
        this.#taken.push(line)
        this.#next = line.batch + 1
      } else if ('settled' in line) {
        this.#open.delete(line.settled)
        for (const outcome of line.outcomes) this.#outcomes.set(outcome.key, outcome)
      } else if ('forget' in line) this.#forget()
    }
    let moved = 0
    for (const outcome of this.#outcomes.values()) if ('person' in outcome) moved += 1
    return { moved, refused: this.#outcomes.size - moved }
  }

  #write(line: Line) {
    writeSync(this.#handle!, `${JSON.stringify(line)}\n`)
    fsyncSync(this.#handle!)
  }

  async unsettled() {
    const batches: Batch[] = []
    if (this.#open.size === 0) return batches
    let at = 0
    const rows = new Map<number, Row[]>()
    for await (const row of this.#all()) {
      for (const [number, { from, rows: length }] of this.#open)
        if (at >= from && at < from + length) rows.set(number, [...(rows.get(number) ?? []), row])
      at += 1
    }
    for (const [number, { snapshot }] of this.#open) batches.push({ number, snapshot, rows: rows.get(number) ?? [] })
    return batches
  }

  /** Batches are stretches of the file: what was refused and forgotten is a stretch again. */
  async take(size: number, snapshot: string): Promise<Batch | undefined> {
    this.#pages ??= this.#all()
    const rows: Row[] = []
    let from = this.#at
    while (rows.length < size) {
      const { value, done } = await this.#pages.next()
      if (done) break
      const isTaken = this.#outcomes.has(value.key) || this.#isOpen(this.#at)
      this.#at += 1
      if (!isTaken) {
        if (rows.length === 0) from = this.#at - 1
        rows.push(value)
      } else if (rows.length > 0) break
    }
    if (rows.length === 0) return undefined
    const batch = { number: this.#next++, snapshot, rows }
    this.#write({ batch: batch.number, from, rows: rows.length, snapshot })
    return batch
  }
  #isOpen(at: number): boolean {
    for (const { from, rows } of this.#open.values()) if (at >= from && at < from + rows) return true
    return false
  }

  async settle({ number }: Batch, outcomes: readonly Outcome[]) {
    this.#write({ settled: number, outcomes })
    this.#open.delete(number)
    for (const outcome of outcomes) this.#outcomes.set(outcome.key, outcome)
  }
  #forget(): number {
    let forgotten = 0
    for (const [key, outcome] of this.#outcomes) if ('refused' in outcome && this.#outcomes.delete(key)) forgotten += 1
    return forgotten
  }
  async forgetRefusals() {
    const forgotten = this.#forget()
    if (forgotten > 0) this.#write({ forget: true })
    return forgotten
  }

  async *moved(size: number, sample?: number) {
    let page: (Row & Moved)[] = []
    let moved = 0
    for (const outcome of this.#outcomes.values()) if ('person' in outcome) moved += 1
    const share = sample === undefined ? 1 : sample / Math.max(1, moved)
    for await (const row of this.#all()) {
      const outcome = this.#outcomes.get(row.key)
      if (outcome === undefined || !('person' in outcome) || Math.random() >= share) continue
      page.push({ ...row, person: outcome.person })
      if (page.length < size) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  }

  async replace(rows: readonly (Row & Moved)[]) {
    for (const { key, person } of rows) this.#replaced.set(key, person)
    return rows.length
  }
  /** The file itself stays: it is for its owner to destroy. */
  async finish() {
    const target = `${this.#file}.migrated.csv`
    const handle = openSync(target, 'w', 0o600)
    let head: readonly string[] | undefined
    for await (const record of readCsv(this.#file)) {
      if (head === undefined) {
        head = record
        appendFileSync(handle, `${[...record, 'bailee_person'].map(csvField).join(',')}\n`)
        continue
      }
      const names = head
      const person = this.#replaced.get(record[names.indexOf(this.#mapping.key)] ?? '')
      const kept = record.map((value, at) =>
        person !== undefined && Object.hasOwn(this.#mapping.columns, names[at] ?? '') ? '' : value,
      )
      appendFileSync(handle, `${[...kept, person ?? ''].map(csvField).join(',')}\n`)
    }
    fsyncSync(handle)
    closeSync(handle)
    return target
  }
  async close() {
    if (this.#handle !== undefined) closeSync(this.#handle)
  }
}

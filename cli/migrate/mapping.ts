import { createHash } from 'node:crypto'
import { canonicalJson, type Json } from '@bailee/proof'
import { exit, Stop } from '../exit.ts'

/** Says where the information is, what becomes of each column, and on what basis it may be kept. */
export interface Mapping {
  /** `table` or `schema.table`; absent for a CSV. */
  readonly table?: string
  /** The column that names a row. Unique, never null. */
  readonly key: string
  /** Column to field of the notice. */
  readonly columns: Readonly<Record<string, string>>
  /** The live notice by its id: what was shown to the people whose consent or contract is being moved. */
  readonly notice: string
  readonly language: 'en' | 'zh'
  /** What each person agreed to, or what the contract with them covers. */
  readonly purposes: readonly string[]
  /** A snapshot taken elsewhere; a fresh one is taken for each run otherwise. */
  readonly snapshot?: string
  /** For which purpose the result is read back. */
  readonly verifyFor: string
  /** Rows a request, 1 to 1,000. */
  readonly batch: number
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a name of a column may not hold
const columnName = /^[^\u0000-\u001f"]{1,63}$/
const tableName = /^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/
const allowed = ['table', 'key', 'columns', 'notice', 'language', 'purposes', 'snapshot', 'verifyFor', 'batch'] as const

export function readMapping(value: unknown): Mapping {
  const wrong = (where: string, rule: string) => new Stop(exit.usage, 'mappingWrong', { where, rule })
  if (!isObject(value)) throw wrong('/', 'an object')
  for (const name of Object.keys(value))
    if (!(allowed as readonly string[]).includes(name)) throw wrong(`/${name}`, `one of ${allowed.join(', ')}`)
  const { table, key, columns, notice, language = 'en', purposes, snapshot, batch = 1000 } = value
  if (table !== undefined && !(isText(table) && tableName.test(table))) throw wrong('/table', 'table or schema.table')
  if (!isText(key) || !columnName.test(key)) throw wrong('/key', 'the name of a column')
  if (!isObject(columns) || Object.keys(columns).length === 0) throw wrong('/columns', 'column: field')
  const fields: Record<string, string> = {}
  for (const [column, field] of Object.entries(columns)) {
    if (!columnName.test(column) || column === key) throw wrong('/columns', 'names of columns other than the key')
    if (!isText(field) || !/^[a-z][A-Za-z0-9]{0,39}$/.test(field)) throw wrong(`/columns/${column}`, 'a field')
    if (Object.values(fields).includes(field)) throw wrong(`/columns/${column}`, 'one column a field')
    fields[column] = field
  }
  if (!isText(notice) || !/^ntc_[0-9a-f]{32}$/.test(notice)) throw wrong('/notice', 'ntc_…')
  if (language !== 'en' && language !== 'zh') throw wrong('/language', 'en or zh')
  if (!Array.isArray(purposes) || purposes.length === 0 || !purposes.every(isText))
    throw wrong('/purposes', 'a list of purposes')
  const verifyFor = value.verifyFor ?? purposes[0]
  if (!isText(verifyFor) || !purposes.includes(verifyFor)) throw wrong('/verifyFor', 'one of /purposes')
  if (snapshot !== undefined && !isText(snapshot)) throw wrong('/snapshot', 'a snapshot')
  if (!Number.isSafeInteger(batch) || (batch as number) < 1 || (batch as number) > 1000)
    throw wrong('/batch', '1 to 1000')
  return {
    ...(table === undefined ? {} : { table }),
    key,
    columns: fields,
    notice,
    language,
    purposes,
    ...(snapshot === undefined ? {} : { snapshot }),
    verifyFor,
    batch: batch as number,
  }
}

/** Two runs with one digest continue one another. How large a request is may change between them. */
export function mappingDigest({ table, key, columns, notice, purposes }: Mapping): string {
  const text = canonicalJson({ table: table ?? null, key, columns, notice, purposes } as unknown as Json)
  return createHash('sha256').update(`bailee/migration/v1\n${text}`).digest('hex')
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

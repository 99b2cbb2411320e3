import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { instant, type PersonActor, toWire } from '#kernel'
import { type ZipFile, zip } from '#platform'
import { byteOrderMark, csvLine } from './csv.ts'
import type { Basis, DemandsDeps, HeldRecord } from './deps.ts'
import { demandEntry } from './entries.ts'
import type { Demand } from './model.ts'
import { demandsOfPerson } from './store.ts'
import { onWire } from './wire.ts'

type Row = Readonly<Record<string, unknown>>
type Rows = AsyncIterable<Row> | Iterable<Row>

/**
 * Everything held and logged about a person, as JSON and as CSV, in a zip that is made while it is sent. The look at what is held is
 * the person's own, logged before anything leaves; entries are opened a page at a time, so memory does not grow with them. PIPL 45.
 */
export async function copyOf(
  deps: DemandsDeps,
  actor: PersonActor,
  demand: Demand,
  language: 'en' | 'zh',
): Promise<Readable> {
  const at = deps.clock.now()
  const { records } = await deps.acts.mine(actor)
  const basis = await deps.acts.basisOf(actor.tenant, actor.id)
  await deps.db.transaction('demands', async (tx) => {
    await deps.ledger.append(tx, [demandEntry(demand, actor, 'copy', at)])
  })
  return Readable.from(zip(filesOf(deps, actor, records, basis, at, language), at), { objectMode: false })
}

async function* filesOf(
  deps: DemandsDeps,
  actor: PersonActor,
  records: readonly HeldRecord[],
  basis: Basis,
  at: Date,
  language: 'en' | 'zh',
): AsyncGenerator<ZipFile> {
  const sums: { name: string; 'sha-256': string }[] = []
  const summed = (file: ZipFile): ZipFile => ({ name: file.name, content: digesting(file, sums) })
  yield summed({
    name: 'README.txt',
    content: [readme[language], '\n\n', readme[language === 'en' ? 'zh' : 'en'], '\n'],
  })
  const held = records.flatMap(({ record, category, collectedAt, fields }) =>
    Object.entries(fields).map(([field, value]) => ({ record, category, collectedAt, field, value })),
  )
  for (const file of both('information', ['record', 'category', 'collectedAt', 'field', 'value'], () => held))
    yield summed(file)
  for (const file of both('grants', ['category', 'purpose', 'basis', 'since'], () => basis.grants)) yield summed(file)
  const consentColumns = ['consent', 'notice', 'version', 'purposes', 'language', 'at']
  for (const file of both('consents', consentColumns, () => basis.consents)) yield summed(file)
  yield summed({ name: 'notices.json', content: jsonArray(basis.notices) })
  yield summed({ name: 'demands.json', content: jsonArray(demandsOf(deps, actor)) })
  const { releasesOf } = deps.acts
  if (releasesOf) yield summed({ name: 'releases.json', content: jsonArray(releasesOf(actor.tenant, actor.id)) })
  const entryColumns = ['entry', 'n', 'index', 'at', 'kind', 'fields', 'proof']
  for (const file of both('entries', entryColumns, () => entriesOf(deps, actor))) yield summed(file)
  const manifest = {
    format: 'bailee/copy/v1',
    person: toWire('per', actor.id),
    provider: toWire('org', actor.tenant),
    ledger: deps.ledger.origin,
    madeAt: instant(at),
  }
  yield { name: 'manifest.json', content: [JSON.stringify({ ...manifest, files: sums }, null, 2), '\n'] }
}

async function* digesting(
  { name, content }: ZipFile,
  sums: { name: string; 'sha-256': string }[],
): AsyncGenerator<string | Uint8Array> {
  const hash = createHash('sha256')
  for await (const part of content) {
    hash.update(part)
    yield part
  }
  sums.push({ name, 'sha-256': hash.digest('hex') })
}

/** The same rows twice; each format reads them for itself, so that neither has to be kept. */
const both = (name: string, columns: readonly string[], rows: () => Rows): ZipFile[] => [
  { name: `${name}.json`, content: jsonArray(rows()) },
  { name: `${name}.csv`, content: csvTable(columns, rows()) },
]

/** Some text at a time: a chunk for every row would cost more than the row. */
const chunkLength = 64 * 1024

async function* jsonArray(rows: Rows): AsyncGenerator<string> {
  let text = '['
  let first = true
  for await (const row of rows) {
    text += `${first ? '\n' : ',\n'}${JSON.stringify(row)}`
    first = false
    if (text.length > chunkLength) {
      yield text
      text = ''
    }
  }
  yield `${text}\n]\n`
}
async function* csvTable(columns: readonly string[], rows: Rows): AsyncGenerator<string> {
  let text = byteOrderMark + csvLine(columns)
  for await (const row of rows) {
    text += csvLine(columns.map((column) => row[column]))
    if (text.length > chunkLength) {
      yield text
      text = ''
    }
  }
  yield text
}
async function* entriesOf(deps: DemandsDeps, actor: PersonActor): AsyncGenerator<Row> {
  for await (const page of deps.ledger.reader.pagesOf(actor.id))
    for (const { tenant: _tenant, ...entry } of page)
      yield { ...entry, proof: `/v1/ledger/me/entries/${entry.entry}/proof` }
}
async function* demandsOf(deps: DemandsDeps, actor: PersonActor): AsyncGenerator<Row> {
  const db = deps.db.as('demands')
  for (let before: Demand['id'] | null = null; ; ) {
    const page: readonly Demand[] = await demandsOfPerson(db, actor.tenant, actor.id, before, 50)
    for (const demand of page) yield await onWire(deps, demand, actor, true)
    const last = page[49]
    if (!last) return
    before = last.id
  }
}

const readme = {
  en: [
    'A copy of everything that this provider holds and has logged about you.',
    '',
    'information  what is held, field by field',
    'grants       on which basis each kind of information may be used now, and for what',
    'consents     what you agreed to, under which notice (notices.json has the notices as they were)',
    'demands      what you asked for, and how the time for an answer was counted',
    'entries      everything that was done with your information; each has a proof that you can fetch and check',
    'manifest     SHA-256 of each file',
    '',
    'CSV files are UTF-8 with a byte order mark, after RFC 4180. A cell that begins with = + - @ tab CR or LF has an apostrophe put',
    'before it, because spreadsheets would run it as a formula. The JSON files have every value as it is.',
  ].join('\n'),
  zh: [
    '本提供者持有和记录的关于您的全部信息的副本。',
    '',
    'information  所持有的信息，逐项列出',
    'grants       目前各类信息可依何种依据、为何目的使用',
    'consents     您同意过的内容及所依据的告知规则（notices.json 为当时的告知规则）',
    'demands      您提出的请求及答复期限的计算过程',
    'entries      对您的信息所做的一切；每条都有可取得并核验的证明',
    'manifest     各文件的 SHA-256',
    '',
    'CSV 文件为带字节顺序标记的 UTF-8，遵循 RFC 4180。以 = + - @（含全角）、制表符、回车或换行开头的单元格前加撇号，以防电子表格将其当作公式执行。JSON 文件保留原值。',
  ].join('\n'),
} as const

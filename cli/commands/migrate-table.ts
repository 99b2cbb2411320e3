import { type Command, type Input, keyOptions, readJson, readText } from '../command.ts'
import { exit, Stop } from '../exit.ts'
import { openCsv } from '../migrate/csv.ts'
import { type Mapping, readMapping } from '../migrate/mapping.ts'
import { openTable } from '../migrate/postgres.ts'
import { backfill, type DryRun, dryRun, readBack, type Verified } from '../migrate/run.ts'
import type { Source } from '../migrate/source.ts'
import { Progress } from '../progress.ts'
import { endOnSignals } from '../signals.ts'
import type { Terminal } from '../terminal.ts'

const sampleRows = 1000

export const migrateTable: Command = {
  words: ['migrate-table'],
  rest: '<mapping.json> [--csv file] [--dry-run | --verify n|all | --cut-over --confirm table] --server url',
  summary: {
    en: 'Moves a table or a CSV into Bailee: dry run, backfill that resumes, reading back, cut-over.',
    zh: '将数据表或 CSV 迁入 Bailee：预演、可续传的回填、回读核对、切换。',
  },
  options: {
    ...keyOptions,
    csv: { type: 'string', value: '<file>', help: { en: 'a CSV instead of a table', zh: '使用 CSV 而非数据表' } },
    'database-file': {
      type: 'string',
      value: '<file>',
      help: {
        en: 'holds the connection string of the table (or BAILEE_MIGRATE_DATABASE)',
        zh: '存放数据表连接串的文件（或 BAILEE_MIGRATE_DATABASE）',
      },
    },
    'dry-run': { type: 'boolean', help: { en: 'only count what would happen', zh: '仅统计将发生的情况' } },
    verify: {
      type: 'string',
      value: '<n|all>',
      help: {
        en: `how many rows to read back afterwards (${sampleRows}); every look is logged`,
        zh: `完成后回读核对的行数（${sampleRows}）；每次查看都会留痕`,
      },
    },
    'retry-refused': { type: 'boolean', help: { en: 'try refused rows again', zh: '重试被拒绝的行' } },
    'cut-over': {
      type: 'boolean',
      help: {
        en: 'read every row back, then replace its plain values by the person id',
        zh: '逐行回读核对，然后以人员编号替换明文',
      },
    },
    confirm: {
      type: 'string',
      value: '<name>',
      help: { en: 'the name of the table or file, typed again', zh: '再次输入表名或文件名' },
    },
  },
  takes: [1, 1],
  async run(input) {
    const { terminal } = input
    const mapping = readMapping(readJson(input.positionals[0]!))
    const csv = input.find('csv')
    const name = csv ?? mapping.table
    if (name === undefined) throw new Stop(exit.usage, 'mappingWrong', { where: '/table', rule: 'or --csv' })
    const sample = sampleOf(input)
    const cutOver = input.has('cut-over')
    if (cutOver && input.find('confirm') !== name) throw new Stop(exit.usage, 'confirmName', { name })
    const source = csv === undefined ? await openTable(connectionOf(input), mapping) : await openCsv(csv, mapping)
    const ending = endOnSignals(terminal)
    try {
      const total = await source.count()
      if (input.has('dry-run')) {
        const progress = new Progress('counting', total, terminal.language)
        const report = await dryRun(source, mapping, (rows) => progress.update(rows)).finally(() => progress.end())
        showDryRun(report, terminal)
        const faults = report.columns.some(({ tooLong, malformed }) => tooLong + malformed > 0)
        return faults ? exit.refused : exit.fine
      }
      return await migrate(input, source, mapping, { total, sample, cutOver, signal: ending.signal })
    } finally {
      await source.close()
    }
  },
}

async function migrate(
  input: Input,
  source: Source,
  mapping: Mapping,
  {
    total,
    sample,
    cutOver,
    signal,
  }: { total: number; sample: number | undefined; cutOver: boolean; signal: AbortSignal },
) {
  const { terminal } = input
  const caller = input.client()
  if (cutOver) {
    const obstacles = await source.obstacles()
    if (obstacles.length > 0) throw new Stop(exit.usage, 'cutOverBlocked', { obstacles: obstacles.join('; ') })
  }
  const before = await source.open()
  if (before.moved > 0) terminal.tell(terminal.say('migrationContinues', before))
  if (input.has('retry-refused')) await source.forgetRefusals()
  let rows = before.moved + before.refused
  const moving = new Progress('migrating', total, terminal.language)
  const startedAt = performance.now()
  const done = await backfill(source, mapping, caller, {
    signal,
    onProgress(more) {
      rows += more
      moving.update(rows)
    },
  }).finally(() => moving.end())
  const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(1))
  const checking = new Progress('readingBack', cutOver ? total : (sample ?? total), terminal.language)
  const verified: Verified = await readBack(source, mapping, caller, {
    ...(cutOver || sample === undefined ? {} : { sample }),
    cutOver,
    signal,
    onProgress: (compared) => checking.update(compared),
  }).finally(() => checking.end())
  const result = cutOver ? await source.finish() : undefined
  const refused = Object.values(done.refused).reduce((sum, n) => sum + n, 0)
  terminal.object({ rows: total, ...done, movedBefore: before.moved, seconds, verified, ...(result ? { result } : {}) })
  terminal.print(terminal.say('migrated', { moved: done.moved, before: before.moved, empty: done.empty, seconds }))
  for (const [code, count] of Object.entries(done.refused))
    terminal.print(terminal.say('migrationRefused', { count, code }))
  terminal.print(
    terminal.say('readBackDone', {
      compared: verified.compared,
      different: verified.different,
      refused: verified.refused,
    }),
  )
  if (cutOver) terminal.print(terminal.say('cutOverDone', { replaced: verified.replaced, left: verified.different }))
  if (result !== undefined) terminal.print(terminal.say('cutOverFile', { file: result }))
  if (verified.different + verified.refused > 0) return exit.verificationFailed
  return refused > 0 ? exit.refused : exit.fine
}

function sampleOf(input: Input): number | undefined {
  const given = input.find('verify') ?? String(sampleRows)
  if (given === 'all') return undefined
  const rows = Number(given)
  if (!Number.isSafeInteger(rows) || rows < 0)
    throw new Stop(exit.usage, 'optionInvalid', { option: 'verify', rule: 'n or all' })
  return rows
}

function connectionOf(input: Input): string {
  const file = input.find('database-file')
  const text = (file === undefined ? input.env('BAILEE_MIGRATE_DATABASE') : readText(file))?.trim()
  if (text === undefined || text === '') throw new Stop(exit.usage, 'databaseMissing')
  return text
}

function showDryRun(report: DryRun, terminal: Terminal): void {
  terminal.object(report)
  terminal.print(terminal.say('dryRunRows', { rows: report.rows, empty: report.empty }))
  for (const { field, nulls, tooLong, malformed, duplicates } of report.columns)
    terminal.print(terminal.say('dryRunColumn', { field, nulls, long: tooLong, malformed, duplicates }))
  for (const obstacle of report.obstacles) terminal.print(terminal.say('dryRunObstacle', { obstacle }))
}

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { day, systemClock } from '#kernel'
import { destroyedWithinDays, epochEnd, epochOf } from '#platform'
import type { Config } from '../config.ts'
import { keptBackupsName, keyStoreFolder } from './backup.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import type { ReadingRoom } from './reading-room.ts'

const hour = 3_600_000
const longWindowDays = 31

/** Key life: what should be destroyed by now, whether the rotation moves, and how long backups of the key store live. */
export async function examineKeyLife(config: Config, room: ReadingRoom, now = systemClock.now()): Promise<Finding[]> {
  return [await examineOldKeys(room, now), ...(await examineRotation(room, now)), ...(await examineWindow(config, now))]
}

async function examineOldKeys({ keyStore }: ReadingRoom, now: Date): Promise<Finding> {
  const rows = await keyStore.query<{ epoch: number; n: number }>({
    text: 'select epoch, count(*)::int as n from epoch_key where epoch < $1 group by epoch order by epoch',
    values: [epochOf(now)],
  })
  const count = rows.reduce((sum, { n }) => sum + n, 0)
  const [oldest] = rows
  if (!oldest) return ok('no key of an ended epoch is left', '没有遗留的旧时期密钥')
  const due = epochEnd(oldest.epoch).getTime() + destroyedWithinDays * day
  const words = [
    `${count} keys of ended epochs, the oldest due for destruction by ${new Date(due).toISOString().slice(0, 10)}`,
    `旧时期密钥 ${count} 个，最早的应在 ${new Date(due).toISOString().slice(0, 10)} 前销毁`,
  ] as const
  return due >= now.getTime()
    ? ok(...words)
    : fail(
        ...words,
        'erasure certificates promise more than is done: `bailee keys rotate`, and read the server’s log for what holds them back',
        '删除证明的承诺未兑现：请运行 bailee keys rotate，并在日志中查看原因',
      )
}

async function examineRotation({ main }: ReadingRoom, now: Date): Promise<Finding[]> {
  const [exists] = await main.query<{ missing: boolean }>({
    text: `select to_regclass('platform.key_rotation') is null as missing`,
  })
  if (exists?.missing) return []
  const [row] = await main.query<{ state: string; damaged: number; seen: number; expected: number; movedAt: Date }>({
    text: 'select state, damaged, seen, expected, moved_at as "movedAt" from platform.key_rotation',
  })
  if (!row) return []
  const findings: Finding[] = []
  const hours = Math.floor((now.getTime() - row.movedAt.getTime()) / hour)
  if (row.state !== 'finished' && hours >= 2)
    findings.push(
      warn(
        `the key rotation has stood still for ${hours} hours, after ${row.seen} of about ${row.expected} rows`,
        `密钥轮换已停滞 ${hours} 小时，完成 ${row.seen} / 约 ${row.expected} 行`,
        'it goes on by itself while a server runs; `bailee keys rotate` shows how it moves',
        '服务器运行时会自动继续；可用 bailee keys rotate 查看进度',
      ),
    )
  if (row.damaged > 0)
    findings.push(
      warn(
        `${row.damaged} sealed keys do not open and hold their epoch keys back`,
        `有 ${row.damaged} 个封装无法打开，其时期密钥因此不能销毁`,
        'see docs/operations.md, "Key life"',
        '参见 docs/operations.md 的 “Key life” 一节',
      ),
    )
  return findings
}

/** What the verb `backup` made: where and when, so that somebody is reminded to delete the key store's part. */
export interface KeptBackup {
  readonly folder: string
  readonly at: string
}
export async function keptBackups(dataDirectory: string): Promise<readonly KeptBackup[]> {
  const text = await readFile(join(dataDirectory, keptBackupsName), 'utf8').catch(() => '[]')
  try {
    return (JSON.parse(text) as Partial<KeptBackup>[]).filter(
      (each): each is KeptBackup => typeof each.folder === 'string' && typeof each.at === 'string',
    )
  } catch {
    return []
  }
}

async function examineWindow(config: Config, now: Date): Promise<Finding[]> {
  const days = config.keyBackupDays
  const findings = [
    days <= longWindowDays
      ? ok(`backups of the key store are kept ${days} days at most`, `密钥库备份最多保留 ${days} 天`)
      : warn(
          `backups of the key store are kept ${days} days: what was erased can be opened from them for as long`,
          `密钥库备份保留 ${days} 天：已删除的内容在此期间仍可由备份开启`,
          'a week is enough to recover from a broken disk: lower BAILEE_KEY_BACKUP_DAYS and delete older ones',
          '一周足以应对磁盘故障：请减小 BAILEE_KEY_BACKUP_DAYS 并删除旧备份',
        ),
  ]
  for (const { folder, at } of await keptBackups(config.dataDirectory)) {
    const age = Math.floor((now.getTime() - Date.parse(at)) / day)
    if (age > days && (await stat(join(folder, keyStoreFolder)).catch(() => undefined)))
      findings.push(
        fail(
          `a backup of the key store is ${age} days old: ${join(folder, keyStoreFolder)}`,
          `密钥库备份已有 ${age} 天：${join(folder, keyStoreFolder)}`,
          'delete it now; erasure certificates count on it',
          '请立即删除；删除证明以此为准',
        ),
      )
  }
  return findings
}

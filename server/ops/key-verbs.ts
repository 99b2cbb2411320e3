import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { Refusal } from '#kernel'
import {
  combine,
  createLog,
  KeyProviderError,
  readRootFile,
  readShare,
  type Share,
  ShareError,
  shareText,
  split,
  writeRootFile,
} from '#platform'
import type { Config } from '../config.ts'
import { type Foundation, layFoundation } from '../foundation.ts'
import { asVerb, BackupRefused } from './backup.ts'
import { rootKeyPath } from './machine.ts'
import { NothingToRead, reachDatabases } from './reading-room.ts'

/** The approval that a ceremony uses up: asked for by one member of staff, given by another. */
export const ceremonyAct = { act: 'root-ceremony', subject: 'root' } as const

/** Uses the approval up and tells everybody, in one transaction. @throws {Refusal} */
export type RecordCeremony = (
  foundation: Foundation,
  origin: string,
  wanted: { readonly approval: string; readonly act: string; readonly subject: string },
  made: { readonly set: string; readonly threshold: number; readonly shares: number },
) => Promise<void>

const usage = `keys ceremony --approval apr_… [--threshold 3] [--shares 5]   · 密钥仪式：将根密钥分为若干份
keys restore-root --shares <file|->                            · 由各份恢复根密钥（每行一份）`

/** `keys ceremony` and `keys restore-root`: at the server's own terminal, because shares go on paper and not over a wire. */
export const keyVerbs = (config: Config, args: readonly string[], record: RecordCeremony): Promise<void> =>
  asVerb(inWords(dispatch(config, args, record)))

async function dispatch(config: Config, [verb, ...rest]: readonly string[], record: RecordCeremony): Promise<void> {
  const options = readOptions(rest)
  if (verb === 'ceremony' && options?.approval !== undefined) return ceremony(config, options, record)
  if (verb === 'restore-root' && options?.shares !== undefined) return restoreRoot(config, options.shares)
  throw new BackupRefused(usage)
}
interface Options {
  readonly approval?: string
  readonly threshold?: string
  readonly shares?: string
}
function readOptions(args: readonly string[]): Options | undefined {
  try {
    const text = { type: 'string' } as const
    return parseArgs({ args: [...args], options: { approval: text, threshold: text, shares: text } }).values
  } catch {
    return undefined
  }
}

/** What the operator can act on is said as it is. */
async function inWords(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (error instanceof ShareError || error instanceof KeyProviderError) throw new BackupRefused(error.message)
    if (error instanceof NothingToRead) throw new BackupRefused('There is no database yet · 尚无数据库')
    if (error instanceof Refusal)
      throw new BackupRefused(
        `${error.message} (${error.code})\nA member of staff asks for an approval of the act “${ceremonyAct.act}” with the subject “${ceremonyAct.subject}”, and another one gives it.\n` +
          `须由一名工作人员申请操作 “${ceremonyAct.act}”（对象 “${ceremonyAct.subject}”），并由另一名批准。`,
      )
    throw error
  }
}

async function ceremony(config: Config, options: Options, record: RecordCeremony): Promise<void> {
  if (config.keyProvider.kind !== 'file')
    throw new BackupRefused(
      `The root is in ${config.keyProvider.kind}, which never gives it out: back it up with its own means · 根密钥不可导出，请用其自身方式备份`,
    )
  const threshold = Number(options.threshold ?? 3)
  const count = Number(options.shares ?? 5)
  if (!Number.isInteger(threshold) || !Number.isInteger(count) || threshold < 2 || threshold > count || count > 16)
    throw new BackupRefused('2 <= threshold <= shares <= 16')
  if (!/^apr_[0-9a-f]{32}$/.test(options.approval ?? '')) throw new BackupRefused(usage)
  const root = await readRootFile(rootKeyPath(config.dataDirectory))
  const shares = split(root, threshold, count)
  root.fill(0)
  await tellEverybody(config, record, options.approval!, shares)
  await handOut(shares)
}

/** Durable before the first share is shown: a ceremony without its leaf is none. */
async function tellEverybody(config: Config, record: RecordCeremony, approval: string, shares: readonly Share[]) {
  const { main, keyStore, stop } = await reachDatabases(config)
  try {
    const log = createLog('silent')
    const connections = { main: { connectionString: main }, keyStore: { connectionString: keyStore } }
    const foundation = await layFoundation({ config, connections }, log, 'bailee/ceremony', 1)
    try {
      const [{ set, threshold }] = shares as [Share] // there are two at least
      const made = { set: set.toString('hex'), threshold, shares: shares.length }
      await record(foundation, config.ledgerOrigin, { approval, ...ceremonyAct }, made)
    } finally {
      await foundation.close()
    }
  } finally {
    await stop()
  }
}

/** On a terminal one share at a time, so that each keeper sees only their own. */
async function handOut(shares: readonly Share[]): Promise<void> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  const ask = isTerminal ? createInterface({ input: process.stdin, output: process.stdout }) : undefined
  for (const share of shares) {
    const of = `${share.number}/${shares.length}`
    await ask?.question(`Keeper ${of}: come alone, then press Enter · 第 ${of} 位保管人：请独自上前，然后按回车 `)
    process.stdout.write(`${shareText(share)}\n`)
    if (!ask) continue
    await ask.question('Written down? Enter clears the screen · 抄好后按回车清屏 ')
    process.stdout.write('\u001b[2J\u001b[3J\u001b[H')
  }
  ask?.close()
  const [{ threshold }] = shares as [Share] // there are two at least
  process.stderr.write(
    `${threshold} of these ${shares.length} shares make the root key. Keep them apart. The ledger says publicly that they exist, and who agreed.\n` +
      `任意 ${threshold} 份即可恢复根密钥，请分开保管。账本已公开记载此次仪式及同意者。\n`,
  )
}

async function restoreRoot(config: Config, file: string): Promise<void> {
  const text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8').catch(() => {
    throw new BackupRefused(`${file} cannot be read · 无法读取`)
  })
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const root = combine(lines.map((line, at) => readShare(line, at + 1)))
  const path = rootKeyPath(config.dataDirectory)
  await writeRootFile(path, root)
  root.fill(0)
  process.stdout.write(
    `The root key is back: ${path}. \`doctor\` says whether it opens the key store.\n根密钥已恢复。可用 doctor 检查其能否打开密钥库。\n`,
  )
}

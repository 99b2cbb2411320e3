import { existsSync } from 'node:fs'
import { access, constants, readFile, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** What can be said without a database: the machine, the data directory, the root key, the portal. Nothing is written. */
export async function examineMachine(config: Config, portalFolder: string): Promise<Finding[]> {
  return [
    examineNode(process.versions.node),
    await examineDataDirectory(config.dataDirectory),
    ...(config.keyProvider.kind === 'file' ? [await examineRootKey(rootKeyPath(config.dataDirectory))] : []),
    await examineDisk(config.dataDirectory),
    examinePortal(portalFolder),
  ]
}

export const rootKeyPath = (dataDirectory: string): string => join(dataDirectory, 'keys', 'root.key')

function examineNode(version: string): Finding {
  const major = Number(version.split('.')[0])
  return major >= 24
    ? ok(`Node ${version}`, `Node ${version}`)
    : fail(
        `Node ${version} is too old: Bailee needs 24, for ML-DSA and for running TypeScript`,
        `Node ${version} 版本过低，需要 24 或更高`,
        'start through npm (`npm start`), which brings its own Node',
        '请通过 npm（npm start）启动，它自带所需的 Node',
      )
}

async function examineDataDirectory(folder: string): Promise<Finding> {
  const found = await stat(folder).catch(() => undefined)
  if (!found)
    return warn(
      `there is no data directory yet: ${folder}`,
      `尚无数据目录：${folder}`,
      '`npm start` makes it; or set BAILEE_DATA to the right one',
      'npm start 会创建它；或将 BAILEE_DATA 设为正确的目录',
    )
  const writable = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!found.isDirectory() || !writable)
    return fail(
      `the data directory cannot be written: ${folder}`,
      `数据目录不可写：${folder}`,
      'give it to the account that runs Bailee',
      '请将其所有权交给运行 Bailee 的账户',
    )
  if (process.platform !== 'win32' && found.mode & 0o022)
    return fail(
      `others may write into the data directory (mode ${modeOf(found.mode)})`,
      `其他账户可写入数据目录（权限 ${modeOf(found.mode)}）`,
      `chmod go-w ${folder}`,
      `请执行 chmod go-w ${folder}`,
    )
  return ok(`data directory ${folder}, mode ${modeOf(found.mode)}`, `数据目录可用，权限 ${modeOf(found.mode)}`)
}

const rootKeyBytes = 15 + 16 + 32

export async function examineRootKey(path: string): Promise<Finding> {
  const found = await stat(path).catch(() => undefined)
  if (!found)
    return warn(
      'there is no root key yet',
      '尚无根密钥',
      `the first start makes it; if this server has run before, put the kept copy back: ${path}`,
      '首次启动时生成；若此前运行过，请放回保存的副本',
    )
  if (process.platform !== 'win32' && found.mode & 0o077)
    return fail(
      `the root key may be read by others (mode ${modeOf(found.mode)})`,
      `根密钥可被其他账户读取（权限 ${modeOf(found.mode)}）`,
      `chmod 600 ${path}, and ask who could have read it`,
      `请执行 chmod 600，并查明谁可能读过`,
    )
  const bytes = await readFile(path).catch(() => undefined)
  if (!bytes)
    return fail(
      'the root key cannot be read',
      '无法读取根密钥',
      `run this as the account that runs Bailee: ${path}`,
      '请以运行 Bailee 的账户执行',
    )
  const isWhole = bytes.length === rootKeyBytes && bytes.subarray(0, 15).toString('latin1') === 'bailee root v1\n'
  bytes.fill(0)
  return isWhole
    ? ok('root key: readable, whole, mode 0600', '根密钥可读、完整，权限 0600')
    : fail(
        'the root key file is damaged: nothing that was sealed can be opened',
        '根密钥文件已损坏：密封的信息无法开启',
        `put the kept copy back: ${path}`,
        '请放回保存的副本',
      )
}

const megabyte = 1024 * 1024

async function examineDisk(folder: string): Promise<Finding> {
  const at = existsSync(folder) ? folder : '.'
  const { bavail, bsize } = await statfs(at)
  const free = Math.floor((bavail * bsize) / megabyte)
  const words = [
    `${free.toLocaleString('en')} MB free on the disk`,
    `磁盘剩余 ${free.toLocaleString('en')} MB`,
  ] as const
  if (free < 200)
    return fail(...words, 'make room now: without it PostgreSQL stops and nothing is opened', '请立即腾出空间')
  if (free < 2048) return warn(...words, 'make room soon', '请尽快腾出空间')
  return ok(...words)
}

function examinePortal(folder: string): Finding {
  return existsSync(join(folder, 'index.html'))
    ? ok('the portal is built', '门户已构建')
    : warn(
        'the portal is not built; the API works without it',
        '门户尚未构建；接口不受影响',
        'npm run build',
        'npm run build',
      )
}

const modeOf = (mode: number) => (mode & 0o777).toString(8).padStart(4, '0')

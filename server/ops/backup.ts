import { createHash } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { createLog, settleForCopy, startEmbeddedPostgres } from '#platform'
import type { Config } from '../config.ts'
import { findCluster } from './reading-room.ts'

/**
 * A file copy of a stopped server, in three folders that are kept apart: `data` may be kept for long, `key-store` for no longer
 * than its window, `root-key` elsewhere. The embedded PostgreSQL brings no pg_dump along and both databases lie in one cluster,
 * but each has files of its own; of the write-ahead log, which both share, only its last record comes along.
 */
export interface BackupFile {
  readonly path: string
  readonly size: number
  readonly sha256: string
  readonly mode: number
}
export interface BackupManifest {
  readonly format: 'bailee-backup'
  readonly v: 1
  readonly at: string
  readonly origin: string
  /** Who owns the cluster when Bailee runs as root and lends PostgreSQL an account. */
  readonly clusterOwner: { readonly uid: number; readonly gid: number }
  /** Of the cluster: PostgreSQL insists on its empty ones too. */
  readonly folders: readonly string[]
  readonly files: readonly BackupFile[]
}
/** What the operator can act on; said as it is. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused'
}
export const manifestName = 'manifest.json'
export const rootKeyFolder = 'root-key'
export const keyStoreFolder = 'key-store'
export const keptBackupsName = 'backups.json'

/** Not worth keeping, or harmful when it comes back: locks, logs, sockets, and what names one machine's places. */
const leftOut = new Set([
  'server.lock',
  'postgres.log',
  'socket',
  'cluster',
  'cluster.location',
  'keys',
  'BAILEE-DEMO',
  'demo',
  keptBackupsName,
])

export const backup = (config: Config, args: readonly string[]): Promise<void> => asVerb(makeBackup(config, args))

/** A refusal is told in its words alone, and the process ends with 1. */
export async function asVerb(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof BackupRefused)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

async function makeBackup(config: Config, args: readonly string[]): Promise<void> {
  const [given, ...more] = args
  if (given === undefined || more.length > 0) throw new BackupRefused('backup <folder> · 备份到 <文件夹>')
  if (config.databaseUrl !== undefined)
    throw new BackupRefused(
      'With DATABASE_URL, back up both databases with the tools of that PostgreSQL, the key store with its own short window;\n' +
        'copy the folder "ledger" and, apart from them, keys/root.key. 使用外部数据库时，请用其自带工具分别备份两个数据库。',
    )
  const folder = resolve(given)
  if ((await namesIn(folder)).length > 0) throw new BackupRefused(`${folder} is not empty · 文件夹非空`)
  const cluster = await findCluster(config.dataDirectory)
  if (cluster === undefined)
    throw new BackupRefused(`There is no database in ${config.dataDirectory} · 该目录中没有数据库`)
  // Takes the lock, recovers from a crash if there was one, and shuts down cleanly: only then do files say all.
  const postgres = await startEmbeddedPostgres({ dataDirectory: config.dataDirectory, log: createLog('silent') })
  const oid = await settleForCopy(postgres.connection, 'bailee_keys').finally(() => postgres.stop())
  if (oid === undefined) throw new BackupRefused('There is no key store in this cluster · 该集群中没有密钥库')
  const keyStore = `base/${oid}/`
  const before = await stateOf(cluster)

  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const files: BackupFile[] = []
  const copy = async (from: string, to: string) => {
    for (const path of await filesIn(from)) files.push(await copyFile(join(from, path), folder, `${to}/${path}`))
  }
  const log = await lastRecordOf(cluster)
  for (const path of await filesIn(cluster)) {
    const to = `${path.startsWith(keyStore) ? keyStoreFolder : 'data'}/cluster/${path}`
    if (path === log.path) {
      await writeDurably(join(folder, to), log.bytes, 0o600)
      files.push({ path: to, size: log.bytes.length, sha256: sha256(log.bytes), mode: 0o600 })
    } else if (!isLogSegment(path)) files.push(await copyFile(join(cluster, path), folder, to))
  }
  for (const name of await namesIn(config.dataDirectory)) {
    if (leftOut.has(name)) continue
    const from = join(config.dataDirectory, name)
    if ((await stat(from)).isDirectory()) await copy(from, `data/${name}`)
    else files.push(await copyFile(from, folder, `data/${name}`))
  }
  if (config.keyProvider.kind === 'file') await copy(join(config.dataDirectory, 'keys'), rootKeyFolder)
  if ((await stateOf(cluster)) !== before)
    throw new BackupRefused('A server was started meanwhile: this copy is worthless · 备份期间有服务器启动，此备份无效')

  const { uid, gid } = await stat(cluster)
  const manifest: BackupManifest = {
    format: 'bailee-backup',
    v: 1,
    at: new Date().toISOString(),
    origin: config.ledgerOrigin,
    clusterOwner: { uid, gid },
    folders: await foldersIn(cluster),
    files,
  }
  // Last: a folder without it is no backup.
  await writeDurably(join(folder, manifestName), Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`), 0o600)
  await remember(config.dataDirectory, { folder, at: manifest.at })
  const megabytes = (files.reduce((sum, { size }) => sum + size, 0) / 1024 / 1024).toFixed(1)
  process.stdout.write(
    [
      `${files.length} files, ${megabytes} MB, each with its SHA-256, in ${folder}`,
      `共 ${files.length} 个文件，${megabytes} MB，均附 SHA-256`,
      '',
      `1. Move ${rootKeyFolder}/ somewhere else now: beside the rest it opens all of it.`,
      `   请立即将 ${rootKeyFolder}/ 移至别处：与其余部分放在一起即可开启全部内容。`,
      `2. Delete ${keyStoreFolder}/ after ${config.keyBackupDays} days (BAILEE_KEY_BACKUP_DAYS): certificates of erasure count`,
      '   on it. Without it the rest opens nothing, and cannot be restored.',
      `   ${keyStoreFolder}/ 须在 ${config.keyBackupDays} 天后删除：删除证明以此为准。缺少它，其余部分无法开启，也无法恢复。`,
      '',
    ].join('\n'),
  )
}

const isLogSegment = (path: string) => /^pg_wal\/[0-9A-F]{24}$/.test(path)
const segmentBytes = 16 * 1024 * 1024
const pageBytes = 8192

/**
 * After a clean end PostgreSQL starts from the shutdown checkpoint alone. Its place is in pg_control (ControlFileData: the
 * record's address at 32, the timeline at 48). What lies behind it in the segment is left over from records of long ago.
 */
async function lastRecordOf(cluster: string): Promise<{ path: string; bytes: Buffer }> {
  const control = await readFile(join(cluster, 'global', 'pg_control'))
  const at = control.readBigUInt64LE(32)
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
  const segment = Number(at / BigInt(segmentBytes))
  const each = 2 ** 32 / segmentBytes
  const path = `pg_wal/${hex(control.readUInt32LE(48))}${hex(Math.floor(segment / each))}${hex(segment % each)}`
  const bytes = await readFile(join(cluster, path))
  if (bytes.length !== segmentBytes)
    throw new BackupRefused('The write-ahead log has segments of another size · 日志段大小不符')
  const from = Number(at % BigInt(segmentBytes))
  // A record's length comes first; it may run over a page's header. PostgreSQL writes whole pages, zeros behind the last.
  const end = from + bytes.readUInt32LE(from) + 64
  bytes.fill(0, Math.min(segmentBytes, Math.ceil(end / pageBytes) * pageBytes))
  return { path, bytes }
}

/** So that the doctor can say when the key store's part should be gone. */
async function remember(dataDirectory: string, made: { folder: string; at: string }): Promise<void> {
  const path = join(dataDirectory, keptBackupsName)
  const earlier = await readFile(path, 'utf8')
    .then(JSON.parse, () => [])
    .catch(() => [])
  await writeFile(
    path,
    `${JSON.stringify([...(Array.isArray(earlier) ? earlier : []), made].slice(-1000), null, 1)}\n`,
    { mode: 0o600 },
  )
}

/** Changes whenever PostgreSQL starts, writes a checkpoint or ends. */
async function stateOf(cluster: string): Promise<string> {
  const isRunning = (await namesIn(cluster)).includes('postmaster.pid')
  return `${isRunning} ${sha256(await readFile(join(cluster, 'global', 'pg_control')))}`
}

async function copyFile(from: string, folder: string, path: string): Promise<BackupFile> {
  const bytes = await readFile(from)
  const mode = (await stat(from)).mode & 0o777
  await writeDurably(join(folder, path), bytes, mode)
  return { path, size: bytes.length, sha256: sha256(bytes), mode }
}

export async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const handle = await open(path, 'wx', mode)
  try {
    await handle.writeFile(bytes)
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const below = async (folder: string, wanted: 'isFile' | 'isDirectory'): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry[wanted]())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
const filesIn = (folder: string) => below(folder, 'isFile')
const foldersIn = (folder: string) => below(folder, 'isDirectory')
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[]
    throw error
  })
}
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

import { chmod, chown, mkdir, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Config } from '../config.ts'
import {
  asVerb,
  type BackupManifest,
  BackupRefused,
  keyStoreFolder,
  manifestName,
  namesIn,
  rootKeyFolder,
  sha256,
  writeDurably,
} from './backup.ts'

/**
 * Puts a backup into an empty data directory. Every file is compared with the manifest before anything is written. Whether
 * the restored ledger may go on is not decided here: the server asks the witnesses when it starts, and refuses a fork.
 */
export const restore = (config: Config, args: readonly string[]): Promise<void> => asVerb(putBack(config, args))

async function putBack(config: Config, args: readonly string[]): Promise<void> {
  const [given, ...more] = args
  if (given === undefined || more.length > 0) throw new BackupRefused('restore <folder> · 从 <文件夹> 恢复')
  const { dataDirectory } = config
  if ((await namesIn(dataDirectory)).length > 0)
    throw new BackupRefused(
      `${dataDirectory} is not empty, and nothing in it is overwritten. Move it aside first, or set BAILEE_DATA.\n` +
        '数据目录非空，未作任何改动。请先移开，或设置 BAILEE_DATA。',
    )
  const folder = resolve(given)
  const manifest = await readManifest(folder)
  for (const { path, size, sha256: expected } of manifest.files) {
    const bytes = await readFile(join(folder, path)).catch(() => undefined)
    if (bytes?.length !== size || sha256(bytes) !== expected)
      throw new BackupRefused(
        path.startsWith(`${rootKeyFolder}/`)
          ? `The root key is not in ${join(folder, rootKeyFolder)}: bring it back from where it is kept · 请放回根密钥`
          : path.startsWith(`${keyStoreFolder}/`)
            ? `The key store is not whole in ${join(folder, keyStoreFolder)}: after its window has ended, this backup can no longer be restored · 密钥库不完整；其保留期结束后，此备份无法再恢复`
            : `${path} is missing or damaged; nothing was restored · 文件缺失或损坏，未恢复任何内容`,
      )
  }
  const isRoot = process.getuid?.() === 0
  await mkdir(dataDirectory, { recursive: true })
  await chmod(dataDirectory, isRoot ? 0o711 : 0o700)
  for (const { path, mode } of manifest.files)
    await writeDurably(join(dataDirectory, targetOf(path)), await readFile(join(folder, path)), mode)
  for (const name of manifest.folders)
    await mkdir(join(dataDirectory, 'cluster', name), { recursive: true, mode: 0o700 })
  if (isRoot) await giveTo(join(dataDirectory, 'cluster'), manifest.clusterOwner)
  process.stdout.write(
    [
      `${manifest.files.length} files of ${manifest.at} restored to ${dataDirectory}`,
      `已恢复 ${manifest.at} 的 ${manifest.files.length} 个文件`,
      '',
      'If the old data directory still exists, put its folder "witness" in place of the',
      'restored one: it remembers how far the ledger had come. A ledger that others',
      'have seen further will refuse to sign (docs/operations.md, "Restore").',
      '若旧数据目录尚在，请用其 witness 文件夹替换恢复的同名文件夹：它记得账本的进度。',
      '若他人见过更长的账本，服务器将拒绝签名（参见 docs/operations.md）。',
      '',
    ].join('\n'),
  )
}

const targetOf = (path: string) =>
  path.startsWith(`${rootKeyFolder}/`)
    ? `keys/${path.slice(rootKeyFolder.length + 1)}`
    : path.slice(path.indexOf('/') + 1)

async function readManifest(folder: string): Promise<BackupManifest> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => undefined)
  if (text === undefined)
    throw new BackupRefused(`${folder} has no ${manifestName}: it is no complete backup · 不是完整的备份`)
  const manifest = JSON.parse(text) as Partial<BackupManifest> // its members are looked at before they are used
  const isOurs = manifest.format === 'bailee-backup' && manifest.v === 1 && Array.isArray(manifest.files)
  const isInside = (path: string) => path !== '' && !path.startsWith('/') && !path.split('/').includes('..')
  const isSafe =
    manifest.folders?.every(isInside) &&
    manifest.files?.every(({ path }) => isInside(path) && /^(data|root-key|key-store)\//.test(path))
  if (!isOurs || !isSafe) throw new BackupRefused(`${manifestName} is of another format · 清单格式不符`)
  return manifest as BackupManifest
}

async function giveTo(folder: string, { uid, gid }: BackupManifest['clusterOwner']): Promise<void> {
  await chown(folder, uid, gid)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await chown(join(entry.parentPath, entry.name), uid, gid)
}

import { constants } from 'node:fs'
import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isRoot } from './account.ts'

const rotateAtBytes = 10 * 1024 * 1024
const tailBytes = 4096

/** `from` is where this start's own lines begin. */
export type LogFile = { readonly path: string; readonly file: FileHandle; readonly from: number }

/** One older file is kept. Rotated at start only: PostgreSQL holds this very file open, and at our settings says little. */
export async function openLogFile(path: string): Promise<LogFile> {
  const before = await stat(path).catch(() => null)
  if (before !== null && before.size > rotateAtBytes) await rename(path, `${path}.1`)
  // Not through a link: as root we would write wherever the owner of the directory points it.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)
  const file = await open(path, flags, 0o600)
  if (isRoot()) {
    const owner = await stat(dirname(path))
    await file.chown(owner.uid, owner.gid)
  }
  return { path, file, from: (await file.stat()).size }
}

/** The last lines written since `from`, or nothing when the file cannot be read. */
export async function readTail(path: string, from = 0): Promise<string> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return ''
  try {
    const { size } = await file.stat()
    const start = Math.max(from, size - tailBytes)
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.max(0, size - start)),
      0,
      Math.max(0, size - start),
      start,
    )
    return buffer.toString('utf8', 0, bytesRead).trim()
  } catch {
    return ''
  } finally {
    await file.close()
  }
}

import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isRoot } from './account.ts'
import { codeOf } from './errors.ts'

export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    },
  )
}

/**
 * Whole or absent, also after a power cut: written beside, flushed, then renamed. As root it goes to the
 * owner of the directory, so that a later start by that owner can read what this one wrote.
 */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(beside, 'wx', 0o600)
    try {
      if (isRoot()) {
        const owner = await stat(dirname(path))
        await file.chown(owner.uid, owner.gid)
      }
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** A rename is durable only once its directory is. Windows cannot open a directory, and journals the rename itself. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

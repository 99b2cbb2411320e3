import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/**
 * Where tiles lie: disk now, an object store behind the same few verbs later. Paths are those of c2sp.org/tlog-tiles,
 * so that the folder can be served, mirrored or copied as it is.
 */
export interface TileStore {
  /** Durable when it resolves. Writing the same bytes again is harmless. */
  put(path: string, bytes: Uint8Array): Promise<void>
  get(path: string): Promise<Buffer | undefined>
  /** A part of a file, for look-ups in large sorted lists. */
  getRange(path: string, offset: number, length: number): Promise<Buffer | undefined>
  /** A file, or a folder with everything in it. Nothing happens if it is not there. */
  remove(path: string): Promise<void>
  /** Makes the names of everything written so far durable, and only then resolves. */
  settle(): Promise<void>
}

export function diskTileStore(root: string): TileStore {
  const known = new Set<string>()
  const unsettled = new Set<string>()
  // Two threads of one process, or two servers, may write the same file: never to the same draft.
  const writer = randomBytes(6).toString('hex')
  let temporary = 0
  async function ensure(folder: string) {
    if (known.has(folder)) return
    const made = await mkdir(folder, { recursive: true })
    // A new folder's own name must be made durable too, up to the first folder that was there before.
    for (let child = folder; made !== undefined && child.length >= made.length; child = dirname(child))
      unsettled.add(dirname(child))
    known.add(folder)
  }
  async function openStaged(folder: string, staged: string) {
    await ensure(folder)
    return open(staged, 'w', 0o644).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      // Somebody has tidied the folder away since we made it.
      known.delete(folder)
      await ensure(folder)
      return open(staged, 'w', 0o644)
    })
  }
  return {
    async put(path, bytes) {
      const target = join(root, path)
      const folder = dirname(target)
      const staged = `${target}.${writer}-${temporary++}.tmp`
      const handle = await openStaged(folder, staged)
      try {
        await handle.writeFile(bytes)
        await handle.datasync()
      } finally {
        await handle.close()
      }
      await rename(staged, target)
      unsettled.add(folder)
    },
    async get(path) {
      return readFile(join(root, path)).catch(absent)
    },
    async getRange(path, offset, length) {
      const handle = await open(join(root, path), 'r').catch(absent)
      if (!handle) return undefined
      try {
        const out = Buffer.alloc(length)
        const { bytesRead } = await handle.read(out, 0, length, offset)
        return out.subarray(0, bytesRead)
      } finally {
        await handle.close()
      }
    },
    async remove(path) {
      const target = join(root, path)
      for (const folders of [known, unsettled])
        for (const folder of folders)
          if (folder === target || folder.startsWith(`${target}${sep}`)) folders.delete(folder)
      await rm(target, { force: true, recursive: true })
    },
    async settle() {
      for (const folder of [...unsettled]) {
        // Taken out first: what is written meanwhile puts it in again.
        unsettled.delete(folder)
        try {
          const handle = await open(folder, 'r')
          try {
            await handle.sync()
          } finally {
            await handle.close()
          }
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
          unsettled.add(folder)
          throw error
        }
      }
    },
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

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
  remove(path: string): Promise<void>
  /** Makes the names of everything written so far durable, and only then resolves. */
  settle(): Promise<void>
}

export function diskTileStore(root: string): TileStore {
  const known = new Set<string>()
  const unsettled = new Set<string>()
  let temporary = 0
  async function ensure(folder: string) {
    if (known.has(folder)) return
    await mkdir(folder, { recursive: true })
    known.add(folder)
  }
  return {
    async put(path, bytes) {
      const target = join(root, path)
      const folder = dirname(target)
      await ensure(folder)
      const staged = `${target}.${process.pid}-${temporary++}.tmp`
      const handle = await open(staged, 'w', 0o644)
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
      await rm(join(root, path), { force: true })
    },
    async settle() {
      const folders = [...unsettled]
      unsettled.clear()
      for (const folder of folders) {
        const handle = await open(folder, 'r')
        try {
          await handle.sync()
        } finally {
          await handle.close()
        }
      }
    },
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

import { createHash } from 'node:crypto'
import { realpath, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Two processes on one directory could each cosign a different successor of the same checkpoint. A listening local
 * socket is the lock: the kernel releases it however the process ends. Works within one machine and network namespace.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const id = createHash('sha256')
    .update(await realpath(directory))
    .digest('hex')
    .slice(0, 32)
  const abstract = process.platform === 'linux'
  const path = abstract ? `\0bailee-witness-${id}` : join(tmpdir(), `bailee-witness-${id}.sock`)
  // Elsewhere the name outlives a killed process: if nobody answers, it may go.
  if (!abstract && !(await answers(path))) await unlink(path).catch(() => undefined)
  const server = createServer((socket) => socket.destroy())
  try {
    await listen(server, path)
  } catch (cause) {
    throw new Error(`another witness process is using ${directory}`, { cause })
  }
  return () => new Promise((resolve) => server.close(() => resolve()))
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
    server.unref()
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

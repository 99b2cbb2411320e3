import { chmod, lchown, lstat, mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Account, canReach } from './account.ts'
import { codeOf, PostgresStartError } from './errors.ts'
import { shortHash } from './files.ts'
import type { Endpoint } from './settings.ts'

/** Names the socket file only; no TCP port is opened. */
const socketPort = 5432
const socketName = `.s.PGSQL.${socketPort}`
/** The room in sockaddr_un.sun_path, less its closing zero byte. */
const longestSocketPath = process.platform === 'linux' ? 107 : 103

export type PreparedEndpoint = Endpoint & { readonly host: string; remove(): Promise<void> }

/** A socket in a directory that only PostgreSQL's account may enter, or on Windows a free port of the loopback. */
export async function prepareEndpoint(base: string, account: Account | null): Promise<PreparedEndpoint> {
  if (process.platform === 'win32') {
    return { address: '127.0.0.1', host: '127.0.0.1', port: await findFreePort(), remove: async () => {} }
  }
  const socketDirectory = await prepareSocketDirectory(base, account)
  return {
    socketDirectory,
    host: socketDirectory,
    port: socketPort,
    async remove() {
      await clearSockets(socketDirectory)
      await rmdir(socketDirectory).catch(() => {})
    },
  }
}

async function prepareSocketDirectory(base: string, account: Account | null): Promise<string> {
  const short = `bailee-${shortHash(base)}`
  for (const candidate of [join(base, 'socket'), join(tmpdir(), short), join('/tmp', short)]) {
    if (Buffer.byteLength(join(candidate, socketName)) > longestSocketPath) continue
    const directory = await makePrivate(candidate, account)
    if (directory === null || !(await canReach(account, directory))) continue
    // The directory belongs to this cluster alone, and its servers are gone: a socket found here is stale.
    await clearSockets(directory)
    return directory
  }
  throw new PostgresStartError(
    'data_directory_unusable',
    `No directory for the socket of the database in ${base} is short enough and reachable. Choose a shorter data directory.`,
  )
}

/** In a shared temporary directory the name may already be a stranger's; then a random one is taken instead. */
async function makePrivate(path: string, account: Account | null): Promise<string | null> {
  const owner = account?.uid ?? process.getuid?.()
  let directory = path
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') return null
    const found = await lstat(path)
    const isOurs = found.isDirectory() && (found.uid === owner || found.uid === process.getuid?.())
    if (!isOurs) {
      if (Buffer.byteLength(join(`${path}-XXXXXX`, socketName)) > longestSocketPath) return null
      directory = await mkdtemp(`${path}-`)
    }
  }
  if (account !== null) await lchown(directory, account.uid, account.gid)
  await chmod(directory, 0o700)
  return directory
}

async function clearSockets(directory: string): Promise<void> {
  await rm(join(directory, socketName), { force: true })
  await rm(join(directory, `${socketName}.lock`), { force: true })
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port')),
      )
    })
  })
}

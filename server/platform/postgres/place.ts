import { chmod, lstat, mkdir, readFile, realpath, rename, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Account, canReach, isRoot } from './account.ts'
import { codeOf, PostgresStartError } from './errors.ts'
import { exists, shortHash, writePrivateFile } from './files.ts'
import type { PostgresLog } from './log.ts'

/**
 * Where the cluster lives. `base` is the data directory itself, or, when the account that runs PostgreSQL
 * cannot reach that (under /root, say), a directory of the system's. Its `cluster` is PostgreSQL's own.
 */
export type Place = { readonly base: string; readonly cluster: string; readonly owner: Account | null }

const placeIn = (base: string, owner: Account | null): Place => ({ base, cluster: join(base, 'cluster'), owner })

/** In the data directory, names the base of a cluster that lives elsewhere. Written once the cluster is complete. */
const markerOf = (dataDirectory: string): string => join(dataDirectory, 'cluster.location')

/**
 * Created open to passage but not to listing when we are root, because PostgreSQL's account must pass through;
 * every file in it has its own mode. The modes of a directory that exists already are the operator's to choose.
 */
export async function prepareDataDirectory(path: string): Promise<string> {
  const wanted = resolve(path)
  await mkdir(dirname(wanted), { recursive: true })
  try {
    const mode = isRoot() ? 0o711 : 0o700
    await mkdir(wanted, { mode })
    await chmod(wanted, mode)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  return realpath(wanted)
}

/** A marker whose cluster has gone is an error, not an empty database: silence would look like lost data. */
export async function findPlace(dataDirectory: string): Promise<Place | null> {
  if (await exists(join(dataDirectory, 'cluster')))
    return placeIn(dataDirectory, await ownerOf(join(dataDirectory, 'cluster')))
  const base = await readFile(markerOf(dataDirectory), 'utf8').then(
    (text) => text.trim(),
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    },
  )
  if (base === null) return null
  const cluster = join(base, 'cluster')
  if (!(await exists(cluster))) {
    throw new PostgresStartError(
      'data_directory_unusable',
      `The database of ${dataDirectory} lives in ${cluster}, but there is nothing there. Restore it, or start with another data directory.`,
    )
  }
  return placeIn(base, await ownerOf(cluster))
}

export async function choosePlace(
  dataDirectory: string,
  account: Account | null,
  systemDirectory: string,
  log: PostgresLog,
): Promise<Place> {
  if (await canReach(account, dataDirectory)) return placeIn(dataDirectory, null)
  const base = join(systemDirectory, shortHash(dataDirectory))
  log.info(
    { dataDirectory, base },
    'the account that runs PostgreSQL cannot reach the data directory; its database is kept elsewhere',
  )
  await prepareSystemDirectory(systemDirectory)
  await mkdir(base, { recursive: true, mode: 0o711 })
  if (!(await canReach(account, base))) {
    throw new PostgresStartError(
      'data_directory_unusable',
      `The account that runs PostgreSQL can reach neither ${dataDirectory} nor ${base}.`,
    )
  }
  return placeIn(base, null)
}

/** A database without a data directory that names it was abandoned; it is somebody's data, so it is kept, aside. */
export async function setAbandonedClusterAside(place: Place, log: PostgresLog): Promise<void> {
  if (!(await exists(place.cluster))) return
  const aside = `${place.cluster}.abandoned-${new Date().toISOString().replaceAll(':', '')}`
  await rename(place.cluster, aside)
  log.warn(
    { aside },
    'found the database of a data directory that no longer exists; set it aside. Delete it when it is of no use',
  )
}

export async function recordPlace(dataDirectory: string, place: Place): Promise<void> {
  if (place.base !== dataDirectory) await writePrivateFile(markerOf(dataDirectory), `${place.base}\n`)
}

export async function assertUsable(place: Place, account: Account | null, major: string): Promise<void> {
  const uid = process.getuid?.()
  if (account === null && place.owner !== null && uid !== undefined && place.owner.uid !== uid) {
    throw new PostgresStartError(
      'data_directory_unusable',
      `The database in ${place.cluster} belongs to uid ${place.owner.uid}; this process runs as uid ${uid}. Run Bailee as that account or as root.`,
    )
  }
  if (!(await canReach(account, place.cluster))) {
    throw new PostgresStartError(
      'data_directory_unusable',
      `Uid ${account?.uid}, which owns the database in ${place.cluster}, cannot reach it. Make every directory on the way passable (chmod o+x).`,
    )
  }
  const version = (await readFile(join(place.cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version !== major) {
    throw new PostgresStartError(
      'data_directory_unusable',
      `The database in ${place.cluster} was made by PostgreSQL ${version}; this is PostgreSQL ${major}. Export it with the old version and import it with the new one.`,
    )
  }
}

/** Programs and databases of PostgreSQL's account go here, so nobody but root may be able to put anything in. */
export async function prepareSystemDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 })
  const found = await lstat(path)
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0) {
    throw new PostgresStartError(
      'data_directory_unusable',
      `${basename(path)} in ${dirname(path)} must be a directory that only root may write.`,
    )
  }
}

async function ownerOf(path: string): Promise<Account> {
  const { uid, gid } = await stat(path)
  return { uid, gid }
}

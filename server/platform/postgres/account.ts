import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { PostgresStartError } from './errors.ts'

const run = promisify(execFile)

/** The unprivileged account that PostgreSQL runs under when Bailee itself runs as root. */
export type Account = { readonly uid: number; readonly gid: number }

export const isRoot = (): boolean => process.getuid?.() === 0

/**
 * PostgreSQL refuses to run as root, so root must lend it another uid; everybody else runs it as themselves (null).
 * The owner of an existing cluster wins, so that a cluster stays readable by whoever made it.
 */
export async function chooseAccount(owner: Account | null): Promise<Account | null> {
  if (!isRoot()) return null
  if (owner !== null && owner.uid !== 0) return owner
  for (const name of ['postgres', 'nobody']) {
    const account = await findAccount(name)
    if (account !== null) return account
  }
  throw new PostgresStartError(
    'data_directory_unusable',
    'PostgreSQL refuses to run as root, and neither the account "postgres" nor "nobody" exists here. Run Bailee as an ordinary user, or set DATABASE_URL.',
  )
}

/** initdb looks its uid up and gives up on one without a name, as in a container started with an arbitrary --user. */
export function assertAccountHasName(): void {
  if (isRoot() || process.platform === 'win32') return
  try {
    userInfo()
  } catch (cause) {
    throw new PostgresStartError(
      'initdb_failed',
      `The uid ${process.getuid?.()} has no entry in /etc/passwd, and PostgreSQL cannot create a cluster without one. Add an entry, or set DATABASE_URL.`,
      cause,
    )
  }
}

/**
 * Asks the kernel rather than reading modes, so that ACLs, mounts and security modules count too.
 * True when the account (or, for null, this process) can reach the directory.
 */
export async function canReach(account: Account | null, directory: string): Promise<boolean> {
  if (account === null) return true
  return run('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], {
    uid: account.uid,
    gid: account.gid,
    cwd: '/',
    env: {},
  }).then(
    () => true,
    () => false,
  )
}

/** `id` rather than /etc/passwd: accounts may come from a directory service. */
async function findAccount(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    const account = { uid: Number(uid.stdout), gid: Number(gid.stdout) }
    return Number.isInteger(account.uid) && account.uid !== 0 ? account : null
  } catch {
    return null
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import type { Account } from './account.ts'

/**
 * The guardian: a shell that outlives us by exactly one clean shutdown.
 *
 * File descriptor 3 is its lifeline, a socket whose other end only we hold. However we die, kill -9
 * included, the kernel closes our end, `read` meets the end of file, and the ward is told to shut
 * down fast (SIGINT), and after sixty seconds to drop everything (SIGQUIT; WAL makes that safe too).
 * It ignores the signals that a terminal or an impatient supervisor sends to groups: only our death
 * or the ward's ends it. No core files, for they would hold personal information in the clear.
 */
const guardianScript = `
umask 077
ulimit -c 0
trap '' HUP INT TERM PIPE
( trap - HUP INT TERM PIPE; exec "$@" 3>&- ) &
ward=$!
echo "$ward" >&3
(
  while read -r line <&3; do :; done
  kill -INT "$ward"
  seconds=0
  while [ "$seconds" -lt 60 ]; do
    sleep 1
    kill -0 "$ward" || exit 0
    seconds=$((seconds + 1))
  done
  kill -QUIT "$ward"
) >/dev/null 2>&1 &
watch=$!
exec 3>&-
wait "$ward"
status=$?
kill -KILL "$watch" 2>/dev/null
exit "$status"
`

/** How a ward ended. A shell reports a signal as 128 + its number; `guardianLost` means the ward may still run. */
export type Ending = { readonly exitCode: number | null; readonly guardianLost: boolean }

export type Guarded = {
  /** Of the command itself, not of its guardian. */
  readonly pid: number
  readonly guardianPid: number
  readonly ended: Promise<Ending>
  /** Whether this child alone should keep our process alive. */
  keepAlive(wanted: boolean): void
}

export type GuardedCommand = {
  readonly file: string
  readonly args: readonly string[]
  readonly account: Account | null
  /** Open file that receives what the command says, on both of its outputs. */
  readonly output: number
}

/**
 * Runs a command under a guardian in a session of its own, so Ctrl-C in our terminal reaches us and not it.
 * The environment is written out in full: ours may hold keys, and PG* variables would change the command's meaning.
 * Windows has no /bin/sh: there the command runs bare, and a later start finds and stops an orphan.
 */
export async function runGuarded(command: GuardedCommand): Promise<Guarded> {
  const bare = process.platform === 'win32'
  const [file, args] = bare
    ? [command.file, command.args]
    : ['/bin/sh', ['-c', guardianScript, 'bailee-guardian', command.file, ...command.args]]
  const child = spawn(file, args, {
    cwd: bare ? undefined : '/',
    detached: true,
    windowsHide: true,
    stdio: ['ignore', command.output, command.output, bare ? 'ignore' : 'pipe'],
    env: environment(),
    ...(command.account === null ? {} : { uid: command.account.uid, gid: command.account.gid }),
  })
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ exitCode: code, guardianLost: !bare && signal !== null }))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  // `spawn` has fired, so the pid is known.
  const guardianPid = child.pid as number
  if (bare) {
    return { pid: guardianPid, guardianPid, ended, keepAlive: (wanted) => (wanted ? child.ref() : child.unref()) }
  }
  const lifeline = lifelineOf(child)
  // If the guardian was killed, its watch still listens: hanging up makes it end the ward, and then itself.
  void ended.then(() => lifeline.destroy())
  const pid = await readWardPid(lifeline)
  return {
    pid,
    guardianPid,
    ended,
    keepAlive(wanted) {
      if (wanted) {
        child.ref()
        lifeline.ref()
      } else {
        child.unref()
        lifeline.unref()
      }
    },
  }
}

function lifelineOf(child: ChildProcess): Socket {
  const lifeline = child.stdio[3]
  if (!(lifeline instanceof Socket)) throw new Error('the guardian was started without its lifeline')
  // Losing it is noticed through the guardian's exit; the socket's own complaint adds nothing.
  lifeline.on('error', () => {})
  return lifeline
}

function readWardPid(lifeline: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = (): void => reject(new Error('the guardian ended before it had started its command'))
    lifeline.once('close', fail)
    lifeline.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!text.includes('\n')) return
      lifeline.off('close', fail)
      resolve(Number.parseInt(text, 10))
    })
  })
}

function environment(): Record<string, string> {
  const variables: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC', PATH: process.env.PATH ?? '/usr/bin:/bin' }
  if (process.platform === 'win32') {
    // Programs for Windows do not start without these.
    for (const name of ['SystemRoot', 'TEMP', 'TMP']) variables[name] = process.env[name] ?? ''
  }
  return variables
}

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { exit, Stop } from './exit.ts'

/** What a monitor remembers: whom it believes, and the newest checkpoint that it saw. */
export interface State {
  readonly v: 1
  readonly server: string
  readonly origin: string
  /** The pinned policy, as text. */
  readonly policy: string
  readonly pinnedAt: string
  readonly seen?: Seen
  readonly audit?: AuditState
}
export interface Seen {
  readonly size: number
  readonly note: string
  readonly at: string
}
/** Where the open epoch begins, and the tree up to there. An audit that starts again reads the open epoch again. */
export interface AuditState {
  readonly frontier: string
  readonly lastEpoch: number | null
  readonly lastCloseIndex: number
  readonly epochs: number
}

export function defaultStateFile(server: string, env: (name: string) => string | undefined): string {
  const home = env('XDG_STATE_HOME') ?? join(homedir(), '.local', 'state')
  return join(home, 'bailee', `${new URL(server).host.replaceAll(':', '_')}.json`)
}

/** A damaged state is never replaced: pinning again would forgive a fork. */
export function readState(file: string): State | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw damaged(file, 'not readable')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw damaged(file, 'not JSON')
  }
  if (!isState(value)) throw damaged(file, 'not a state of version 1')
  return value
}

const damaged = (file: string, why: string) => new Stop(exit.cannotJudge, 'stateDamaged', { file, why })

function isState(value: unknown): value is State {
  if (!isObject(value) || value.v !== 1) return false
  if (!['server', 'origin', 'policy', 'pinnedAt'].every((name) => typeof value[name] === 'string')) return false
  const { seen, audit } = value
  const goodSeen = seen === undefined || (isObject(seen) && Number.isSafeInteger(seen.size) && isText(seen.note))
  const goodAudit = audit === undefined || (isObject(audit) && isText(audit.frontier))
  return goodSeen && goodAudit
}
const isText = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function writeState(file: string, state: State): void {
  writeWhole(file, `${JSON.stringify(state, null, 2)}\n`)
}

/** Named by its content, so that the same evidence is not left twice. Never overwritten by anything else. */
export function writeEvidence(stateFile: string, name: string, text: string): string {
  const file = `${stateFile}.${name}`
  writeWhole(file, text)
  return file
}

/**
 * The old text or the new one, never a half: written beside, synced, renamed. All synchronous, so that neither a signal
 * nor a broken pipe comes in between; what a power cut leaves is a `.new` file that the next write replaces.
 */
export function writeWhole(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const beside = `${file}.new`
    const handle = openSync(beside, 'w', 0o600)
    try {
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(beside, file)
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new Stop(exit.server, 'stateUnwritable', { file, why }, { cause })
  }
}

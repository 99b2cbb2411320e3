import {
  base64Encode,
  type Checkpoint,
  emptyRoot,
  entriesPath,
  equalBytes,
  type FetchTile,
  hexEncode,
  ProofError,
  parseCheckpoint,
  parseNote,
  parsePolicy,
  sha256,
  TileHashes,
  tilePath,
  tileWidth,
  utf8Decode,
  utf8Encode,
  verifyConsistency,
} from '@bailee/proof'
import type { Caller } from '@bailee/sdk'
import { BaileeError } from '@bailee/sdk'
import { Audit, type AuditFinding } from './audit.ts'
import { exit, Stop } from './exit.ts'
import { fetchBytes } from './http.ts'
import { attempt, type Check, judgeCheckpoint, type Verdict, verdictOf, vkeysOf } from './judge.ts'
import { readState, type State, writeEvidence, writeState } from './state.ts'
import type { TextKey, Values } from './texts.ts'

const checkpointLimit = 64 * 1024
const tileLimit = tileWidth * 32
const bundleLimit = tileWidth * (2 + 65_535)

export interface MonitorOptions {
  readonly server: string
  readonly caller: Caller
  readonly stateFile: string
  /** Adopt this policy instead of the pinned one, or instead of the server's on first use. */
  readonly policy?: string | undefined
  readonly audit: boolean
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly progress: (total: number) => { update(done: number): void; end(): void }
}
export interface Remark {
  readonly text: TextKey
  readonly values: Values
}
export interface Round {
  readonly at: string
  readonly verdict: Verdict
  readonly origin: string
  readonly size: number
  readonly grown: number
  readonly root: string
  readonly checks: readonly Check[]
  readonly remarks: readonly Remark[]
  readonly evidence: readonly string[]
  readonly audited?: { readonly size: number; readonly epochs: number }
}

/** Watches one log: remembers what it saw, and believes nothing that it cannot compute from the tiles itself. */
export class Monitor {
  readonly #options: MonitorOptions
  #state: State | undefined
  #audit: Audit | undefined
  #policyOption: string | undefined

  constructor(options: MonitorOptions) {
    this.#options = options
    this.#policyOption = options.policy
    this.#state = readState(options.stateFile)
    if (this.#state !== undefined && this.#state.server !== options.server) {
      throw new Stop(exit.usage, 'stateOfOther', { file: options.stateFile, server: this.#state.server })
    }
  }

  async round(): Promise<Round> {
    const { stateFile, now } = this.#options
    const remarks: Remark[] = []
    const evidence: string[] = []
    const checks: Check[] = []
    const state = await this.#pinnedState(remarks, checks)
    const note = await this.#fetchCheckpoint()
    const judged = judgeCheckpoint(note, this.#policyOf(state.policy), {
      nowSeconds: Math.floor(now().getTime() / 1000),
      lenient: true,
    })
    checks.push(...judged.checks)
    const { checkpoint } = judged
    const older = state.seen === undefined ? undefined : parseCheckpoint(parseNote(state.seen.note).text)

    if (checkpoint !== undefined && checkpoint.origin !== state.origin) {
      checks.push({ id: 'origin', ok: false, detail: `${checkpoint.origin} instead of ${state.origin}` })
    }
    let grown = 0
    let next = state
    // What follows is worth computing only for something that this log has signed.
    if (checkpoint !== undefined && verdictOf(checks) !== 'bad') {
      const growth = await this.#judgeGrowth(older, checkpoint, remarks)
      checks.push(...growth.checks)
      if (growth.isFork && state.seen !== undefined) {
        const name = `fork-${older?.size}-${checkpoint.size}-${hexEncode(checkpoint.root).slice(0, 8)}`
        evidence.push(
          writeEvidence(stateFile, `${name}.old.checkpoint`, state.seen.note),
          writeEvidence(stateFile, `${name}.new.checkpoint`, note),
        )
      }
      if (verdictOf(checks) !== 'bad') {
        if (older === undefined || checkpoint.size >= older.size) {
          grown = checkpoint.size - (older?.size ?? 0)
          next = { ...state, seen: { size: checkpoint.size, note, at: now().toISOString() } }
        }
        if (this.#options.audit) checks.push(...(await this.#readOn(checkpoint, remarks)))
      }
    }
    if (verdictOf(checks) === 'bad') {
      if (evidence.length === 0) {
        const name = hexEncode(sha256(utf8Encode(note))).slice(0, 8)
        evidence.push(writeEvidence(stateFile, `failed-${name}.checkpoint`, note))
      }
    } else {
      // Only what held is remembered: after a failure the next run compares with the same past again.
      this.#remember(this.#audit === undefined ? next : { ...next, audit: this.#audit.state })
    }
    return {
      at: now().toISOString(),
      verdict: verdictOf(checks),
      origin: state.origin,
      size: checkpoint?.size ?? 0,
      grown,
      root: checkpoint === undefined ? '' : base64Encode(checkpoint.root),
      checks,
      remarks,
      evidence,
      ...(this.#audit === undefined ? {} : { audited: { size: this.#audit.size, epochs: this.#audit.epochs } }),
    }
  }

  #remember(state: State): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return
    writeState(this.#options.stateFile, state)
    this.#state = state
  }

  #policyOf(text: string) {
    const policy = attempt(() => parsePolicy(text))
    if (!policy.ok) throw new Stop(exit.cannotJudge, 'policyInvalid', { why: policy.why })
    return policy.value
  }

  /** The pinned policy; on first use it is the one given, or else the server's. */
  async #pinnedState(remarks: Remark[], checks: Check[]): Promise<State> {
    const { caller, server, stateFile, now } = this.#options
    const given = this.#policyOption
    this.#policyOption = undefined
    if (this.#state === undefined) {
      const offered = given ?? (await caller.call('ledgerStatus')).policy
      const policy = this.#policyOf(offered)
      const origin = policy.logs[0]?.key.name
      if (origin === undefined) throw new Stop(exit.cannotJudge, 'policyInvalid', { why: 'it names no log' })
      const vkey = vkeysOf(policy).reduce((a, b) => (a.length <= b.length ? a : b))
      remarks.push({ text: 'noState', values: { origin, file: stateFile, vkey } })
      return { v: 1, server, origin, policy: offered, pinnedAt: now().toISOString() }
    }
    if (given !== undefined && given !== this.#state.policy) {
      const origin = this.#policyOf(given).logs[0]?.key.name
      if (origin === undefined) throw new Stop(exit.cannotJudge, 'policyInvalid', { why: 'it names no log' })
      remarks.push({ text: 'policyAdopted', values: {} })
      return { ...this.#state, policy: given, pinnedAt: now().toISOString() }
    }
    await this.#comparePolicy(this.#state.policy, remarks, checks)
    return this.#state
  }

  /** A log that says it has another key is not the log that was pinned. Other witnesses are only worth a remark. */
  async #comparePolicy(pinned: string, remarks: Remark[], checks: Check[]): Promise<void> {
    let offered: string
    try {
      offered = (await this.#options.caller.call('ledgerStatus')).policy
    } catch (error) {
      if (!(error instanceof BaileeError)) throw error
      remarks.push({ text: 'statusUnreachable', values: {} })
      return
    }
    if (offered === pinned) return
    const policy = attempt(() => parsePolicy(offered))
    const offeredKeys = policy.ok ? vkeysOf(policy.value) : []
    const lost = vkeysOf(this.#policyOf(pinned)).filter((vkey) => !offeredKeys.includes(vkey))
    if (lost.length > 0) {
      checks.push({ id: 'pinned-key', ok: false, detail: `the server no longer names ${lost.map(keyOf).join(', ')}` })
    } else remarks.push({ text: 'policyOffered', values: {} })
  }

  async #fetchCheckpoint(): Promise<string> {
    const { server, signal } = this.#options
    const bytes = await fetchBytes(`${server}/ledger/checkpoint`, checkpointLimit, signal)
    if (bytes === undefined) throw new Stop(exit.server, 'serverAnswered', { status: 404, what: '/ledger/checkpoint' })
    const text = attempt(() => utf8Decode(bytes))
    return text.ok ? text.value : ''
  }

  /** Compares two signed heads by hashes computed from the tiles; the server's own proofs are not asked for. */
  async #judgeGrowth(
    older: Checkpoint | undefined,
    newer: Checkpoint,
    remarks: Remark[],
  ): Promise<{ checks: Check[]; isFork: boolean }> {
    if (older !== undefined && older.size > newer.size) return this.#judgeShrinking(older, newer, remarks)
    const tiles = await this.#tilesOf(newer)
    if (!tiles.check.ok) {
      const sameSize = older !== undefined && older.size === newer.size && !equalBytes(older.root, newer.root)
      return sameSize ? forked(older, newer) : { checks: [tiles.check], isFork: false }
    }
    if (older === undefined || older.size === 0) return { checks: [tiles.check], isFork: false }
    const grew =
      older.size === newer.size
        ? equalBytes(older.root, newer.root)
        : verifyConsistency({
            size1: older.size,
            size2: newer.size,
            root1: older.root,
            root2: newer.root,
            proof: await tiles.hashes.consistencyProof(older.size),
          })
    if (!grew) return forked(older, newer)
    const detail = `from ${older.size} to ${newer.size}`
    return { checks: [tiles.check, { id: 'consistency', ok: true, detail }], isFork: false }
  }

  /** A smaller head may be a stale copy of the same log; if it is not, or if the rest is gone, entries were taken back. */
  async #judgeShrinking(older: Checkpoint, newer: Checkpoint, remarks: Remark[]) {
    const tiles = await this.#tilesOf(older)
    const isStale =
      tiles.check.ok &&
      (newer.size === 0
        ? equalBytes(newer.root, emptyRoot)
        : verifyConsistency({
            size1: newer.size,
            size2: older.size,
            root1: newer.root,
            root2: older.root,
            proof: await tiles.hashes.consistencyProof(newer.size),
          }))
    if (!isStale) return forked(older, newer)
    remarks.push({ text: 'olderShown', values: { size: newer.size } })
    return {
      checks: [{ id: 'consistency', ok: true, detail: `${newer.size} is a past of ${older.size}` }],
      isFork: false,
    }
  }

  async #tilesOf({ size, root }: Checkpoint): Promise<{ hashes: TileHashes; check: Check & { readonly ok: boolean } }> {
    const hashes = new TileHashes(this.#fetchTile, size)
    try {
      const ok = equalBytes(await hashes.root(), root)
      return {
        hashes,
        check: { id: 'tiles', ok, detail: ok ? `size ${size}` : `the tiles of size ${size} make another root` },
      }
    } catch (error) {
      // A tile that is not there, or has another size, though a signed head says that it exists.
      if (!(error instanceof ProofError)) throw error
      return { hashes, check: { id: 'tiles', ok: false, detail: error.message } }
    }
  }

  readonly #fetchTile: FetchTile = async (level, n, width) =>
    this.#fetchCut(tilePath(level, n, width), tilePath(level, n), width * 32)

  /** A partial tile may be tidied away once the full one exists; its start is the same. */
  async #fetchCut(path: string, fullPath: string, length: number): Promise<Uint8Array> {
    const { server, signal } = this.#options
    const exact = await fetchBytes(`${server}/ledger/${path}`, tileLimit, signal)
    if (exact !== undefined) return exact
    const full = path === fullPath ? undefined : await fetchBytes(`${server}/ledger/${fullPath}`, tileLimit, signal)
    if (full === undefined) throw new ProofError('malformed_tile', `${path} is missing`)
    return full.slice(0, length)
  }

  async #readOn(checkpoint: Checkpoint, remarks: Remark[]): Promise<readonly Check[]> {
    const { server, signal } = this.#options
    this.#audit ??= this.#startAudit()
    const audit = this.#audit
    // An older head than what was audited already: there is nothing new to read.
    if (checkpoint.size < audit.size) return []
    const begin = audit.size
    const progress = this.#options.progress(checkpoint.size - begin)
    const found = (finding: AuditFinding) => {
      if (finding.id === 'tag-repeated') {
        remarks.push({ text: 'tagRepeated', values: { epoch: finding.epoch, times: finding.times } })
      }
    }
    try {
      return await audit.readTo(
        checkpoint,
        {
          bundle: async (n, width) => {
            const path = entriesPath(n, width)
            const exact = await fetchBytes(`${server}/ledger/${path}`, bundleLimit, signal)
            const full =
              exact ??
              (width === tileWidth
                ? undefined
                : await fetchBytes(`${server}/ledger/${entriesPath(n)}`, bundleLimit, signal))
            if (full === undefined) throw new ProofError('malformed_tile', `${path} is missing`)
            return full
          },
          tile: (n, width) => this.#fetchTile(0, n, width),
        },
        { found, progress: (size) => progress.update(size - begin) },
      )
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      return [{ id: 'audit', ok: false, detail: error.message }]
    } finally {
      progress.end()
    }
  }

  #startAudit(): Audit {
    const state = this.#state?.audit
    const audit = attempt(() => new Audit(state))
    if (audit.ok) return audit.value
    throw new Stop(exit.cannotJudge, 'stateDamaged', { file: this.#options.stateFile, why: audit.why })
  }
}

const keyOf = (vkey: string): string => vkey.split('+').slice(0, 2).join('+')

const forked = (older: Checkpoint, newer: Checkpoint) => ({
  checks: [
    {
      id: 'consistency',
      ok: false,
      detail: `${older.origin} signed size ${older.size} (${base64Encode(older.root)}) and size ${newer.size} (${base64Encode(newer.root)}), which do not belong to one ledger`,
    },
  ],
  isFork: true,
})

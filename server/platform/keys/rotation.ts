import { type Clock, day } from '#kernel'
import type { Database, Tx } from '../db/database.ts'
import type { Log } from '../log.ts'
import { type EndedKey, epochEnd, type Keys } from './keys.ts'
import type { Rewrapped, Rewrapper, WrappedRow } from './rewrapper.ts'
import {
  type RotationState,
  readRotation,
  rotationLock,
  saveDestroyed,
  saveDestroying,
  saveProgress,
  startRotation,
} from './rotation-store.ts'
import { keyIdOf, open, SealBroken, seal } from './sealed.ts'

/** Old keys rest for a day after their epoch: no clock is so wrong, and no transaction so slow, as to wrap with one still. */
export const restDays = 1
/**
 * Keys are destroyed at most so many days after their epoch: one of rest, seven until answers kept for an Idempotency-Key
 * have died, and two for the hourly job to find a running server.
 */
export const destroyedWithinDays = 10
/** When every key of the epoch of `at` is destroyed at the latest, and every backup of them `backupDays` later. */
export const unrecoverableAt = (at: Date, epochOf: (at: Date) => number, backupDays: number): Date =>
  new Date(epochEnd(epochOf(at)).getTime() + (destroyedWithinDays + backupDays) * day)

export interface RotationStatus {
  readonly present: number
  readonly running: boolean
  readonly oldKeys: number
  readonly oldestEpoch: number | null
  readonly rotation: RotationState | undefined
}
export interface Rotation {
  /** Goes on where the last run stopped, here or elsewhere; at once if it is running. Wraps a second at most. */
  kick(rate?: number): void
  /** As `kick`, unless it was finished in this epoch less than a day ago: walking over everything is not for nothing. */
  daily(): Promise<void>
  /** Stops after the batch in hand; resolves when nothing runs here any more. */
  pause(): Promise<void>
  /** One whole run. Answers what it came to; `busy` when another server is at it. */
  run(rate?: number): Promise<'done' | 'paused' | 'busy'>
  status(): Promise<RotationStatus>
}
export interface RotationDeps {
  readonly db: Database
  readonly keys: Keys
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  readonly rewrappers: readonly Rewrapper[]
  /** Tells everybody, in the transaction that ends the destruction. */
  announce(tx: Tx, destroyed: { readonly epoch: number; readonly keys: number }): Promise<void>
  /** Between the last wrap and the destruction: whoever read a blob before has fetched its key by then. */
  readonly settleMilliseconds?: number
}

export const backgroundRate = 5_000
/** A batch takes about a tenth of a second, so that a slow rotation is an even one. */
const batchRows = (rate: number) => Math.min(1_000, Math.max(10, Math.round(rate / 10)))
const saveEveryMilliseconds = 500
/** Twice as long as a key is remembered and longer than a statement may take. */
const settled = 120_000

export function createRotation(deps: RotationDeps): Rotation {
  const { db, keys, log } = deps
  let running: Promise<'done' | 'paused' | 'busy'> | undefined
  let stopping = false
  let wake = () => {}
  let rate = backgroundRate
  const sleep = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (stopping) wake()
    })

  async function underLock(): Promise<'done' | 'paused' | 'busy'> {
    const lock = await db.tryLock(rotationLock)
    if (!lock) return 'busy'
    let lost = false
    void lock.lost.then(() => {
      lost = true
    })
    try {
      return await rotate(() => stopping || lost)
    } finally {
      await lock.release().catch(() => {})
    }
  }

  async function rotate(isStopped: () => boolean): Promise<'done' | 'paused'> {
    let state = await readRotation(db)
    if (state && state.destroying.length > 0) await finishDestruction(state.destroying)
    // A pass leaves behind what others were changing; three in a row leave nothing but what is damaged.
    for (let pass = 0; pass < 3; pass++) {
      const ended = await keys.endedEpochs()
      if (ended.keys.length === 0) break
      state = await readRotation(db)
      if (!state || state.epoch !== ended.present || state.state !== 'rewrapping')
        state = await startRotation(db, ended.present, await sum(deps.rewrappers))
      const skipped = await rewrapAll(state, ended.keys, isStopped)
      if (skipped === undefined) return 'paused'
      await saveProgress(db, { state: 'waiting' })
      if (skipped === 0) break
    }
    const due = await keysAtRest()
    if (due.length > 0) {
      await sleep(deps.settleMilliseconds ?? settled)
      if (isStopped()) return 'paused'
      await destroyUnused(due)
    }
    if (await readRotation(db)) await saveProgress(db, { state: 'finished' })
    return 'done'
  }

  /** Answers how many rows were being changed by others; undefined when it was stopped. */
  async function rewrapAll(
    from: RotationState,
    old: readonly EndedKey[],
    isStopped: () => boolean,
  ): Promise<number | undefined> {
    const ids = old.map(({ id }) => id)
    const present = new Map<string, Awaited<ReturnType<Keys['current']>>>()
    let { seen, rewrapped, skipped, damaged } = from
    let saved = performance.now()
    const first = Math.max(
      0,
      deps.rewrappers.findIndex(({ name }) => name === from.rewrapper),
    )
    for (const [at, { name, nextBatch, replace }] of deps.rewrappers.slice(first).entries()) {
      if (!nextBatch || !replace) continue
      let after = at === 0 && name === from.rewrapper ? from.after : null
      const save = () =>
        saveProgress(db, { state: 'rewrapping', rewrapper: name, after, seen, rewrapped, skipped, damaged })
      let fetching = nextBatch(after, batchRows(rate), ids)
      let writing: Promise<void> = Promise.resolve()
      for (;;) {
        const began = performance.now()
        const page = await fetching
        // The next rows come while these are sealed, and these are written while the next are.
        if (page.after !== null) fetching = nextBatch(page.after, batchRows(rate), ids)
        const changed: Rewrapped[] = []
        present.clear()
        await keys.load(ids)
        for (const [at, row] of page.rows.entries()) {
          // Others wait a millisecond for us, not ten.
          if (at % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
          const name = `${row.tenant}/${row.purpose}`
          let key = present.get(name) ?? keys.currentCached(row.tenant, row.purpose)
          key ??= await keys.current(row.tenant, row.purpose)
          present.set(name, key)
          const now = resealed(keys, row, key)
          if (now) changed.push({ place: row.place, was: row.blob, now })
          else damaged += 1
        }
        await writing
        if (isStopped()) {
          await Promise.allSettled([fetching])
          await save()
          return undefined
        }
        writing = (async () => {
          const set = changed.length === 0 ? 0 : await replace(changed)
          rewrapped += set
          skipped += changed.length - set
          seen += page.seen
          after = page.after ?? after
          if (performance.now() - saved > saveEveryMilliseconds) {
            saved = performance.now()
            await save()
          }
        })()
        writing.catch(() => {})
        const spare = (page.rows.length / rate) * 1000 - (performance.now() - began)
        if (spare > 1) await sleep(spare)
        if (page.after === null) break
      }
      await writing
      await save()
    }
    return skipped - from.skipped
  }

  async function keysAtRest(): Promise<EndedKey[]> {
    const rested = deps.clock.now().getTime() - restDays * day
    return (await keys.endedEpochs()).keys.filter(({ epoch }) => epochEnd(epoch).getTime() <= rested)
  }

  /** Destroys those of these keys that nothing stands under: counted by every rewrapper, behind a fence. */
  async function destroyUnused(due: readonly EndedKey[]): Promise<void> {
    for (const rewrapper of deps.rewrappers) await rewrapper.fence()
    const used = new Map<string, number>()
    for (const { countUnder } of deps.rewrappers)
      for (const [id, count] of await countUnder(due.map(({ id }) => id))) used.set(id, (used.get(id) ?? 0) + count)
    const unused = new Map<number, string[]>()
    for (const { id, tenant, purpose, epoch } of due) {
      const owners = await Promise.all(deps.rewrappers.map((rewrapper) => rewrapper.owns(tenant, purpose)))
      if (!owners.includes(true))
        log.warn({ tenant, purpose, epoch }, 'an old key is kept: no room accounts for its purpose')
      else if (used.has(id)) log.info({ tenant, purpose, epoch, blobs: used.get(id) }, 'an old key is still in use')
      else unused.set(epoch, [...(unused.get(epoch) ?? []), id])
    }
    if (unused.size === 0) return
    const destroying = [...unused].map(([epoch, ids]) => ({ epoch, ids }))
    await saveDestroying(db, destroying)
    await finishDestruction(destroying)
  }

  /** Two databases share no transaction: first the intent, then the deed, then the leaf, and each may be done again. */
  async function finishDestruction(destroying: RotationState['destroying']): Promise<void> {
    await keys.destroy(destroying.flatMap(({ ids }) => ids))
    await db.transaction('platform', async (tx) => {
      if (
        !(await saveDestroyed(
          tx,
          destroying.reduce((count, { ids }) => count + ids.length, 0),
        ))
      )
        return
      for (const { epoch, ids } of destroying) await deps.announce(tx, { epoch, keys: ids.length })
    })
    for (const { epoch, ids } of destroying) log.info({ epoch, keys: ids.length }, 'old epoch keys were destroyed')
  }

  const rotation: Rotation = {
    run(wanted) {
      if (wanted !== undefined) rate = wanted
      if (!running) {
        rate = wanted ?? backgroundRate
        stopping = false
        running = underLock().finally(() => {
          running = undefined
        })
      }
      return running
    },
    kick(wanted) {
      rotation.run(wanted).catch((error: unknown) => log.error({ err: error }, 'the keys are not rotated'))
    },
    async daily() {
      const state = await readRotation(db)
      const { present } = await keys.endedEpochs()
      if (!state?.isFresh || state.epoch !== present) rotation.kick()
    },
    async pause() {
      stopping = true
      wake()
      await running?.catch(() => {})
    },
    async status() {
      const { present, keys: old } = await keys.endedEpochs()
      const state = await readRotation(db)
      return {
        present,
        running: running !== undefined || state?.isHeld === true,
        oldKeys: old.length,
        oldestEpoch: old[0]?.epoch ?? null,
        rotation: state,
      }
    },
  }
  return rotation
}

/** Undefined when the blob does not open: damaged, moved, or its key is lost. It is left as it is. */
function resealed(keys: Keys, row: WrappedRow, under: Awaited<ReturnType<Keys['current']>>): Buffer | undefined {
  try {
    const key = keys.cached(keyIdOf(row.blob))
    if (!key) return undefined
    const plain = open(key, row.blob, row.aad)
    const blob = seal(under.key, under.idBytes, plain, row.aad)
    plain.fill(0)
    return blob
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}

async function sum(rewrappers: readonly Rewrapper[]): Promise<number> {
  const counts = await Promise.all(rewrappers.map((rewrapper) => (rewrapper.nextBatch ? rewrapper.expected() : 0)))
  return counts.reduce((total, count) => total + count, 0)
}

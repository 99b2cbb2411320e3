import { createSecretKey, type KeyObject } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { randomSource } from '#kernel'
import { drawerAad, grantAad, seal, sealedOverhead } from './sealed.ts'

/** The epoch key of a purpose, as a drawer key is wrapped under it. */
export interface PurposeKey {
  readonly purpose: string
  readonly idBytes: Uint8Array
  readonly key: KeyObject
}
/** A category that a person opens for the first time: a fresh key, wrapped once for each purpose, and what it seals. */
export interface FreshDrawer {
  readonly tenant: string
  readonly subject: string
  readonly category: string
  /** Places in the list of purpose keys. */
  readonly purposes: readonly number[]
  /** What is sealed now; a category may be agreed to before anything is collected. */
  readonly contents: { readonly record: string; readonly schemaVersion: number; readonly json: string } | undefined
}
export interface SealedDrawer {
  /** One a purpose, in the order asked for. */
  readonly wraps: readonly Buffer[]
  readonly sealed: Buffer | undefined
}

const randomKey = randomSource(32)
const wrapBytes = sealedOverhead + 32

/** The blob's key id is the person's: a drawer key belongs to one person and category, and which one the row says. */
export function sealContents(
  key: KeyObject,
  drawer: { readonly tenant: string; readonly subject: string; readonly category: string },
  contents: NonNullable<FreshDrawer['contents']>,
): Buffer {
  const { tenant, subject, category } = drawer
  return seal(
    key,
    Buffer.from(subject, 'hex'),
    Buffer.from(contents.json),
    drawerAad(tenant, subject, contents.record, category, contents.schemaVersion),
  )
}

/** Makes the drawer's key, uses it and forgets it: it leaves this function only wrapped. */
export function sealFresh(drawer: FreshDrawer, keys: readonly PurposeKey[]): SealedDrawer {
  const { tenant, subject, category, purposes, contents } = drawer
  const bytes = randomKey()
  const wraps = purposes.map((place) => {
    const { purpose, idBytes, key } = keys[place]!
    return seal(key, idBytes, bytes, grantAad(tenant, subject, category, purpose))
  })
  const sealed = contents && sealContents(createSecretKey(bytes), drawer, contents)
  bytes.fill(0)
  return { wraps, sealed }
}

/**
 * Many drawers travel to the thread as one text and come back as one block of bytes: a message of many small objects would
 * cost more to copy than it saves. No id, slug or JSON text holds a line feed.
 */
export function packDrawers(drawers: readonly FreshDrawer[]): string {
  let text = ''
  for (const { tenant, subject, category, purposes, contents } of drawers) {
    text += `${tenant} ${subject} ${category} ${purposes.join(',')}\n`
    text += contents ? `${contents.record} ${contents.schemaVersion} ${contents.json}\n` : '\n'
  }
  return text
}
export function unpackDrawers(text: string): FreshDrawer[] {
  const lines = text.split('\n')
  const drawers: FreshDrawer[] = []
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [tenant, subject, category, purposes] = lines[at]!.split(' ') as [string, string, string, string]
    const line = lines[at + 1]!
    const gap = line.indexOf(' ', 33)
    drawers.push({
      tenant,
      subject,
      category,
      purposes: purposes === '' ? [] : purposes.split(',').map(Number),
      contents:
        line === ''
          ? undefined
          : { record: line.slice(0, 32), schemaVersion: Number(line.slice(33, gap)), json: line.slice(gap + 1) },
    })
  }
  return drawers
}
/** Wraps of fixed length, then the sealed drawer after its length as u32be; 0 says that there is none. */
export function packSealed(all: readonly SealedDrawer[]): Uint8Array<ArrayBuffer> {
  const size = all.reduce((sum, { wraps, sealed }) => sum + wraps.length * wrapBytes + 4 + (sealed?.length ?? 0), 0)
  const bytes = Buffer.from(new ArrayBuffer(size))
  let at = 0
  for (const { wraps, sealed } of all) {
    for (const wrap of wraps) {
      bytes.set(wrap, at)
      at += wrapBytes
    }
    at = bytes.writeUInt32BE(sealed?.length ?? 0, at)
    if (sealed) bytes.set(sealed, at)
    at += sealed?.length ?? 0
  }
  return bytes
}
export function unpackSealed(packed: Uint8Array, drawers: readonly FreshDrawer[]): SealedDrawer[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength)
  let at = 0
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  return drawers.map(({ purposes }) => {
    const wraps = purposes.map(() => take(wrapBytes))
    const length = take(4).readUInt32BE()
    return { wraps, sealed: length === 0 ? undefined : take(length) }
  })
}

export interface ToSealing {
  readonly id: number
  readonly keys: readonly PurposeKey[]
  readonly drawers: string
}
export type FromSealing =
  | { readonly id: number; readonly packed: Uint8Array }
  | { readonly id: number; readonly why: string }

export interface Sealing {
  /** Fresh drawers of many people. Few are sealed on the spot, many by a thread of their own. */
  fresh(drawers: readonly FreshDrawer[], keys: readonly PurposeKey[]): Promise<readonly SealedDrawer[]>
  close(): Promise<void>
}

/** Fewer than this are sealed sooner than sent. */
const worthSending = 6

/**
 * Sealing is a fifth of the work of a collect, and the only part of it that needs nothing of this thread: under a crowd
 * it is done beside it. The thread starts with the first crowd, so that a quiet server does not pay for it.
 */
export function createSealing(): Sealing {
  let thread: Worker | undefined
  let asked = 0
  const waiting = new Map<number, { resolve: (packed: Uint8Array) => void; reject: (error: Error) => void }>()
  const start = (): Worker => {
    const worker = new Worker(new URL('./sealing-thread.ts', import.meta.url), { name: 'sealing' })
    worker.on('message', (answer: FromSealing) => {
      const asker = waiting.get(answer.id)
      waiting.delete(answer.id)
      if (waiting.size === 0) worker.unref()
      if ('packed' in answer) asker?.resolve(answer.packed)
      else asker?.reject(new Error(answer.why))
    })
    const lost = (error: Error) => {
      thread = undefined
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
    worker.once('error', lost)
    worker.once('exit', () => lost(new Error('the sealing thread has ended')))
    worker.unref()
    return worker
  }
  const alone = (drawers: readonly FreshDrawer[], keys: readonly PurposeKey[]) =>
    drawers.map((drawer) => sealFresh(drawer, keys))
  return {
    async fresh(drawers, keys) {
      if (drawers.length < worthSending) return alone(drawers, keys)
      thread ??= start()
      const id = ++asked
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      waiting.set(id, { resolve, reject })
      thread.ref()
      thread.postMessage({ id, keys, drawers: packDrawers(drawers) } satisfies ToSealing)
      // A thread that died took nothing with it: what it was to seal is sealed here.
      const packed = await promise.catch(() => undefined)
      return packed ? unpackSealed(packed, drawers) : alone(drawers, keys)
    },
    async close() {
      await thread?.terminate()
    },
  }
}

import type { KeyObject } from 'node:crypto'
import { lengthPrefixed } from '@bailee/proof'
import { open, SealBroken, seal } from '#platform'

export const chunkBytes = 65_536
/** Where a chunk belongs. Its number and whether it is the last are bound to it, so none can be moved, dropped or added. */
export interface ChunkPlace {
  readonly tenant: string
  readonly subject: string
  readonly record: string
  readonly field: string
  readonly file: string
}
const aadOf = ({ tenant, subject, record, field, file }: ChunkPlace, n: number, last: boolean): Uint8Array =>
  lengthPrefixed('bailee/file/v1', tenant, subject, record, field, file, String(n), last ? 'last' : 'more')

export const sealChunk = (key: KeyObject, place: ChunkPlace, n: number, last: boolean, bytes: Uint8Array): Buffer =>
  seal(key, Buffer.from(place.subject, 'hex'), bytes, aadOf(place, n, last))
/** @throws {SealBroken} when the chunk is damaged, or was not this one of this file */
export const openChunk = (key: KeyObject, place: ChunkPlace, n: number, last: boolean, sealed: Uint8Array): Buffer =>
  open(key, sealed, aadOf(place, n, last))

/** The bytes as they come, cut into chunks; the last one says so. An empty file is one empty chunk. */
export async function* inChunks(source: AsyncIterable<Buffer>): AsyncGenerator<{ bytes: Buffer; last: boolean }> {
  let held: Buffer[] = []
  let length = 0
  for await (const part of source) {
    let rest = part
    while (length + rest.length > chunkBytes) {
      const room = chunkBytes - length
      yield { bytes: Buffer.concat([...held, rest.subarray(0, room)]), last: false }
      rest = rest.subarray(room)
      held = []
      length = 0
    }
    held.push(rest)
    length += rest.length
  }
  yield { bytes: Buffer.concat(held), last: true }
}
/** Opens chunks in their order. @throws {SealBroken} at the first that is not in its place, or when the last is missing */
export async function* openChunks(
  key: KeyObject,
  place: ChunkPlace,
  count: number,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let n = 0
  for await (const sealed of chunks) {
    yield openChunk(key, place, n, n === count - 1, sealed)
    n += 1
  }
  if (n !== count) throw new SealBroken('chunks of the file are missing')
}

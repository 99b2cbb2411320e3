import { pipeline, Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

export interface ZipFile {
  /** Relative, with forward strokes. */
  readonly name: string
  readonly content: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>
}

const limit = 0xffff_ffff
const versionNeeded = 20
/** Bit 3: sizes follow the content. Bit 11: names are UTF-8. */
const flags = 0x0808
const deflated = 8

/**
 * A zip as it is made (APPNOTE 6.3.10, without zip64: 4 GiB and 65,535 files at most). Nothing is kept but the directory: each
 * file is compressed as it comes, and its sizes follow it.
 */
export async function* zip(files: AsyncIterable<ZipFile> | Iterable<ZipFile>, at: Date): AsyncGenerator<Buffer> {
  const directory: Buffer[] = []
  const { date, time } = dosTime(at)
  let offset = 0
  for await (const { name, content } of files) {
    const nameBytes = Buffer.from(name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x0403_4b50, 0)
    local.writeUInt16LE(versionNeeded, 4)
    local.writeUInt16LE(flags, 6)
    local.writeUInt16LE(deflated, 8)
    local.writeUInt16LE(time, 10)
    local.writeUInt16LE(date, 12)
    local.writeUInt16LE(nameBytes.length, 26)
    yield Buffer.concat([local, nameBytes])
    const sum = { crc: 0, size: 0, packed: 0 }
    for await (const chunk of deflate(content, sum)) {
      sum.packed += chunk.length
      yield chunk
    }
    const descriptor = Buffer.alloc(16)
    descriptor.writeUInt32LE(0x0807_4b50, 0)
    descriptor.writeUInt32LE(sum.crc, 4)
    descriptor.writeUInt32LE(fits(sum.packed), 8)
    descriptor.writeUInt32LE(fits(sum.size), 12)
    yield descriptor
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x0201_4b50, 0)
    entry.writeUInt16LE(versionNeeded, 4)
    entry.writeUInt16LE(versionNeeded, 6)
    entry.writeUInt16LE(flags, 8)
    entry.writeUInt16LE(deflated, 10)
    entry.writeUInt16LE(time, 12)
    entry.writeUInt16LE(date, 14)
    entry.writeUInt32LE(sum.crc, 16)
    entry.writeUInt32LE(sum.packed, 20)
    entry.writeUInt32LE(sum.size, 24)
    entry.writeUInt16LE(nameBytes.length, 28)
    entry.writeUInt32LE(fits(offset), 42)
    directory.push(Buffer.concat([entry, nameBytes]))
    offset += local.length + nameBytes.length + sum.packed + descriptor.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x0605_4b50, 0)
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(fits(offset), 16)
  yield listing
  yield end
}

async function* deflate(content: ZipFile['content'], sum: { crc: number; size: number }): AsyncGenerator<Buffer> {
  async function* counted() {
    for await (const part of content) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part
      sum.crc = crc32(bytes, sum.crc)
      sum.size += bytes.length
      yield bytes
    }
  }
  // The callback is for the pipeline alone: an error reaches the reader through the stream that it destroys.
  yield* pipeline(Readable.from(counted(), { objectMode: false }), createDeflateRaw({ level: 6 }), () => {})
}

function fits(size: number): number {
  if (size > limit) throw new Error('a zip without zip64 holds 4 GiB at most')
  return size
}
/** MS-DOS date and time, two seconds fine, in UTC. */
function dosTime(at: Date): { date: number; time: number } {
  return {
    date: ((Math.max(1980, at.getUTCFullYear()) - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  }
}

import type { Readable } from 'node:stream'

/** An answer that is a file, sent as it is made. What fails once it has begun breaks the connection: half a file is none. */
export class FileAnswer {
  readonly media: string
  readonly name: string
  readonly content: Readable
  /** @param name ASCII, without quotes. */
  constructor(media: string, name: string, content: Readable) {
    this.media = media
    this.name = name
    this.content = content
  }
}

import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equalBytes, parseCheckpoint, parseNote, type WitnessedState } from '@bailee/proof'
import { syncDirectory, writeDurably } from './durable.ts'

const version = 'bailee-witness-state/v1'

/** What was cosigned last for each log: one file an origin, a checksum line and the cosigned note. */
export class WitnessStore {
  readonly #directory: string
  readonly #held = new Map<string, Witnessed>()
  /** The last task of each origin: the next one waits for it, so that comparing and storing are one step. */
  readonly #queues = new Map<string, Promise<unknown>>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Reads the state of these origins. Throws if a file is damaged: guessing could cosign a fork. */
  static async open(directory: string, origins: Iterable<string>): Promise<WitnessStore> {
    const store = new WitnessStore(join(directory, 'state'))
    await mkdir(store.#directory, { recursive: true, mode: 0o700 })
    await syncDirectory(directory)
    for (const origin of origins) {
      const file = store.#file(origin)
      const contents = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (contents !== undefined) store.#held.set(origin, parseState(file, origin, contents))
    }
    return store
  }

  find(origin: string): Witnessed | undefined {
    return this.#held.get(origin)
  }

  /** Runs one task at a time for an origin. */
  async exclusively<T>(origin: string, task: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(origin) ?? Promise.resolve()
    const run = before.then(task, task)
    this.#queues.set(origin, run)
    try {
      return await run
    } finally {
      if (this.#queues.get(origin) === run) this.#queues.delete(origin)
    }
  }

  /** Only inside `exclusively`. Durable when it resolves; if it fails, the old state stands in memory. */
  async put(origin: string, witnessed: Witnessed): Promise<void> {
    const checksum = createHash('sha256').update(witnessed.note).digest('hex')
    await writeDurably(this.#file(origin), `${version} ${checksum}\n${witnessed.note}`)
    this.#held.set(origin, witnessed)
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#queues.values())
  }

  #file(origin: string): string {
    return join(this.#directory, originHash(origin))
  }
}

export type Witnessed = WitnessedState & {
  /** The checkpoint with the log's signatures and ours. */
  readonly note: string
}

export function originHash(origin: string): string {
  return createHash('sha256').update(origin).digest('hex')
}

function parseState(file: string, origin: string, contents: Buffer): Witnessed {
  const end = contents.indexOf(0x0a)
  const note = contents.subarray(end + 1)
  const head = Buffer.from(`${version} ${createHash('sha256').update(note).digest('hex')}`)
  if (end < 0 || !equalBytes(contents.subarray(0, end), head)) {
    throw new Error(`${file} is damaged: restore it, or retire this witness and start another under a new name`)
  }
  const text = note.toString('utf8')
  const checkpoint = parseCheckpoint(parseNote(text).text)
  if (checkpoint.origin !== origin) throw new Error(`${file} belongs to another log`)
  return { size: checkpoint.size, root: checkpoint.root, note: text }
}

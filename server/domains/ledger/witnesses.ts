import { createHash } from 'node:crypto'
import {
  formatAddCheckpoint,
  formatNote,
  openNote,
  parseCheckpoint,
  parseNote,
  type Verifier,
  verifierFor,
} from '@bailee/proof'
import { nodeChecks } from './signing.ts'

export interface WitnessConfig {
  readonly name: string
  readonly url: string
  readonly vkeys: readonly string[]
}
export interface WitnessView {
  readonly name: string
  readonly vkeys: readonly string[]
  readonly url: string
  size: number | null
  seenAt: number | null
  reachable: boolean
}

/** Signature lines of a note's second part, each with its line feed. */
export const signatureLines = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('\u2014 '))
    .map((line) => `${line}\n`)

/** A witness says that what we signed does not extend what it has seen. */
export class WitnessDisagrees extends Error {
  override readonly name = 'WitnessDisagrees'
}

const timeoutMilliseconds = 5_000

/** Client of c2sp.org/tlog-witness. Believes a witness only as far as its signature goes. */
export class WitnessClient {
  readonly view: WitnessView
  readonly #verifiers: readonly Verifier[]
  readonly #origin: string
  constructor(config: WitnessConfig, origin: string) {
    this.view = { name: config.name, vkeys: config.vkeys, url: config.url, size: null, seenAt: null, reachable: false }
    this.#verifiers = config.vkeys.map((vkey) => verifierFor(vkey, nodeChecks))
    this.#origin = origin
  }

  /** What the witness has stored for this log: undefined when it has seen nothing, an error when it cannot be asked. */
  async latest(): Promise<{ size: number; root: Uint8Array } | undefined> {
    const hash = createHash('sha256').update(this.#origin).digest('hex')
    const response = await this.#ask(`${this.view.url}/${hash}/checkpoint`)
    if (response.status === 404) return undefined
    if (response.status !== 200) throw new Error(`witness ${this.view.name} answered ${response.status}`)
    const opened = openNote(await response.text(), this.#verifiers)
    const checkpoint = parseCheckpoint(opened.text)
    if (checkpoint.origin !== this.#origin) throw new Error(`witness ${this.view.name} answered for another log`)
    this.#saw(checkpoint.size)
    return { size: checkpoint.size, root: checkpoint.root }
  }

  /**
   * Submits a checkpoint and answers the cosignature lines that verify. On a conflict it learns the witness's size and
   * tries once more from there.
   */
  async submit(
    note: string,
    size: number,
    consistencyProof: (oldSize: number) => Promise<readonly Uint8Array[]>,
  ): Promise<string[]> {
    let oldSize = this.view.size ?? 0
    for (let attempt = 0; attempt < 2; attempt++) {
      const proof = oldSize === 0 ? [] : await consistencyProof(oldSize)
      const response = await this.#ask(`${this.view.url}/add-checkpoint`, formatAddCheckpoint({ oldSize, proof, note }))
      const body = await response.text()
      if (response.status === 200) {
        const lines = signatureLines(body)
        const { text } = parseNote(note)
        // A line that does not verify over our own checkpoint is no cosignature.
        const opened = openNote(formatNote(text, lines), this.#verifiers)
        if (opened.verified.length === 0) throw new Error(`witness ${this.view.name} did not sign`)
        this.#saw(size)
        return lines
      }
      if (response.status === 422) throw new WitnessDisagrees(`witness ${this.view.name} has seen another history`)
      if (response.status !== 409) throw new Error(`witness ${this.view.name} refused with ${response.status}`)
      const stored = /^\d{1,16}\n?$/.test(body) ? Number(body) : Number.NaN
      if (!Number.isSafeInteger(stored)) throw new Error(`witness ${this.view.name} does not say what it has seen`)
      if (stored > size)
        throw new WitnessDisagrees(`witness ${this.view.name} has seen ${stored} entries, we submitted ${size}`)
      oldSize = stored
    }
    throw new Error(`witness ${this.view.name} moved while we asked`)
  }

  #saw(size: number) {
    this.view.size = size
    this.view.seenAt = Date.now()
  }
  async #ask(url: string, body?: Uint8Array | string): Promise<Response> {
    try {
      const response = await fetch(url, {
        ...(body === undefined ? {} : { method: 'POST', body: body as BodyInit }),
        signal: AbortSignal.timeout(timeoutMilliseconds),
        redirect: 'error',
      })
      this.view.reachable = true
      return response
    } catch (error) {
      this.view.reachable = false
      throw error
    }
  }
}

import {
  base64Encode,
  type Checkpoint,
  decodeEntryBundle,
  entriesPath,
  type FetchTile,
  openNote,
  parseCheckpoint,
  parsePolicy,
  policyVerifiers,
  quorumReached,
  type SignatureChecks,
  signatureType,
  TileHashes,
  tilePath,
  tileWidth,
  verifyEd25519,
  verifyMlDsa44,
  witnessOf,
} from '@bailee/proof'
import { createCaller, type ReplyOf } from '@bailee/sdk'

/** A checkpoint whose signatures were verified, and how many of each kind there were. */
export interface Seen {
  readonly note: string
  readonly checkpoint: Checkpoint
  readonly ed25519: number
  readonly mlDsa44: number
  readonly witnesses: readonly string[]
}

/**
 * Somebody without any key to the server. They believe the policy that they were shown on the first day (its keys are
 * what one would note down), and from then on nothing that they cannot compute from static files.
 */
export class Outsider {
  readonly url: string
  readonly policyText: string
  readonly checks: SignatureChecks = { ed25519: remembering(verifyEd25519), mlDsa44: remembering(verifyMlDsa44) }
  readonly #policy: ReturnType<typeof parsePolicy>

  private constructor(url: string, policyText: string) {
    this.url = url
    this.policyText = policyText
    this.#policy = parsePolicy(policyText)
  }

  static async arrive(url: string): Promise<Outsider> {
    return new Outsider(url, (await createCaller({ url }).call('ledgerStatus')).policy)
  }

  get origin(): string {
    return this.#policy.logs[0]!.key.name
  }
  /** Raw: the key under which receipts are signed. */
  get receiptKey(): Uint8Array {
    return this.#policy.logs.find(({ key }) => key.type === signatureType.ed25519)!.key.publicKey
  }

  status(): Promise<ReplyOf<'ledgerStatus'>> {
    return createCaller({ url: this.url }).call('ledgerStatus')
  }

  /** The published checkpoint. Throws a ProofError when one of its known signatures does not hold. */
  async checkpoint(): Promise<Seen> {
    return this.open(new TextDecoder().decode(await this.#fetch('/ledger/checkpoint')))
  }

  open(note: string): Seen {
    const { log, logPostQuantum, witnesses } = policyVerifiers(this.#policy, this.origin, this.checks)
    const opened = openNote(note, [...log, ...logPostQuantum, ...witnesses])
    const signedBy = (keys: readonly unknown[]) => opened.verified.filter(({ verifier }) => keys.includes(verifier))
    return {
      note,
      checkpoint: parseCheckpoint(opened.text),
      ed25519: signedBy(log).length,
      mlDsa44: signedBy(logPostQuantum).length,
      witnesses: signedBy(witnesses).flatMap((signature) => witnessOf(this.#policy, signature)?.name ?? []),
    }
  }

  hasQuorum({ witnesses }: Seen): boolean {
    return this.#policy.quorum !== 'none' && quorumReached(this.#policy, witnesses)
  }

  /** Every leaf up to this size, read from the public bundles. */
  async leaves(size: number): Promise<Uint8Array[]> {
    const leaves: Uint8Array[] = []
    for (let n = 0; n * tileWidth < size; n++) {
      const width = Math.min(tileWidth, size - n * tileWidth)
      const bundle = await this.#fetchCut(entriesPath(n, width), entriesPath(n))
      leaves.push(...decodeEntryBundle(bundle).slice(0, width))
    }
    return leaves
  }

  tiles(size: number): TileHashes {
    const fetchTile: FetchTile = async (level, n, width) =>
      (await this.#fetchCut(tilePath(level, n, width), tilePath(level, n))).slice(0, width * 32)
    return new TileHashes(fetchTile, size)
  }

  /** A partial tile may be tidied away once the full one exists; the full one begins with the same bytes. */
  async #fetchCut(path: string, fullPath: string): Promise<Uint8Array> {
    return this.#fetch(`/ledger/${path}`).catch(() => this.#fetch(`/ledger/${fullPath}`))
  }

  async #fetch(path: string): Promise<Uint8Array> {
    const response = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(10_000) })
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  }
}

type Check = NonNullable<SignatureChecks['ed25519']>

/** Hundreds of proofs share a few checkpoints: each signature is really verified, once. */
function remembering(check: Check): Check {
  const known = new Map<string, boolean>()
  return (publicKey, message, signature) => {
    const name = [publicKey, message, signature].map(base64Encode).join()
    const answer = known.get(name) ?? check(publicKey, message, signature)
    known.set(name, answer)
    return answer
  }
}

/** What a person's browser does with the one-time link: from then on it has the session's cookie. */
export async function arriveAsPerson(url: string, token: string) {
  const response = await fetch(`${url}/v1/parties/persons/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  if (response.status !== 201) throw new Error(`the person's link answered ${response.status}`)
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return createCaller({
    url,
    fetch: (input, init) => fetch(input, { ...init, headers: { ...(init.headers as object), cookie } }),
  }).call
}
export type PersonCall = Awaited<ReturnType<typeof arriveAsPerson>>

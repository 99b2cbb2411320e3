// c2sp.org/tlog-checkpoint
import { assertInteger, base64Decode, base64Encode, parseDecimal } from './bytes.ts'
import { ProofError, underCode } from './errors.ts'
import type { Hash } from './merkle.ts'
import { type Note, type OpenedNote, openNote, type VerifiedSignature, type Verifier } from './note.ts'

export type Checkpoint = {
  /** Names the log, for ever. */
  readonly origin: string
  readonly size: number
  readonly root: Hash
  /** Further lines. Bailee writes none: nobody audits them and ML-DSA cosignatures do not cover them. */
  readonly extensions: readonly string[]
}

/** The note text, ending in a newline. */
export function formatCheckpoint({ origin, size, root }: Pick<Checkpoint, 'origin' | 'size' | 'root'>): string {
  assertOrigin(origin)
  assertInteger(size)
  if (root.length !== 32) throw new ProofError('malformed_checkpoint', 'a root is 32 bytes')
  return `${origin}\n${size}\n${base64Encode(root)}\n`
}

/** Throws `malformed_checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  return underCode('malformed_checkpoint', 'checkpoint', () => {
    if (!text.endsWith('\n')) throw new ProofError('malformed_checkpoint', 'no final newline')
    const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n')
    if (origin === undefined || size === undefined || root === undefined) {
      throw new ProofError('malformed_checkpoint', 'fewer than three lines')
    }
    assertOrigin(origin)
    if (extensions.includes('')) throw new ProofError('malformed_checkpoint', 'an empty extension line')
    const hash = base64Decode(root)
    if (hash.length !== 32) throw new ProofError('malformed_checkpoint', 'a root is 32 bytes')
    return { origin, size: parseDecimal(size), root: hash, extensions }
  })
}

export type OpenedCheckpoint = {
  readonly checkpoint: Checkpoint
  readonly note: OpenedNote
  /** By the log's own keys; at least one. */
  readonly logSignatures: readonly VerifiedSignature[]
  /** By the other known keys. */
  readonly cosignatures: readonly VerifiedSignature[]
}

/**
 * Opens a checkpoint of one log. `log` are the log's keys (their name may differ from the origin), `cosigners` the
 * witnesses one knows. At least one log key must have signed.
 */
export function openCheckpoint(
  note: Uint8Array | string | Note,
  {
    origin,
    log,
    cosigners = [],
  }: {
    readonly origin: string
    readonly log: Verifier | readonly Verifier[]
    readonly cosigners?: readonly Verifier[]
  },
): OpenedCheckpoint {
  const logs: readonly Verifier[] = 'verify' in log ? [log] : log
  const opened = openNote(note, [...logs, ...cosigners])
  const logSignatures = opened.verified.filter(({ verifier }) => logs.includes(verifier))
  if (logSignatures.length === 0) throw new ProofError('unverified_note', 'not signed by the log')
  const checkpoint = parseCheckpoint(opened.text)
  if (checkpoint.origin !== origin) throw new ProofError('wrong_origin', 'a checkpoint of another log')
  const cosignatures = opened.verified.filter(({ verifier }) => !logs.includes(verifier))
  return { checkpoint, note: opened, logSignatures, cosignatures }
}

function assertOrigin(origin: string): void {
  if (origin === '' || origin.includes('\n') || !origin.isWellFormed()) {
    throw new ProofError('malformed_checkpoint', 'an origin is one line of text')
  }
}

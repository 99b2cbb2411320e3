// c2sp.org/tlog-witness, the part that decides. Storing atomically and signing belong to whoever calls it.
import { base64Decode, base64Encode, equalBytes, parseDecimal, utf8Decode } from './bytes.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { ProofError, underCode } from './errors.ts'
import { emptyRoot, type Hash, verifyConsistency } from './merkle.ts'
import { type Note, openNote, parseNote, type Verifier } from './note.ts'

export type AddCheckpoint = {
  readonly oldSize: number
  readonly proof: readonly Hash[]
  readonly checkpoint: Checkpoint
  readonly note: Note
  /** The signed note as it was sent. */
  readonly noteText: string
}

const maxProof = 63

export function formatAddCheckpoint({
  oldSize,
  proof,
  note,
}: {
  readonly oldSize: number
  readonly proof: readonly Hash[]
  readonly note: string
}): string {
  const text = [`old ${oldSize}`, ...proof.map(base64Encode), '', note].join('\n')
  parseAddCheckpoint(text)
  return text
}

/** Throws `malformed_request`; answer that with 400. */
export function parseAddCheckpoint(input: Uint8Array | string): AddCheckpoint {
  return underCode('malformed_request', 'add-checkpoint', () => {
    const text = typeof input === 'string' ? input : utf8Decode(input)
    const split = text.indexOf('\n\n')
    if (split < 0) throw new ProofError('malformed_request', 'no checkpoint')
    const [old, ...hashes] = text.slice(0, split).split('\n')
    if (!old?.startsWith('old ')) throw new ProofError('malformed_request', 'no old size')
    if (hashes.length > maxProof) throw new ProofError('malformed_request', `more than ${maxProof} hashes`)
    const noteText = text.slice(split + 2)
    const note = parseNote(noteText)
    return {
      oldSize: parseDecimal(old.slice(4)),
      // A hash of a wrong length is no hash; the proof as a whole is judged later.
      proof: hashes.map((line) => {
        const hash = base64Decode(line)
        if (hash.length !== 32) throw new ProofError('malformed_request', 'a hash is 32 bytes')
        return hash
      }),
      checkpoint: parseCheckpoint(note.text),
      note,
      noteText,
    }
  })
}

/** A log that the witness knows. */
export type WitnessedLog = { readonly origin: string; readonly keys: readonly Verifier[] }

/** What the witness cosigned last for an origin. */
export type WitnessedState = { readonly size: number; readonly root: Hash }

export type AddCheckpointVerdict =
  | {
      readonly status: 200
      /** Store this, durably and only if the state is still the one that was judged, before answering. */
      readonly store: WitnessedState
      /** Cosign this text. */
      readonly text: string
    }
  | AddCheckpointRefusal

export type AddCheckpointRefusal = {
  readonly status: 400 | 403 | 404 | 409 | 422
  readonly body: string
  readonly contentType?: string
}

/** The checks of tlog-witness in their order. `stored` is undefined for a log never cosigned before. */
export function judgeAddCheckpoint({
  request,
  log,
  stored,
}: {
  readonly request: AddCheckpoint
  readonly log: WitnessedLog | undefined
  readonly stored: WitnessedState | undefined
}): AddCheckpointVerdict {
  const { oldSize, proof, checkpoint, note } = request
  if (log === undefined || log.origin !== checkpoint.origin) return { status: 404, body: 'unknown log\n' }
  try {
    openNote(note, log.keys)
  } catch (error) {
    if (error instanceof ProofError) return { status: 403, body: `invalid signature: ${error.message}\n` }
    throw error
  }
  if (oldSize > checkpoint.size) return { status: 400, body: 'old size above the checkpoint size\n' }
  const known = stored ?? { size: 0, root: emptyRoot }
  if (oldSize !== known.size) return { status: 409, body: `${known.size}\n`, contentType: 'text/x.tlog.size' }
  if (!extendsState(known, checkpoint, proof)) return { status: 422, body: 'the consistency proof does not verify\n' }
  return { status: 200, store: { size: checkpoint.size, root: checkpoint.root }, text: note.text }
}

function extendsState(known: WitnessedState, checkpoint: Checkpoint, proof: readonly Hash[]): boolean {
  if (checkpoint.size === 0) return proof.length === 0 && equalBytes(checkpoint.root, emptyRoot)
  // Nothing was promised about an empty tree: any tree extends it, and a proof would be superfluous.
  if (known.size === 0) return proof.length === 0
  return verifyConsistency({
    size1: known.size,
    size2: checkpoint.size,
    root1: known.root,
    root2: checkpoint.root,
    proof,
  })
}

import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  ed25519CosignatureMessage,
  formatCosignatureLine,
  formatNote,
  formatVerifierKey,
  judgeAddCheckpoint,
  keyId,
  parseAddCheckpoint,
  signatureType,
  verifierFor,
  type WitnessedState,
} from '@bailee/proof'
import { nodeChecks } from './signing.ts'
import { signatureLines, type WitnessConfig } from './witnesses.ts'

export type Break = 'failed' | 'failed but took effect'

/** A witness over real HTTP that judges as a real one does, and whose connections and answers a test can break. */
export interface TestWitness {
  readonly config: WitnessConfig
  /** What it has cosigned last. A test may set it: a witness with another memory. */
  stored: (WitnessedState & { note: string }) | undefined
  /** The next submission: the connection breaks before or after the witness took it. */
  breakNext: Break | undefined
  /** The next answer to a submission comes when this resolves. */
  holdNext: Promise<void> | undefined
  /** Nobody answers. */
  down: boolean
  /** Answers this to the next submissions instead of judging them. */
  answer: { status: number; body: string } | undefined
  readonly submissions: number
  close(): Promise<void>
}

export async function startTestWitness(name: string, origin: string, logVkey: string): Promise<TestWitness> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const id = keyId(name, signatureType.ed25519Cosignature, raw)
  const path = `/${createHash('sha256').update(origin).digest('hex')}/checkpoint`
  const log = { origin, keys: [verifierFor(logVkey, nodeChecks)] }
  let submissions = 0
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (witness.down) return void request.socket.destroy()
      if (request.url === path) {
        reply.statusCode = witness.stored ? 200 : 404
        return void reply.end(witness.stored?.note ?? '')
      }
      submissions++
      if (witness.answer) {
        reply.statusCode = witness.answer.status
        return void reply.end(witness.answer.body)
      }
      const broken = witness.breakNext
      witness.breakNext = undefined
      if (broken === 'failed') return void request.socket.destroy()
      const submitted = parseAddCheckpoint(Buffer.concat(chunks))
      const verdict = judgeAddCheckpoint({ request: submitted, log, stored: witness.stored })
      reply.statusCode = verdict.status
      if (verdict.status !== 200) return void reply.end(verdict.body)
      const time = Math.floor(Date.now() / 1000)
      const signature = sign(null, ed25519CosignatureMessage(time, verdict.text), privateKey)
      const line = formatCosignatureLine(name, id, { time, signature })
      const ownLines = signatureLines(submitted.noteText.slice(verdict.text.length))
      witness.stored = { ...verdict.store, note: formatNote(verdict.text, [...ownLines, line]) }
      if (broken) return void request.socket.destroy()
      const held = witness.holdNext ?? Promise.resolve()
      witness.holdNext = undefined
      void held.then(() => reply.end(line))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a server that listens on TCP has one
  const witness: TestWitness = {
    config: {
      name,
      url: `http://127.0.0.1:${port}`,
      vkeys: [formatVerifierKey(name, signatureType.ed25519Cosignature, raw)],
    },
    stored: undefined,
    breakNext: undefined,
    holdNext: undefined,
    down: false,
    answer: undefined,
    get submissions() {
      return submissions
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return witness
}

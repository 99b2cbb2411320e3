import { createPublicKey, verify } from 'node:crypto'
import {
  formatCheckpoint,
  formatCosignatureLine,
  formatNote,
  formatSignatureLine,
  formatVerifierKey,
  keyId,
  mlDsa44CosignatureMessage,
  type SignatureChecks,
  signatureType,
  utf8Encode,
} from '@bailee/proof'
import type { Signer } from '#platform'

const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex')
const mlDsa44Spki = Buffer.from('30820532300b06096086480165030403110382052100', 'hex')

const checkWith = (prefix: Buffer) => (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
  try {
    return verify(
      null,
      message,
      createPublicKey({ key: Buffer.concat([prefix, publicKey]), format: 'der', type: 'spki' }),
      signature,
    )
  } catch {
    // A key or signature of the wrong shape does not verify; it is not an error of ours.
    return false
  }
}
/** node:crypto's checks, some fifty times faster than the pure ones that the browser uses. */
export const nodeChecks: SignatureChecks = { ed25519: checkWith(ed25519Spki), mlDsa44: checkWith(mlDsa44Spki) }

/** Signs as a log: Ed25519 note signature, and ML-DSA-44 beside it under the same name (c2sp.org/tlog-cosignature). */
export interface LogSigner {
  readonly origin: string
  readonly vkeys: readonly string[]
  sign(size: number, root: Uint8Array, at: Date): string
}

export function createLogSigner(origin: string, ed25519: Signer, mlDsa44: Signer): LogSigner {
  const classicId = keyId(origin, signatureType.ed25519, ed25519.publicKey)
  const quantumId = keyId(origin, signatureType.mlDsa44Cosignature, mlDsa44.publicKey)
  return {
    origin,
    vkeys: [
      formatVerifierKey(origin, signatureType.ed25519, ed25519.publicKey),
      formatVerifierKey(origin, signatureType.mlDsa44Cosignature, mlDsa44.publicKey),
    ],
    sign(size, root, at) {
      const text = formatCheckpoint({ origin, size, root })
      const time = Math.floor(at.getTime() / 1000)
      return formatNote(text, [
        formatSignatureLine(origin, classicId, ed25519.sign(utf8Encode(text))),
        formatCosignatureLine(origin, quantumId, {
          time,
          signature: mlDsa44.sign(mlDsa44CosignatureMessage({ cosigner: origin, time, origin, end: size, root })),
        }),
      ])
    },
  }
}

/** The trust policy that a follower pins (c2sp.org/tlog-policy). Without witnesses the quorum is `none`, and it says so. */
export function policyText(
  vkeys: readonly string[],
  witnesses: readonly { readonly name: string; readonly vkeys: readonly string[]; readonly url: string }[],
): string {
  const lines = vkeys.map((vkey) => `log ${vkey}`)
  const names: string[] = []
  for (const [at, witness] of witnesses.entries()) {
    const keys = witness.vkeys.map((vkey, index) => ({ vkey, name: `w${at + 1}${index === 0 ? '' : `-${index + 1}`}` }))
    for (const { vkey, name } of keys) lines.push(`witness ${name} ${vkey} ${witness.url}`)
    lines.push(`group g${at + 1} any ${keys.map(({ name }) => name).join(' ')}`)
    names.push(`g${at + 1}`)
  }
  if (names.length === 0) lines.push('quorum none')
  else lines.push(`group all-or-two ${Math.min(2, names.length)} ${names.join(' ')}`, 'quorum all-or-two')
  return `${lines.join('\n')}\n`
}

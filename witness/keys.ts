import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  assertKeyName,
  ed25519CosignatureMessage,
  formatCosignatureLine,
  formatVerifierKey,
  keyId,
  mlDsa44CosignatureMessage,
  parseCheckpoint,
  type SignatureChecks,
  signatureType,
} from '@bailee/proof'
import { writeDurably } from './durable.ts'

/** The two keys of a witness. Both sign every checkpoint; a client takes the line that it understands. */
export type WitnessKeys = {
  readonly vkeys: readonly string[]
  /** Cosignature lines for a checkpoint text at a time in POSIX seconds. */
  cosign(checkpointText: string, time: number): string
}

const spkiHead = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  mlDsa44: Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
} as const

/** node:crypto's checks, about seven times as fast as the ones in @bailee/proof (measured 2026-11). */
export const nativeChecks: Required<SignatureChecks> = {
  ed25519: (publicKey, message, signature) => check(spkiHead.ed25519, publicKey, message, signature),
  mlDsa44: (publicKey, message, signature) => check(spkiHead.mlDsa44, publicKey, message, signature),
}

function check(head: Buffer, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.concat([head, publicKey]), format: 'der', type: 'spki' })
  } catch {
    // Bytes that are no key have signed nothing.
    return false
  }
  return verify(null, message, key, signature)
}

/**
 * Reads the keys from the directory, or makes them on the first start. Refuses to make new ones where there is state
 * already: a witness that lost its keys is another witness, and should say so under another name.
 */
export async function openKeys(directory: string, name: string): Promise<WitnessKeys> {
  assertKeyName(name, 'malformed_key')
  const ed25519 = await openKey(directory, 'ed25519')
  const mlDsa44 = await openKey(directory, 'ml-dsa-44')
  const ed25519Public = rawPublicKey(ed25519, 32)
  const mlDsa44Public = rawPublicKey(mlDsa44, 1312)
  const ed25519Id = keyId(name, signatureType.ed25519Cosignature, ed25519Public)
  const mlDsa44Id = keyId(name, signatureType.mlDsa44Cosignature, mlDsa44Public)
  return {
    vkeys: [
      formatVerifierKey(name, signatureType.ed25519Cosignature, ed25519Public),
      formatVerifierKey(name, signatureType.mlDsa44Cosignature, mlDsa44Public),
    ],
    cosign(checkpointText, time) {
      const { origin, size, root } = parseCheckpoint(checkpointText)
      const classical = sign(null, ed25519CosignatureMessage(time, checkpointText), ed25519)
      const statement = mlDsa44CosignatureMessage({ cosigner: name, time, origin, end: size, root })
      const postQuantum = sign(null, statement, mlDsa44)
      return (
        formatCosignatureLine(name, ed25519Id, { time, signature: classical }) +
        formatCosignatureLine(name, mlDsa44Id, { time, signature: postQuantum })
      )
    },
  }
}

async function openKey(directory: string, kind: 'ed25519' | 'ml-dsa-44'): Promise<KeyObject> {
  const file = join(directory, `${kind}.pem`)
  const existing = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (existing !== undefined) return createPrivateKey(existing)
  const state = await readdir(join(directory, 'state')).catch(() => [])
  if (state.length > 0) throw new Error(`${file} is missing although this witness has cosigned before`)
  const { privateKey } = kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44')
  await writeDurably(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return privateKey
}

function rawPublicKey(privateKey: KeyObject, length: number): Uint8Array {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return new Uint8Array(spki.subarray(spki.length - length))
}

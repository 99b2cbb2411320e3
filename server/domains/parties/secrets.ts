import { hash, randomBytes } from 'node:crypto'
import type { ClientId } from '#kernel'

/** A secret is 32 random bytes: too many to guess, so its plain SHA-256 may be kept and looked up. */
export interface Secret {
  readonly text: string
  readonly hash: Buffer
}
export function newSecret(): Secret {
  const bytes = randomBytes(32)
  return { text: bytes.toString('base64url'), hash: hash('sha256', bytes, 'buffer') }
}

const secretText = /^[A-Za-z0-9_-]{43}$/
/** The hash under which a secret would be kept; undefined for a text that is none of ours. */
export const hashOf = (text: string): Buffer | undefined =>
  secretText.test(text) ? hash('sha256', Buffer.from(text, 'base64url'), 'buffer') : undefined

/** `bk_<client>_<secret>`: the id finds the row, the secret proves the holder. */
export const keyText = (client: ClientId, secret: Secret): string => `bk_${client}_${secret.text}`

const keyShape = /^bk_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/
export function parseKey(text: string): { readonly client: ClientId; readonly secretHash: Buffer } | undefined {
  const [, client, secret] = keyShape.exec(text) ?? []
  if (client === undefined || secret === undefined) return undefined
  // The pattern is that of an id; whether a client has it is for the database to say.
  return { client: client as ClientId, secretHash: hash('sha256', Buffer.from(secret, 'base64url'), 'buffer') }
}

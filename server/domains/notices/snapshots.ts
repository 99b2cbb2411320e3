import { createHash, createPublicKey, verify } from 'node:crypto'
import { instant, Refusal } from '#kernel'
import type { Signer } from '#platform'
import type { PublishedNotice, ShownNotice } from './model.ts'

/**
 * A snapshot says which notice, in which words, was on the screen: base64url(JSON) "." base64url(Ed25519 over
 * "bailee/snapshot/v1\n" and the JSON). Anybody with the server's public key can check what was shown.
 */
const prefix = Buffer.from('bailee/snapshot/v1\n')
const mostRemembered = 10_000
const snapshotMinutes = 60

export interface Snapshots {
  sign(shown: ShownNotice): string
  /** What is shown within one second, in one language, is one snapshot: a crowd at a form costs one signature. */
  of(
    notice: PublishedNotice,
    language: ShownNotice['language'],
    now: Date,
  ): { readonly snapshot: string; readonly expiresAt: string }
  /** @throws {Refusal} `snapshot_altered` */
  read(token: string): { readonly shown: ShownNotice; readonly hash: Buffer }
}

export function createSnapshots(signer: Signer): Snapshots {
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), signer.publicKey])
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  // Verifying costs 100 µs, and a form that is shown once may be sent by many.
  const verified = new Map<string, { shown: ShownNotice; hash: Buffer }>()
  const remember = (token: string, answer: { shown: ShownNotice; hash: Buffer }) => {
    if (verified.size >= mostRemembered) verified.delete(verified.keys().next().value!)
    verified.set(token, answer)
  }
  const latest = new Map<string, { snapshot: string; expiresAt: string }>()
  const sign = (shown: ShownNotice): string => {
    const body = Buffer.from(JSON.stringify(shown))
    const token = `${body.toString('base64url')}.${signer.sign(Buffer.concat([prefix, body])).toString('base64url')}`
    remember(token, { shown, hash: createHash('sha256').update(body).digest() })
    return token
  }
  return {
    sign,
    of(notice, language, now) {
      const second = Math.floor(now.getTime() / 1000) * 1000
      const name = `${notice.id}/${notice.version}/${language}/${second}`
      const held = latest.get(name)
      if (held) return held
      const expiresAt = instant(second + snapshotMinutes * 60_000)
      const snapshot = sign({
        notice: notice.id,
        version: notice.version,
        hash: notice.hash.toString('hex'),
        language,
        shownAt: instant(second),
        expiresAt,
      })
      if (latest.size >= 1_000) latest.clear()
      latest.set(name, { snapshot, expiresAt })
      return { snapshot, expiresAt }
    },
    read(token) {
      const known = verified.get(token)
      if (known) return known
      const [left = '', right = ''] = token.split('.')
      const body = Buffer.from(left, 'base64url')
      const signature = Buffer.from(right, 'base64url')
      const exact = body.toString('base64url') === left && signature.toString('base64url') === right
      if (!exact || signature.length !== 64 || !verify(null, Buffer.concat([prefix, body]), publicKey, signature))
        throw new Refusal('snapshot_altered', { field: '/snapshot' })
      // Signed by us: it has the shape that we gave it.
      const answer = {
        shown: JSON.parse(body.toString('utf8')) as ShownNotice,
        hash: createHash('sha256').update(body).digest(),
      }
      remember(token, answer)
      return answer
    },
  }
}

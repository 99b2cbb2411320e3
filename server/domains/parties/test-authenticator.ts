import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'

/**
 * A passkey in software, for tests and the demonstration: an authenticator and browser in one (WebAuthn Level 3, 6.1 and
 * 6.5; CBOR by hand). Everything that a server must check can be bent, so that refusals are tested too.
 */
export interface Bend {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  readonly userVerified?: boolean
  readonly counter?: number
  readonly userHandle?: string
}
export interface SoftwareAuthenticator {
  readonly credentialId: string
  /** Answers the options of a `…Begin` route of registration. */
  register(options: Record<string, unknown>, bend?: Bend): Record<string, unknown>
  /** Answers the options of `signInBegin`. */
  signIn(options: Record<string, unknown>, bend?: Bend): Record<string, unknown>
}

export function softwareAuthenticator(site: { readonly rpId: string; readonly origin: string }): SoftwareAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const credentialId = randomBytes(32)
  const id = credentialId.toString('base64url')
  let counter = 0
  let userHandle = ''

  const clientData = (type: string, options: Record<string, unknown>, bend: Bend) =>
    Buffer.from(
      JSON.stringify({
        type: bend.type ?? type,
        challenge: bend.challenge ?? options.challenge,
        origin: bend.origin ?? site.origin,
        crossOrigin: false,
      }),
    )
  const authenticatorData = (bend: Bend, attested?: Buffer) => {
    const flags = 0x01 | (bend.userVerified === false ? 0 : 0x04) | (attested ? 0x40 : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(bend.counter ?? counter)
    return Buffer.concat([sha256(bend.rpId ?? site.rpId), Buffer.from([flags]), count, attested ?? Buffer.alloc(0)])
  }
  const credential = (response: Record<string, unknown>) => ({
    id,
    rawId: id,
    type: 'public-key',
    clientExtensionResults: {},
    response,
  })

  return {
    credentialId: id,
    register(options, bend = {}) {
      userHandle = (options.user as { id: string }).id
      const coseKey = cborMap([
        [cborInteger(1), cborInteger(2)],
        [cborInteger(3), cborInteger(-7)],
        [cborInteger(-1), cborInteger(1)],
        [cborInteger(-2), cborBytes(Buffer.from(x!, 'base64url'))],
        [cborInteger(-3), cborBytes(Buffer.from(y!, 'base64url'))],
      ])
      const length = Buffer.from([0, credentialId.length])
      const attested = Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey])
      const attestationObject = cborMap([
        [cborText('fmt'), cborText('none')],
        [cborText('attStmt'), cborMap([])],
        [cborText('authData'), cborBytes(authenticatorData(bend, attested))],
      ])
      return credential({
        clientDataJSON: clientData('webauthn.create', options, bend).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      })
    },
    signIn(options, bend = {}) {
      counter += 1
      const data = authenticatorData(bend)
      const client = clientData('webauthn.get', options, bend)
      const signature = createSign('sha256').update(data).update(sha256(client)).sign(privateKey)
      return credential({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: bend.userHandle ?? userHandle,
      })
    },
  }
}

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest()

/** RFC 8949: a head of major type and length, then the content. Lengths here stay below 65,536. */
function cborHead(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 256) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
}
const cborInteger = (value: number) => (value < 0 ? cborHead(1, -1 - value) : cborHead(0, value))
const cborBytes = (bytes: Buffer) => Buffer.concat([cborHead(2, bytes.length), bytes])
const cborText = (text: string) => Buffer.concat([cborHead(3, Buffer.byteLength(text)), Buffer.from(text)])
const cborMap = (entries: readonly (readonly [Buffer, Buffer])[]) =>
  Buffer.concat([cborHead(5, entries.length), ...entries.flat()])

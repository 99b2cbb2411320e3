import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { idBytes, type StaffId } from '#kernel'
import type { PartiesDeps, Passkey } from './model.ts'
import { ceremonyMinutes } from './rules.ts'

/** WebAuthn Level 3. Passkeys are discoverable, so nobody types a name, and the authenticator always verifies its user. */
type Origin = PartiesDeps['origin']
export interface CeremonyOptions {
  readonly challenge: string
  readonly options: Record<string, unknown>
}
const timeout = ceremonyMinutes * 60_000
/** EdDSA, ES256, RS256 (RFC 9053): every authenticator has one. What Node still calls experimental is not offered. */
const supportedAlgorithmIDs = [-8, -7, -257]
const userHandleOf = (staff: StaffId) => new Uint8Array(idBytes(staff))

export async function registrationOptions(
  origin: Origin,
  staff: StaffId,
  displayName: string,
): Promise<CeremonyOptions> {
  const options = await generateRegistrationOptions({
    rpName: 'Bailee',
    rpID: origin.rpId,
    userID: userHandleOf(staff),
    userName: displayName,
    userDisplayName: displayName,
    timeout,
    supportedAlgorithmIDs,
    // Who made somebody's authenticator is none of our business.
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  return { challenge: options.challenge, options: { ...options } }
}

export async function signInOptions(origin: Origin): Promise<CeremonyOptions> {
  const options = await generateAuthenticationOptions({ rpID: origin.rpId, timeout, userVerification: 'required' })
  return { challenge: options.challenge, options: { ...options } }
}

/** The new passkey, or nothing when any step of WebAuthn 7.1 fails. */
export async function verifyRegistration(
  origin: Origin,
  challenge: string,
  staff: StaffId,
  credential: unknown,
): Promise<Passkey | undefined> {
  const response = parseRegistration(credential)
  if (!response) return undefined
  const result = await orNothing(
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin.origin,
      expectedRPID: origin.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs,
    }),
  )
  if (!result?.verified) return undefined
  const { id, publicKey, counter } = result.registrationInfo.credential
  const transports = response.response.transports ?? []
  return { credentialId: id, staff, publicKey: Buffer.from(publicKey), counter, transports }
}

/** The passkey's new counter, or nothing when any step of WebAuthn 7.2 fails, a counter that stands still included. */
export async function verifySignIn(
  origin: Origin,
  challenge: string,
  passkey: Passkey,
  response: AuthenticationResponseJSON,
): Promise<number | undefined> {
  // 7.2 step 6: nobody was named beforehand, so the authenticator must name the owner.
  if (response.response.userHandle !== Buffer.from(userHandleOf(passkey.staff)).toString('base64url')) return undefined
  const result = await orNothing(
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin.origin,
      expectedRPID: origin.rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.counter,
        transports: [...passkey.transports],
      },
    }),
  )
  return result?.verified ? result.authenticationInfo.newCounter : undefined
}

/** The library throws for every way to be wrong, and its messages quote what was sent: none of them goes any further. */
const orNothing = <T>(work: Promise<T>): Promise<T | undefined> => work.catch(() => undefined)

type Members = Readonly<Record<string, unknown>>
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const base64url = /^[A-Za-z0-9_-]+$/
const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.length <= maxLength && base64url.test(value)

/** Only what the ceremony needs is taken over, each in its bounds. A credential id has 1023 bytes at most. */
function parseRegistration(credential: unknown): RegistrationResponseJSON | undefined {
  if (!isMembers(credential) || !isMembers(credential.response)) return undefined
  const { id, rawId, type, response } = credential
  const { clientDataJSON, attestationObject, transports } = response as Members
  if (!isText(id, 1364) || rawId !== id || type !== 'public-key') return undefined
  if (!isText(clientDataJSON, 8_000) || !isText(attestationObject, 40_000)) return undefined
  return {
    id,
    rawId: id,
    type,
    clientExtensionResults: {},
    response: { clientDataJSON, attestationObject, transports: transportsOf(transports) },
  }
}
const transportsOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string' && /^[a-z-]{2,20}$/.test(item)).slice(0, 8)
    : []

export function parseSignIn(credential: unknown): AuthenticationResponseJSON | undefined {
  if (!isMembers(credential) || !isMembers(credential.response)) return undefined
  const { id, rawId, type, response } = credential
  const { clientDataJSON, authenticatorData, signature, userHandle } = response as Members
  if (!isText(id, 1364) || rawId !== id || type !== 'public-key') return undefined
  if (!isText(clientDataJSON, 8_000) || !isText(authenticatorData, 8_000) || !isText(signature, 8_000)) return undefined
  if (!isText(userHandle, 100)) return undefined
  return {
    id,
    rawId: id,
    type,
    clientExtensionResults: {},
    response: { clientDataJSON, authenticatorData, signature, userHandle },
  }
}

import { startAuthentication, startRegistration, WebAuthnError } from '@simplewebauthn/browser'
import { call, type Reply } from '../api.ts'

/** The person closed the dialog, or there is no passkey: not an error of anybody’s. */
export class PasskeyCancelled extends Error {}

type CreationOptions = Parameters<typeof startRegistration>[0]['optionsJSON']
type RequestOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']
type Credential = Record<string, unknown>

// The wire calls options and credentials records: their inside is WebAuthn’s, checked by the browser and by the server.
async function makePasskey(options: Record<string, unknown>): Promise<Credential> {
  return cancellable(() => startRegistration({ optionsJSON: options as unknown as CreationOptions }))
}
async function presentPasskey(options: Record<string, unknown>): Promise<Credential> {
  return cancellable(() => startAuthentication({ optionsJSON: options as unknown as RequestOptions }))
}
async function cancellable(ceremony: () => Promise<object>): Promise<Credential> {
  try {
    return { ...(await ceremony()) }
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (error instanceof WebAuthnError || ['NotAllowedError', 'AbortError', 'InvalidStateError'].includes(name))
      throw new PasskeyCancelled('the passkey dialog ended without a passkey', { cause: error })
    throw error
  }
}

export async function signIn(): Promise<void> {
  const { ceremony, options } = await call('signInBegin', { body: {} })
  await call('signInFinish', { body: { ceremony, credential: await presentPasskey(options) } })
}

export async function join(invitation: string): Promise<void> {
  const { ceremony, options } = await call('registerBegin', { body: { invitation } })
  await call('registerFinish', { body: { invitation, ceremony, credential: await makePasskey(options) } })
}

export async function setUp(
  token: string,
  names: { readonly en: string; readonly zh: string },
  displayName: string,
): Promise<Reply<'setupFinish'>> {
  const { ceremony, options } = await call('setupBegin', { body: { token, displayName } })
  const credential = await makePasskey(options)
  return call('setupFinish', {
    body: { token, ceremony, organisation: { kind: 'provider', name: names }, credential },
  })
}

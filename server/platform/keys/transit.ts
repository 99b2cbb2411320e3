import { type KeyProvider, KeyProviderError } from './provider.ts'
import { SealBroken } from './sealed.ts'

export interface TransitSettings {
  /** Of OpenBao or Vault, without a path. */
  readonly url: string
  /** Where the transit engine is mounted. */
  readonly mount: string
  /** The name of the key there: aes256-gcm96, which takes associated data. */
  readonly key: string
  readonly token: string
  readonly namespace: string | undefined
  readonly timeoutMilliseconds?: number
}
const longestReply = 1 << 20

/**
 * The root in OpenBao's or Vault's transit engine: this server never sees it. The context of a key is its associated data.
 * What is kept is the engine's own text, `vault:v<version>:…`, so its key may be rotated there; old versions must stay.
 * @throws {KeyProviderError} that names status and what to look at, never the token or a key
 */
export function transitKeyProvider(settings: TransitSettings): KeyProvider {
  const { url, mount, key, token, namespace, timeoutMilliseconds = 5_000 } = settings

  async function post(path: string, body: object): Promise<{ status: number; json: Reply }> {
    try {
      const response = await fetch(`${url}/v1/${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-vault-token': token,
          'x-vault-request': 'true',
          ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMilliseconds),
      })
      const text = await response.text()
      if (text.length > longestReply) throw new KeyProviderError('the transit engine answers too much')
      return { status: response.status, json: parse(text) }
    } catch (error) {
      if (error instanceof KeyProviderError) throw error
      throw new KeyProviderError('the transit engine cannot be reached', { cause: error })
    }
  }
  async function ask(verb: 'encrypt' | 'decrypt', body: object): Promise<Reply> {
    const path = `${mount}/${verb}/${encodeURIComponent(key)}`
    let answer = await post(path, body)
    // The lease may have run out a moment ago; a token that cannot renew itself is refused again.
    if (answer.status === 403 && (await post('auth/token/renew-self', {})).status === 200)
      answer = await post(path, body)
    if (answer.status === 200) return answer.json
    if (
      verb === 'decrypt' &&
      answer.status === 400 &&
      /authentication failed|invalid ciphertext/.test(answer.json.errors?.join() ?? '')
    )
      throw new SealBroken('the transit engine does not open it')
    throw new KeyProviderError(
      `the transit engine refuses to ${verb}: ${answer.status}, ${hints[answer.status] ?? 'see its log'}`,
    )
  }
  return {
    name: 'transit',
    async wrap(plain, context) {
      const reply = await ask('encrypt', { plaintext: base64(plain), associated_data: base64(context) })
      const text = reply.data?.ciphertext
      if (typeof text !== 'string' || !/^[a-z]+:v\d+:/.test(text))
        throw new KeyProviderError('the transit engine gave no ciphertext')
      return Buffer.from(text, 'utf8')
    },
    async unwrap(wrapped, context) {
      const ciphertext = Buffer.from(wrapped).toString('utf8')
      // A key that was wrapped by another provider: not ours to open.
      if (!/^[a-z]+:v\d+:/.test(ciphertext)) throw new SealBroken('not wrapped by a transit engine')
      const plaintext = (await ask('decrypt', { ciphertext, associated_data: base64(context) })).data?.plaintext
      if (typeof plaintext !== 'string') throw new KeyProviderError('the transit engine gave no plaintext')
      return Buffer.from(plaintext, 'base64')
    },
  }
}
interface Reply {
  readonly data?: { readonly ciphertext?: unknown; readonly plaintext?: unknown }
  readonly errors?: readonly string[]
}
const hints: Readonly<Record<number, string>> = {
  400: 'is the key there, and of type aes256-gcm96?',
  403: 'the token is wrong, has expired or its policy does not allow this',
  404: 'is the engine mounted there?',
  429: 'it is a standby',
  503: 'it is sealed',
}
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
function parse(text: string): Reply {
  try {
    return (JSON.parse(text) ?? {}) as Reply // each member is looked at before it is used
  } catch {
    return {}
  }
}

import { randomBytes } from 'node:crypto'
import { type KeyProvider, KeyProviderError } from './provider.ts'
import { SealBroken } from './sealed.ts'

export interface Pkcs11Settings {
  /** The token's library, for example /usr/lib/softhsm/libsofthsm2.so. */
  readonly module: string
  /** Label of the token, and of the AES-256 key in it. */
  readonly token: string
  readonly key: string
  readonly pin: string
  /** Package or path of the binding: `pkcs11js`, which is compiled when it is installed and therefore not brought along. */
  readonly binding: string
}

/** What is used of pkcs11js 2: PKCS #11 v2.40 almost word for word. Handles are opaque. */
interface Binding {
  load(path: string): void
  C_Initialize(options?: { flags: number }): void
  C_GetSlotList(withToken: boolean): readonly Handle[]
  C_GetTokenInfo(slot: Handle): { readonly label: string }
  C_OpenSession(slot: Handle, flags: number): Handle
  C_Login(session: Handle, user: number, pin: string): void
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void
  C_FindObjects(session: Handle, most: number): readonly Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: readonly Attribute[]): Handle
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_Encrypt(session: Handle, input: Buffer, output: Buffer): Buffer
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_Decrypt(session: Handle, input: Buffer, output: Buffer): Buffer
}
type Handle = Buffer
interface Attribute {
  readonly type: number
  readonly value: boolean | number | string | Buffer
}
interface Mechanism {
  readonly mechanism: number
  readonly parameter?: object
}
// PKCS #11 v2.40, pkcs11t.h.
const CKF_OS_LOCKING_OK = 2
const CKF_RW_SESSION = 2
const CKF_SERIAL_SESSION = 4
const CKU_USER = 1
const CKO_SECRET_KEY = 4
const CKK_AES = 0x1f
const CKA = {
  CLASS: 0,
  TOKEN: 1,
  PRIVATE: 2,
  LABEL: 3,
  KEY_TYPE: 0x100,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  VALUE_LEN: 0x161,
  EXTRACTABLE: 0x162,
} as const
const CKM_AES_KEY_GEN = 0x1080
const CKM_AES_GCM = 0x1087
/** pkcs11js's own number for CK_GCM_PARAMS as v2.40 has it, with the nonce's length in bits. */
const CK_PARAMS_AES_GCM = 7
const CKR_USER_ALREADY_LOGGED_IN = 0x100
const CKR_ALREADY_INITIALIZED = 0x191
const broken = new Set([0x40, 0x41, 0x20, 0x21, 0x05, 0x06]) // encrypted data invalid or of wrong length; data likewise; general and function failure

const version = 0x50
const nonceBytes = 12
const tagBytes = 16

/**
 * The root in an HSM: an AES-256 key that is sensitive and not extractable, made on first use. A wrapped key is
 * 0x50 | nonce 12 | ciphertext | tag 16, AES-256-GCM with the context as additional data, done inside the token.
 * @throws {KeyProviderError} that names what is missing, never the PIN
 */
export async function pkcs11KeyProvider(settings: Pkcs11Settings): Promise<KeyProvider> {
  const p11 = await load(settings.binding)
  const step = <T>(what: string, work: () => T, fine: readonly number[] = []): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (fine.includes(codeOf(error))) return undefined
      throw new KeyProviderError(`PKCS #11: ${what} (0x${codeOf(error).toString(16)})`, { cause: error })
    }
  }
  step('the module cannot be loaded', () => p11.load(settings.module))
  // Another thread of this process may have been quicker: the library is the process's.
  step('the module does not start', () => p11.C_Initialize({ flags: CKF_OS_LOCKING_OK }), [CKR_ALREADY_INITIALIZED])
  const slot = step('the tokens cannot be listed', () =>
    p11.C_GetSlotList(true).find((each) => p11.C_GetTokenInfo(each).label.replace(/[\0 ]+$/, '') === settings.token),
  )
  if (!slot) throw new KeyProviderError(`PKCS #11: there is no token ${settings.token}`)
  const session = step('no session', () => p11.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION))!
  step('the PIN is not accepted', () => p11.C_Login(session, CKU_USER, settings.pin), [CKR_USER_ALREADY_LOGGED_IN])
  const find = () => {
    p11.C_FindObjectsInit(session, [
      { type: CKA.CLASS, value: CKO_SECRET_KEY },
      { type: CKA.KEY_TYPE, value: CKK_AES },
      { type: CKA.LABEL, value: settings.key },
    ])
    const found = p11.C_FindObjects(session, 2)
    p11.C_FindObjectsFinal(session)
    return found
  }
  let found = step('the key cannot be looked for', find)!
  if (found.length > 1) throw new KeyProviderError(`PKCS #11: more than one key is called ${settings.key}`)
  if (found.length === 0) {
    step('the key cannot be made', () =>
      p11.C_GenerateKey(session, { mechanism: CKM_AES_KEY_GEN }, [
        { type: CKA.CLASS, value: CKO_SECRET_KEY },
        { type: CKA.KEY_TYPE, value: CKK_AES },
        { type: CKA.LABEL, value: settings.key },
        { type: CKA.VALUE_LEN, value: 32 },
        ...([CKA.TOKEN, CKA.PRIVATE, CKA.SENSITIVE, CKA.ENCRYPT, CKA.DECRYPT] as const).map((type) => ({
          type,
          value: true,
        })),
        { type: CKA.EXTRACTABLE, value: false },
      ]),
    )
    found = step('the key cannot be looked for', find)!
  }
  const key = found[0]!
  const gcm = (iv: Buffer, context: Uint8Array): Mechanism => ({
    mechanism: CKM_AES_GCM,
    parameter: {
      type: CK_PARAMS_AES_GCM,
      iv,
      ivBits: nonceBytes * 8,
      aad: Buffer.from(context),
      tagBits: tagBytes * 8,
    },
  })
  return {
    name: 'pkcs11',
    async wrap(plain, context) {
      const nonce = randomBytes(nonceBytes)
      const sealed = step('the token does not encrypt', () => {
        p11.C_EncryptInit(session, gcm(nonce, context), key)
        return p11.C_Encrypt(session, Buffer.from(plain), Buffer.alloc(plain.length + tagBytes))
      })!
      return Buffer.concat([Buffer.of(version), nonce, sealed])
    },
    async unwrap(wrapped, context) {
      const blob = Buffer.from(wrapped)
      if (blob[0] !== version || blob.length < 1 + nonceBytes + tagBytes) throw new SealBroken('not wrapped by a token')
      try {
        p11.C_DecryptInit(session, gcm(blob.subarray(1, 1 + nonceBytes), context), key)
        return Buffer.from(p11.C_Decrypt(session, blob.subarray(1 + nonceBytes), Buffer.alloc(blob.length)))
      } catch (error) {
        if (broken.has(codeOf(error))) throw new SealBroken('the token does not open it')
        throw new KeyProviderError(`PKCS #11: the token does not decrypt (0x${codeOf(error).toString(16)})`, {
          cause: error,
        })
      }
    },
  }
}

/** Asked for by a name that is known at run time only: whoever has no HSM needs no compiler. */
async function load(binding: string): Promise<Binding> {
  try {
    const { default: module } = (await import(binding)) as { default: { PKCS11: new () => Binding } }
    return new module.PKCS11()
  } catch (error) {
    throw new KeyProviderError(`PKCS #11 needs the package pkcs11js: npm install --no-save pkcs11js@2 (${binding})`, {
      cause: error,
    })
  }
}
const codeOf = (error: unknown): number =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number' ? error.code : 0

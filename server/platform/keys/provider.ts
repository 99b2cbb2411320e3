import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { chmod, mkdir, open as openFile, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { lengthPrefixed } from '@bailee/proof'
import { open, seal } from './sealed.ts'

/** Holds the root and never gives it out: wraps and unwraps other keys. `file` here, `pkcs11.ts`, `transit.ts`. */
export interface KeyProvider {
  readonly name: string
  wrap(key: Uint8Array, context: Uint8Array): Promise<Buffer>
  /** @throws {SealBroken} */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<Buffer>
}
export class KeyProviderError extends Error {
  override readonly name = 'KeyProviderError'
}

/** The root of the file provider, header and all: for the key ceremony. @throws {KeyProviderError} */
export async function readRootFile(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new KeyProviderError(`the root key file cannot be read: ${path}`, { cause: error })
  })
  assertRoot(bytes, path)
  return bytes
}
/** Puts a root back where none is; an existing one is never overwritten. @throws {KeyProviderError} */
export async function writeRootFile(path: string, bytes: Buffer): Promise<void> {
  assertRoot(bytes, path)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const handle = await openFile(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new KeyProviderError(
      error.code === 'EEXIST' ? `there is a root key already: ${path}` : `the root key file cannot be written: ${path}`,
      { cause: error },
    )
  })
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
function assertRoot(bytes: Buffer, path: string): void {
  if (bytes.length !== fileHeader.length + 48 || !bytes.subarray(0, fileHeader.length).equals(fileHeader))
    throw new KeyProviderError(`the root key file is damaged: ${path}`)
}

const fileHeader = Buffer.from('bailee root v1\n')

/** The root in a file of mode 0600: 15 bytes of header, 16 of id, 32 of key. Made on first use, durable before it is used. */
export async function fileKeyProvider(path: string): Promise<KeyProvider> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  let bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new KeyProviderError(`the root key file cannot be read: ${path}`, { cause: error })
  })
  if (bytes === undefined) {
    bytes = Buffer.concat([fileHeader, randomBytes(16), randomBytes(32)])
    const temporary = join(dirname(path), `.root.${process.pid}.tmp`)
    const handle = await openFile(temporary, 'wx', 0o600)
    await handle.writeFile(bytes)
    await handle.sync()
    await handle.close()
    await rename(temporary, path)
    const directory = await openFile(dirname(path), 'r')
    await directory.sync()
    await directory.close()
  }
  const mode = (await stat(path)).mode & 0o777
  if (process.platform !== 'win32' && mode & 0o077) await chmod(path, 0o600)
  assertRoot(bytes, path)
  const id = Buffer.from(bytes.subarray(fileHeader.length, fileHeader.length + 16))
  const secret = bytes.subarray(fileHeader.length + 16)
  const key: KeyObject = createSecretKey(secret)
  bytes.fill(0)
  const aad = (context: Uint8Array) => lengthPrefixed('bailee/root/v1', context)
  return {
    name: 'file',
    wrap: async (plain, context) => seal(key, id, plain, aad(context)),
    unwrap: async (wrapped, context) => open(key, wrapped, aad(context)),
  }
}

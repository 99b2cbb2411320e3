import { type Pkcs11Settings, pkcs11KeyProvider } from './pkcs11.ts'
import { fileKeyProvider, type KeyProvider } from './provider.ts'
import { type TransitSettings, transitKeyProvider } from './transit.ts'

/** Where the root is. */
export type KeyProviderSettings =
  | { readonly kind: 'file' }
  | ({ readonly kind: 'pkcs11' } & Pkcs11Settings)
  | ({ readonly kind: 'transit' } & TransitSettings)

/** `rootKeyPath`: of the file provider. @throws {KeyProviderError} */
export async function openKeyProvider(settings: KeyProviderSettings, rootKeyPath: string): Promise<KeyProvider> {
  if (settings.kind === 'pkcs11') return pkcs11KeyProvider(settings)
  if (settings.kind === 'transit') return transitKeyProvider(settings)
  return fileKeyProvider(rootKeyPath)
}

import { resolve } from 'node:path'
import type { KeyProviderSettings } from '#platform'

/** Everything that may differ between two installations. Read once, here; nobody else asks the environment. */
export interface Config {
  readonly dataDirectory: string
  readonly host: string
  readonly port: number
  /** The address that people type: origin of the ledger, of passkeys and of links. */
  readonly publicUrl: URL
  readonly logLevel: string
  /** Undefined: the embedded PostgreSQL in the data directory. */
  readonly databaseUrl: string | undefined
  readonly keyStoreUrl: string | undefined
  readonly ledgerOrigin: string
  readonly ledgerEpochSeconds: number
  readonly ledgerEpochTags: number
  readonly witnessEveryMilliseconds: number
  /** `own`: start the witness that ships with Bailee; `none`; or `name=url=vkey[,vkey]` separated by spaces. */
  readonly witnesses:
    | 'own'
    | 'none'
    | readonly { readonly name: string; readonly url: string; readonly vkeys: readonly string[] }[]
  readonly perClientPerMinute: number
  readonly perAddressPerMinute: number
  readonly findsPerMinute: number
  readonly trustProxy: boolean
  readonly poolSize: number
  /** How many days a backup of the key store is kept at most: what the erasure certificate counts with. */
  readonly keyBackupDays: number
  /** Where the root is. Holds a PIN or a token: never logged. */
  readonly keyProvider: KeyProviderSettings
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

function whole(env: Environment, name: string, fallback: number, least: number, most: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < least || value > most)
    throw new ConfigError(`${name} must be a whole number from ${least} to ${most}`)
  return value
}
function url(env: Environment, name: string, protocols: readonly string[]): string | undefined {
  const text = env[name]
  if (text === undefined || text === '') return undefined
  // The value may hold a password: it is never repeated.
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol))
    throw new ConfigError(`${name} must be a URL that begins with ${protocols.join(' or ')}//`)
  return text
}
function choice<const Options extends readonly string[]>(
  env: Environment,
  name: string,
  options: Options,
  fallback: Options[number],
): Options[number] {
  const text = env[name] || fallback
  if (!options.includes(text)) throw new ConfigError(`${name} must be one of ${options.join(', ')}`)
  return text
}
function witnessesOf(text: string | undefined): Config['witnesses'] {
  if (text === undefined || text === '' || text === 'own') return 'own'
  if (text === 'none') return 'none'
  return text.split(/\s+/).map((part) => {
    const [name, at, ...keys] = part.split('=')
    const vkeys = keys.join('=').split(',').filter(Boolean)
    if (!name || !at || !URL.canParse(at) || vkeys.length === 0)
      throw new ConfigError('BAILEE_WITNESSES must be own, none, or name=url=vkey[,vkey] separated by spaces')
    return { name, url: at.replace(/\/$/, ''), vkeys }
  })
}

function keyProviderOf(env: Environment): KeyProviderSettings {
  const kind = choice(env, 'BAILEE_KEY_PROVIDER', ['file', 'pkcs11', 'transit'], 'file')
  const needed = (name: string): string => {
    if (!env[name]) throw new ConfigError(`${name} must be set for this BAILEE_KEY_PROVIDER`)
    return env[name]
  }
  if (kind === 'pkcs11')
    return {
      kind,
      module: needed('BAILEE_PKCS11_MODULE'),
      token: needed('BAILEE_PKCS11_TOKEN'),
      key: env.BAILEE_PKCS11_KEY || 'bailee-root',
      pin: needed('BAILEE_PKCS11_PIN'),
      binding: env.BAILEE_PKCS11_BINDING || 'pkcs11js',
    }
  if (kind === 'file') return { kind }
  needed('BAILEE_TRANSIT_URL')
  const mount = env.BAILEE_TRANSIT_MOUNT || 'transit'
  if (!/^[\w-]+(\/[\w-]+)*$/.test(mount))
    throw new ConfigError('BAILEE_TRANSIT_MOUNT must be a path of letters, digits and hyphens')
  return {
    kind,
    url: url(env, 'BAILEE_TRANSIT_URL', ['https:', 'http:'])!.replace(/\/+$/, ''),
    mount,
    key: env.BAILEE_TRANSIT_KEY || 'bailee',
    token: needed('BAILEE_TRANSIT_TOKEN'),
    namespace: env.BAILEE_TRANSIT_NAMESPACE || undefined,
  }
}

/** The names that may be set; anything else that begins with BAILEE_ is a typing mistake and stops the start. */
export const configurationNames = [
  'BAILEE_DATA',
  'BAILEE_HOST',
  'BAILEE_PORT',
  'BAILEE_PUBLIC_URL',
  'BAILEE_LOG_LEVEL',
  'DATABASE_URL',
  'BAILEE_KEYSTORE_URL',
  'BAILEE_LEDGER_ORIGIN',
  'BAILEE_LEDGER_EPOCH_SECONDS',
  'BAILEE_LEDGER_EPOCH_TAGS',
  'BAILEE_WITNESS_EVERY_MS',
  'BAILEE_WITNESSES',
  'BAILEE_RATE_CLIENT_PER_MINUTE',
  'BAILEE_RATE_ADDRESS_PER_MINUTE',
  'BAILEE_FINDS_PER_MINUTE',
  'BAILEE_TRUST_PROXY',
  'BAILEE_POOL_SIZE',
  'BAILEE_KEY_BACKUP_DAYS',
  'BAILEE_KEY_PROVIDER',
  'BAILEE_PKCS11_MODULE',
  'BAILEE_PKCS11_TOKEN',
  'BAILEE_PKCS11_KEY',
  'BAILEE_PKCS11_PIN',
  'BAILEE_PKCS11_BINDING',
  'BAILEE_TRANSIT_URL',
  'BAILEE_TRANSIT_MOUNT',
  'BAILEE_TRANSIT_KEY',
  'BAILEE_TRANSIT_TOKEN',
  'BAILEE_TRANSIT_NAMESPACE',
] as const
/** Read by other programs of the house, not by the server. */
const elsewhere = /^BAILEE_(WITNESS_(DIR|NAME|HOST|PORT|LOGS|PARENT)|CHROMIUM|KEY|SERVER|TEST_.*)$/

/** @throws {ConfigError} that names the variable and its rule. */
export function readConfig(env: Environment): Config {
  for (const name of Object.keys(env))
    if (
      name.startsWith('BAILEE_') &&
      !(configurationNames as readonly string[]).includes(name) &&
      !elsewhere.test(name)
    )
      throw new ConfigError(`${name} is not a setting of Bailee`)
  const host = env.BAILEE_HOST || '127.0.0.1'
  const port = whole(env, 'BAILEE_PORT', 8787, 0, 65_535)
  const publicUrl = new URL(url(env, 'BAILEE_PUBLIC_URL', ['http:', 'https:']) ?? `http://localhost:${port || 8787}`)
  const ledgerOrigin = env.BAILEE_LEDGER_ORIGIN || `${publicUrl.host}/ledger`
  if (!/^[^\s+\p{C}]{1,200}$/u.test(ledgerOrigin))
    throw new ConfigError('BAILEE_LEDGER_ORIGIN must have no space and no plus sign (c2sp.org/signed-note)')
  const databaseUrl = url(env, 'DATABASE_URL', ['postgres:', 'postgresql:'])
  const keyStoreUrl = url(env, 'BAILEE_KEYSTORE_URL', ['postgres:', 'postgresql:'])
  if (databaseUrl !== undefined && keyStoreUrl === undefined)
    throw new ConfigError(
      'BAILEE_KEYSTORE_URL must be set beside DATABASE_URL: keys live in a database of their own, with a backup window of its own',
    )
  if (databaseUrl === undefined && keyStoreUrl !== undefined)
    throw new ConfigError(
      'BAILEE_KEYSTORE_URL needs DATABASE_URL beside it: the embedded PostgreSQL brings its own key store',
    )
  if (databaseUrl !== undefined && databaseUrl === keyStoreUrl)
    throw new ConfigError('BAILEE_KEYSTORE_URL must name another database than DATABASE_URL')
  return Object.freeze({
    dataDirectory: resolve(env.BAILEE_DATA || '.data'),
    host,
    port,
    publicUrl,
    databaseUrl,
    keyStoreUrl,
    ledgerOrigin,
    logLevel: choice(env, 'BAILEE_LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
    ledgerEpochSeconds: whole(env, 'BAILEE_LEDGER_EPOCH_SECONDS', 3600, 1, 86_400),
    ledgerEpochTags: whole(env, 'BAILEE_LEDGER_EPOCH_TAGS', 500_000, 1000, 5_000_000),
    witnessEveryMilliseconds: whole(env, 'BAILEE_WITNESS_EVERY_MS', 1000, 100, 600_000),
    witnesses: witnessesOf(env.BAILEE_WITNESSES),
    perClientPerMinute: whole(env, 'BAILEE_RATE_CLIENT_PER_MINUTE', 60_000, 1, 1_000_000_000),
    perAddressPerMinute: whole(env, 'BAILEE_RATE_ADDRESS_PER_MINUTE', 1200, 1, 1_000_000_000),
    findsPerMinute: whole(env, 'BAILEE_FINDS_PER_MINUTE', 300, 1, 1_000_000),
    trustProxy: choice(env, 'BAILEE_TRUST_PROXY', ['yes', 'no'], 'no') === 'yes',
    poolSize: whole(env, 'BAILEE_POOL_SIZE', 4, 2, 100),
    keyProvider: keyProviderOf(env),
    keyBackupDays: whole(env, 'BAILEE_KEY_BACKUP_DAYS', 7, 0, 3650),
  })
}

import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import { HmacKey, lengthPrefixed } from '@bailee/proof'
import { type Clock, day, newId, type OrganisationId, Refusal } from '#kernel'
import type { EpochKeyRow, KeyStore } from './keystore.ts'
import type { KeyProvider } from './provider.ts'
import { epochKeyAad, keyIdOf, open, SealBroken, seal } from './sealed.ts'
import { createSealing, type Sealing } from './sealing.ts'

export const epochDays = 30
export const epochOf = (at: Date): number => Math.floor(at.getTime() / (epochDays * day))
export const epochEnd = (epoch: number): Date => new Date((epoch + 1) * epochDays * day)

export interface EpochKey {
  readonly id: string
  readonly idBytes: Buffer
  readonly key: KeyObject
}
export interface Signer {
  readonly name: string
  readonly algorithm: 'ed25519' | 'ml-dsa-44'
  /** Raw: 32 bytes of Ed25519, 1,312 of ML-DSA-44. */
  readonly publicKey: Buffer
  sign(message: Uint8Array): Buffer
}
export interface EndedKey {
  readonly id: string
  readonly tenant: OrganisationId
  readonly purpose: string
  readonly epoch: number
}
/** Key material for the rooms above. Plain keys live in memory for a minute; the stores hold them wrapped. */
export interface Keys {
  /** The key of (tenant, purpose) in the present epoch, made when first needed. */
  current(tenant: OrganisationId, purpose: string): Promise<EpochKey>
  /** The same from memory alone: undefined when it must be fetched. */
  currentCached(tenant: OrganisationId, purpose: string): EpochKey | undefined
  /** An epoch key by the id that leads a wrapped blob, from memory alone. */
  cached(id: string): KeyObject | undefined
  /** Brings these ids into memory; those that the key store no longer has, or whose wrap does not open, stay missing. */
  load(ids: Iterable<string>): Promise<void>
  sealFor(tenant: OrganisationId, purpose: string, plaintext: Uint8Array, context: Uint8Array): Promise<Buffer>
  openFor(tenant: OrganisationId, purpose: string, blob: Uint8Array, context: Uint8Array): Promise<Buffer>
  /** HMAC key of a blind index: per (tenant, field, normaliser version). */
  indexKey(tenant: OrganisationId, field: string, normaliserVersion: number): Promise<HmacKey>
  signer(name: string, algorithm: Signer['algorithm']): Promise<Signer>
  /** Makes, wraps and uses the keys of drawers that are opened for the first time; few at once or many. */
  readonly fresh: Sealing['fresh']
  /** The keys of epochs that have ended, and their end: for the rotation alone (`rotation.ts`). */
  endedEpochs(): Promise<{ readonly present: number; readonly keys: readonly EndedKey[] }>
  /** For ever. @returns how many there were. */
  destroy(ids: readonly string[]): Promise<number>
  close(): Promise<void>
}

const cacheMilliseconds = 60_000
const foreverEpoch = 0x7fffffff

export function createKeys(deps: { provider: KeyProvider; store: KeyStore; clock: Clock }): Keys {
  const { provider, store, clock } = deps
  interface Held extends EpochKey {
    readonly until: number
  }
  const byId = new Map<string, Held>()
  const byName = new Map<string, Held>()
  const underway = new Map<string, Promise<EpochKey>>()
  const indexKeys = new Map<string, HmacKey>()
  const sealing = createSealing()
  const fresh = (held: Held | undefined) => (held !== undefined && held.until > performance.now() ? held : undefined)
  const nameOf = (tenant: string, purpose: string, epoch: number) => `${tenant}/${purpose}/${epoch}`

  async function hold(row: EpochKeyRow): Promise<Held> {
    const plain = await provider.unwrap(row.wrapped, epochKeyAad(row.id, row.tenant, row.purpose, row.epoch))
    const held: Held = {
      id: row.id,
      idBytes: Buffer.from(row.id, 'hex'),
      key: createSecretKey(plain),
      until: performance.now() + cacheMilliseconds,
    }
    plain.fill(0)
    byId.set(row.id, held)
    byName.set(nameOf(row.tenant, row.purpose, row.epoch), held)
    return held
  }
  async function fetchOrMake(tenant: OrganisationId, purpose: string, epoch: number): Promise<EpochKey> {
    const known = await store.findEpochKey(tenant, purpose, epoch)
    if (known) return hold(known)
    const id = newId()
    const plain = randomBytes(32)
    const wrapped = await provider.wrap(plain, epochKeyAad(id, tenant, purpose, epoch))
    plain.fill(0)
    return hold(await store.keepEpochKey({ id, tenant, purpose, epoch, wrapped }))
  }
  function inEpoch(tenant: OrganisationId, purpose: string, epoch: number): Promise<EpochKey> | EpochKey {
    const name = nameOf(tenant, purpose, epoch)
    const held = fresh(byName.get(name))
    if (held) return held
    let fetching = underway.get(name)
    if (!fetching) {
      fetching = fetchOrMake(tenant, purpose, epoch).finally(() => underway.delete(name))
      underway.set(name, fetching)
    }
    return fetching
  }
  const sweep = setInterval(() => {
    for (const [id, held] of byId) if (!fresh(held)) byId.delete(id)
    for (const [name, held] of byName) if (!fresh(held)) byName.delete(name)
    indexKeys.clear()
  }, cacheMilliseconds)
  sweep.unref()

  const keys: Keys = {
    current: async (tenant, purpose) => inEpoch(tenant, purpose, epochOf(clock.now())),
    currentCached: (tenant, purpose) => fresh(byName.get(nameOf(tenant, purpose, epochOf(clock.now())))),
    cached: (id) => fresh(byId.get(id))?.key,
    async load(ids) {
      const missing = [...new Set(ids)].filter((id) => !fresh(byId.get(id)))
      if (missing.length === 0) return
      for (const row of await store.epochKeysById(missing))
        await hold(row).catch((error: unknown) => {
          // One damaged key must not shut the drawers of everybody who is served together with its owner.
          if (!(error instanceof SealBroken)) throw error
        })
    },
    async sealFor(tenant, purpose, plaintext, context) {
      const epochKey = await keys.current(tenant, purpose)
      return seal(epochKey.key, epochKey.idBytes, plaintext, sealedForAad(purpose, context))
    },
    async openFor(_tenant, purpose, blob, context) {
      const id = keyIdOf(blob)
      await keys.load([id])
      const key = keys.cached(id)
      if (!key) throw new Refusal('key_unavailable')
      return open(key, blob, sealedForAad(purpose, context))
    },
    async indexKey(tenant, field, normaliserVersion) {
      const name = `${tenant}/${field}/${normaliserVersion}`
      const known = indexKeys.get(name)
      if (known) return known
      // The index outlives epochs: its root is one key a tenant, from which each field's key is derived.
      const root = await inEpoch(tenant, 'index', foreverEpoch)
      const version = Buffer.alloc(4)
      version.writeUInt32BE(normaliserVersion)
      const derived = createHmac('sha256', root.key)
        .update(lengthPrefixed('bailee/index/v1', field, version))
        .digest()
      // HMAC in TypeScript with both pads absorbed once: a short value costs 1 µs, through OpenSSL 5 (2026-11-23).
      const key = new HmacKey(derived)
      derived.fill(0)
      indexKeys.set(name, key)
      return key
    },
    async signer(name, algorithm) {
      let row = await store.findSigningKey(name)
      const context = lengthPrefixed('bailee/signing-key/v1', name)
      if (!row) {
        const pair = algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44')
        const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
        row = await store.keepSigningKey({
          name,
          publicKey: rawPublicKey(pair.publicKey, algorithm),
          wrapped: await provider.wrap(pkcs8, context),
        })
        pkcs8.fill(0)
      }
      const pkcs8 = await provider.unwrap(row.wrapped, context)
      const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
      pkcs8.fill(0)
      const publicKey = rawPublicKey(createPublicKey(privateKey), algorithm)
      if (!publicKey.equals(row.publicKey))
        throw new Error(`the key store's public key of ${name} does not belong to its private key`)
      return { name, algorithm, publicKey, sign: (message) => sign(null, message, privateKey) }
    },
    async endedEpochs() {
      const present = epochOf(clock.now())
      const rows = await store.epochKeysBefore(present)
      return {
        present,
        keys: rows.map(({ id, tenant, purpose, epoch }) => ({ id, tenant: tenant as OrganisationId, purpose, epoch })),
      }
    },
    async destroy(ids) {
      const gone = new Set(ids)
      for (const [id] of byId) if (gone.has(id)) byId.delete(id)
      for (const [name, held] of byName) if (gone.has(held.id)) byName.delete(name)
      return store.destroyEpochKeys(ids)
    },
    fresh: sealing.fresh,
    async close() {
      clearInterval(sweep)
      await sealing.close()
      byId.clear()
      byName.clear()
      await store.close()
    },
  }
  return keys
}

/** What a blob of `sealFor` is bound to: its purpose and the place that the room names. */
export const sealedForAad = (purpose: string, context: Uint8Array): Uint8Array =>
  lengthPrefixed('bailee/for/v1', purpose, context)

/** The last bytes of the SPKI are the raw key (RFC 8410; FIPS 204 key in SPKI). */
const rawPublicKey = (key: KeyObject, algorithm: Signer['algorithm']): Buffer =>
  Buffer.from(key.export({ format: 'der', type: 'spki' }).subarray(algorithm === 'ed25519' ? -32 : -1312))

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { equalBytes, nextKey } from '@bailee/proof'
import { type OrganisationId, randomSource } from '#kernel'
import { chainAad, type Keys, keyIdOf, open, type Query, SealBroken, seal } from '#platform'
import { readChains } from './store.ts'

/**
 * A person's chain: the ratchet key that makes their next tag, and the ledger key that seals their openings. Both are
 * sealed together under the tenant's epoch key of the purpose `ledger`; erasing the row makes the openings unreadable.
 */
export interface Chain {
  readonly subject: string
  readonly tenant: OrganisationId
  n: number
  /** Undefined once erased: entries then carry a tag that belongs to nobody. */
  secrets: { ratchet: Uint8Array; readonly ledgerKey: KeyObject; readonly ledgerKeyBytes: Buffer } | undefined
}
export const ledgerPurpose = 'ledger'
const randomKey = randomSource(32)

/** Chains in the sequencer's memory. It alone moves them while it holds office, so what it remembers is what is stored. */
export class ChainKeeper {
  readonly #keys: Keys
  readonly #held = new Map<string, Chain>()
  readonly #most: number
  constructor(keys: Keys, most = 50_000) {
    this.#keys = keys
    this.#most = most
  }

  /** The chains of these people, made where they had none; without those whose seal is broken. */
  async fetch(db: Query, wanted: ReadonlyMap<string, OrganisationId>): Promise<Map<string, Chain>> {
    const chains = new Map<string, Chain>()
    const missing: string[] = []
    for (const subject of wanted.keys()) {
      const chain = this.#held.get(subject)
      if (chain) chains.set(subject, chain)
      else missing.push(subject)
    }
    if (missing.length > 0) {
      const rows = await readChains(db, missing)
      await this.#keys.load(rows.flatMap((row) => (row.sealed ? [keyIdOf(row.sealed)] : [])))
      const stored = new Set(rows.map((row) => row.subject))
      for (const row of rows) {
        try {
          chains.set(row.subject, openChain(this.#keys, row))
        } catch (error) {
          // One ruined row must not stop everybody's ledger. A missing key is another matter: then nothing goes on.
          if (!(error instanceof SealBroken)) throw error
        }
      }
      for (const subject of missing)
        if (!stored.has(subject)) chains.set(subject, newChain(subject, wanted.get(subject)!))
    }
    return chains
  }
  /** After the commit only: until then the stored state is the older one. */
  remember(chains: Iterable<Chain>): void {
    for (const chain of chains) {
      this.#held.delete(chain.subject)
      this.#held.set(chain.subject, chain)
    }
    for (const subject of this.#held.keys()) {
      if (this.#held.size <= this.#most) break
      this.#held.delete(subject)
    }
  }
  forgetAll(): void {
    this.#held.clear()
  }
  async sealed(
    chains: Iterable<Chain>,
  ): Promise<{ subject: string; tenant: string; n: number; sealed: Buffer | null }[]> {
    const rows = []
    for (const chain of chains) {
      if (!chain.secrets) {
        rows.push({ subject: chain.subject, tenant: chain.tenant, n: chain.n, sealed: null })
        continue
      }
      const epochKey =
        this.#keys.currentCached(chain.tenant, ledgerPurpose) ?? (await this.#keys.current(chain.tenant, ledgerPurpose))
      const secret = Buffer.concat([chain.secrets.ratchet, chain.secrets.ledgerKeyBytes])
      rows.push({
        subject: chain.subject,
        tenant: chain.tenant,
        n: chain.n,
        sealed: seal(epochKey.key, epochKey.idBytes, secret, chainAad(chain.subject, chain.n)),
      })
      secret.fill(0)
    }
    return rows
  }
}

/**
 * k_0 comes from the ledger key, so that it need not be stored to be given to the person one day. That adds nothing to what a
 * thief of the row has: the ledger key opens all of the person's openings, which say where each entry stands.
 */
const startOf = (ledgerKeyBytes: Buffer): Uint8Array =>
  new Uint8Array(createHmac('sha256', ledgerKeyBytes).update('bailee/chain-start/v1').digest())

/** The earliest key of this chain that can be given: k_0, or the present one for a chain from before k_0 was derivable. */
export function earliestKey(chain: Chain): { readonly n: number; readonly key: Uint8Array } | undefined {
  if (!chain.secrets) return undefined
  const start = startOf(chain.secrets.ledgerKeyBytes)
  let key = start
  for (let n = 0; n < chain.n; n++) key = nextKey(key)
  return equalBytes(key, chain.secrets.ratchet) ? { n: 0, key: start } : { n: chain.n, key: chain.secrets.ratchet }
}

function newChain(subject: string, tenant: OrganisationId): Chain {
  const ledgerKeyBytes = randomKey()
  return {
    subject,
    tenant,
    n: 0,
    secrets: { ratchet: startOf(ledgerKeyBytes), ledgerKey: createSecretKey(ledgerKeyBytes), ledgerKeyBytes },
  }
}

/** @throws when the epoch key is gone or the row was moved; the caller says which. */
export function openChain(
  keys: Keys,
  row: { subject: string; tenant: string; n: number; sealed: Buffer | null },
): Chain {
  const tenant = row.tenant as OrganisationId
  if (!row.sealed) return { subject: row.subject, tenant, n: row.n, secrets: undefined }
  const key = keys.cached(keyIdOf(row.sealed))
  if (!key) throw new Error('the epoch key of a chain is not in the key store')
  const secret = open(key, row.sealed, chainAad(row.subject, row.n))
  const ledgerKeyBytes = Buffer.from(secret.subarray(32))
  return {
    subject: row.subject,
    tenant,
    n: row.n,
    secrets: {
      ratchet: new Uint8Array(secret.subarray(0, 32)),
      ledgerKey: createSecretKey(ledgerKeyBytes),
      ledgerKeyBytes,
    },
  }
}

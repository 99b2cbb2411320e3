import { timingSafeEqual } from 'node:crypto'
import { type ClientActor, type ClientId, Refusal } from '#kernel'
import { parseKey } from './secrets.ts'

/** What is known of a machine key that is not revoked. */
export interface KnownClient {
  readonly secretHash: Buffer
  readonly actor: ClientActor
}
export interface ClientCredentials {
  /** At once when the key was checked in the last seconds. @throws {Refusal} `credentials_invalid` */
  check(bearer: string): ClientActor | Promise<ClientActor>
  /** From now on this process asks the database again: revocation takes effect here without delay. */
  forget(client: ClientId): void
}

/** Another process learns of a revocation this much later at most. */
export const cacheMilliseconds = 5_000
const maxHeld = 10_000

/** Machine keys are presented with every request, so a good one is remembered for seconds. Bad ones never are. */
export function createClientCredentials(
  fetchClient: (id: ClientId) => Promise<KnownClient | undefined>,
  monotonic: () => number = () => performance.now(),
): ClientCredentials {
  const held = new Map<ClientId, KnownClient & { readonly until: number }>()
  const underway = new Map<ClientId, Promise<KnownClient | undefined>>()

  function fetchOnce(id: ClientId): Promise<KnownClient | undefined> {
    let fetching = underway.get(id)
    if (!fetching) {
      const until = monotonic() + cacheMilliseconds
      fetching = fetchClient(id)
        .then((known) => {
          // Forgotten while it was read: what was read may be older than the revocation, so it is not kept.
          if (known && underway.get(id) === fetching) hold(id, { ...known, until })
          return known
        })
        .finally(() => {
          if (underway.get(id) === fetching) underway.delete(id)
        })
      underway.set(id, fetching)
    }
    return fetching
  }
  function hold(id: ClientId, known: KnownClient & { readonly until: number }) {
    held.delete(id)
    // A Map keeps insertion order: the one checked longest ago goes first.
    for (const oldest of held.keys()) {
      if (held.size < maxHeld) break
      held.delete(oldest)
    }
    held.set(id, known)
  }
  function prove(known: KnownClient | undefined, presented: Buffer): ClientActor {
    if (!known || !timingSafeEqual(known.secretHash, presented)) throw new Refusal('credentials_invalid')
    return known.actor
  }

  return {
    check(bearer) {
      const key = parseKey(bearer)
      if (!key) throw new Refusal('credentials_invalid')
      const known = held.get(key.client)
      if (known && known.until > monotonic()) return prove(known, key.secretHash)
      return fetchOnce(key.client).then((fetched) => prove(fetched, key.secretHash))
    },
    forget(client) {
      held.delete(client)
      underway.delete(client)
    },
  }
}

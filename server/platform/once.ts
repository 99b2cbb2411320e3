import { createHash } from 'node:crypto'
import { type OrganisationId, Refusal } from '#kernel'
import type { Tx } from './db/database.ts'
import type { OnceKey } from './http/server.ts'
import type { Keys } from './keys/index.ts'

/** Under which name a key is kept: a statement that claims it by itself uses the same. */
export const onceScope = (tenant: OrganisationId, key: string): Buffer =>
  createHash('sha256').update(`bailee/once/v1\n${tenant}\n${key}`).digest()
/** An answer as it is kept. */
export const sealAnswer = (keys: Keys, tenant: OrganisationId, scope: Buffer, answer: unknown): Promise<Buffer> =>
  keys.sealFor(tenant, 'once', Buffer.from(JSON.stringify(answer)), scope)

/**
 * Does an act once for one Idempotency-Key, in the act's own transaction: the key, the act and the answer are kept
 * together or not at all. A replay with the same body gets the first answer; with another body it is refused.
 * Answers are kept sealed, because some of them (a new machine key) are secrets.
 */
export async function once<Answer>(
  tx: Tx,
  keys: Keys,
  tenant: OrganisationId,
  given: OnceKey | undefined,
  act: () => Promise<Answer>,
): Promise<Answer> {
  if (!given) return act()
  const scope = onceScope(tenant, given.key)
  const claimed = await tx.query({
    name: 'once/claim',
    text: `insert into platform.once (scope, digest) values ($1, $2) on conflict (scope) do nothing returning scope`,
    values: [scope, given.digest],
  })
  if (claimed.length === 0) {
    const [earlier] = await tx.query<{ digest: Buffer; answer: Buffer | null }>({
      name: 'once/read',
      text: 'select digest, answer from platform.once where scope = $1',
      values: [scope],
    })
    if (!earlier?.answer || !earlier.digest.equals(given.digest))
      throw new Refusal('idempotency_key_reused', { field: 'Idempotency-Key', rule: 'one key, one request' })
    return JSON.parse((await keys.openFor(tenant, 'once', earlier.answer, scope)).toString('utf8')) as Answer
  }
  const answer = await act()
  await tx.query({
    name: 'once/keep',
    text: 'update platform.once set answer = $2 where scope = $1',
    values: [scope, await sealAnswer(keys, tenant, scope, answer)],
  })
  return answer
}

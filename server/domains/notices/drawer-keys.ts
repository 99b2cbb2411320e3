import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto'
import type { OrganisationId, PersonId } from '#kernel'
import { type EpochKey, grantAad, type Keys, keyIdOf, open, seal } from '#platform'
import { selfPurpose } from './model.ts'

/** The key of one person's category, in the clear, for as long as a request lasts. */
export interface DrawerKey {
  readonly bytes: Buffer
  readonly key: KeyObject
}
const pool = Buffer.alloc(32 * 256)
let used = pool.length

export function newDrawerKey(): DrawerKey {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + 32))
  pool.fill(0, used, used + 32)
  used += 32
  return { bytes, key: createSecretKey(bytes) }
}
export const wrapFor = (
  epochKey: EpochKey,
  tenant: OrganisationId,
  subject: PersonId,
  category: string,
  purpose: string,
  drawerKey: DrawerKey,
): Buffer => seal(epochKey.key, epochKey.idBytes, drawerKey.bytes, grantAad(tenant, subject, category, purpose))

/**
 * Opens a wrap whose epoch key is in memory. Undefined when the key store no longer has that key.
 * @throws {SealBroken} when the wrap was moved from another person, category or purpose.
 */
export function unwrap(
  keys: Keys,
  tenant: OrganisationId,
  subject: PersonId,
  category: string,
  purpose: string,
  wrap: Buffer,
): DrawerKey | undefined {
  const epochKey = keys.cached(keyIdOf(wrap))
  if (!epochKey) return undefined
  const bytes = open(epochKey, wrap, grantAad(tenant, subject, category, purpose))
  return { bytes, key: createSecretKey(bytes) }
}
/** The person's own wraps: from them the same drawer key is wrapped again for a purpose that they agree to later. */
export async function openSelfWraps(
  keys: Keys,
  tenant: OrganisationId,
  subject: PersonId,
  rows: readonly { category: string; wrap: Buffer }[],
): Promise<Map<string, DrawerKey>> {
  await keys.load(rows.map((row) => keyIdOf(row.wrap)))
  const opened = new Map<string, DrawerKey>()
  for (const row of rows) {
    const drawerKey = unwrap(keys, tenant, subject, row.category, selfPurpose, row.wrap)
    if (drawerKey) opened.set(row.category, drawerKey)
  }
  return opened
}

import { createSecretKey, type KeyObject } from 'node:crypto'
import { type OrganisationId, type PersonId, Refusal, randomSource } from '#kernel'
import { type EpochKey, grantAad, type Keys, keyIdOf, keyIdsOf, open, seal } from '#platform'
import { selfPurpose } from './model.ts'

/** The key of one person's category, in the clear, for as long as a request lasts. */
export interface DrawerKey {
  readonly bytes: Buffer
  readonly key: KeyObject
}
const randomKey = randomSource(32)

export function newDrawerKey(): DrawerKey {
  const bytes = randomKey()
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
/**
 * The person's own wraps: from them the same drawer key is wrapped again for a purpose that they agree to later.
 * @throws {Refusal} `key_unavailable`. @throws {SealBroken}
 */
export async function openSelfWraps(
  keys: Keys,
  tenant: OrganisationId,
  subject: PersonId,
  rows: readonly { category: string; wrap: Buffer }[],
): Promise<Map<string, DrawerKey>> {
  await keys.load(keyIdsOf(rows.map((row) => row.wrap)))
  const opened = new Map<string, DrawerKey>()
  for (const row of rows) {
    const drawerKey = unwrap(keys, tenant, subject, row.category, selfPurpose, row.wrap)
    // A second key for the same category would split the drawer in two.
    if (!drawerKey) throw new Refusal('key_unavailable')
    opened.set(row.category, drawerKey)
  }
  return opened
}

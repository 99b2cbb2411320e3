import type { OrganisationId, PersonId, RecordId } from '#kernel'
import type { DrawerKey, FieldKind } from '#notices'
import { drawerAad, type Keys, keyIdOf, open, SealBroken, sealContents } from '#platform'
import { kinds } from './kind-rules/index.ts'
import { drawerSchemaVersion } from './model.ts'

export const contentsOf = (record: RecordId, fields: Readonly<Record<string, string>>) => ({
  record,
  schemaVersion: drawerSchemaVersion,
  json: JSON.stringify(fields),
})
export const sealDrawer = (
  drawerKey: DrawerKey,
  tenant: OrganisationId,
  subject: PersonId,
  record: RecordId,
  category: string,
  fields: Readonly<Record<string, string>>,
): Buffer => sealContents(drawerKey.key, { tenant, subject, category }, contentsOf(record, fields))
/** @throws {SealBroken} when the row was swapped, truncated or changed in any way. */
export const openDrawer = (
  drawerKey: DrawerKey,
  tenant: OrganisationId,
  subject: PersonId,
  record: RecordId,
  category: string,
  version: number,
  sealed: Buffer,
): Record<string, string> => {
  if (keyIdOf(sealed) !== subject) throw new SealBroken('the blob names another person')
  const plain = open(drawerKey.key, sealed, drawerAad(tenant, subject, record, category, version))
  return JSON.parse(plain.toString('utf8')) as Record<string, string>
}

/** Sixteen bytes that are equal when the normalised values are, for this tenant, field and normaliser only. */
export async function blindToken(
  keys: Keys,
  tenant: OrganisationId,
  field: string,
  kind: FieldKind,
  value: string,
): Promise<Buffer> {
  const { normaliser, normalise } = kinds[kind]
  const key = await keys.indexKey(tenant, field, normaliser)
  return Buffer.from(key.mac(Buffer.from(normalise(value))).buffer, 0, 16)
}
/**
 * The tokens by which a value may have been indexed: that of the field's kind, and that of free text from before the
 * notice said what kind the field is.
 */
export async function blindTokens(
  keys: Keys,
  tenant: OrganisationId,
  field: string,
  kind: FieldKind,
  value: string,
): Promise<readonly Buffer[]> {
  const own = await blindToken(keys, tenant, field, kind, value)
  return kinds[kind].normaliser === kinds.text.normaliser
    ? [own]
    : [own, await blindToken(keys, tenant, field, 'text', value)]
}

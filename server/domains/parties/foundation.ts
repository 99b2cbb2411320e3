import { newId } from '#kernel'
import type { Tx } from '#platform'
import type { Client, Organisation, OrganisationDraft, Powers } from './model.ts'
import { standsBehind } from './rules.ts'
import { keyText, newSecret } from './secrets.ts'
import { insertClient } from './store-clients.ts'
import { insertOrganisation } from './store-organisations.ts'

export async function registerOrganisation(
  tx: Tx,
  draft: OrganisationDraft,
  founder: boolean,
  now: Date,
): Promise<Organisation> {
  const organisation: Organisation = {
    id: newId(),
    kind: draft.kind,
    name: draft.name,
    area: draft.area ?? null,
    level: draft.level ?? null,
    founder,
    createdAt: now,
  }
  await insertOrganisation(tx, organisation)
  return organisation
}

/** Makes a client and its key. The key's text exists here and in the answer, nowhere else. */
export async function registerClient(
  tx: Tx,
  draft: Powers & { readonly tenant: Organisation['id']; readonly name: string },
  /** Wire id of whoever stands behind the maker; without one the key stands for itself. */
  maker: string | undefined,
  now: Date,
): Promise<{ readonly client: Client; readonly key: string }> {
  const id: Client['id'] = newId()
  const secret = newSecret()
  const client: Client = {
    id,
    tenant: draft.tenant,
    name: draft.name,
    abilities: draft.abilities,
    purposes: draft.purposes,
    actsFor: standsBehind(maker, `cli_${id}`),
    createdAt: now,
    revokedAt: null,
  }
  await insertClient(tx, client, secret.hash)
  return { client, key: keyText(id, secret) }
}

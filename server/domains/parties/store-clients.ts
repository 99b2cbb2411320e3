import type { Ability } from '@bailee/contract'
import type { ClientId, OrganisationId } from '#kernel'
import type { Query, Tx } from '#platform'
import type { KnownClient } from './credentials.ts'
import type { Client } from './model.ts'

interface Row {
  readonly id: ClientId
  readonly tenant: OrganisationId
  readonly name: string
  readonly abilities: readonly Ability[]
  readonly purposes: readonly string[]
  readonly acts_for: string
  readonly created_at: Date
  readonly revoked_at: Date | null
}
const columns = 'id, tenant, name, abilities, purposes, acts_for, created_at, revoked_at'
const clientOf = (row: Row): Client => ({
  id: row.id,
  tenant: row.tenant,
  name: row.name,
  abilities: row.abilities,
  purposes: row.purposes,
  actsFor: row.acts_for,
  createdAt: row.created_at,
  revokedAt: row.revoked_at,
})

export async function insertClient(tx: Tx, client: Client, secretHash: Buffer): Promise<void> {
  await tx.query({
    name: 'parties/insert-client',
    text: `insert into parties.client (id, tenant, name, secret_hash, abilities, purposes, acts_for, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      client.id,
      client.tenant,
      client.name,
      secretHash,
      client.abilities,
      client.purposes,
      client.actsFor,
      client.createdAt,
    ],
  })
}

/** For the check of a key: nothing when the client is unknown or revoked. */
export async function findKnownClient(query: Query, id: ClientId): Promise<KnownClient | undefined> {
  const [row] = await query.query<Row & { secret_hash: Buffer }>({
    name: 'parties/find-known-client',
    text: `select ${columns}, secret_hash from parties.client where id = $1 and revoked_at is null`,
    values: [id],
  })
  return (
    row && {
      secretHash: row.secret_hash,
      actor: {
        kind: 'client',
        id: row.id,
        tenant: row.tenant,
        abilities: new Set(row.abilities),
        purposes: new Set(row.purposes),
      },
    }
  )
}

export async function findClient(query: Query, tenant: OrganisationId, id: ClientId): Promise<Client | undefined> {
  const [row] = await query.query<Row>({
    name: 'parties/find-client',
    text: `select ${columns} from parties.client where tenant = $1 and id = $2`,
    values: [tenant, id],
  })
  return row && clientOf(row)
}

export async function findClientForUpdate(tx: Tx, tenant: OrganisationId, id: ClientId): Promise<Client | undefined> {
  const [row] = await tx.query<Row>({
    name: 'parties/find-client-for-update',
    text: `select ${columns} from parties.client where tenant = $1 and id = $2 for update`,
    values: [tenant, id],
  })
  return row && clientOf(row)
}

/** In whose name the client acts; nothing once it is revoked. */
export async function findActsFor(tx: Tx, tenant: OrganisationId, id: ClientId): Promise<string | undefined> {
  const [row] = await tx.query<{ acts_for: string }>({
    name: 'parties/find-acts-for',
    text: 'select acts_for from parties.client where tenant = $1 and id = $2 and revoked_at is null',
    values: [tenant, id],
  })
  return row?.acts_for
}

export async function clientsOf(query: Query, tenant: OrganisationId): Promise<readonly Client[]> {
  const rows = await query.query<Row>({
    name: 'parties/clients-of',
    text: `select ${columns} from parties.client where tenant = $1 order by id`,
    values: [tenant],
  })
  return rows.map(clientOf)
}

export async function markClientRevoked(tx: Tx, id: ClientId, now: Date): Promise<void> {
  await tx.query({
    name: 'parties/mark-client-revoked',
    text: 'update parties.client set revoked_at = $2 where id = $1',
    values: [id, now],
  })
}

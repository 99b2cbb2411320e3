import type { OrganisationId } from '#kernel'
import type { Query, Tx } from '#platform'
import type { AuthorityLevel, Organisation, OrganisationKind, Setup } from './model.ts'

interface Row {
  readonly id: OrganisationId
  readonly kind: OrganisationKind
  readonly name_en: string
  readonly name_zh: string
  readonly area: string | null
  readonly level: AuthorityLevel | null
  readonly founder: boolean
  readonly created_at: Date
}
const columns = 'id, kind, name_en, name_zh, area, level, founder, created_at'
const organisationOf = (row: Row): Organisation => ({
  id: row.id,
  kind: row.kind,
  name: { en: row.name_en, zh: row.name_zh },
  area: row.area,
  level: row.level,
  founder: row.founder,
  createdAt: row.created_at,
})

export async function insertOrganisation(tx: Tx, organisation: Organisation): Promise<void> {
  await tx.query({
    name: 'parties/insert-organisation',
    text: `insert into parties.organisation (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      organisation.id,
      organisation.kind,
      organisation.name.en,
      organisation.name.zh,
      organisation.area,
      organisation.level,
      organisation.founder,
      organisation.createdAt,
    ],
  })
}

export async function findOrganisation(query: Query, id: OrganisationId): Promise<Organisation | undefined> {
  const [row] = await query.query<Row>({
    name: 'parties/find-organisation',
    text: `select ${columns} from parties.organisation where id = $1`,
    values: [id],
  })
  return row && organisationOf(row)
}

/** Ids grow with time, so the order of ids is the order of registration. */
export async function organisationsAfter(
  query: Query,
  after: OrganisationId | null,
  limit: number,
): Promise<readonly Organisation[]> {
  const rows = await query.query<Row>({
    name: 'parties/organisations-after',
    text: `select ${columns} from parties.organisation where $1::uuid is null or id > $1 order by id limit $2`,
    values: [after, limit],
  })
  return rows.map(organisationOf)
}

export async function hasOrganisation(query: Query): Promise<boolean> {
  const rows = await query.query({
    name: 'parties/has-organisation',
    text: 'select 1 as found from parties.organisation limit 1',
  })
  return rows.length > 0
}

/** A new token in place of the old one. Answers false once set-up is closed. */
export async function replaceSetupToken(query: Query, tokenHash: Buffer, now: Date): Promise<boolean> {
  const rows = await query.query({
    name: 'parties/replace-setup-token',
    text: `insert into parties.setup (token_hash, made_at) values ($1, $2)
           on conflict (single) do update set token_hash = excluded.token_hash, made_at = excluded.made_at
           where setup.closed_at is null
           returning single`,
    values: [tokenHash, now],
  })
  return rows.length > 0
}

export async function findSetup(query: Query): Promise<Setup | undefined> {
  const [row] = await query.query<{ token_hash: Buffer | null; closed_at: Date | null }>({
    name: 'parties/find-setup',
    text: 'select token_hash, closed_at from parties.setup',
  })
  return row && { tokenHash: row.token_hash, closedAt: row.closed_at }
}

/** Whoever comes second waits here until the first has finished. */
export async function findSetupForUpdate(tx: Tx): Promise<Setup | undefined> {
  const [row] = await tx.query<{ token_hash: Buffer | null; closed_at: Date | null }>({
    name: 'parties/find-setup-for-update',
    text: 'select token_hash, closed_at from parties.setup for update',
  })
  return row && { tokenHash: row.token_hash, closedAt: row.closed_at }
}

export async function closeSetup(tx: Tx, now: Date): Promise<void> {
  await tx.query({
    name: 'parties/close-setup',
    text: 'update parties.setup set token_hash = null, closed_at = $1',
    values: [now],
  })
}

export async function findFounder(db: Query): Promise<OrganisationId | undefined> {
  const [row] = await db.query<{ id: OrganisationId }>({
    name: 'parties/find-founder',
    text: 'select id from parties.organisation where founder',
  })
  return row?.id
}

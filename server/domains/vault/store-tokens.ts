import type { OrganisationId, PersonId, RecordId } from '#kernel'
import type { Query, Tx } from '#platform'
import type { TokenForm } from './model.ts'

export interface TokenRow {
  readonly tenant: OrganisationId
  readonly token: string
  readonly subject: PersonId
  readonly category: string
  readonly record: RecordId
  readonly field: string
  readonly form: TokenForm
  /** The value when the token was made, under the person's drawer key; nothing for a pointer. */
  readonly sealed: Buffer | null
}
/** The same token of the same person stays as it is: equal tokens stand for equal values. */
export async function insertToken(tx: Tx, row: TokenRow, at: Date): Promise<void> {
  await tx.query({
    name: 'vault/insert-token',
    text: `insert into vault.token (tenant, token, subject, category, record, field, form, sealed, made_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
    values: [row.tenant, row.token, row.subject, row.category, row.record, row.field, row.form, row.sealed, at],
  })
}
/** Two rows at most: more than one person may have the value of a deterministic token. */
export async function findTokens(
  db: Query,
  tenant: OrganisationId,
  token: string,
  person: PersonId | null,
): Promise<readonly TokenRow[]> {
  return db.query<TokenRow>({
    name: 'vault/find-tokens',
    text: `select tenant, token, subject, category, record, field, form, sealed from vault.token
      where tenant = $1 and token = $2 and ($3::uuid is null or subject = $3) order by subject limit 2`,
    values: [tenant, token, person],
  })
}

import type { OrganisationId, PersonId, RecordId } from '#kernel'
import type { Query, Tx } from '#platform'

export interface FileRow {
  readonly subject: PersonId
  readonly record: RecordId
  readonly field: string
  readonly file: string
  readonly tenant: OrganisationId
  readonly category: string
  readonly bytes: number
  readonly chunks: number
}
export async function insertChunk(db: Query, subject: PersonId, file: string, n: number, sealed: Buffer, at: Date) {
  await db.query({
    name: 'vault/insert-chunk',
    text: 'insert into vault.file_chunk (subject, file, n, sealed, at) values ($1, $2, $3, $4, $5)',
    values: [subject, file, n, sealed, at],
  })
}
export async function deleteChunks(db: Query, subject: PersonId, file: string): Promise<void> {
  await db.query({
    name: 'vault/delete-chunks',
    text: `delete from vault.file_chunk c where c.subject = $1 and c.file = $2
      and not exists (select from vault.file f where f.subject = c.subject and f.file = c.file)`,
    values: [subject, file],
  })
}
export async function insertFile(tx: Tx, row: FileRow, at: Date): Promise<boolean> {
  const rows = await tx.query({
    name: 'vault/insert-file',
    text: `insert into vault.file (subject, record, field, file, tenant, category, bytes, chunks, stored_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning subject`,
    values: [row.subject, row.record, row.field, row.file, row.tenant, row.category, row.bytes, row.chunks, at],
  })
  return rows.length > 0
}
export async function findFile(
  db: Query,
  tenant: OrganisationId,
  subject: PersonId,
  record: RecordId,
  field: string,
): Promise<FileRow | undefined> {
  const [row] = await db.query<FileRow>({
    name: 'vault/find-file',
    text: `select subject, record, field, file, tenant, category, bytes, chunks from vault.file
      where subject = $1 and record = $2 and field = $3 and tenant = $4`,
    values: [subject, record, field, tenant],
  })
  return row
}
/** One chunk at a time: memory stays flat however large the file. */
export async function* chunksOf(db: Query, row: FileRow): AsyncGenerator<Buffer> {
  for (let n = 0; n < row.chunks; n++) {
    const [chunk] = await db.query<{ sealed: Buffer }>({
      name: 'vault/read-chunk',
      text: 'select sealed from vault.file_chunk where subject = $1 and file = $2 and n = $3',
      values: [row.subject, row.file, n],
    })
    if (!chunk) return
    yield chunk.sealed
  }
}
/** Of uploads that were broken off. */
export async function deleteStrayChunks(db: Query, before: Date): Promise<void> {
  await db.query({
    name: 'vault/delete-stray-chunks',
    text: `delete from vault.file_chunk c where c.at < $1
      and not exists (select from vault.file f where f.subject = c.subject and f.file = c.file)`,
    values: [before],
  })
}

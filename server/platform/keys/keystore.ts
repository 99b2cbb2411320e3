import pg from 'pg'

/**
 * The key store: a database of its own, so that it can have its own, short, backup window. Whoever restores the main
 * database without it restores only ciphertext.
 */
export interface KeyStore {
  findEpochKey(tenant: string, purpose: string, epoch: number): Promise<EpochKeyRow | undefined>
  /** Keeps the first key written for (tenant, purpose, epoch); answers the one that is kept. */
  keepEpochKey(row: EpochKeyRow): Promise<EpochKeyRow>
  epochKeysById(ids: readonly string[]): Promise<readonly EpochKeyRow[]>
  /** Keys of ended epochs, oldest first. The keys of indexes have an epoch that never ends. */
  epochKeysBefore(epoch: number): Promise<readonly EpochKeyRow[]>
  /**
   * Overwrites and deletes these keys and writes their table anew, so that no page of it holds them; answers how many there
   * were. What is left for a while is in the write-ahead log and in backups (docs/operations.md, "Key life").
   */
  destroyEpochKeys(ids: readonly string[]): Promise<number>
  findSigningKey(name: string): Promise<SigningKeyRow | undefined>
  keepSigningKey(row: SigningKeyRow): Promise<SigningKeyRow>
  close(): Promise<void>
}
export interface EpochKeyRow {
  readonly id: string
  readonly tenant: string
  readonly purpose: string
  readonly epoch: number
  readonly wrapped: Buffer
}
export interface SigningKeyRow {
  readonly name: string
  readonly publicKey: Buffer
  readonly wrapped: Buffer
}

const schema = `
create table if not exists epoch_key (
  id uuid primary key, tenant uuid not null, purpose text not null, epoch int not null,
  wrapped bytea not null, made_at timestamptz not null default now(), unique (tenant, purpose, epoch));
create table if not exists signing_key (
  name text primary key, public_key bytea not null, wrapped bytea not null, made_at timestamptz not null default now());`

export async function openKeyStore(connection: pg.PoolConfig, onError: (error: Error) => void): Promise<KeyStore> {
  const pool = new pg.Pool({ ...connection, max: 3, application_name: 'bailee/keys', connectionTimeoutMillis: 10_000 })
  pool.on('error', onError)
  await pool.query(
    `select pg_advisory_lock(hashtext('bailee/keys')); ${schema}; select pg_advisory_unlock(hashtext('bailee/keys'))`,
  )
  const columns = `replace(id::text, '-', '') as id, replace(tenant::text, '-', '') as tenant, purpose, epoch, wrapped`
  const keyStore: KeyStore = {
    async findEpochKey(tenant, purpose, epoch) {
      return (
        await pool.query<EpochKeyRow>(
          `select ${columns} from epoch_key where tenant = $1 and purpose = $2 and epoch = $3`,
          [tenant, purpose, epoch],
        )
      ).rows[0]
    },
    async keepEpochKey(row) {
      await pool.query(
        'insert into epoch_key (id, tenant, purpose, epoch, wrapped) values ($1, $2, $3, $4, $5) on conflict (tenant, purpose, epoch) do nothing',
        [row.id, row.tenant, row.purpose, row.epoch, row.wrapped],
      )
      return (await keyStore.findEpochKey(row.tenant, row.purpose, row.epoch))!
    },
    async epochKeysById(ids) {
      return (await pool.query<EpochKeyRow>(`select ${columns} from epoch_key where id = any($1::uuid[])`, [ids])).rows
    },
    async epochKeysBefore(epoch) {
      return (
        await pool.query<EpochKeyRow>(`select ${columns} from epoch_key where epoch < $1 order by epoch, id`, [epoch])
      ).rows
    },
    async destroyEpochKeys(ids) {
      await pool.query(`update epoch_key set wrapped = '' where id = any($1::uuid[])`, [ids])
      const { rowCount } = await pool.query('delete from epoch_key where id = any($1::uuid[])', [ids])
      // A plain VACUUM frees the place without clearing it; FULL copies what lives into another file. The table is small.
      await pool.query('vacuum (full) epoch_key')
      return rowCount ?? 0
    },
    async findSigningKey(name) {
      return (
        await pool.query<SigningKeyRow>(
          'select name, public_key as "publicKey", wrapped from signing_key where name = $1',
          [name],
        )
      ).rows[0]
    },
    async keepSigningKey(row) {
      await pool.query(
        'insert into signing_key (name, public_key, wrapped) values ($1, $2, $3) on conflict (name) do nothing',
        [row.name, row.publicKey, row.wrapped],
      )
      return (await keyStore.findSigningKey(row.name))!
    },
    close: () => pool.end(),
  }
  return keyStore
}

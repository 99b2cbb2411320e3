import pg from 'pg'

/** Makes the key store's database beside the main one, where both live in the embedded PostgreSQL. */
export async function prepareDatabases(main: pg.ClientConfig, keyStoreName: string): Promise<void> {
  const client = new pg.Client(main)
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [keyStoreName])
    // `create database` takes no parameters; the name is ours.
    if (rowCount === 0) await client.query(`create database "${keyStoreName.replaceAll('"', '""')}"`)
  } finally {
    await client.end()
  }
}

/**
 * Before the files of a cluster are copied: begins a fresh segment of the write-ahead log, so that the last one holds no
 * record of this database's rows. Answers the name of the folder under `base/` where the database lies, if there is one.
 */
export async function settleForCopy(main: pg.ClientConfig, database: string): Promise<string | undefined> {
  const client = new pg.Client(main)
  await client.connect()
  try {
    await client.query('checkpoint')
    await client.query('select pg_switch_wal()')
    const { rows } = await client.query<{ oid: string }>(
      'select oid::text as oid from pg_database where datname = $1',
      [database],
    )
    return rows[0]?.oid
  } finally {
    await client.end()
  }
}

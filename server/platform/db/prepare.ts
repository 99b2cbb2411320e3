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

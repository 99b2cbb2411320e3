import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { platformMigrations } from '../migrations.ts'
import { startTestDatabase } from '../test-database.ts'
import { MigrationError, migrate, type RoomMigrations } from './migrate.ts'

const database = await startTestDatabase()
const folder = await mkdtemp(join(tmpdir(), 'bailee-migrations-'))
after(async () => {
  await database.close()
  await rm(folder, { recursive: true })
})

let folders = 0
async function source(files: Readonly<Record<string, string>>): Promise<RoomMigrations> {
  const path = await mkdtemp(join(folder, `m${++folders}-`))
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text)
  return { room: 'vault', folder: path }
}
async function query(connection: pg.ClientConfig, text: string) {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
const applied = (connection: pg.ClientConfig) =>
  query(connection, `select room || '/' || name as name from platform.migration order by room, name`).then((rows) =>
    rows.map((row) => row.name),
  )

test('servers that start at once on a new database apply each file once', async () => {
  const connection = await database.fresh()
  const sources = [
    platformMigrations,
    await source({
      '0001-a.sql': 'create table vault.a (n int); insert into vault.a values (1)',
      '0002-b.sql': 'insert into vault.a values (2)',
    }),
  ]
  const lines: string[] = []
  await Promise.all(Array.from({ length: 5 }, () => migrate(connection, sources, (line) => lines.push(line))))
  assert.deepEqual(await query(connection, 'select n from vault.a order by n'), [{ n: 1 }, { n: 2 }])
  const names = [
    ...(await readdir(platformMigrations.folder)).sort().map((name) => `platform/${name}`),
    'vault/0001-a.sql',
    'vault/0002-b.sql',
  ]
  assert.equal(lines.length, names.length)
  assert.deepEqual(await applied(connection), names)
})
test('a later start applies what is new and nothing else', async () => {
  const connection = await database.fresh()
  const first = await source({ '0001-a.sql': 'create table vault.a (n int)' })
  await migrate(connection, [first])
  await writeFile(join(first.folder, '0002-b.sql'), 'create table vault.b (n int)')
  const lines: string[] = []
  await migrate(connection, [first], (line) => lines.push(line))
  assert.deepEqual(lines, ['migration vault/0002-b.sql applied'])
})
test('an applied file that has changed since stops the start', async () => {
  const connection = await database.fresh()
  const room = await source({ '0001-a.sql': 'create table vault.a (n int)' })
  await migrate(connection, [room])
  await writeFile(join(room.folder, '0001-a.sql'), 'create table vault.a (n int, m int)')
  await assert.rejects(migrate(connection, [room]), /vault\/0001-a\.sql was applied in another wording/)
})
test('a database that is newer than the program stops the start', async () => {
  const connection = await database.fresh()
  const room = await source({ '0001-a.sql': 'select 1', '0002-b.sql': 'select 1' })
  await migrate(connection, [room])
  await unlink(join(room.folder, '0002-b.sql'))
  await assert.rejects(migrate(connection, [room]), /0002-b\.sql, which this program does not know/)
})
test('a file that fails leaves nothing of itself, and says which it was', async () => {
  const connection = await database.fresh()
  const room = await source({
    '0001-a.sql': 'create table vault.a (n int)',
    '0002-b.sql': 'create table vault.b (n int); insert into vault.nowhere values (1)',
  })
  await assert.rejects(migrate(connection, [room]), (error: unknown) => {
    assert.ok(error instanceof MigrationError)
    assert.match(error.message, /vault\/0002-b\.sql failed/)
    return true
  })
  assert.deepEqual(await applied(connection), ['vault/0001-a.sql'])
  assert.deepEqual(await query(connection, `select to_regclass('vault.b') as b`), [{ b: null }])
  // Once it is mended the start goes through, and the lock was not left behind.
  await writeFile(join(room.folder, '0002-b.sql'), 'create table vault.b (n int)')
  await migrate(connection, [room])
})

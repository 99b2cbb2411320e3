import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type Room, roleOf, rooms } from './database.ts'

export interface RoomMigrations {
  readonly room: Room
  /** Folder of `0001-<what>.sql` files, applied in order of name. */
  readonly folder: string
}
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

const quote = (identifier: string) => `"${identifier.replaceAll('"', '""')}"`

/**
 * Brings every room's schema up to date. One advisory lock, so that two servers starting at once apply each file once;
 * one transaction a file. An applied file that has since changed, or a newer database than this program, stops the start.
 */
export async function migrate(
  connection: pg.ClientConfig,
  sources: readonly RoomMigrations[],
  log: (line: string) => void = () => {},
): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    await client.query("select pg_advisory_lock(hashtext('bailee/migrate'))")
    await client.query('create schema if not exists platform')
    await client.query(
      'create table if not exists platform.migration (room text not null, name text not null, digest text not null, applied_at timestamptz not null default now(), primary key (room, name))',
    )
    for (const room of rooms) {
      const role = roleOf(room)
      await client.query(
        `do $$ begin if not exists (select from pg_roles where rolname = '${role}') then create role ${quote(role)} nologin; end if;
          exception when duplicate_object or unique_violation then null; -- another database of this cluster was quicker
        end $$`,
      )
      await client.query(`grant ${quote(role)} to current_user`)
    }
    for (const room of rooms) {
      await client.query(`create schema if not exists ${quote(room)}`)
      await client.query(
        `grant usage on schema ${quote(room)} to ${rooms.map((other) => quote(roleOf(other))).join(', ')}`,
      )
    }
    const applied = new Map(
      (
        await client.query<{ room: string; name: string; digest: string }>(
          'select room, name, digest from platform.migration',
        )
      ).rows.map((row) => [`${row.room}/${row.name}`, row.digest]),
    )
    for (const { room, folder } of sources) {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
      for (const key of applied.keys())
        if (key.startsWith(`${room}/`) && !names.includes(key.slice(room.length + 1)))
          throw new MigrationError(
            `the database has migration ${key}, which this program does not know: it is older than the database`,
          )
      for (const name of names) {
        const text = await readFile(join(folder, name), 'utf8')
        const digest = createHash('sha256').update(text).digest('hex')
        const known = applied.get(`${room}/${name}`)
        if (known === digest) continue
        if (known !== undefined) throw new MigrationError(`migration ${room}/${name} was applied in another wording`)
        await client.query('begin')
        try {
          await client.query(text)
          await client.query('insert into platform.migration (room, name, digest) values ($1, $2, $3)', [
            room,
            name,
            digest,
          ])
          await client.query('commit')
        } catch (error) {
          await client.query('rollback').catch(() => {})
          throw new MigrationError(`migration ${room}/${name} failed`, { cause: error })
        }
        log(`migration ${room}/${name} applied`)
      }
    }
  } finally {
    await client.end()
  }
}

import { createHash, randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

/** All that this app knows of somebody: a pen name, and the ids under which Bailee keeps the rest. */
export interface Member {
  readonly handle: string
  readonly person: string
  readonly record: string
}
export interface Post {
  readonly handle: string
  readonly text: string
}

export type Members = ReturnType<typeof openMembers>

/** `file` is a path, or `:memory:`. */
export function openMembers(file: string) {
  const db = new DatabaseSync(file)
  // Deleted rows are overwritten, and no log keeps them.
  db.exec(`
    pragma foreign_keys = on; pragma secure_delete = on;
    create table if not exists member (
      handle text primary key, token_hash text not null unique, person text not null unique, record text not null
    ) strict;
    create table if not exists post (
      id integer primary key, handle text not null references member on delete cascade, text text not null
    ) strict;`)
  return {
    isTaken: (handle: string): boolean => db.prepare('select 1 from member where handle = ?').get(handle) !== undefined,
    /** The session token, of which only the hash is kept. Repeated for the same person, it replaces the token. */
    add({ handle, person, record }: Member): string {
      const token = randomBytes(32).toString('base64url')
      db.prepare(
        `insert into member (handle, token_hash, person, record) values (?, ?, ?, ?)
         on conflict (person) do update set token_hash = excluded.token_hash`,
      ).run(handle, hash(token), person, record)
      return token
    },
    find(token: string): Member | undefined {
      // The columns are those of Member, by the statement above each is a text.
      return db.prepare('select handle, person, record from member where token_hash = ?').get(hash(token)) as
        | Member
        | undefined
    },
    forget: (handle: string) => void db.prepare('delete from member where handle = ?').run(handle),
    post: (handle: string, text: string) =>
      void db.prepare('insert into post (handle, text) values (?, ?)').run(handle, text),
    timeline: () =>
      // As above.
      db.prepare('select handle, text from post order by id desc limit 50').all() as unknown as readonly Post[],
    close: () => db.close(),
  }
}

const hash = (token: string): string => createHash('sha256').update(token).digest('base64url')

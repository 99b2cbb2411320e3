import { type RouteShape, vault as wire } from '@bailee/contract'
import pg from 'pg'
import Type from 'typebox'
import type { App } from '../server/testing.ts'

const title = (en: string, zh: string) => ({ en, zh })
const notice = {
  slug: 'bench',
  title: title('Bench', '测速'),
  contact: title('bench', '测速'),
  recipients: [],
  purposes: [
    { id: 'delivery', title: title('Delivery', '配送'), basis: 'consent', retentionDays: 30 },
    { id: 'support', title: title('Support', '客服'), basis: 'consent', retentionDays: 30 },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: title('Contact', '联系方式'),
      sensitive: false,
      purposes: ['delivery', 'support'],
      fields: ['name', 'phone', 'email', 'address', 'note'].map((name) => ({
        name,
        title: title(name, name),
        search: name === 'phone',
      })),
    },
  ],
}
export const common = {
  notice: { ...notice, slug: 'orders' },
  fieldsOf: (n: number): Record<string, string> => ({
    name: `Invented Person ${n}`,
    phone: `1${String(n).padStart(10, '0')}`,
    email: `p${n}@example.invalid`,
    address: `No. ${n} Example Road, Sample District`,
    note: `leave at the door, floor ${n % 30}`,
  }),
}

const plainLook = {
  name: 'plainLook',
  room: 'bench',
  method: 'POST',
  path: '/v1/bench/plain-look',
  callers: ['client'],
  ability: 'look',
  body: wire.look.body,
  reply: Type.Object({}),
  errors: [],
  summary: 'baseline',
  summaryZh: '基线',
} as const satisfies RouteShape
const plainInsert = {
  name: 'plainInsert',
  room: 'bench',
  method: 'POST',
  path: '/v1/bench/plain-insert',
  callers: ['client'],
  ability: 'collect',
  body: Type.Object({ fields: Type.Record(Type.String(), Type.String()) }),
  reply: Type.Object({}),
  errors: [],
  summary: 'baseline',
  summaryZh: '基线',
} as const satisfies RouteShape

interface PlainRow {
  readonly name: string
  readonly phone: string
  readonly email: string
  readonly address: string
  readonly note: string
}

export const vault = {
  /** One statement a request on a pool of its own, prepared by name: the ordinary way, done well. */
  async mountPlain(app: App, connection: pg.PoolConfig) {
    const pool = new pg.Pool({ ...connection, max: 16 })
    await pool.query(`create schema if not exists bench;
      create table bench.person (id uuid primary key, name text not null, phone text not null, email text not null, address text not null, note text not null);
      create index person_phone on bench.person (phone);`)
    const pick = (row: PlainRow, fields: readonly string[]) =>
      Object.fromEntries(fields.map((field) => [field, row[field as keyof PlainRow]]))
    app.http.mount(plainLook, async ({ body }) => {
      const { rows } = await pool.query<PlainRow>({
        name: 'plain-look',
        text: 'select name, phone, email, address, note from bench.person where id = $1',
        values: [body.person.slice(4)],
      })
      return { person: body.person, fields: pick(rows[0]!, body.fields) }
    })
    app.http.mount(plainInsert, async ({ body }) => {
      const { name, phone, email, address, note } = body.fields as unknown as PlainRow
      const { rows } = await pool.query<{ id: string }>({
        name: 'plain-insert',
        text: 'insert into bench.person (id, name, phone, email, address, note) values (uuidv7(), $1, $2, $3, $4, $5) returning id',
        values: [name, phone, email, address, note],
      })
      return { person: rows[0]!.id }
    })
    return {
      insert: (rows: readonly { person: string; fields: Record<string, string> }[]) =>
        pool.query(
          'insert into bench.person (id, name, phone, email, address, note) select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])',
          [
            rows.map((row) => row.person.slice(4)),
            ...['name', 'phone', 'email', 'address', 'note'].map((field) => rows.map((row) => row.fields[field])),
          ],
        ),
      analyze: () => pool.query('vacuum analyze'),
      checkpoint: () => pool.query('checkpoint'),
      close: () => pool.end(),
    }
  },
}

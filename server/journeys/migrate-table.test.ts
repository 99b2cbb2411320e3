import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { startTestServer, type TestProvider, type TestServer } from '../testing.ts'

let server: TestServer
let provider: TestProvider
let folder: string
let legacy: pg.Pool
let database: string
before(async () => {
  server = await startTestServer()
  provider = await server.provider()
  folder = await mkdtemp(join(tmpdir(), 'bailee-migrate-'))
  const { main } = server.running.connections
  const admin = new pg.Pool({ ...main, max: 1 })
  await admin.query('create database legacy')
  await admin.end()
  database = `postgres://${main.user}:${encodeURIComponent(String(main.password))}@${encodeURIComponent(String(main.host))}:${main.port}/legacy`
  legacy = new pg.Pool({ ...main, database: 'legacy', max: 2 })
})
after(async () => {
  await legacy.end()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
/** The command line as a process of its own; `killWhen` ends it without warning. */
async function migrate(args: readonly string[], killWhen?: () => Promise<boolean>): Promise<Ran> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../cli/main.ts'), 'migrate-table', ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      BAILEE_SERVER: server.url,
      BAILEE_KEY: provider.key,
      BAILEE_MIGRATE_DATABASE: database,
    },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  if (killWhen) {
    while (child.exitCode === null && !(await killWhen())) await new Promise((resolve) => setTimeout(resolve, 5))
    child.kill('SIGKILL')
  }
  return { code: await ended, stdout, stderr }
}
async function mapping(name: string, more: object): Promise<string> {
  const file = join(folder, `${name}.json`)
  const columns = { full_name: 'name', mobile: 'phone', home: 'address' }
  await writeFile(
    file,
    JSON.stringify({ key: 'id', columns, notice: provider.notice, purposes: ['delivery'], batch: 100, ...more }),
  )
  return file
}
const peopleInBailee = async () => {
  const [row] = await server.running.app.foundation.db
    .as('vault')
    .query<{ n: number }>({ text: 'select count(distinct subject)::int as n from vault.drawer' })
  return row!.n
}

test('a table moves into Bailee, through a kill -9, without a person twice, and loses its plain values at the end', async () => {
  await legacy.query(`create table members (id bigint primary key, full_name text, mobile text, home text, posts int);
    insert into members select n, 'Invented Member ' || n, '139' || lpad(n::text, 8, '0'), case when n % 3 = 0 then null else n || ' Example Road' end, n from generate_series(1, 3000) n;
    insert into members values (9001, null, '', null, 1), (9002, repeat('x', 4001), null, null, 1)`)
  const file = await mapping('members', { table: 'members' })

  const dry = await migrate([file, '--dry-run', '--json'])
  assert.equal(dry.code, 5, dry.stderr)
  const report = JSON.parse(dry.stdout)
  assert.equal(report.rows, 3002)
  assert.equal(report.empty, 1)
  assert.deepEqual(report.columns[0], { field: 'name', nulls: 1, tooLong: 1, malformed: 0, duplicates: 0 })
  assert.equal(report.columns[2].nulls, 1002)
  assert.doesNotMatch(dry.stdout + dry.stderr, /Invented|Example|139000/)

  const settled = async () =>
    legacy
      .query<{ n: number }>('select count(person)::int as n from bailee_migration')
      .then(({ rows }) => rows[0]!.n)
      .catch(() => 0)
  await migrate([file], async () => (await settled()) >= 500)
  const moved = await settled()
  assert.ok(moved >= 500 && moved < 3000, `killed in the middle: ${moved}`)

  const again = await migrate([file, '--json', '--verify', 'all'])
  assert.equal(again.code, 5, again.stderr)
  const result = JSON.parse(again.stdout)
  assert.equal(result.moved + result.movedBefore, 3000)
  assert.deepEqual(result.refused, { schema_violation: 1 })
  assert.equal(result.verified.compared, 3000)
  assert.equal(result.verified.different + result.verified.refused, 0)
  assert.doesNotMatch(again.stdout + again.stderr, /Invented|Example|139000/)
  const { rows } = await legacy.query(
    'select count(distinct person)::int as people, (select count(*)::int from bailee_migration_batch) as open from bailee_migration',
  )
  assert.deepEqual(rows[0], { people: 3000, open: 0 })
  assert.equal(await peopleInBailee(), 3000)

  // Run a third time: nothing is left to do.
  const idle = JSON.parse((await migrate([file, '--json', '--verify', '0'])).stdout)
  assert.equal(idle.moved, 0)

  const unconfirmed = await migrate([file, '--cut-over', '--confirm', 'member'])
  assert.equal(unconfirmed.code, 1)
  await legacy.query(`update members set mobile = '13700000000' where id = 7`)
  const cut = await migrate([file, '--cut-over', '--confirm', 'members', '--json'])
  assert.equal(cut.code, 4, cut.stderr)
  assert.equal(JSON.parse(cut.stdout).verified.replaced, 2999)
  const { rows: left } = await legacy.query(
    'select id::int from members where (full_name is not null or mobile is not null) and id < 9000',
  )
  assert.deepEqual(left, [{ id: 7 }], 'a row that changed since keeps its values')
  const { rows: one } = await legacy.query(`select bailee_person from members where id = 1`)
  const look = await server.call('POST', '/v1/vault/look', {
    key: provider.key,
    body: { person: one[0].bailee_person, purpose: 'delivery', fields: ['name', 'address'] },
  })
  assert.deepEqual(look.json.fields, { name: 'Invented Member 1', address: '1 Example Road' })
})

test('a CSV moves the same way; a cut-off state line did not happen', async () => {
  const csv = join(folder, 'guests.csv')
  const lines = Array.from(
    { length: 250 },
    (_, n) => `g${n},"Invented ""Guest"" ${n}",1380000${n},"Flat ${n},\nExample House"`,
  )
  await writeFile(csv, `\ufeffid,full_name,mobile,home\r\n${lines.join('\r\n')}\r\n`)
  const file = await mapping('guests', {})
  const first = await migrate([file, '--csv', csv, '--json'])
  assert.equal(first.code, 0, first.stderr)
  assert.equal(JSON.parse(first.stdout).moved, 250)
  const state = `${csv}.bailee-migration`
  const text = await readFile(state, 'utf8')
  assert.doesNotMatch(text, /Invented|1380000|Example/)
  // As a crash between the request and the note of its answer leaves it.
  const whole = text.trimEnd().split('\n')
  await writeFile(state, `${whole.slice(0, -1).join('\n')}\n${whole.at(-1)!.slice(0, 40)}`)
  const before = await peopleInBailee()
  const second = await migrate([file, '--csv', csv, '--json', '--verify', '0'])
  assert.equal(second.code, 0, second.stderr)
  assert.equal(await peopleInBailee(), before, 'a repeated batch makes nobody anew')
  const cut = await migrate([file, '--csv', csv, '--cut-over', '--confirm', csv, '--json'])
  assert.equal(cut.code, 0, cut.stderr)
  const replaced = await readFile(JSON.parse(cut.stdout).result, 'utf8')
  assert.doesNotMatch(replaced, /Invented|1380000|Example/)
  assert.match(replaced, /^g7,,,,per_[0-9a-f]{32}$/m)
})

test('a mapping that is wrong, a column that is missing and a secret on the command line are refused', async () => {
  const wrong = await migrate([await mapping('wrong', { table: 'members; drop table x' })])
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /\/table/)
  const missing = await migrate([await mapping('missing', { table: 'members', columns: { nobody: 'name' } })])
  assert.match(missing.stderr, /no column nobody/)
  const argument = await migrate([await mapping('fine', { table: 'members' }), '--database', database])
  assert.equal(argument.code, 1)
  assert.doesNotMatch(argument.stderr, /postgres:/)
})

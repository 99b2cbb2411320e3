import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startTestServer } from '../server/testing.ts'
import { type Bench, round } from './harness.ts'
import { common } from './shapes.ts'

/**
 * `bailee migrate-table` as a process of its own, from a table of plaintext through the public API, against multi-row INSERTs
 * of the same plaintext, 1,000 rows a statement, into a table with the same index. Backfill only: nothing is read back.
 */
export const migrate: Bench = async ({ quick, say }) => {
  const rows = Number(process.env.BENCH_ROWS ?? (quick ? 20_000 : 100_000))
  const folder = await mkdtemp(join(tmpdir(), 'bailee-bench-'))
  await chmod(folder, 0o711)
  const server = await startTestServer(
    { BAILEE_RATE_CLIENT_PER_MINUTE: '1000000000', BAILEE_RATE_ADDRESS_PER_MINUTE: '1000000000' },
    folder,
  )
  try {
    const provider = await server.provider()
    const answer = await server.call('POST', '/v1/notices', { key: provider.key, body: common.notice })
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.json))
    const { main } = server.running.connections
    const admin = new pg.Pool({ ...main, max: 1 })
    await admin.query('create database legacy')
    await admin.end()
    const legacy = new pg.Pool({ ...main, database: 'legacy', max: 4 })
    const shape = 'id bigint primary key, name text, phone text, email text, address text, note text'
    await legacy.query(`create table members (${shape}); create table plain (${shape}); create index on plain (phone);
      insert into members select n, 'Invented Person ' || n, '1' || lpad(n::text, 10, '0'), 'p' || n || '@example.invalid', 'No. ' || n || ' Example Road, Sample District', 'leave at the door, floor ' || n % 30 from generate_series(1, ${rows}) n`)
    const names = ['name', 'phone', 'email', 'address', 'note']
    const started = performance.now()
    for (let from = 0; from < rows; from += 1000) {
      const some = Array.from({ length: Math.min(1000, rows - from) }, (_, n) => from + n)
      const each = some.map((n) => common.fieldsOf(n))
      await legacy.query(
        'insert into plain select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])',
        [some, ...names.map((name) => each.map((fields) => fields[name]))],
      )
    }
    const plain = rows / ((performance.now() - started) / 1000)
    const file = join(folder, 'mapping.json')
    await writeFile(
      file,
      JSON.stringify({
        table: 'members',
        key: 'id',
        columns: Object.fromEntries(names.map((name) => [name, name])),
        notice: answer.json.notice.id,
        purposes: ['delivery'],
      }),
    )
    const cpuBefore = process.threadCpuUsage()
    const result = await new Promise<{ moved: number; seconds: number }>((resolve, reject) => {
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, '../cli/main.ts'), 'migrate-table', file, '--verify', '0', '--json'],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
          env: {
            PATH: process.env.PATH,
            HOME: folder,
            BAILEE_SERVER: server.url,
            BAILEE_KEY: provider.key,
            BAILEE_MIGRATE_DATABASE: `postgres://${main.user}:${encodeURIComponent(String(main.password))}@${encodeURIComponent(String(main.host))}:${main.port}/legacy`,
          },
        },
      )
      let text = ''
      child.stdout.on('data', (chunk) => {
        text += chunk
      })
      child.once('close', (code) =>
        code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`migrate-table ended with ${code}`)),
      )
    })
    const cpu = process.threadCpuUsage(cpuBefore)
    await legacy.end()
    const rate = result.moved / result.seconds
    say(`${result.moved} rows in ${result.seconds} s`)
    return {
      ratios: { migrated_over_plain_inserts: round(rate / plain) },
      figures: {
        rows,
        rows_per_second: round(rate, 0),
        plain_inserts_per_second: round(plain, 0),
        main_thread_us_per_row: round((cpu.user + cpu.system) / rows, 1),
      },
      table: [
        ['', 'rows/s'],
        ['plain multi-row INSERT', plain.toFixed(0)],
        ['migrate-table', rate.toFixed(0)],
      ],
    }
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

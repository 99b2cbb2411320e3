import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { day } from '#kernel'
import {
  createLog,
  type EmbeddedPostgres,
  epochDays,
  epochOf,
  prepareDatabases,
  startEmbeddedPostgres,
} from '#platform'
import { examineKeyLife } from '../ops/key-check.ts'
import { openReadingRoom } from '../ops/reading-room.ts'
import { startTestServer, type TestServer } from '../testing.ts'

/** Months of a server's life: its clock is set forward between one start and the next, its databases stay. Articles 4, 8. */
let folder: string
let postgres: EmbeddedPostgres
let key: string
let admin: string
const people: string[] = []
let erased: string
let certificate: { unrecoverableAfter: { at: string } }
const later = 36 * day

const urlOf = (database: string) => {
  const { user, password, host, port } = postgres.connection
  return `postgresql://${user}:${encodeURIComponent(password)}@${encodeURIComponent(host)}:${port}/${database}`
}
async function query<Row extends pg.QueryResultRow>(database: string, text: string, values: unknown[] = []) {
  const client = new pg.Client({ ...postgres.connection, database })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}
async function start(clockAhead: number, database = 'bailee'): Promise<TestServer> {
  const settings = {
    DATABASE_URL: urlOf(database),
    BAILEE_KEYSTORE_URL: urlOf('bailee_keys'),
    BAILEE_KEY_BACKUP_DAYS: '7',
    BAILEE_PUBLIC_URL: 'http://localhost:8787',
    // The backup's ledger is shorter than the one that a witness has seen; that it refuses is another test.
    ...(database === 'bailee' ? {} : { BAILEE_WITNESSES: 'none', BAILEE_LEDGER_ORIGIN: 'localhost:8787/ledger' }),
  }
  return startTestServer(settings, join(folder, database === 'bailee' ? 'data' : 'restored'), {
    clockAhead,
    settleMilliseconds: 300,
  })
}
const look = (server: TestServer, person: string, purpose = 'delivery') =>
  server.call('POST', '/v1/vault/look', { key, body: { person, purpose, fields: ['name'] } })
const status = async (server: TestServer) => (await server.call('GET', '/v1/keys/status', { key: admin })).json
const oldKeys = () =>
  query<{ purpose: string }>('bailee_keys', 'select purpose from epoch_key where epoch < $1 order by purpose', [
    epochOf(new Date(Date.now() + later)),
  ])

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bailee-key-life-'))
  await chmod(folder, 0o711)
  await mkdir(join(folder, 'data'))
  await mkdir(join(folder, 'postgres'))
  await chmod(join(folder, 'postgres'), 0o711)
  postgres = await startEmbeddedPostgres({ dataDirectory: join(folder, 'postgres'), log: createLog('silent') })
  await prepareDatabases(postgres.connection, 'bailee_keys')
  const server = await start(0)
  const provider = await server.provider()
  ;({ key, admin } = provider)
  for (let at = 0; at < 60; at++)
    people.push(await provider.person({ name: `Invented ${at}`, phone: `1380000${1000 + at}` }))
  erased = await provider.person({ name: 'Forgotten Person', phone: '13811112222' })
  assert.equal((await look(server, erased)).status, 200)
  await server.settle()
  await server.stop()
  await query('postgres', 'create database backup template bailee')
  const again = await start(0)
  certificate = (await again.call('POST', '/v1/vault/erase', { key, body: { person: erased } })).json
  await again.settle()
  await again.stop()
})
after(async () => {
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the certificate names the end of the epoch, ten days of grace and the backup window', () => {
  const epochEnds = (epochOf(new Date()) + 1) * epochDays * day
  assert.equal(Date.parse(certificate.unrecoverableAfter.at), epochEnds + (10 + 7) * day)
})

test('a rotation that is killed in the middle goes on where it was', async () => {
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'rotate-slowly.fixture.ts'),
      JSON.stringify({
        clockAhead: later,
        connections: {
          main: { ...postgres.connection },
          keyStore: { ...postgres.connection, database: 'bailee_keys' },
        },
        config: {
          keyProvider: { kind: 'file' },
          dataDirectory: join(folder, 'data'),
          ledgerOrigin: 'localhost:8787/ledger',
          poolSize: 2,
        },
      }),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for await (const line of createInterface({ input: child.stdout })) if (Number(line) >= 60) break
  child.kill('SIGKILL')
  await ended
  const [left] = await query<{ state: string; seen: string; after: string }>(
    'bailee',
    'select state, seen, after from platform.key_rotation',
  )
  assert.equal(left?.state, 'rewrapping')
  assert.ok(Number(left.seen) >= 60 && left.after !== null)
  assert.ok((await oldKeys()).length > 0, 'nothing is destroyed before everything is wrapped anew')
})

test('under load no look fails, what is withdrawn stays withdrawn, and the old keys are destroyed', async () => {
  const server = await start(later)
  try {
    const before = (await status(server)).rotation
    assert.ok(before.seen >= 60)
    const isOver = { yes: false }
    const bad: unknown[] = []
    let looks = 0
    const lookers = Array.from({ length: 4 }, async (_, clerk) => {
      for (let at = clerk; !isOver.yes; at += 4) {
        const answer = await look(server, people[at % people.length]!)
        looks += 1
        if (answer.status !== 200) bad.push(answer.json)
      }
    })
    const changes = (async () => {
      for (const person of people) {
        const withdrawn = await server.call('POST', '/v1/notices/consents/withdraw', {
          key,
          body: { person, purpose: 'support' },
        })
        if (withdrawn.status !== 200) bad.push(withdrawn.json)
        const corrected = await server.call('POST', '/v1/vault/collect', {
          key,
          body: { person, replace: true, fields: { name: `Corrected ${person.slice(-4)}` } },
        })
        if (corrected.status !== 200 && corrected.status !== 201) bad.push(corrected.json)
      }
    })()
    const made = server.call('POST', '/v1/vault/collect', {
      key,
      body: { consent: { snapshot: await freshSnapshot(server), purposes: ['delivery'] }, fields: { name: 'New' } },
    })
    const started = await server.call('POST', '/v1/keys/rotate', { key: admin, body: { rate: 200 } })
    assert.deepEqual([started.status, started.json.running], [202, true])
    await changes
    await server.running.app.rotation.run()
    isOver.yes = true
    await Promise.all(lookers)
    assert.deepEqual(bad, [])
    assert.ok(looks > 20)
    assert.equal((await made).status, 201)
    for (const person of people) {
      assert.equal((await look(server, person, 'support')).json.code, 'grant_missing')
      assert.equal((await look(server, person)).json.fields.name, `Corrected ${person.slice(-4)}`)
    }
    // Answers for idempotency keys are older than seven days by this clock; their purge is a job of its own.
    await query('bailee', "delete from platform.once where made_at < now() + interval '1 day'")
    await server.running.app.rotation.run()
    assert.deepEqual(await oldKeys(), [])
    const after = await status(server)
    assert.deepEqual([after.oldKeys, after.rotation.state, after.rotation.damaged], [0, 'finished', 0])
    await server.settle()
    const leaves = await query<{ leaves: Buffer }>('bailee', 'select leaves from ledger.segment order by first_index')
    const text = Buffer.concat(leaves.map((row) => row.leaves)).toString('latin1')
    const told = [...text.matchAll(/"keys":(\d+),"type":"epoch-keys-destroyed"/g)].map(([, keys]) => Number(keys))
    assert.equal(
      told.reduce((sum, keys) => sum + keys, 0),
      after.rotation.destroyed,
    )
    assert.ok(after.rotation.destroyed >= 4)
  } finally {
    await server.stop()
  }
})
const freshSnapshot = async (server: TestServer) => {
  const { json } = await server.call('GET', '/v1/notices')
  const body = { notice: json.items[0].id, language: 'en' }
  return (await server.call('POST', '/v1/notices/snapshots', { body })).json.snapshot as string
}

test('article 8: after the certificate’s date an older backup of the main database opens nothing, while new work goes on', async () => {
  await cp(join(folder, 'data', 'keys'), join(folder, 'restored', 'keys'), { recursive: true })
  const server = await start(later, 'backup')
  try {
    assert.equal((await look(server, erased)).json.code, 'key_unavailable')
    assert.equal((await look(server, people[0]!)).json.code, 'key_unavailable')
    const made = await server.call('POST', '/v1/vault/collect', {
      key,
      body: { consent: { snapshot: await freshSnapshot(server), purposes: ['delivery'] }, fields: { name: 'New' } },
    })
    assert.equal(made.status, 201)
    assert.equal((await look(server, made.json.person)).json.fields.name, 'New')
  } finally {
    await server.stop()
  }
})

test('a lost key shuts its own purpose, and the rotation keeps what it cannot open and says so', async () => {
  await query('bailee_keys', `delete from epoch_key where purpose = 'delivery'`)
  await query(
    'bailee',
    `update notices.live_grant set wrap = set_byte(wrap, 70, get_byte(wrap, 70) # 1) where subject = $1 and category = 'contact' and purpose = 'self'`,
    [people[1]!.slice(4)],
  )
  const server = await start(later + 40 * day)
  try {
    const person = people[0]!
    const room = await openReadingRoom(server.config)
    const doctor = await examineKeyLife(server.config, room, new Date(Date.now() + later + 60 * day)).finally(() =>
      room.close(),
    )
    assert.match(doctor.map(({ level, en }) => `${level} ${en}`).join('; '), /fail \d+ keys of ended epochs/)
    await query('bailee', `delete from platform.once where made_at < now() + interval '1 day'`)
    assert.equal((await look(server, person)).json.code, 'key_unavailable')
    await server.running.app.rotation.run(100_000)
    const { rotation, oldKeys } = await status(server)
    assert.deepEqual([rotation.state, rotation.damaged], ['finished', 1])
    const left = await query<{ purpose: string }>('bailee_keys', 'select purpose from epoch_key where epoch < $1', [
      epochOf(new Date(Date.now() + later + 40 * day)),
    ])
    // What does not open may be a fault of ours: its key is not thrown away.
    assert.deepEqual([oldKeys, left], [1, [{ purpose: 'self' }]])
    assert.equal((await look(server, person)).json.code, 'key_unavailable')
    const made = await server.call('POST', '/v1/vault/collect', {
      key,
      body: {
        consent: { snapshot: await freshSnapshot(server), purposes: ['delivery', 'support'] },
        fields: { name: 'New' },
      },
    })
    assert.equal((await look(server, made.json.person, 'support')).json.fields.name, 'New')
  } finally {
    await server.stop()
  }
})
test('only the administrators of the first organisation see or move the rotation', async () => {
  const server = await start(later + 40 * day)
  try {
    for (const given of [{ key }, {}]) {
      const refused = await server.call('POST', '/v1/keys/rotate', { ...given, body: {} })
      assert.ok([401, 403].includes(refused.status), JSON.stringify(refused.json))
    }
    const founder = { key: admin, body: { kind: 'provider', name: { en: 'Rival', zh: '对手' }, client: { name: 'a' } } }
    const rival = await server.call('POST', '/v1/parties/organisations', founder)
    const refused = await server.call('GET', '/v1/keys/status', { key: rival.json.key })
    assert.deepEqual([refused.status, refused.json.code], [403, 'ability_missing'])
    const fast = await server.call('POST', '/v1/keys/rotate', { key: admin, body: { rate: 0 } })
    assert.deepEqual([fast.status, fast.json.code, fast.json.field], [422, 'schema_violation', '/rate'])
  } finally {
    await server.stop()
  }
})

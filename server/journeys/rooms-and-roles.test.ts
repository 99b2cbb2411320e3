import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestServer } from '../testing.ts'

/** What each room's role may do to the ledger: append, and nothing else. The database itself says no. */
const server = await startTestServer()
after(() => server.stop())
const shop = await server.provider()
await shop.person()
await server.settle()
const { db } = server.running.app.foundation

const tables = ['outbox', 'head', 'segment', 'chain', 'opening', 'checkpoint', 'epoch']
const upper = ['platform', 'parties', 'notices', 'vault', 'demands'] as const
const denied = (room: (typeof upper)[number] | 'ledger', text: string) =>
  assert.rejects(db.as(room).query({ text }), { code: '42501' }, `${room}: ${text}`)
const columnOf = async (table: string) =>
  (
    await db.as('platform').query<{ column_name: string }>({
      text: `select attname as column_name from pg_attribute where attrelid = to_regclass($1) and attnum = 1`,
      values: [`ledger.${table}`],
    })
  )[0]!.column_name

for (const room of upper)
  test(`promise 2: the ${room} room can change, delete and read nothing of the ledger`, async () => {
    for (const table of tables) {
      const column = await columnOf(table)
      await denied(room, `update ledger.${table} set ${column} = ${column}`)
      await denied(room, `delete from ledger.${table}`)
      await denied(room, `truncate ledger.${table}`)
      await denied(room, `select 1 from ledger.${table}`)
      if (table !== 'outbox') await denied(room, `insert into ledger.${table} default values`)
      await denied(room, `drop table ledger.${table}`)
      await denied(room, `alter table ledger.${table} add column x int`)
    }
  })
test('promise 3: not even the ledger’s own role can change or delete a leaf', async () => {
  for (const text of [
    'update ledger.segment set leaves = leaves',
    'delete from ledger.segment',
    'truncate ledger.segment',
    'update ledger.outbox set entries = entries',
    'update ledger.opening set sealed = sealed',
    'delete from ledger.head',
    'delete from ledger.chain',
    'delete from ledger.checkpoint',
    'delete from ledger.epoch',
  ])
    await denied('ledger', text)
})
test('a room sees what lower rooms publish, and no room above it', async () => {
  await denied('ledger', 'select 1 from parties.person')
  await denied('ledger', 'select 1 from notices.live_grant')
  await denied('ledger', 'select 1 from vault.drawer')
  await denied('parties', 'select 1 from notices.consent')
  await denied('parties', 'select 1 from vault.drawer')
  await denied('notices', 'select 1 from vault.drawer')
  await denied('notices', 'select 1 from parties.client')
  await denied('vault', 'select 1 from parties.session')
  await denied('vault', 'update notices.live_grant set wrap = wrap')
  await denied('vault', 'update notices.version set content = content')
  await denied('notices', 'update notices.version set content = content')
  await denied('notices', 'delete from notices.version')
  await denied('vault', 'select 1 from demands.demand')
  await denied('demands', 'select 1 from vault.drawer')
  await denied('demands', 'select 1 from notices.live_grant')
  await denied('demands', 'delete from demands.demand')
  await denied('demands', 'update parties.person set state = state')
})

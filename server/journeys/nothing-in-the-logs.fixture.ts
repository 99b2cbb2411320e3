import { writeFile } from 'node:fs/promises'
import { startTestServer, testNotice } from '../testing.ts'

/**
 * A day with people in it, on a server that logs all that it can. Standard output is the log; what callers were told
 * beside answered looks goes to the file that is named, for the test to read.
 */
const [file = '', marker = ''] = process.argv.slice(2)
const server = await startTestServer({ BAILEE_LOG_LEVEL: 'debug' })
const { call } = server
const told: unknown[] = []
const tell = async (answer: ReturnType<typeof call>) => {
  const { status, json, headers } = await answer
  told.push({ status, json, headers: Object.fromEntries(headers) })
  return json
}
const shop = await server.provider()
const fields = { name: marker, phone: `${marker} 139`, address: marker }
const person = await shop.person(fields)
const key = shop.key
const look = (body: object) =>
  call('POST', '/v1/vault/look', { key, body: { person, purpose: 'delivery', fields: ['name'], ...body } })
const answered = await look({})
if (answered.json.fields?.name !== marker) throw new Error('the look did not answer')
await tell(call('POST', '/v1/vault/find', { key, body: { purpose: 'delivery', field: 'phone', value: fields.phone } }))
await tell(look({ purpose: 'resale' }))
await tell(look({ person: marker }))
await tell(look({ [marker]: marker }))
await tell(call('POST', '/v1/vault/collect', { key, body: { person, fields: { name: marker } } }))
await tell(call('POST', '/v1/vault/collect', { key, body: { person, fields: { [marker]: marker } } }))
await tell(call('POST', '/v1/vault/collect', { key, body: { person, replace: true, fields: { phone: marker } } }))
await tell(call('POST', '/v1/vault/collect', { key, body: `{"fields":{"name":"${marker}` }))
await tell(call('POST', '/v1/notices', { key, body: { ...testNotice, title: { en: `${marker}\0`, zh: 'x' } } }))
await tell(call('GET', `/v1/notices/${encodeURIComponent(marker)}?cursor=${encodeURIComponent(marker)}`))
await tell(call('GET', `/v1/${encodeURIComponent(marker)}`))
const link = await call('POST', '/v1/parties/persons/access-links', { key, body: { person } })
const session = await call('POST', '/v1/parties/persons/sessions', { body: { token: link.json.token } })
const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
await call('POST', '/v1/vault/mine', { cookie, body: {} })
await server.settle()
await tell(call('GET', '/v1/ledger/me/entries', { cookie }))

// The database breaks under the rooms: errors that quote rows are what it tells then.
const { db } = server.running.app.foundation
const steal = (text: string) =>
  db.transaction('vault', async (tx) => {
    await tx.query({ text: 'set local role none' })
    await tx.query({ text })
  })
await steal(`alter table vault.drawer add constraint broken check (octet_length(sealed) < 10) not valid`)
await steal(`alter table notices.version add constraint broken check (content->>'slug' = 'never') not valid`)
await tell(call('POST', '/v1/vault/collect', { key, body: { person, record: `rec_${'1'.repeat(32)}`, fields } }))
await tell(call('POST', '/v1/notices', { key, body: { ...testNotice, title: { en: marker, zh: marker } } }))
await steal('alter table vault.drawer drop constraint broken')
await steal('update vault.drawer set schema_version = 9')
await tell(look({}))
await tell(call('POST', '/v1/vault/mine', { cookie, body: {} }))
await steal('alter table vault.drawer rename to drawer_away')
await tell(look({}))
await steal('alter table vault.drawer_away rename to drawer')
await tell(call('POST', '/v1/vault/erase', { key, body: { person } }))
const metrics = await (await fetch(`${server.url}/metrics`)).text()
await writeFile(
  file,
  JSON.stringify({ told, metrics, secrets: [key, shop.admin, link.json.token, cookie.split('=')[1]] }),
)
await server.stop()

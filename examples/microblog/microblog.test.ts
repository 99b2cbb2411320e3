import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createBailee } from '@bailee/sdk'
import type { FastifyInstance } from 'fastify'
import { startTestServer, type TestServer } from '../../server/testing.ts'
import { createApp } from './app.ts'
import { type Members, openMembers } from './members.ts'
import { notice } from './notice.ts'

const invented = {
  name: 'Invented <b>Wu</b>',
  address: '1 Nowhere Lane, Inventown',
  phone: '13800000000',
  email: 'invented.wu@nowhere.example',
}
const moved = '2 Elsewhere Road, Inventown'
let server: TestServer
let app: FastifyInstance
let members: Members
let folder: string
let key: string
before(async () => {
  server = await startTestServer()
  const { admin } = await server.provider()
  const made = await server.call('POST', '/v1/parties/organisations', {
    key: admin,
    body: { kind: 'provider', name: { en: 'Paper Lantern', zh: '纸灯笼' }, client: { name: 'administrator' } },
  })
  const registrar = createBailee({ url: server.url, key: made.json.key, notice })
  await registrar.publish()
  key = (
    await registrar.clients.create({
      name: 'microblog',
      abilities: ['publish', 'consent', 'collect', 'look', 'erase'],
      purposes: ['delivery', 'support', 'newsletter'],
    })
  ).key
  folder = await mkdtemp(join(tmpdir(), 'microblog-'))
  members = openMembers(join(folder, 'microblog.db'))
  app = createApp({ bailee: createBailee({ url: server.url, key, notice }), baileeUrl: server.url, members })
})
after(async () => {
  await app?.close()
  members?.close()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const read = (url: string, cookie = '', of = app) => of.inject({ url, headers: { cookie } })
const press = (url: string, form: Readonly<Record<string, string>> | URLSearchParams, cookie = '', of = app) =>
  of.inject({
    method: 'POST',
    url,
    headers: {
      cookie,
      host: 'lantern.example',
      origin: 'http://lantern.example',
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: new URLSearchParams(form as Record<string, string>).toString(),
  })
const hidden = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)![1]!

async function signUp(handle: string): Promise<string> {
  const page = (await read('/sign-up')).body
  assert.ok(page.includes('Sending you your prizes') && !page.includes('checked'))
  const form = new URLSearchParams({
    ...invented,
    handle,
    snapshot: hidden(page, 'snapshot'),
    attempt: hidden(page, 'attempt'),
  })
  form.append('purpose', 'support')
  form.append('purpose', 'newsletter')
  const answer = await press('/sign-up', form)
  assert.equal(answer.statusCode, 303, answer.body)
  const again = await press('/sign-up', form)
  assert.equal(again.statusCode, 409, 'the handle is taken by the first press')
  return String(answer.headers['set-cookie']).split(';')[0]!
}
async function stored(): Promise<string> {
  const files = await readdir(folder)
  assert.ok(files.length > 0)
  return Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name))))).toString('latin1')
}

test('from signing up to being forgotten, nothing personal is in the app’s own file', async () => {
  const cookie = await signUp('wu')
  const before = (await read('/profile', cookie)).body
  for (const value of ['Invented &#60;b&#62;Wu&#60;/b&#62;', invented.address, invented.phone, invented.email]) {
    assert.ok(before.includes(value), value)
  }
  assert.ok(!before.includes('<b>Wu'))

  assert.equal((await press('/settings/withdraw', { purpose: 'newsletter' }, cookie)).statusCode, 303)
  const withdrawn = (await read('/profile', cookie)).body
  assert.ok(!withdrawn.includes(invented.email))
  assert.ok(withdrawn.includes('no longer, be shown: there is no consent for “Telling you what is new”'))

  assert.equal((await press('/settings/address', { address: moved }, cookie)).statusCode, 303)
  const corrected = (await read('/profile', cookie)).body
  assert.ok(corrected.includes(moved) && !corrected.includes(invented.address))

  const link = await press('/settings/link', {}, cookie)
  assert.equal(link.statusCode, 303)
  const token = new URL(String(link.headers.location)).hash.slice('#token='.length)
  const session = await server.call('POST', '/v1/parties/persons/sessions', { body: { token } })
  assert.equal(session.status, 201)
  await server.settle()
  const entries = await server.call('GET', '/v1/ledger/me/entries', {
    cookie: session.headers.getSetCookie()[0]!.split(';')[0]!,
  })
  const kinds: string[] = entries.json.items.map((one: { readonly kind: string }) => one.kind)
  // The first consent stands in the entry of the collecting.
  for (const kind of ['collect', 'withdraw', 'correct']) assert.ok(kinds.includes(kind), `${kind} of ${kinds}`)
  assert.equal(kinds.filter((kind) => kind === 'look').length, 9, 'three profiles of three looks, refused ones too')

  const file = await stored()
  for (const value of [...Object.values(invented), moved]) assert.ok(!file.includes(value), value)
  const { person } = members.find(cookie.slice('session='.length))!
  assert.ok(file.includes(person))

  assert.equal((await press('/settings/delete', {}, cookie)).statusCode, 303)
  assert.equal((await read('/profile', cookie)).statusCode, 401)
  assert.ok(!(await stored()).includes(person), 'even the id is overwritten')
  const gone = await server.call('POST', '/v1/vault/look', {
    key,
    body: { person, purpose: 'delivery', fields: ['name'] },
  })
  assert.equal(gone.json.code, 'person_erased')
})

test('hostile text in a post is shown as text, and another site’s form is refused', async () => {
  const cookie = await signUp('lin')
  assert.equal((await press('/posts', { text: '<script>alert("1")</script>' }, cookie)).statusCode, 303)
  const page = await read('/')
  assert.ok(page.body.includes('&#60;script&#62;') && !page.body.includes('<script'))
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/)
  const foreign = await app.inject({
    method: 'POST',
    url: '/posts',
    headers: { cookie, origin: 'https://evil.example' },
  })
  assert.equal(foreign.statusCode, 403)
})

test('while Bailee is down the profile says so plainly, and nothing is lost', async () => {
  const cookie = await signUp('he')
  const url = 'http://127.0.0.1:1'
  const cut = createApp({ bailee: createBailee({ url, key, notice, retries: 0 }), baileeUrl: url, members })
  for (const answer of [await read('/profile', cookie, cut), await press('/settings/delete', {}, cookie, cut)]) {
    assert.equal(answer.statusCode, 503)
    assert.ok(answer.body.includes('Nothing was lost'))
  }
  await cut.close()
  assert.ok((await read('/profile', cookie)).body.includes(invented.address))
})

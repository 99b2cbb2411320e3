import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { startTestServer, testNotice } from '../testing.ts'

/** What is sent is wrong, hostile or not meant for us. Each answer says which rule, and never repeats what was sent. */
const server = await startTestServer({ BAILEE_LOG_LEVEL: 'silent' })
after(() => server.stop())
const { call } = server
const shop = await server.provider()
const rival = await server.provider()
const marker = 'MARKER-特征-77aa'

interface Problem {
  readonly status: number
  readonly code: string
  readonly field?: string
  readonly rule?: RegExp
}
interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}
/** Sends exactly these bytes. */
async function send(
  path: string,
  body: string | Uint8Array<ArrayBuffer> | undefined,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<Told> {
  const all = {
    authorization: `Bearer ${shop.key}`,
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID(),
    ...headers,
  }
  const sent = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined)
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: Object.fromEntries(sent),
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
const json = (path: string, body: unknown, headers?: Readonly<Record<string, string | undefined>>) =>
  send(path, JSON.stringify(body), headers)

async function isRefused(answer: Told | Promise<Told>, expected: Problem): Promise<void> {
  const { status, headers, text } = await answer
  assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8', text)
  const problem = JSON.parse(text)
  assert.deepEqual([status, problem.code], [expected.status, expected.code], text)
  assert.equal(problem.status, status)
  assert.equal(problem.type, `/reference/errors#${expected.code}`)
  assert.match(problem.instance, /^req_[0-9a-z]+$/)
  if (expected.field !== undefined) assert.equal(problem.field, expected.field, text)
  if (expected.rule) assert.match(problem.rule ?? '', expected.rule, text)
  for (const form of [marker, 'MARKER', encodeURIComponent(marker)]) assert.equal(text.includes(form), false, text)
}
const malformed = { status: 400, code: 'body_malformed' }
const violation = (field: string, rule?: RegExp): Problem => ({
  status: 422,
  code: 'schema_violation',
  field,
  ...(rule && { rule }),
})
const collect = '/v1/vault/collect'
const look = '/v1/vault/look'

test('article 2: a field that no live notice covers is refused by name', async () => {
  const consent = { snapshot: await shop.snapshot(), purposes: ['delivery'] }
  await isRefused(json(collect, { consent, fields: { name: marker, passport: marker } }), {
    status: 422,
    code: 'field_not_covered',
    field: '/fields/passport',
  })
  await isRefused(json(collect, { consent: { ...consent, purposes: ['support'] }, fields: { address: marker } }), {
    status: 403,
    code: 'grant_missing',
    field: '/consent/purposes',
  })
  await isRefused(json(collect, { consent: { ...consent, purposes: ['resale'] }, fields: { name: marker } }), {
    status: 422,
    code: 'purpose_unknown',
    field: '/purposes/0',
  })
})

test('article 2: consent to a notice that was not shown, or is not shown any more, is refused', async (t) => {
  const mine = await server.provider()
  const consent = (snapshot: string, key = mine.key) =>
    json('/v1/notices/consents', { snapshot, purposes: ['delivery'] }, { authorization: `Bearer ${key}` })
  const byCollect = (snapshot: string) =>
    json(
      collect,
      { consent: { snapshot, purposes: ['delivery'] }, fields: { name: marker } },
      { authorization: `Bearer ${mine.key}` },
    )
  const altered = { status: 422, code: 'snapshot_altered', field: '/snapshot' }
  const stale = { status: 409, code: 'snapshot_stale', field: '/snapshot' }
  const good = await mine.snapshot()
  const [body = '', signature = ''] = good.split('.')
  const shown = JSON.parse(Buffer.from(body, 'base64url').toString())
  const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signer = await server.running.app.foundation.keys.signer('server-ed25519', 'ed25519')
  const signed = (value: unknown, prefix = 'bailee/snapshot/v1\n') =>
    `${base64url(value)}.${signer.sign(Buffer.from(prefix + JSON.stringify(value))).toString('base64url')}`

  await t.test('with another wording under the same signature', async () => {
    await isRefused(consent(`${base64url({ ...shown, language: 'zh' })}.${signature}`), altered)
    await isRefused(byCollect(`${base64url({ ...shown, language: 'zh' })}.${signature}`), altered)
  })
  await t.test('with a changed, cut or re-encoded signature', async () => {
    const flipped = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`
    for (const other of [flipped, signature.slice(0, -4), `${signature}AAAA`, `${signature.slice(0, -1)}_`])
      await isRefused(consent(`${body}.${other}`), altered)
  })
  await t.test('signed by another server, or by ours for another use', async () => {
    const { sign, generateKeyPairSync } = await import('node:crypto')
    const { privateKey } = generateKeyPairSync('ed25519')
    const message = Buffer.from(`bailee/snapshot/v1\n${JSON.stringify(shown)}`)
    await isRefused(consent(`${base64url(shown)}.${sign(null, message, privateKey).toString('base64url')}`), altered)
    await isRefused(consent(signed(shown, 'bailee/consent-receipt/v1\n')), altered)
  })
  await t.test('whose hour is over', async () => {
    await isRefused(consent(signed({ ...shown, expiresAt: new Date(Date.now() - 1).toISOString() })), stale)
  })
  await t.test('of another provider', async () => {
    await isRefused(consent(good, rival.key), stale)
  })
  await t.test('after a new version was published', async () => {
    const next = { ...testNotice, title: { en: 'Orders, newly', zh: '新订单' } }
    assert.equal((await call('POST', '/v1/notices', { key: mine.key, body: next })).status, 201)
    await isRefused(consent(good), stale)
    await isRefused(byCollect(good), stale)
  })
  await t.test('that is no snapshot', async () => {
    await isRefused(consent(marker), violation('/snapshot', /pattern|must match|minLength/))
    await isRefused(consent(`${'A'.repeat(60)}.${'A'.repeat(86)}`), altered)
  })
})

test('ids of other organisations and of nobody are answered as unknown, whatever is asked', async () => {
  const person = await shop.person()
  const snapshot = await rival.snapshot()
  const as = { authorization: `Bearer ${rival.key}` }
  const unknown = { status: 404, code: 'person_unknown' }
  await isRefused(json(look, { person, purpose: 'delivery', fields: ['name'] }, as), unknown)
  await isRefused(json(collect, { person, fields: { name: marker } }, as), unknown)
  await isRefused(json(collect, { person, replace: true, fields: { name: marker } }, as), unknown)
  await isRefused(json('/v1/vault/erase', { person }, as), unknown)
  await isRefused(json('/v1/notices/consents', { person, snapshot, purposes: ['delivery'] }, as), unknown)
  await isRefused(json('/v1/notices/consents/withdraw', { person, purpose: 'delivery' }, as), unknown)
  await isRefused(json('/v1/notices/grants', { person }, as), unknown)
  await isRefused(json('/v1/parties/persons/access-links', { person }, as), unknown)
  const { receipt } = (
    await call('POST', look, { key: shop.key, body: { person, purpose: 'delivery', fields: ['name'] } })
  ).json
  await server.settle()
  const entry = `ent_${receipt.entry.replaceAll('-', '')}`
  await isRefused(json('/v1/ledger/proofs', { person, entry }, as), { status: 404, code: 'entry_unknown' })
  const { items } = (await call('GET', '/v1/parties/clients', { key: shop.admin })).json
  await isRefused(
    json('/v1/parties/clients/revoke', { client: items[0].id }, { authorization: `Bearer ${rival.admin}` }),
    { status: 404, code: 'client_unknown' },
  )
  await isRefused(
    json(look, { person, purpose: 'delivery', fields: ['name'], record: `rec_${rival.organisation.slice(4)}` }),
    { status: 404, code: 'record_unknown', field: '/record' },
  )
  await isRefused(json('/v1/notices/snapshots', { notice: `ntc_${person.slice(4)}`, language: 'en' }), {
    status: 404,
    code: 'notice_unknown',
  })
  assert.equal((await call('GET', `/v1/notices/ntc_${person.slice(4)}`)).json.code, 'notice_unknown')
})

test('a body that is not what it says is refused before any rule of a room sees it', async (t) => {
  const bytes = (...parts: (string | number[])[]) =>
    new Uint8Array(
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))),
    )
  await t.test('an empty body', async () => {
    await isRefused(send(look, ''), malformed)
    await isRefused(send(look, undefined), malformed)
    await isRefused(send(look, undefined, { 'content-type': undefined }), malformed)
  })
  await t.test('JSON that ends early, or goes on', async () => {
    for (const text of [`{"person":"${marker}`, `{}${marker}`, '{', 'NaN', "{'person':1}", '{"a":1,}', '\ufeff{}'])
      await isRefused(send(look, text), malformed)
  })
  await t.test('JSON that is no object', async () => {
    for (const text of ['null', '[]', `"${marker}"`, '1', 'true']) await isRefused(send(look, text), violation('/'))
  })
  await t.test('broken UTF-8', async () => {
    const unicode = { status: 400, code: 'text_not_unicode', rule: /UTF-8/ }
    for (const broken of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe7, 0x89]])
      await isRefused(send(collect, bytes(`{"fields":{"name":"${marker}`, broken, '"}}')), unicode)
    await isRefused(send(collect, new Uint8Array(Buffer.from('{"a":1}', 'utf16le')), {}), malformed)
  })
  await t.test('half a character, escaped, in a value or in a name', async () => {
    const unicode = { status: 400, code: 'text_not_unicode', rule: /surrogates/ }
    await isRefused(send(collect, `{"fields":{"name":"${marker}\\ud800"}}`), { ...unicode, field: '/fields/name' })
    await isRefused(send(collect, `{"fields":{"a":["x","\\udc00\\ud800"]}}`), { ...unicode, field: '/fields/a/1' })
    await isRefused(send(collect, `{"fields":{"${marker}\\ud800":"x"}}`), { ...unicode, field: '/fields' })
    await isRefused(send(collect, `"\\ud800"`), { ...unicode, field: '' })
  })
  await t.test('nesting without end', async () => {
    const deep = { status: 400, code: 'body_too_deep', rule: /32/ }
    await isRefused(send(collect, '['.repeat(33) + ']'.repeat(33)), deep)
    await isRefused(send(collect, '{"a":'.repeat(100_000)), deep)
    await isRefused(send(collect, '['.repeat(32) + ']'.repeat(32)), violation('/'))
  })
  await t.test('another kind of content', async () => {
    const unsupported = { status: 415, code: 'media_type_unsupported' }
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/xml',
      'multipart/form-data',
      marker.slice(0, 6),
    ])
      await isRefused(send(look, `{"person":"${marker}"}`, { 'content-type': type }), unsupported)
  })
})

test('a body of ten megabytes is refused, and the next request on any connection is served', async () => {
  const huge = `{"fields":{"name":"${'x'.repeat(10_000_000)}"}}`
  const tooLarge = { status: 413, code: 'body_too_large' }
  await isRefused(send(collect, huge), tooLarge)
  // Without saying how long it will be.
  const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const asked = request(
      `${server.url}${collect}`,
      { method: 'POST', headers: { authorization: `Bearer ${shop.key}`, 'content-type': 'application/json' } },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode, text }))
      },
    )
    asked.on('error', reject)
    for (let at = 0; at < 100; at++) asked.write(huge.slice(at * 100_000, (at + 1) * 100_000))
    asked.end()
  })
  assert.deepEqual([answer.status, JSON.parse(answer.text).code], [413, 'body_too_large'])
  for (let at = 0; at < 10; at++) assert.equal((await call('GET', '/v1/ledger/status')).status, 200)
  await isRefused(send(look, '{}'), violation('/person'))
})

test('every member that breaks its rule is named, and what was in it is not', async () => {
  const person = await shop.person()
  const base = { person, purpose: 'delivery', fields: ['name'] }
  const wrong: readonly (readonly [string, unknown, Problem])[] = [
    [look, { ...base, person: marker }, violation('/person', /must match/)],
    [look, { ...base, person: person.toUpperCase() }, violation('/person', /must match/)],
    [look, { ...base, person: `rec_${person.slice(4)}` }, violation('/person', /must match/)],
    [look, { ...base, person: null }, violation('/person', /type string/)],
    [look, { ...base, purpose: marker }, violation('/purpose', /must match/)],
    [look, { ...base, purpose: 'x'.repeat(41) }, violation('/purpose', /must match/)],
    [look, { ...base, fields: [] }, violation('/fields', /minItems 1/)],
    [look, { ...base, fields: ['name', 'name'] }, violation('/fields', /twice/)],
    [look, { ...base, fields: [marker] }, violation('/fields/0', /must match/)],
    [look, { ...base, fields: 'name' }, violation('/fields', /type array/)],
    [look, { ...base, fields: Array.from({ length: 51 }, (_, at) => `f${at}`) }, violation('/fields', /maxItems 50/)],
    [
      look,
      { ...base, fields: Array.from({ length: 20_000 }, (_, at) => `f${at}`) },
      violation('/fields', /maxItems 50/),
    ],
    [look, { ...base, case: `${marker} or 1=1` }, violation('/case', /must match/)],
    [look, { ...base, onBehalfOf: 'a clerk’s name' }, violation('/onBehalfOf', /must match/)],
    [look, { purpose: 'delivery', fields: ['name'] }, violation('/person', /must be present/)],
    [look, { ...base, [marker]: marker }, violation('/', /not known/)],
    [look, { ...base, feilds: marker }, violation('/feilds', /not known/)],
    [look, { ...base, x: { y: marker } }, violation('/x', /not known/)],
    ['/v1/vault/look/batch', { items: [] }, violation('/items', /minItems/)],
    ['/v1/vault/look/batch', { items: Array(101).fill(base) }, violation('/items', /maxItems 100/)],
    [
      '/v1/vault/look/batch',
      { items: [base, { ...base, person: marker }] },
      violation('/items/1/person', /must match/),
    ],
    [collect, { person, fields: {} }, violation('/fields', /minProperties/)],
    [collect, { person, fields: { name: '' } }, violation('/fields/name', /minLength/)],
    [collect, { person, fields: { name: marker.repeat(300) } }, violation('/fields/name', /maxLength 4000/)],
    [collect, { person, fields: { name: 1 } }, violation('/fields/name', /type string/)],
    [collect, { person, fields: { name: { $ne: marker } } }, violation('/fields/name', /type string/)],
    [collect, { person, fields: { [marker]: 'x' } }, { status: 422, code: 'field_not_covered', field: '/fields' }],
    [
      collect,
      { person, fields: { [marker]: { deep: [marker.repeat(10_000)] } } },
      { status: 422, code: 'field_not_covered', field: '/fields' },
    ],
    ['/v1/notices/snapshots', { notice: shop.notice, language: marker }, violation('/language', /one of "en", "zh"/)],
    [
      collect,
      { person, fields: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`f${at}`, 'x'])) },
      violation('/fields', /maxProperties 50/),
    ],
    [collect, { person, replace: 'yes', fields: { name: 'x' } }, violation('/replace', /type boolean/)],
    [collect, { fields: { name: marker } }, violation('/consent', /must be present/)],
    [
      collect,
      { person, consent: { snapshot: await shop.snapshot(), purposes: ['delivery'] }, fields: { name: marker } },
      violation('/consent', /only for a new person/),
    ],
    [collect, { replace: true, consent: undefined, fields: { name: marker } }, violation('/person', /must be present/)],
    ['/v1/vault/find', { purpose: 'delivery', field: 'phone', value: '' }, violation('/value', /minLength/)],
    [
      '/v1/vault/find',
      { purpose: 'delivery', field: 'passport', value: marker },
      { status: 422, code: 'field_not_covered', field: '/field' },
    ],
    [
      '/v1/vault/find',
      { purpose: 'delivery', field: 'address', value: marker },
      { status: 422, code: 'field_not_searchable', field: '/field' },
    ],
    ['/v1/notices', { ...testNotice, slug: 'Not A Slug' }, violation('/slug', /must match/)],
    ['/v1/notices', { ...testNotice, title: { en: marker } }, violation('/title/zh', /must be present/)],
    [
      '/v1/notices',
      { ...testNotice, title: { en: `${marker}\0`, zh: 'x' } },
      { status: 422, code: 'notice_invalid', field: '/title/en', rule: /U\+0000/ },
    ],
    [
      '/v1/notices',
      { ...testNotice, slug: 'other', purposes: [{ ...testNotice.purposes[0], retentionDays: 1.5 }] },
      violation('/purposes/0/retentionDays'),
    ],
    [
      '/v1/notices',
      { ...testNotice, purposes: [...testNotice.purposes, { ...testNotice.purposes[0], id: 'self' }] },
      { status: 422, code: 'notice_invalid', field: '/purposes/2/id', rule: /own purpose/ },
    ],
  ]
  for (const [path, body, problem] of wrong) await isRefused(json(path, body), problem)
})

test('members that mean something to JavaScript mean nothing here', async () => {
  const person = await shop.person()
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
    const field = name === '__proto__' ? '/' : `/${name}`
    await isRefused(
      send(look, `{"person":"${person}","purpose":"delivery","fields":["name"],"${name}":{"a":1}}`),
      violation(field, /not known/),
    )
    const { status } = await send(collect, `{"person":"${person}","fields":{"${name}":"${marker}"}}`)
    assert.equal(status, 422, name)
    const looked = await send(look, `{"person":"${person}","purpose":"delivery","fields":["${name}"]}`)
    assert.ok(['schema_violation', 'field_not_covered'].includes(JSON.parse(looked.text).code), name)
  }
  assert.equal(({} as Record<string, unknown>).a, undefined)
})

test('a provider may name a field after anything, and gets exactly that field', async () => {
  const mine = await server.provider()
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then']
  const given = (...some: string[]) => Object.fromEntries(some.map((name) => [name, `value of ${name}`]))
  const category = { ...testNotice.categories[1], id: 'odd' }
  const odd = {
    ...testNotice,
    slug: 'odd',
    categories: [
      {
        ...category,
        fields: names.map((name) => ({ name, title: { en: name, zh: name }, search: true })),
        purposes: ['delivery', 'support'],
      },
    ],
  }
  const { notice } = (await call('POST', '/v1/notices', { key: mine.key, body: odd })).json
  const { snapshot } = (await call('POST', '/v1/notices/snapshots', { body: { notice: notice.id, language: 'en' } }))
    .json
  const made = await call('POST', collect, {
    key: mine.key,
    body: {
      consent: { snapshot, purposes: ['delivery'] },
      fields: given('constructor', 'then'),
    },
  })
  assert.equal(made.status, 201, JSON.stringify(made.json))
  const { person } = made.json
  const answer = await call('POST', look, { key: mine.key, body: { person, purpose: 'delivery', fields: names } })
  assert.deepEqual(answer.json.fields, given('constructor', 'then'))
})

test('whatever a person’s information looks like, it is kept as it was given', async () => {
  const values = [
    "Robert'); drop table vault.drawer;--",
    '\0nul\0in\0between\0',
    '\u0001\u0002\u001b[31m\r\n\t\u007f\u0085\u2028\u2029',
    'e\u0301 is not \u00e9; ﬁ is not fi',
    '\u202eright to left\u202c \u200b\u2066',
    '👩‍👩‍👧‍👦 𠮷野家 \u{10ffff}',
    '{"$ne":null}',
    '%00%0a../../etc/passwd',
    '#{7*7} <script>alert(1)</script>',
    '\\x4d41524b4552 \\',
    'x'.repeat(4000),
  ]
  for (const value of values) {
    const person = await shop.person({ name: value, phone: value })
    const { json: looked } = await call('POST', look, {
      key: shop.key,
      body: { person, purpose: 'delivery', fields: ['name', 'phone'] },
    })
    assert.deepEqual(looked.fields, { name: value, phone: value })
    const found = await call('POST', '/v1/vault/find', {
      key: shop.key,
      body: { purpose: 'delivery', field: 'phone', value },
    })
    assert.ok(
      found.json.items.some((hit: { person: string }) => hit.person === person),
      JSON.stringify(value),
    )
  }
})

test('addresses, methods and cursors that are not ours', async () => {
  const got = async (path: string, method = 'GET') => {
    const response = await fetch(`${server.url}${path}`, { method, headers: { authorization: `Bearer ${shop.key}` } })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const routeUnknown = { status: 404, code: 'route_unknown' }
  await isRefused(got(`/v1/${encodeURIComponent(marker)}`), routeUnknown)
  await isRefused(got(`/v1/vault/look/${encodeURIComponent(marker)}`), routeUnknown)
  await isRefused(got(`/v1/notices?cursor=${encodeURIComponent(marker)}`), violation('/query/cursor', /must match/))
  await isRefused(got('/v1/notices?cursor=abc'), { status: 400, code: 'cursor_malformed' })
  await isRefused(got(`/v1/notices/${encodeURIComponent(marker)}`), violation('/params/notice', /must match/))
  await isRefused(got(`/v1/notices/${shop.notice}?version=${encodeURIComponent(marker)}`), violation('/query/version'))
  const beyond = { status: 404, code: 'index_out_of_range' }
  await isRefused(got(`/v1/notices/${shop.notice}?version=2147483648`), { status: 404, code: 'notice_unknown' })
  await isRefused(got(`/v1/notices/${shop.notice}?version=99999999999999999999`), {
    status: 404,
    code: 'notice_unknown',
  })
  await isRefused(got('/v1/ledger/proofs/99999999999999999999'), beyond)
  await isRefused(got('/v1/ledger/consistency?from=2&to=1'), { status: 404, code: 'index_out_of_range' })
  await isRefused(got(`/v1/notices/${'a'.repeat(5000)}`), routeUnknown)
  await isRefused(got('/v1/notices/%E0%A4%A'), routeUnknown)
  await isRefused(got('/v1/notices/%00'), violation('/params/notice', /must match/))
  for (const path of ['/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/%00']) {
    const { status, text } = await got(path)
    assert.ok(status >= 400, `${path}: ${status}`)
    assert.equal(text.includes('root:'), false)
  }
})

test('keys and sessions that are not ours', async () => {
  const person = await shop.person()
  const body = { person, purpose: 'delivery', fields: ['name'] }
  const missing = { status: 401, code: 'credentials_missing' }
  const invalid = { status: 401, code: 'credentials_invalid' }
  await isRefused(json(look, body, { authorization: undefined }), missing)
  await isRefused(json(look, body, { authorization: `Basic ${Buffer.from('MARKER:x').toString('base64')}` }), missing)
  await isRefused(json(look, body, { authorization: 'Bearer MARKER' }), invalid)
  await isRefused(
    json(look, body, { authorization: `Bearer ${shop.key.slice(0, -1)}${shop.key.endsWith('A') ? 'B' : 'A'}` }),
    invalid,
  )
  await isRefused(json(look, body, { authorization: undefined, cookie: 'bailee_session=MARKER' }), invalid)
  await isRefused(json(look, body, { authorization: `Bearer ${shop.admin}` }), { status: 403, code: 'ability_missing' })
})

test('what is sealed about the ledger does not open in another place either', async () => {
  const person = await shop.person()
  await call('POST', look, { key: shop.key, body: { person, purpose: 'delivery', fields: ['name'] } })
  await server.settle()
  const link = await call('POST', '/v1/parties/persons/access-links', { key: shop.key, body: { person } })
  const session = await call('POST', '/v1/parties/persons/sessions', { body: { token: link.json.token } })
  const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
  const entries = () => send('/v1/ledger/me/monitor', '{}', { authorization: undefined, cookie })
  const list = () => call('GET', '/v1/ledger/me/entries', { cookie })
  await server.settle()
  assert.equal((await list()).json.total, 4)
  const steal = (text: string) =>
    server.running.app.foundation.db.transaction('ledger', async (tx) => {
      await tx.query({ text: 'set local role none' })
      await tx.query({ text, values: [person.slice(4)] })
    })
  await steal(
    `update ledger.opening o set sealed = (select sealed from ledger.opening p where p.subject = $1 and p.n = 1 - o.n)
      where subject = $1 and n < 2`,
  )
  const moved = await list()
  assert.deepEqual([moved.status, moved.json.code], [500, 'seal_broken'])
  await steal('update ledger.chain set n = n + 1 where subject = $1')
  await isRefused(entries(), { status: 500, code: 'seal_broken' })
})

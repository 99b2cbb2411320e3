import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newId } from '#kernel'
import { dawn, openWorld, type Shop } from './test-world.ts'

/** What the vault does beyond sealing and looking: kinds, forms, tokens, releases, history, holds. */
const findsPerMinute = 60
const world = await openWorld({ findsPerMinute })
after(() => world.close())

const typed = {
  slug: 'typed',
  title: { en: 'Typed fields', zh: '有类型的信息' },
  contact: { en: 'privacy desk of the test shop', zh: '测试商店隐私专员' },
  recipients: [
    {
      slug: 'courier',
      name: { en: 'Invented Courier', zh: '虚构快递' },
      purpose: 'delivery',
      categories: ['typed'],
      contract: 'C-2026-1',
    },
  ],
  purposes: [
    { id: 'delivery', title: { en: 'Delivering your order', zh: '配送订单' }, basis: 'consent', retentionDays: 180 },
  ],
  categories: [
    {
      id: 'typed',
      term: 'pd:Contact',
      title: { en: 'Typed', zh: '类型' },
      sensitive: false,
      purposes: ['delivery'],
      fields: [
        ['fullName', 'name'],
        ['idNumber', 'resident-id'],
        ['mobile', 'phone', true],
        ['mail', 'email', true],
        ['card', 'bank-card'],
        ['home', 'address'],
        ['birthDate', 'date'],
        ['note', 'text'],
        ['scan', 'file'],
      ].map(([name, kind, search]) => ({
        name,
        kind,
        title: { en: String(name), zh: String(name) },
        ...(search ? { search } : {}),
      })),
    },
  ],
}
const values = {
  fullName: '虚构人',
  idNumber: '11010519491231002X',
  mobile: '138 0000 1234',
  mail: 'Invented@Example.org',
  card: '4111 1111 1111 1111',
  home: '广东省深圳市南山区某路 1 号',
  birthDate: '2015-01-01',
  note: 'free text',
}
let shop: Shop
let notice: string
before(async () => {
  world.clock.set(dawn)
  shop = await world.shop()
  notice = (await world.good(shop.post('/notices', typed))).notice.id
})
const snapshotOf = async () =>
  (await world.good(world.call('/notices/snapshots', { notice, language: 'en' }))).snapshot as string
const offer = async (fields: object) =>
  shop.post('/vault/collect', { consent: { snapshot: await snapshotOf(), purposes: ['delivery'] }, fields })
const person = async (fields: object = values): Promise<string> => (await world.good(offer(fields))).person
/** Separately, as article 23 of the Personal Information Protection Law asks where a purpose rests on consent. */
const agreeToCourier = async (who: string) =>
  world.good(
    shop.post('/notices/consents', {
      person: who,
      snapshot: await snapshotOf(),
      purposes: ['delivery'],
      recipients: ['courier'],
    }),
  )
const look = (who: string, fields: string[], more: object = {}) =>
  shop.post('/vault/look', { person: who, purpose: 'delivery', fields, ...more })
const entriesOf = async (who: string): Promise<{ kind: string; fields: Record<string, unknown> }[]> => {
  const rows = await world.db.as('ledger').query<{ entries: string }>({
    text: 'select entries from ledger.outbox order by id',
  })
  return rows
    .flatMap((row) => row.entries.split('\n').map((line) => JSON.parse(line)))
    .filter((line) => line.s === who.slice(4))
    .map((line) => ({ kind: line.k, fields: Object.fromEntries(line.f) }))
}

test('article 1: a value that is not of its kind is refused before anything is sealed, and not repeated', async () => {
  const wrong = {
    idNumber: '110105194912310021',
    mobile: '12800000000',
    mail: 'nobody',
    card: '4111111111111112',
    birthDate: '2027-01-01',
    scan: 'bytes',
  }
  for (const [field, value] of Object.entries(wrong)) {
    const { status, body, text } = await offer({ [field]: value })
    assert.deepEqual([status, body.code, body.field], [422, 'field_invalid', `/fields/${field}`])
    assert.equal(text.includes(value), false)
    assert.ok(body.rule.length > 5)
  }
})
test('values are kept as they were given, and found however they are written', async () => {
  const who = await person()
  const { body } = await look(who, ['mobile', 'mail'])
  assert.deepEqual(body.fields, { mobile: values.mobile, mail: values.mail })
  for (const [field, value] of [
    ['mobile', '+8613800001234'],
    ['mobile', '0086 138-0000-1234'],
    ['mail', 'Invented@EXAMPLE.ORG'],
  ]) {
    const found = await world.good(shop.post('/vault/find', { purpose: 'delivery', field, value }))
    assert.ok(
      found.items.some((hit: { person: string }) => hit.person === who),
      value,
    )
  }
})
test('article 2: a form shows that much and no more, and the entry says exactly the form', async () => {
  const who = await person()
  const asked = [
    'fullName.initial',
    'idNumber.over18',
    'birthDate.over14',
    'idNumber.city',
    'mobile.last4',
    'home.city',
  ]
  const { body, text } = await look(who, asked)
  assert.deepEqual(body.fields, {
    'fullName.initial': '虚*',
    'idNumber.over18': 'true',
    'birthDate.over14': 'false',
    'idNumber.city': '110100',
    'mobile.last4': '1234',
    'home.city': '深圳市',
  })
  for (const value of Object.values(values)) assert.equal(text.includes(value), false)
  const entries = await entriesOf(who)
  assert.deepEqual(entries.at(-1)?.fields.fields, asked)
  const unknown = await look(who, ['mobile.over18'])
  assert.deepEqual([unknown.status, unknown.body.code], [422, 'form_unknown'])
  assert.deepEqual(unknown.body.missing.forms, ['last4', 'masked', 'equals'])
})
test('a value is compared without being shown, and what it was compared with is written nowhere', async () => {
  const who = await person()
  const equals = async (mobile: string) =>
    (await world.good(look(who, ['mobile.equals'], { equals: { mobile } }))).fields['mobile.equals']
  assert.equal(await equals('+86 13800001234'), 'true')
  assert.equal(await equals('13900005678'), 'false')
  assert.deepEqual((await look(who, ['mobile.equals'])).body.field, '/equals/mobile')
  assert.equal(JSON.stringify(await entriesOf(who)).includes('13900005678'), false)
})

const tokenOf = (who: string, field: string, form: string, once?: string) =>
  shop.post('/vault/tokens', { person: who, field, form }, once)
const resolve = (token: string, more: object = {}) =>
  shop.post('/vault/tokens/resolve', { token, purpose: 'delivery', ...more })
test('tokens: a random one keeps the value, a pointer follows the correction, each resolving is a look', async () => {
  const who = await person()
  const random = (await world.good(tokenOf(who, 'mobile', 'random'))).token
  const pointer = (await world.good(tokenOf(who, 'mobile', 'pointer'))).token
  const corrected = { person: who, replace: true, fields: { mobile: '13900005678' } }
  await world.good(shop.post('/vault/collect', corrected))
  assert.equal((await world.good(resolve(random))).value, values.mobile)
  assert.equal((await world.good(resolve(pointer))).value, '13900005678')
  assert.equal((await world.good(resolve(random, { as: 'last4' }))).value, '1234')
  const kinds = (await entriesOf(who)).map((entry) => entry.kind)
  assert.deepEqual(kinds, ['collect', 'token', 'token', 'correct', 'look', 'look', 'look'])
  const refused = await shop.post('/vault/tokens/resolve', { token: random, purpose: 'support' })
  assert.equal(refused.body.code, 'field_not_allowed')
})
test('tokens: deterministic ones are equal for equal values, one-way ones too and never resolve', async () => {
  const [one, two] = [await person(), await person()]
  const made = async (who: string, form: string) => (await world.good(tokenOf(who, 'mail', form))).token as string
  const token = await made(one, 'deterministic')
  assert.equal(await made(two, 'deterministic'), token)
  assert.equal((await resolve(token)).body.field, '/person')
  assert.equal((await world.good(resolve(token, { person: two }))).person, two)
  const oneWay = await made(one, 'one-way')
  assert.equal(await made(two, 'one-way'), oneWay)
  assert.notEqual(oneWay, token)
  assert.equal((await resolve(oneWay)).body.code, 'token_unknown')
  const [left] = await world.steal<{ n: number }>('select count(*)::int as n from vault.token where token = $1', [
    oneWay,
  ])
  assert.equal(left!.n, 0)
})
test('tokens: format-preserving ones are digits of the same length, and small domains are refused', async () => {
  const who = await person({ ...values, note: '12345' })
  for (const [field, length] of [
    ['mobile', 11],
    ['card', 16],
    ['idNumber', 18],
  ] as const) {
    const { token } = await world.good(tokenOf(who, field, 'fpe'))
    assert.match(token, new RegExp(`^[0-9]{${length}}$`))
    assert.equal((await world.good(resolve(token))).value, values[field])
  }
  assert.equal((await tokenOf(who, 'note', 'fpe')).body.code, 'domain_too_small')
  assert.equal((await tokenOf(who, 'fullName', 'fpe')).body.code, 'field_invalid')
})
test('tokens: a repeated request gets the same token, a batch answers item by item', async () => {
  const who = await person()
  const once = newId()
  const [first, again] = [await tokenOf(who, 'mail', 'random', once), await tokenOf(who, 'mail', 'random', once)]
  assert.equal(first.body.token, again.body.token)
  assert.equal((await tokenOf(who, 'mobile', 'random', once)).body.code, 'idempotency_key_reused')
  const { items } = await world.good(
    shop.post('/vault/tokens/batch', {
      items: [
        { person: who, field: 'mail', form: 'random' },
        { person: `per_${newId()}`, field: 'mail', form: 'random' },
        { person: who, field: 'passport', form: 'random' },
      ],
    }),
  )
  assert.deepEqual([items[1].problem.code, items[2].problem.code], ['person_unknown', 'field_not_covered'])
  const resolved = await world.good(
    shop.post('/vault/tokens/resolve/batch', {
      items: [
        { token: items[0].token, purpose: 'delivery' },
        { token: `tok_${'0'.repeat(32)}`, purpose: 'delivery' },
      ],
    }),
  )
  assert.deepEqual([resolved.items[0].value, resolved.items[1].problem.code], [values.mail, 'token_unknown'])
})
test('tokens: a token of another provider is unknown, and erasure ends every token of the person', async () => {
  const who = await person()
  const { token } = await world.good(tokenOf(who, 'mobile', 'random'))
  const stranger = await world.shop()
  const asked = await stranger.post('/vault/tokens/resolve', { token, purpose: 'delivery' })
  assert.equal(asked.body.code, 'token_unknown')
  await world.good(shop.post('/vault/erase', { person: who }))
  assert.equal((await resolve(token)).body.code, 'token_unknown')
})
test('tokens: withdrawing the consent ends what a token opens', async () => {
  const who = await person()
  const { token } = await world.good(tokenOf(who, 'mobile', 'random'))
  await world.good(shop.post('/notices/consents/withdraw', { person: who, purpose: 'delivery' }))
  assert.equal((await resolve(token)).body.code, 'grant_missing')
  assert.equal((await tokenOf(who, 'mobile', 'random')).body.code, 'grant_missing')
})
test('tokens: a sealed value moved to another token does not open', async () => {
  const who = await person()
  const { token } = await world.good(tokenOf(who, 'mobile', 'random'))
  const { token: other } = await world.good(tokenOf(who, 'mail', 'random'))
  await world.steal(
    'update vault.token set sealed = (select sealed from vault.token where token = $1) where token = $2',
    [token, other],
  )
  assert.equal((await resolve(other)).body.code, 'seal_broken')
})

test('article 2: a release names its recipient in the entry and is kept on record for three years', async () => {
  const who = await person()
  await agreeToCourier(who)
  const asked = { person: who, purpose: 'delivery', recipient: 'courier', fields: ['fullName', 'mobile', 'home.city'] }
  const made = await world.good(shop.post('/vault/release', asked))
  assert.deepEqual(made.fields, { fullName: values.fullName, mobile: values.mobile, 'home.city': '深圳市' })
  const entry = (await entriesOf(who)).at(-1)!
  assert.equal(entry.kind, 'release')
  assert.deepEqual([entry.fields.recipient, entry.fields.contract], ['courier', 'C-2026-1'])
  const { items } = await world.good(shop.post('/vault/releases', { person: who }))
  assert.deepEqual(items[0].fields, asked.fields)
  assert.ok(Date.parse(items[0].keptUntil) - Date.parse(items[0].at) >= 3 * 365 * 86_400_000)
  const session = await shop.visit(who)
  const own = await world.call('/vault/releases', { person: who }, { session })
  assert.deepEqual(own.body.items, items)
  const other = await world.call('/vault/releases', { person: await person() }, { session })
  assert.equal(other.body.code, 'person_unknown')
})
test('a release to nobody whom the notice names, or without a grant, is refused, and the refusal is logged', async () => {
  const who = await person()
  const to = (recipient: string) =>
    shop.post('/vault/release', { person: who, purpose: 'delivery', recipient, fields: ['fullName'] })
  assert.equal((await to('broker')).body.code, 'recipient_unknown')
  assert.equal((await to('courier')).body.code, 'recipient_not_agreed')
  await agreeToCourier(who)
  await world.good(shop.post('/notices/consents/withdraw', { person: who, purpose: 'delivery' }))
  assert.equal((await to('courier')).body.code, 'recipient_not_agreed', 'it went with the purpose')
  const logged = await world.logged(who)
  assert.deepEqual(
    logged.filter((kind) => kind.startsWith('release')),
    [
      'release: refused: recipient_unknown',
      'release: refused: recipient_not_agreed',
      'release: refused: recipient_not_agreed',
    ],
  )
  assert.deepEqual((await world.good(shop.post('/vault/releases', { person: who }))).items, [])
})

test('article 8: every correction says who changed which fields and when, never what was there', async () => {
  const who = await person()
  const once = newId()
  const correct = (fields: object) => shop.post('/vault/collect', { person: who, replace: true, fields }, once)
  await world.good(correct({ mobile: '13900005678' }))
  await world.good(correct({ mobile: '13900005678' }))
  const { items } = await world.good(shop.post('/vault/history', { person: who }))
  assert.equal(items.length, 1)
  assert.deepEqual(items[0].fields, ['mobile'])
  assert.equal(items[0].by.kind, 'client')
  const own = await world.call('/vault/history', { person: who }, { session: await shop.visit(who) })
  assert.deepEqual(own.body.items, items)
  assert.equal(JSON.stringify(items).includes('138'), false)
  const refused = await shop.post('/vault/collect', { person: who, replace: true, fields: { mobile: 'x' } })
  assert.equal(refused.body.code, 'field_invalid')
  assert.equal((await shop.post('/vault/history', { person: who, cursor: 'zz' })).body.code, 'cursor_malformed')
})

/** As a second person has decided; how they decide is a test of the room that keeps approvals. */
const approve = async (act: string, subject: string) => {
  const [client] = await world.steal<{ id: string }>(
    `select id from parties.client where tenant = $1 and 'erase' = any(abilities) and name = 'backend'`,
    [shop.tenant],
  )
  await world.steal(
    `insert into parties.approval (id, tenant, act, subject, reason, state, requested_by, requested_for, decided_by, decided_for, decided_at, requested_at, expires_at)
      values ($1, $2, $3, $4, 'test', 'approved', $5, $5, $6, $6, $7, $7, $8)`,
    [newId(), shop.tenant, act, subject, `cli_${client!.id}`, `stf_${newId()}`, dawn, new Date(+dawn + 3_600_000)],
  )
}
test('a legal hold needs a second person, keeps from erasure, and ends by its date or by two people', async () => {
  const who = await person()
  const until = new Date(+dawn + 30 * 86_400_000).toISOString()
  const place = (at = until) =>
    shop.post('/vault/hold', { person: who, reason: 'litigation', case: 'CASE-1', until: at })
  const needed = await place()
  assert.deepEqual(needed.body.missing, { act: 'hold-person', subject: `${who}:CASE-1` })
  assert.equal((await place('2020-01-01T00:00:00Z')).body.code, 'hold_too_long')
  assert.equal((await place('2036-01-01T00:00:00Z')).body.code, 'hold_too_long')
  await approve('hold-person', `${who}:CASE-1`)
  assert.equal((await world.good(place())).hold.person, who)
  const refused = await shop.post('/vault/erase', { person: who })
  assert.deepEqual([refused.status, refused.body.code], [409, 'held'])
  assert.deepEqual(refused.body.missing, { reason: 'litigation', until })
  const session = await shop.visit(who)
  assert.equal((await world.call('/vault/erase', { person: who }, { session })).body.code, 'held')
  assert.equal((await world.call('/vault/holds', { person: who }, { session })).body.items[0].case, 'CASE-1')
  assert.deepEqual((await look(who, ['fullName'])).body.fields, { fullName: values.fullName })
  const end = () => shop.post('/vault/hold/end', { person: who, case: 'CASE-1' })
  assert.equal((await end()).body.code, 'approval_needed')
  await approve('end-hold', `${who}:CASE-1`)
  await world.good(end())
  assert.equal((await end()).body.code, 'hold_unknown')
  await world.good(shop.post('/vault/erase', { person: who }))
  const kinds = (await entriesOf(who)).map((entry) => entry.kind)
  assert.deepEqual(
    kinds.filter((kind) => kind !== 'look' && !/link|sign/.test(kind)),
    ['collect', 'hold', 'erase', 'erase', 'end-hold', 'erase'],
  )
})

test('a release that races a withdrawal is given and on record, or refused and not, and the ledger says which', async () => {
  for (let round = 0; round < 8; round++) {
    const who = await person()
    await agreeToCourier(who)
    const [given, withdrawn] = await Promise.all([
      shop.post('/vault/release', { person: who, purpose: 'delivery', recipient: 'courier', fields: ['fullName'] }),
      shop.post('/notices/consents/withdraw', { person: who, purpose: 'delivery' }),
    ])
    assert.equal(withdrawn.status, 200)
    const { items } = await world.good(shop.post('/vault/releases', { person: who }))
    const [logged] = (await world.logged(who)).filter((kind) => kind.startsWith('release'))
    if (given.status === 200) assert.deepEqual([items.length, logged], [1, 'release: opened'])
    else
      assert.deepEqual(
        [given.body.code, items.length, logged],
        ['recipient_not_agreed', 0, 'release: refused: recipient_not_agreed'],
      )
  }
})
test('a token that is made while the person is erased does not outlive them', async () => {
  for (let round = 0; round < 8; round++) {
    const who = await person()
    const [erased, ...made] = await Promise.all([
      shop.post('/vault/erase', { person: who }),
      ...['random', 'pointer', 'deterministic'].map((form) => tokenOf(who, 'mobile', form)),
    ])
    assert.equal(erased!.status, 200)
    for (const { status, body } of made) assert.ok(status === 201 || body.code === 'person_erased', body.code)
    const [left] = await world.steal<{ n: number }>('select count(*)::int as n from vault.token where subject = $1', [
      who.slice(4),
    ])
    assert.equal(left!.n, 0)
    const logged = (await world.logged(who)).filter((kind) => !kind.startsWith('collect'))
    assert.deepEqual(logged.lastIndexOf('erase'), made.filter(({ status }) => status === 201).length)
  }
})
test('article 8: what nobody may use any more is erased when its retention is over, unless it is held', async () => {
  const [kept, ended, held] = [await person(), await person(), await person()]
  for (const who of [ended, held])
    await world.good(shop.post('/notices/consents/withdraw', { person: who, purpose: 'delivery' }))
  await approve('hold-person', `${held}:CASE-2`)
  const until = new Date(+dawn + 400 * 86_400_000).toISOString()
  await world.good(shop.post('/vault/hold', { person: held, reason: 'dispute', case: 'CASE-2', until }))
  const drawersOf = async (who: string) =>
    (await world.steal('select 1 from vault.drawer where subject = $1', [who.slice(4)])).length
  world.clock.set(new Date(+dawn + 179 * 86_400_000))
  await world.vault.sweepRetention()
  assert.equal(await drawersOf(ended), 1, 'its retention is not over')
  world.clock.set(new Date(+dawn + 181 * 86_400_000))
  await world.vault.sweepRetention()
  assert.deepEqual([await drawersOf(kept), await drawersOf(ended), await drawersOf(held)], [1, 0, 1])
  assert.equal((await world.logged(ended)).filter((kind) => kind === 'retention').length, 1)
  const [left] = await world.steal<{ n: number }>(
    `select (select count(*) from notices.live_grant where subject = $1)::int + (select count(*) from vault.blind_index where subject = $1)::int as n`,
    [ended.slice(4)],
  )
  assert.equal(left!.n, 0)
  await world.vault.sweepRetention()
  assert.equal((await world.logged(ended)).filter((kind) => kind === 'retention').length, 1, 'once')
  world.clock.set(dawn)
})

test('a hold that is asked for again with its key is placed once, and two people are asked once', async () => {
  const who = await person()
  await approve('hold-person', `${who}:CASE-3`)
  const until = new Date(+dawn + 86_400_000).toISOString()
  const once = newId()
  const place = () => shop.post('/vault/hold', { person: who, reason: 'dispute', case: 'CASE-3', until }, once)
  assert.deepEqual((await world.good(place())).hold, (await world.good(place())).hold)
  assert.equal((await world.logged(who)).filter((kind) => kind === 'hold').length, 1)
  await approve('end-hold', `${who}:CASE-3`)
  const key = newId()
  const end = () => shop.post('/vault/hold/end', { person: who, case: 'CASE-3' }, key)
  assert.equal((await world.good(end())).endedAt, (await world.good(end())).endedAt)
})
test('what is on record about a person is nobody else’s: another provider is told that there is no such person', async () => {
  const who = await person()
  const stranger = await world.shop()
  for (const path of ['releases', 'history', 'holds'])
    assert.equal((await stranger.post(`/vault/${path}`, { person: who })).body.code, 'person_unknown', path)
  const asked = { person: who, field: 'mobile', form: 'random' }
  assert.equal((await stranger.post('/vault/tokens', asked)).body.code, 'field_not_covered')
  await world.good(stranger.post('/notices', typed))
  assert.equal((await stranger.post('/vault/tokens', asked)).body.code, 'person_unknown')
  const release = { person: who, purpose: 'delivery', recipient: 'courier', fields: ['mobile'] }
  const asStranger = await stranger.post('/vault/release', release)
  assert.deepEqual([asStranger.body.code, asStranger.body.receipt], ['recipient_not_agreed', undefined])
  const nobody = { ...release, person: `per_${newId()}` }
  assert.equal(
    (await stranger.post('/vault/release', nobody)).body.code,
    'recipient_not_agreed',
    'the same as for nobody',
  )
})
test('comparing spends from the quota of finds, and false answers count as misses', async () => {
  const who = await person()
  world.clock.set(new Date(+dawn + 7_200_000))
  const compare = (at: number) => look(who, ['mobile.equals'], { equals: { mobile: `1390002${1000 + at}` } })
  for (let at = 0; at < findsPerMinute; at++) assert.equal((await compare(at)).body.fields['mobile.equals'], 'false')
  const refused = await compare(findsPerMinute)
  assert.deepEqual([refused.status, refused.body.code], [429, 'find_quota_exceeded'])
  assert.ok((await world.logged(who)).includes('look: refused: find_quota_exceeded'))
  assert.equal((await look(who, ['mobile.last4'])).status, 200, 'other looks go on')
  world.clock.set(dawn)
})

test('somebody who keeps searching for what is not there is refused, and the house hears of it', async () => {
  let last: Awaited<ReturnType<typeof shop.post>> | undefined
  // Slowly enough for the quota by the minute: within ten minutes, misses alone give them away.
  for (let minute = 0; minute < 3; minute++) {
    world.clock.set(new Date(+dawn + 3_600_000 + minute * 60_000))
    for (let at = 0; at < findsPerMinute; at++)
      last = await shop.post('/vault/find', {
        purpose: 'delivery',
        field: 'mobile',
        value: `1390001${minute}${100 + at}`,
      })
  }
  assert.equal(last?.body.code, 'find_quota_exceeded')
  assert.equal(last?.body.missing.missesPerTenMinutes, 2 * findsPerMinute)
  await new Promise((done) => setTimeout(done, 200))
  const events = await world.steal<{ payload: { misses: number } }>(
    `select payload from platform.event where type = 'vault.enumeration_suspected'`,
  )
  assert.deepEqual(
    events.map((event) => event.payload.misses),
    [2 * findsPerMinute + 1],
  )
  world.clock.set(new Date(+dawn + 3_600_000 + 600_000))
  const later = await shop.post('/vault/find', { purpose: 'delivery', field: 'mobile', value: '13900009999' })
  assert.equal(later.status, 200)
})

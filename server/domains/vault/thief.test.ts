import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newId, type OrganisationId, type PersonId, type RecordId } from '#kernel'
import { newDrawerKey } from '#notices'
import { SealBroken } from '#platform'
import { openDrawer, sealDrawer } from './seals.ts'
import { openWorld } from './test-world.ts'

/** Someone who can write to the database moves, cuts and changes what is sealed. Nothing opens, and it is noticed. */
const world = await openWorld()
after(() => world.close())
const shop = await world.shop()
const rival = await world.shop()
const marker = 'MARKER-特征-5f1e'
const phone = '13899998888'

interface Victim {
  readonly person: string
  readonly subject: string
  readonly other: string
  readonly record: string
}
async function victim(): Promise<Victim> {
  const person = await shop.person({ name: marker, phone, address: marker })
  const other = (await shop.person({ name: marker, phone, address: marker })).slice(4)
  const record = newId()
  const more = { person, record: `rec_${record}`, fields: { name: marker } }
  await world.good(shop.post('/vault/collect', more))
  return { person, subject: person.slice(4), other, record }
}
async function nothingOpens(person: string, purpose = 'delivery', codes: readonly string[] = ['seal_broken']) {
  world.log.length = 0
  const looked = await shop.look(person, purpose, ['name'])
  assert.ok(codes.includes(looked.body.code), `${looked.status} ${looked.text}`)
  assert.equal(looked.text.includes(marker), false)
  assert.ok(looked.body.receipt, 'the attempt is logged like any look')
  assert.ok(
    world.log.some((line) => line.includes(person.slice(4)) && /does not open|not in the key store/.test(line)),
    'the operator is told',
  )
  assert.equal(world.log.join('').includes(marker), false)
}

const contact = `category = 'contact'`
const drawerTricks: Readonly<Record<string, (v: Victim) => Promise<unknown>>> = {
  'of another record of the same person and category': ({ subject, record }) =>
    world.steal(
      `update vault.drawer d set sealed = (select sealed from vault.drawer where subject = $1 and ${contact} and record = $2)
        where subject = $1 and ${contact} and record = $1`,
      [subject, record],
    ),
  'of another category of the same record': ({ subject }) =>
    world.steal(
      `update vault.drawer d set sealed = (select sealed from vault.drawer where subject = $1 and category = 'place')
        where subject = $1 and ${contact} and record = $1`,
      [subject],
    ),
  'of another person': ({ subject, other }) =>
    world.steal(
      `update vault.drawer d set sealed = (select sealed from vault.drawer where subject = $2 and ${contact})
        where subject = $1 and ${contact} and record = $1`,
      [subject, other],
    ),
  'of another schema version': ({ subject }) =>
    world.steal(`update vault.drawer set schema_version = 2 where subject = $1`, [subject]),
  'that is empty': ({ subject }) =>
    world.steal(`update vault.drawer set sealed = '' where subject = $1 and ${contact}`, [subject]),
}
for (const [what, move] of Object.entries(drawerTricks))
  test(`a drawer ${what} does not open`, async () => {
    const it = await victim()
    await move(it)
    await nothingOpens(it.person)
    const mine = await world.call('/vault/mine', {}, { session: await shop.visit(it.person) })
    assert.deepEqual([mine.body.code, mine.text.includes(marker)], ['seal_broken', false])
    const corrected = await shop.post('/vault/collect', { person: it.person, replace: true, fields: { phone: '1' } })
    assert.equal(corrected.body.code, 'seal_broken')
  })

const wrapTricks: Readonly<Record<string, (v: Victim) => Promise<unknown>>> = {
  'of another purpose': ({ subject }) =>
    world.steal(
      `update notices.live_grant set wrap = (select wrap from notices.live_grant where subject = $1 and ${contact} and purpose = 'support')
        where subject = $1 and ${contact} and purpose = 'delivery'`,
      [subject],
    ),
  'of the person’s own purpose': ({ subject }) =>
    world.steal(
      `update notices.live_grant set wrap = (select wrap from notices.live_grant where subject = $1 and ${contact} and purpose = 'self')
        where subject = $1 and ${contact} and purpose = 'delivery'`,
      [subject],
    ),
  'of another category': ({ subject }) =>
    world.steal(
      `update notices.live_grant set wrap = (select wrap from notices.live_grant where subject = $1 and category = 'place' and purpose = 'delivery')
        where subject = $1 and ${contact} and purpose = 'delivery'`,
      [subject],
    ),
  'of another person, with their drawer': async ({ subject, other }) => {
    await world.steal(
      `update notices.live_grant set wrap = (select wrap from notices.live_grant where subject = $2 and ${contact} and purpose = 'delivery')
        where subject = $1 and ${contact} and purpose = 'delivery'`,
      [subject, other],
    )
    await world.steal(
      `update vault.drawer set sealed = (select sealed from vault.drawer where subject = $2 and ${contact})
        where subject = $1 and ${contact} and record = $1`,
      [subject, other],
    )
  },
}
for (const [what, move] of Object.entries(wrapTricks))
  test(`a wrap ${what} does not open`, async () => {
    const it = await victim()
    await move(it)
    await nothingOpens(it.person)
  })

test('a grant that is made up after a withdrawal, from the wrap of another purpose, opens nothing', async () => {
  const { person, subject } = await victim()
  await world.good(shop.post('/notices/consents/withdraw', { person, purpose: 'support' }))
  await world.steal(
    `insert into notices.live_grant (subject, category, purpose, tenant, basis, wrap, consent, since)
      select subject, category, 'support', tenant, basis, wrap, consent, since from notices.live_grant
      where subject = $1 and ${contact} and purpose = 'delivery'`,
    [subject],
  )
  await nothingOpens(person, 'support')
})

test('a person who is moved to another organisation, with everything that is held about them, opens for nobody', async () => {
  const { person, subject } = await victim()
  const moved = `set tenant = $2 where subject = $1`
  await world.steal(`update notices.live_grant ${moved}`, [subject, rival.tenant])
  await world.steal(`update vault.drawer ${moved}`, [subject, rival.tenant])
  const looked = await rival.look(person, 'delivery', ['name'])
  assert.deepEqual([looked.body.code, looked.text.includes(marker)], ['seal_broken', false])
  assert.equal((await shop.look(person, 'delivery', ['name'])).body.code, 'person_unknown')
})

test('a drawer or a wrap with any one bit changed, or cut at any length, does not open', async () => {
  const { person, subject } = await victim()
  const [held] = await world.steal<{ sealed: Buffer; wrap: Buffer }>(
    `select d.sealed, g.wrap from vault.drawer d join notices.live_grant g using (subject, category)
      where d.subject = $1 and ${contact} and d.record = $1 and g.purpose = 'delivery'`,
    [subject],
  )
  const put = {
    sealed: `update vault.drawer set sealed = $2 where subject = $1 and ${contact} and record = $1`,
    wrap: `update notices.live_grant set wrap = $2 where subject = $1 and ${contact} and purpose = 'delivery'`,
  }
  for (const what of ['sealed', 'wrap'] as const) {
    const whole = held![what]
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1 << (at % 8)
      await world.steal(put[what], [subject, changed])
      // A wrap that names another key is not damaged to the eye: there is just no such key.
      await nothingOpens(person, 'delivery', what === 'wrap' && at >= 2 && at < 18 ? ['key_unavailable'] : undefined)
    }
    for (const length of [0, 1, 17, 45, 46, whole.length - 1]) {
      await world.steal(put[what], [subject, whole.subarray(0, length)])
      await nothingOpens(person)
    }
    await world.steal(put[what], [subject, Buffer.concat([whole, Buffer.of(0)])])
    await nothingOpens(person)
    await world.steal(put[what], [subject, whole])
  }
  assert.deepEqual((await shop.look(person, 'delivery', ['name'])).body.fields, { name: marker })
})

test('one damaged person does not keep others from being served in the same batch', async () => {
  const { person, subject, other } = await victim()
  await world.steal(`update notices.live_grant set wrap = substr(wrap, 1, 20) where subject = $1`, [subject])
  const looks = await Promise.all([person, `per_${other}`].map((one) => shop.look(one, 'delivery', ['name'])))
  assert.deepEqual(
    looks.map(({ body }) => body.code ?? body.fields),
    ['seal_broken', { name: marker }],
  )
  const collects = await Promise.all(
    [person, `per_${other}`].map((one) =>
      shop.post('/vault/collect', { person: one, record: `rec_${newId()}`, fields: { name: 'x' } }),
    ),
  )
  assert.deepEqual(
    collects.map(({ body, status }) => body.code ?? status),
    ['seal_broken', 201],
  )
  const consent = await shop.post('/notices/consents', {
    person,
    snapshot: await shop.snapshot(),
    purposes: ['support'],
  })
  assert.equal(consent.body.code, 'seal_broken')
})

test('a damaged epoch key shuts its own purpose and no other, in a server that has not cached it', async () => {
  const bystander = await rival.person({ name: 'Bystander' })
  const mine = await world.shop()
  const person = await mine.person({ name: marker })
  const snapshot = await mine.snapshot()
  await world.steal(
    `update public.epoch_key set wrapped = (select wrapped from public.epoch_key where tenant = $1 and purpose = 'support')
      where tenant = $1 and purpose = 'delivery'`,
    [mine.tenant],
  )
  const fresh = await world.anotherProcess()
  const look = (who: string, purpose: string, key: string) =>
    fresh.call('/vault/look', { person: who, purpose, fields: ['name'] }, { key })
  const answers = await Promise.all([
    look(person, 'delivery', mine.key),
    look(person, 'support', mine.key),
    look(bystander, 'delivery', rival.key),
  ])
  assert.deepEqual(
    answers.map(({ body }) => body.code ?? body.fields.name),
    ['key_unavailable', marker, 'Bystander'],
  )
  const collect = (consent: object, key: string) =>
    fresh.call('/vault/collect', { consent, fields: { name: 'x' } }, { key })
  const collects = await Promise.all([
    collect({ snapshot, purposes: ['delivery'] }, mine.key),
    collect({ snapshot: await rival.snapshot(), purposes: ['delivery'] }, rival.key),
  ])
  assert.deepEqual(
    collects.map(({ body, status }) => body.code ?? status),
    ['key_unavailable', 201],
  )
  await fresh.close()
})

test('every part of a drawer’s place is sealed into it', () => {
  const key = newDrawerKey()
  const place = {
    tenant: newId<'org'>(),
    subject: newId<'per'>(),
    record: newId<'rec'>(),
    category: 'contact',
    version: 1,
  }
  const sealed = sealDrawer(key, place.tenant, place.subject, place.record, place.category, { name: marker })
  const openAt = (at: typeof place) =>
    openDrawer(key, at.tenant, at.subject, at.record, at.category, at.version, sealed)
  assert.deepEqual(openAt(place), { name: marker })
  const elsewhere: Partial<typeof place>[] = [
    { tenant: newId() as OrganisationId },
    { subject: newId() as PersonId },
    { record: newId() as RecordId },
    { category: 'place' },
    { version: 2 },
  ]
  for (const change of elsewhere) assert.throws(() => openAt({ ...place, ...change }), SealBroken)
})

test('a dump of the main database holds no field value', async () => {
  const tables = await world.steal<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('platform', 'ledger', 'parties', 'notices', 'vault')`,
  )
  await victim()
  for (const { name } of tables) {
    const rows = await world.steal<{ row: string }>(`select t::text as row from ${name} t`)
    for (const form of [marker, phone, Buffer.from(marker).toString('hex'), Buffer.from(phone).toString('hex')])
      assert.equal(
        rows.some(({ row }) => row.includes(form)),
        false,
        name,
      )
  }
})

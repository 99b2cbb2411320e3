import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openWorld } from './test-world.ts'

/** Generated organisations act on each other's people at random; a model says what each may see. */
const world = await openWorld()
after(() => world.close())
const shops = [await world.shop(), await world.shop(), await world.shop()]

const shopAt = fc.nat({ max: shops.length - 1 })
const personAt = fc.nat({ max: 7 })
const purpose = fc.constantFrom('delivery', 'support')
const digit = fc.nat({ max: 3 })
const operation = fc.oneof(
  fc.record({ do: fc.constant('collect' as const), by: shopAt, digit }),
  fc.record({ do: fc.constant('look' as const), by: shopAt, on: personAt, purpose }),
  fc.record({ do: fc.constant('lookTogether' as const), on: personAt, purpose }),
  fc.record({ do: fc.constant('find' as const), by: shopAt, purpose, digit }),
  fc.record({ do: fc.constant('withdraw' as const), by: shopAt, on: personAt, purpose }),
  fc.record({ do: fc.constant('agree' as const), by: shopAt, on: personAt, purpose }),
  fc.record({ do: fc.constant('correct' as const), by: shopAt, on: personAt, digit }),
  fc.record({ do: fc.constant('erase' as const), by: shopAt, on: personAt }),
)
interface Person {
  readonly id: string
  readonly owner: number
  readonly purposes: Set<string>
  phone: string
  live: boolean
}

test('organisations that act at random see their own people as agreed, and nothing of each other’s', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 30 }), async (operations) => {
      const series = `139${String(++run).padStart(4, '0')}000`
      const people: Person[] = []
      const named = (at: number) => people[at % people.length]
      const expectLook = (person: Person, by: number, wanted: string) => {
        if (person.owner !== by) return 'person_unknown'
        if (!person.live) return 'person_erased'
        return person.purposes.has(wanted) ? { phone: person.phone } : 'grant_missing'
      }
      const seen = ({ body }: { body: { fields?: object; code?: string } }) => body.fields ?? body.code
      const statusOr = ({ status, body }: { status: number; body: { code?: string } }) => body.code ?? status
      for (const op of operations) {
        const person = 'on' in op ? named(op.on) : undefined
        if ('on' in op && !person) continue
        const foreign = person !== undefined && 'by' in op && person.owner !== op.by
        switch (op.do) {
          case 'collect': {
            const phone = `${series}${op.digit}`
            const id = await shops[op.by]!.person({ phone })
            people.push({ id, owner: op.by, purposes: new Set(['delivery', 'support']), phone, live: true })
            break
          }
          case 'look':
            assert.deepEqual(
              seen(await shops[op.by]!.look(person!.id, op.purpose, ['phone'])),
              expectLook(person!, op.by, op.purpose),
            )
            break
          case 'lookTogether': {
            // All at once, so that the looks of several organisations travel in one statement.
            const answers = await Promise.all(shops.map((shop) => shop.look(person!.id, op.purpose, ['phone'])))
            assert.deepEqual(
              answers.map(seen),
              shops.map((_, by) => expectLook(person!, by, op.purpose)),
            )
            break
          }
          case 'find': {
            const phone = `${series}${op.digit}`
            const own = people.filter(
              ({ owner, live, purposes, phone: held }) =>
                owner === op.by && live && held === phone && purposes.has(op.purpose),
            )
            assert.deepEqual((await shops[op.by]!.find(phone, op.purpose)).sort(), own.map(({ id }) => id).sort())
            break
          }
          case 'withdraw': {
            const answer = await shops[op.by]!.post('/notices/consents/withdraw', {
              person: person!.id,
              purpose: op.purpose,
            })
            const expected = foreign
              ? 'person_unknown'
              : !person!.live
                ? 'person_erased'
                : person!.purposes.has(op.purpose)
                  ? 200
                  : 'consent_unknown'
            assert.equal(statusOr(answer), expected)
            if (expected === 200) person!.purposes.delete(op.purpose)
            break
          }
          case 'agree': {
            const shop = shops[op.by]!
            const answer = await shop.post('/notices/consents', {
              person: person!.id,
              snapshot: await shop.snapshot(),
              purposes: [op.purpose],
            })
            const expected = foreign ? 'person_unknown' : person!.live ? 201 : 'person_erased'
            assert.equal(statusOr(answer), expected)
            if (expected === 201) person!.purposes.add(op.purpose)
            break
          }
          case 'correct': {
            const phone = `${series}${op.digit}`
            const answer = await shops[op.by]!.post('/vault/collect', {
              person: person!.id,
              replace: true,
              fields: { phone },
            })
            const expected = foreign
              ? 'person_unknown'
              : !person!.live
                ? 'person_erased'
                : person!.purposes.size > 0
                  ? 201
                  : 'grant_missing'
            assert.equal(statusOr(answer), expected)
            if (expected === 201) person!.phone = phone
            break
          }
          case 'erase': {
            const answer = await shops[op.by]!.post('/vault/erase', { person: person!.id })
            const expected = foreign ? 'person_unknown' : person!.live ? 200 : 'person_erased'
            assert.equal(statusOr(answer), expected)
            if (expected === 200) person!.live = false
            break
          }
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('the same number at two organisations has two index values that cannot be joined', async () => {
  const people = await Promise.all(shops.map((shop) => shop.person({ phone: '13700000000' })))
  const tokens = await world.steal<{ token: Buffer }>(
    'select token from vault.blind_index where subject = any($1::uuid[])',
    [people.map((person) => person.slice(4))],
  )
  assert.equal(new Set(tokens.map(({ token }) => token.toString('hex'))).size, shops.length)
})

test('every id of another organisation is answered as unknown', async () => {
  const [mine, other] = shops as [(typeof shops)[number], (typeof shops)[number]]
  const person = await other.person()
  const own = await mine.person()
  const unknown = async (path: string, body: object) => {
    const answer = await mine.post(path, body)
    const nobody = await mine.post(path, JSON.parse(JSON.stringify(body).replaceAll(person, `per_${'0'.repeat(32)}`)))
    assert.deepEqual([answer.status, answer.body.code], [404, 'person_unknown'], path)
    const { instance: _one, ...told } = answer.body
    const { instance: _two, ...toldOfNobody } = nobody.body
    assert.deepEqual(told, toldOfNobody, `${path} tells a stranger’s person from nobody`)
  }
  const snapshot = await mine.snapshot()
  await unknown('/vault/look', { person, purpose: 'delivery', fields: ['name'] })
  await unknown('/vault/collect', { person, fields: { name: 'x' } })
  await unknown('/vault/collect', { person, replace: true, fields: { name: 'x' } })
  await unknown('/vault/erase', { person })
  await unknown('/notices/consents', { person, snapshot, purposes: ['delivery'] })
  await unknown('/notices/consents/withdraw', { person, purpose: 'delivery' })
  await unknown('/notices/grants', { person })
  await unknown('/parties/persons/access-links', { person })
  const record = await mine.look(own, 'delivery', ['name'], `rec_${person.slice(4)}`)
  assert.equal(record.body.code, 'record_unknown')
  const notice = await mine.post('/notices/consents', { snapshot: await other.snapshot(), purposes: ['delivery'] })
  assert.equal(notice.body.code, 'snapshot_stale')
  assert.deepEqual((await other.look(person, 'delivery', ['name'])).body.fields, { name: 'Invented Person' })
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { startTestDatabase } from '../test-database.ts'
import { byteaArray, int4Array, int8Array, textArray, uuidArray } from './binary.ts'

/** What goes into an array comes out of a real PostgreSQL as it was. */
const database = await startTestDatabase()
const client = new pg.Client(database.connection)
await client.connect()
after(async () => {
  await client.end()
  await database.close()
})

async function through(type: string, array: Buffer): Promise<unknown[]> {
  const { rows } = await client.query(
    `select e::text as one from unnest($1::${type}[]) with ordinality as u (e, n) order by n`,
    [array],
  )
  return rows.map((row) => row.one)
}
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(fc.option(arbitrary), { maxLength: 30 })
// U+0000 is the one character that PostgreSQL does not keep; lone surrogates are refused long before.
const text = fc
  .string({ unit: 'binary', maxLength: 50 })
  .filter((value) => !value.includes('\0') && value.isWellFormed())
const runs = { numRuns: 60 }

test('bytes of any length, none and NULL come through', async () => {
  await fc.assert(
    fc.asyncProperty(orNull(fc.uint8Array({ maxLength: 200 })), async (values) => {
      assert.deepEqual(
        await through('bytea', byteaArray(values)),
        values.map((value) => value && `\\x${Buffer.from(value).toString('hex')}`),
      )
    }),
    runs,
  )
})
test('texts of any script, with quotes, commas, braces and the word NULL, come through', async () => {
  await fc.assert(
    fc.asyncProperty(orNull(text), async (values) => {
      assert.deepEqual(await through('text', textArray(values)), values)
    }),
    runs,
  )
  const odd = ['NULL', 'null', '', '{}', '"', '\\', 'a,b', ' ', '中文', '😀', "'", null]
  assert.deepEqual(await through('text', textArray(odd)), odd)
})
test('ids come through, and NULL among them', async () => {
  const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'))
  await fc.assert(
    fc.asyncProperty(orNull(id), async (values) => {
      const got = await through('uuid', uuidArray(values))
      assert.deepEqual(
        got.map((one) => (one as string | null)?.replaceAll('-', '') ?? null),
        values,
      )
    }),
    runs,
  )
})
test('numbers come through to their limits', async () => {
  const small = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 30 })
  const large = fc.array(fc.maxSafeInteger(), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(small, large, async (some, more) => {
      assert.deepEqual(await through('int', int4Array(some)), some.map(String))
      assert.deepEqual(await through('bigint', int8Array(more)), more.map(String))
    }),
    runs,
  )
  assert.throws(() => int4Array([2 ** 31]), RangeError)
})
test('an empty array and one of NULLs alone are arrays', async () => {
  for (const [type, array] of [
    ['bytea', byteaArray([])],
    ['text', textArray([])],
    ['uuid', uuidArray([])],
    ['int', int4Array([])],
    ['bigint', int8Array([])],
  ] as const) {
    assert.deepEqual(await through(type, array), [])
    const { rows } = await client.query(`select cardinality($1::${type}[]) as size`, [array])
    assert.equal(rows[0].size, 0)
  }
  assert.deepEqual(await through('uuid', uuidArray([null, null])), [null, null])
  assert.deepEqual(await through('bytea', byteaArray([null])), [null])
})

import Type from 'typebox'

/** Shapes shared by every room of the wire. Ids are prefixed UUIDv7 in hex: nothing personal can hide in them. */

const id = (prefix: string, what: string) =>
  Type.String({
    pattern: `^${prefix}_[0-9a-f]{32}$`,
    description: what,
    examples: [`${prefix}_${'0198c2f0'.padEnd(32, '0')}`],
  })

export const OrganisationId = id('org', 'an organisation')
export const StaffId = id('stf', 'a member of staff')
export const ClientId = id('cli', 'a machine client')
export const PersonId = id('per', 'a person, as one provider knows them')
export const NoticeId = id('ntc', 'a published notice')
export const ConsentId = id('cns', 'a consent')
export const RecordId = id('rec', 'a record')
export const EntryId = id('ent', 'a ledger entry')
export const ApprovalId = id('apr', 'an approval by two people')
export const DemandId = id('dem', 'a demand of a person')

/** A text that exists in both languages from the start. */
export const Bilingual = Type.Object(
  { en: Type.String({ minLength: 1, maxLength: 2000 }), zh: Type.String({ minLength: 1, maxLength: 2000 }) },
  { additionalProperties: false },
)
export type Bilingual = Type.Static<typeof Bilingual>

export const Language = Type.Union([Type.Literal('en'), Type.Literal('zh')])
export type Language = Type.Static<typeof Language>

/** A name that is part of a key: short, lower case, stable. */
export const Slug = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,39}$',
  description: 'lower-case name, at most 40 characters',
})
export const FieldName = Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,39}$', description: 'camelCase field name' })
export const Instant = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$',
  description: 'UTC, RFC 3339',
})
export const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$', maxLength: 20000 })
export const Cursor = Type.String({ maxLength: 200, pattern: '^[A-Za-z0-9_-]*$' })

/** A signed promise that an entry will be in the ledger by the deadline. Checked by `bailee verify` and in the browser. */
export const Receipt = Type.Object(
  {
    v: Type.Literal(1),
    origin: Type.String(),
    entry: Type.String({ description: 'UUID of the ledger entry' }),
    commitment: Base64,
    index: Type.Integer({ minimum: 0, description: 'place in the signed batch' }),
    count: Type.Integer({ minimum: 1, description: 'size of the signed batch' }),
    path: Type.Array(Base64),
    signedAt: Instant,
    deadline: Instant,
    signature: Base64,
  },
  { additionalProperties: false },
)
export type Receipt = Type.Static<typeof Receipt>

/** RFC 9457 problem document. `code` is stable; `missing` names what would have made the request lawful. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  titleZh: Type.Optional(Type.String()),
  status: Type.Integer(),
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  field: Type.Optional(Type.String({ description: 'JSON pointer of the offending member' })),
  rule: Type.Optional(Type.String()),
  missing: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  receipt: Type.Optional(Receipt),
  instance: Type.Optional(Type.String()),
})
export type Problem = Type.Static<typeof Problem>

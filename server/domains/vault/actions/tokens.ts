import { createHmac, randomBytes } from 'node:crypto'
import { lengthPrefixed } from '@bailee/proof'
import { actorField, type ClientActor, newId, type PersonId, type RecordId, Refusal, type StaffActor } from '#kernel'
import type { FieldKind } from '#notices'
import { keyIdsOf, type OnceKey, once, seal } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { DomainTooSmall, ff1Encrypt } from '../ff1.ts'
import { kinds } from '../kind-rules/index.ts'
import { checkDigit } from '../kind-rules/resident-id.ts'
import { type Look, profileOf, type TokenForm } from '../model.ts'
import { openDrawer } from '../seals.ts'
import { drawersOfPerson, ownWraps } from '../store.ts'
import { findTokens, insertToken } from '../store-tokens.ts'
import { openOwnWrap } from './collect.ts'
import type { LookItem } from './look.ts'

export interface TokenRequest {
  readonly person: PersonId
  readonly field: string
  readonly form: TokenForm
  readonly record: RecordId | undefined
}
/** docs/formats/tokens.md: binds a sealed value to its token, person and field. */
const tokenAad = (tenant: string, token: string, person: string, field: string) =>
  lengthPrefixed('bailee/token/v1', tenant, token, person, field)

/**
 * A token that stands for one field of a person. The person's own wrap opens the value for as long as that takes; to get it
 * back somebody must look, under a purpose. Erasing the person deletes their tokens. Articles 2 and 4.
 */
export async function makeToken(
  deps: VaultDeps,
  actor: ClientActor,
  request: TokenRequest,
  onceKey: OnceKey | undefined,
) {
  const { person, field, form } = request
  const { tenant } = actor
  const record = request.record ?? profileOf(person)
  deps.ledger.assertKeepsUp()
  const at = deps.clock.now()
  const rules = await deps.notices.rules.of(tenant)
  const category = rules.categoryOf.get(field)
  if (category === undefined) throw new Refusal('field_not_covered', { field: '/field', missing: { field } })
  const kind = rules.kindOf.get(field) ?? 'text'
  const answer = await deps.db.transaction('vault', (tx) =>
    once(tx, deps.keys, tenant, onceKey, async () => {
      await deps.notices.holdPerson(tx, tenant, person)
      await deps.persons.assertLive(tx, tenant, person)
      const wraps = await ownWraps(tx, tenant, [person], at)
      const own = wraps.find((row) => row.category === category && row.granted)
      if (!own) throw new Refusal('grant_missing', { missing: { category } })
      const drawer = (await drawersOfPerson(tx, tenant, person)).find(
        (row) => row.record === record && row.category === category,
      )
      if (!drawer) throw new Refusal('record_unknown', { field: '/record' })
      await deps.keys.load(keyIdsOf([own.wrap]))
      const drawerKey = openOwnWrap(deps, tenant, person, category, own.wrap)
      if (drawerKey instanceof Refusal) throw drawerKey
      const held = openDrawer(drawerKey, tenant, person, record, category, drawer.version, drawer.sealed)
      const value = Object.hasOwn(held, field) ? held[field] : undefined
      if (value === undefined) throw new Refusal('record_unknown', { field: '/field' })
      const token = await tokenOf(deps, actor, request, kind, value, drawerKey.bytes, record)
      if (form !== 'one-way') {
        const aad = tokenAad(tenant, token, person, field)
        const sealed =
          form === 'pointer' ? null : seal(drawerKey.key, Buffer.from(person, 'hex'), Buffer.from(value), aad)
        await insertToken(tx, { tenant, token, subject: person, category, record, field, form, sealed }, at)
      }
      drawerKey.bytes.fill(0)
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          subject: person,
          tenant,
          kind: 'token',
          at: at.getTime(),
          fields: [
            ['actor', actorField(actor)],
            ['record', `rec_${record}`],
            ['fields', [field]],
            ['form', form],
          ],
        },
      ])
      return { token, appended }
    }),
  )
  return { person, field, form, token: answer.token, receipt: deps.ledger.promise(answer.appended)[0]! }
}

async function tokenOf(
  deps: VaultDeps,
  { tenant }: ClientActor,
  { field, form }: TokenRequest,
  kind: FieldKind,
  value: string,
  drawerKey: Uint8Array,
  record: RecordId,
): Promise<string> {
  if (form === 'random' || form === 'pointer') return `tok_${randomBytes(16).toString('hex')}`
  if (form === 'fpe') return digitsOf(kind, value, drawerKey, field, record)
  const { normaliser, normalise } = kinds[kind]
  // No field's name has a slash: these keys belong to no blind index, and the two forms not to each other.
  const key = await deps.keys.indexKey(tenant, `${form}/${field}`, normaliser)
  return `tok_${Buffer.from(key.mac(Buffer.from(normalise(value))).slice(0, 16)).toString('hex')}`
}

/**
 * FF1 under a key of this person and field alone, derived from their drawer key: erasing the person shreds it, and tokens
 * of different people tell nothing about each other. A card keeps its length, a mainland phone number its eleven digits; the
 * last character of an ID number's token is never its check digit, so that the token is nobody's number.
 */
function digitsOf(kind: FieldKind, value: string, drawerKey: Uint8Array, field: string, record: RecordId): string {
  const folded = kinds[kind].normalise(value)
  const plain =
    kind === 'phone' ? folded.replace(/^\+(86)?/, '') : kind === 'resident-id' ? folded.slice(0, 17) : folded
  if (!/^[0-9]{1,40}$/.test(plain))
    throw new Refusal('field_invalid', { field: '/field', rule: 'must hold digits for this form' })
  const key = createHmac('sha256', drawerKey).update(lengthPrefixed('bailee/fpe/v1', field)).digest()
  try {
    const sealed = ff1Encrypt(key, Buffer.from(record, 'hex'), 10, [...plain].map(Number)).join('')
    if (kind !== 'resident-id') return sealed
    const right = checkDigit(sealed)
    return `${sealed}${right === 'X' ? 0 : (Number(right) + 1) % 10}`
  } catch (error) {
    if (error instanceof DomainTooSmall)
      throw new Refusal('domain_too_small', { field: '/field', rule: 'at least six digits' })
    throw error
  } finally {
    key.fill(0)
  }
}

export interface ResolveRequest {
  readonly token: string
  readonly purpose: string
  readonly as: string | undefined
  readonly person: PersonId | undefined
  readonly onBehalfOf: string | undefined
  readonly case: string | undefined
}
/** Opens what a token stands for: a look like any other, with its entry, its purpose and its refusals. Article 2. */
export async function resolveToken(
  deps: VaultDeps,
  look: (item: LookItem) => Promise<Look>,
  actor: ClientActor | StaffActor,
  request: ResolveRequest,
) {
  const { tenant } = actor
  const rows = await findTokens(deps.db.as('vault'), tenant, request.token, request.person ?? null)
  const [row] = rows
  if (!row) throw new Refusal('token_unknown', { field: '/token' })
  if (rows.length > 1)
    throw new Refusal('schema_violation', { field: '/person', rule: 'must be present: several people have this token' })
  const { field, subject, record, sealed } = row
  const asked = request.as === undefined ? field : `${field}.${request.as}`
  const { fields, receipt } = await look({
    actor,
    request: {
      person: subject,
      purpose: request.purpose,
      fields: [asked],
      record,
      onBehalfOf: request.onBehalfOf,
      case: request.case,
    },
    ...(sealed ? { token: { field, sealed, aad: tokenAad(tenant, row.token, subject, field) } } : {}),
  })
  const value = fields[asked]
  // A pointer to what a correction took away, or a form that the value does not tell. The look stays logged.
  if (value === undefined) throw new Refusal('token_unknown', { field: '/token', receipt })
  return { person: subject, field, value, receipt }
}

import { createHash } from 'node:crypto'
import {
  actorField,
  type ClientActor,
  type ConsentId,
  type EntryId,
  newId,
  type OrganisationId,
  type PersonId,
  type RecordId,
  Refusal,
} from '#kernel'
import type { EntryDraft } from '#ledger'
import {
  type DrawerKey,
  grantsOf,
  judgeSnapshot,
  newDrawerKey,
  type PublishedNotice,
  selfPurpose,
  unwrap,
  wrapFor,
} from '#notices'
import { coalesce, keyIdOf, type OnceKey, sqlState } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { type Collected, type CollectRequest, drawerSchemaVersion, profileOf } from '../model.ts'
import { drawersOf, normaliserVersion } from '../rules.ts'
import { blindToken, openDrawer, sealDrawer } from '../seals.ts'
import {
  type CollectRows,
  clearDrawers,
  drawersOfPerson,
  findReplay,
  insertCollected,
  type KnownPerson,
  ownWraps,
} from '../store.ts'

export interface CollectItem {
  readonly actor: ClientActor
  readonly request: CollectRequest
  readonly once: OnceKey
  /** In a correction: the fields that change, of all that are sealed anew. */
  readonly changed?: readonly string[]
}
interface Prepared {
  readonly item: CollectItem
  readonly person: PersonId
  readonly record: RecordId
  readonly entry: EntryId
  readonly scope: Buffer
  readonly drawers: ReadonlyMap<string, Record<string, string>>
  readonly consent:
    | {
        readonly id: ConsentId
        readonly notice: PublishedNotice
        readonly language: string
        readonly hash: Buffer
        readonly grants: ReturnType<typeof grantsOf>
      }
    | undefined
}

/**
 * Seals what a live notice covers. A new person brings their consent along, and becomes known by the same statement
 * that wraps their keys, seals their drawers, indexes what may be found and logs it all. Articles 1 and 2.
 */
export function createCollect(deps: VaultDeps): (item: CollectItem) => Promise<Collected> {
  const db = deps.db.as('vault')
  const together = coalesce<CollectItem, Collected>((items) => collectTogether(deps, db, items), {
    maxBatch: 64,
    lanes: 2,
  })
  return together
}

const scopeOf = (tenant: OrganisationId, key: string): Buffer =>
  createHash('sha256').update(`bailee/collect/v1\n${tenant}\n${key}`).digest()

export async function collectTogether(
  deps: VaultDeps,
  db: Parameters<typeof insertCollected>[0],
  items: readonly CollectItem[],
): Promise<(Collected | Error)[]> {
  deps.ledger.assertKeepsUp()
  const at = deps.clock.now()
  const results: (Collected | Error | undefined)[] = items.map(() => undefined)
  const prepared: (Prepared & { readonly place: number })[] = []
  for (const [place, item] of items.entries()) {
    try {
      prepared.push({ ...(await prepareItem(deps, item, at)), place })
    } catch (error) {
      results[place] = error as Error
    }
  }
  const known = await knownPersons(deps, db, prepared)
  const ready = prepared.filter(({ item, person, drawers, consent, place }) => {
    if (consent) return true
    const own = known.get(`${item.actor.tenant}/${person}`)
    if (!own) results[place] = new Refusal('person_unknown', { field: '/person' })
    else
      for (const category of drawers.keys())
        if (!own.has(category)) results[place] = new Refusal('grant_missing', { missing: { category } })
    return results[place] === undefined
  })
  if (ready.length > 0) {
    const { rows, appended } = await rowsOf(deps, ready, known, at)
    try {
      const done = await insertCollected(db, rows, appended)
      const receipts = deps.ledger.promise(
        appended,
        ready.map((_, index) => (done.has(index) ? 'collected' : '-')),
      )
      for (const [index, { place, person, record, item, scope }] of ready.entries())
        results[place] = done.has(index)
          ? { person, record, receipt: receipts[index]! }
          : await replayed(deps, db, item, scope)
    } catch (error) {
      if (sqlState(error) !== '23505') throw error
      // Some record of the batch is taken already. One by one, each is told for itself.
      if (ready.length === 1) results[ready[0]!.place] = new Refusal('record_exists', { field: '/record' })
      else for (const { place, item } of ready) [results[place]] = await collectTogether(deps, db, [item])
    }
  }
  return results as (Collected | Error)[]
}

async function prepareItem(deps: VaultDeps, item: CollectItem, at: Date): Promise<Prepared> {
  const { actor, request, once } = item
  const rules = deps.notices.rules.cached(actor.tenant) ?? (await deps.notices.rules.of(actor.tenant))
  const drawers = drawersOf(rules, request.fields)
  let consent: Prepared['consent']
  if (request.consent) {
    if (request.person)
      throw new Refusal('schema_violation', {
        field: '/consent',
        rule: 'only for a new person; someone already known consents at /v1/notices/consents',
      })
    const { shown, hash } = deps.notices.snapshots.read(request.consent.snapshot)
    const notice = judgeSnapshot(shown, rules, at)
    const grants = grantsOf(notice, request.consent.purposes)
    for (const category of drawers.keys())
      if (!grants.some((grant) => grant.category === category))
        throw new Refusal('grant_missing', { field: '/consent/purposes', missing: { category } })
    consent = { id: newId<'cns'>(), notice, language: shown.language, hash, grants }
  } else if (!request.person)
    throw new Refusal('schema_violation', { field: '/consent', rule: 'must be present for a new person' })
  const person = request.person ?? newId<'per'>()
  return {
    item,
    person,
    record: request.record ?? profileOf(person),
    entry: newId<'ent'>(),
    scope: scopeOf(actor.tenant, once.key),
    drawers,
    consent,
  }
}

/** Drawer keys of people who are known already, by tenant and person, for the categories that still have a basis. */
async function knownPersons(
  deps: VaultDeps,
  db: Parameters<typeof ownWraps>[0],
  prepared: readonly Prepared[],
): Promise<Map<string, Map<string, DrawerKey>>> {
  const byTenant = new Map<OrganisationId, PersonId[]>()
  for (const { item, person, consent } of prepared) {
    if (consent) continue
    const list = byTenant.get(item.actor.tenant) ?? []
    list.push(person)
    byTenant.set(item.actor.tenant, list)
  }
  const known = new Map<string, Map<string, DrawerKey>>()
  for (const [tenant, persons] of byTenant) {
    const rows: readonly KnownPerson[] = await ownWraps(db, tenant, persons)
    await deps.keys.load(rows.map((row) => keyIdOf(row.wrap)))
    for (const row of rows) {
      const name = `${tenant}/${row.subject}`
      const own = known.get(name) ?? new Map<string, DrawerKey>()
      known.set(name, own)
      const drawerKey = row.granted
        ? unwrap(deps.keys, tenant, row.subject as PersonId, row.category, selfPurpose, row.wrap)
        : undefined
      if (drawerKey) own.set(row.category, drawerKey)
    }
  }
  return known
}

async function rowsOf(
  deps: VaultDeps,
  ready: readonly Prepared[],
  known: ReadonlyMap<string, ReadonlyMap<string, DrawerKey>>,
  at: Date,
) {
  const items: Omit<CollectRows['items'][number], 'answer'>[] = []
  const drawers: CollectRows['drawers'][number][] = []
  const grants: CollectRows['grants'][number][] = []
  const tokens: CollectRows['tokens'][number][] = []
  const drafts: EntryDraft[] = []
  for (const [index, { item, person, record, entry, scope, drawers: contents, consent }] of ready.entries()) {
    const { tenant } = item.actor
    const rules = deps.notices.rules.cached(tenant) ?? (await deps.notices.rules.of(tenant))
    const drawerKeys = new Map<string, DrawerKey>(known.get(`${tenant}/${person}`) ?? [])
    if (consent) {
      for (const { category, purpose, basis } of withSelf(consent.grants)) {
        const drawerKey = drawerKeys.get(category) ?? newDrawerKey()
        drawerKeys.set(category, drawerKey)
        const epochKey = deps.keys.currentCached(tenant, purpose) ?? (await deps.keys.current(tenant, purpose))
        grants.push({
          item: index,
          category,
          purpose,
          basis,
          wrap: wrapFor(epochKey, tenant, person, category, purpose, drawerKey),
        })
      }
    }
    for (const [category, fields] of contents) {
      const own: Buffer[] = []
      for (const [field, value] of Object.entries(fields)) {
        if (!rules.searchable.has(field)) continue
        const token = await blindToken(deps.keys, tenant, field, value)
        own.push(token)
        tokens.push({ item: index, token, record, normaliser: normaliserVersion })
      }
      drawers.push({
        item: index,
        category,
        record,
        sealed: sealDrawer(drawerKeys.get(category)!, tenant, person, record, category, fields),
        tokens: own,
      })
    }
    drafts.push(entryOf(item, { entry, person, record, contents, consent }, at))
    items.push({
      scope,
      digest: item.once.digest,
      tenant,
      subject: person,
      fresh: consent !== undefined,
      notice: consent?.notice.id ?? null,
      version: consent?.notice.version ?? null,
      consent: consent?.id ?? null,
      language: consent?.language ?? null,
      purposes: item.request.consent?.purposes.join(',') ?? null,
      snapshotHash: consent?.hash ?? null,
    })
  }
  const appended = deps.ledger.prepare(drafts)
  const answered = items.map((item, index) => {
    const { person, record } = ready[index]!
    const { entry, line } = appended.entries[index]!
    return {
      ...item,
      answer: Buffer.concat([
        Buffer.from(`${person}${record}${entry}`, 'hex'),
        deps.ledger.commitment(line, 'collected'),
      ]),
    }
  })
  return {
    rows: { items: answered, drawers, grants, tokens, at, schemaVersion: drawerSchemaVersion } satisfies CollectRows,
    appended,
  }
}

const withSelf = (grants: ReturnType<typeof grantsOf>) => [
  ...[...new Set(grants.map((grant) => grant.category))].map((category) => ({
    category,
    purpose: selfPurpose,
    basis: 'self',
  })),
  ...grants,
]

function entryOf(
  item: CollectItem,
  made: Pick<Prepared, 'entry' | 'person' | 'record' | 'consent'> & { contents: Prepared['drawers'] },
  at: Date,
): EntryDraft {
  const { notice, id } = made.consent ?? {}
  return {
    entry: made.entry,
    subject: made.person,
    tenant: item.actor.tenant,
    kind: item.changed ? 'correct' : 'collect',
    at: at.getTime(),
    fields: [
      ['actor', actorField(item.actor)],
      ['record', `rec_${made.record}`],
      ['fields', item.changed ?? [...made.contents.values()].flatMap((fields) => Object.keys(fields))],
      ...(notice
        ? ([
            ['consent', `cns_${id}`],
            ['notice', { id: `ntc_${notice.id}`, version: notice.version, hash: notice.hash.toString('hex') }],
            ['purposes', [...item.request.consent!.purposes]],
          ] as const)
        : []),
    ],
  }
}

/** Not done: either this key was used before, or the world moved between reading and writing. */
async function replayed(
  deps: VaultDeps,
  db: Parameters<typeof findReplay>[0],
  item: CollectItem,
  scope: Buffer,
): Promise<Collected | Error> {
  const earlier = await findReplay(db, scope)
  if (!earlier)
    return item.request.person
      ? new Refusal('person_erased', { field: '/person' })
      : new Refusal('snapshot_stale', { field: '/consent/snapshot' })
  if (!earlier.digest.equals(item.once.digest))
    return new Refusal('idempotency_key_reused', { field: 'Idempotency-Key', rule: 'one key, one request' })
  const hex = earlier.answer.toString('hex')
  const receipt = deps.ledger.promiseAgain(hex.slice(64, 96) as EntryId, earlier.answer.subarray(48, 80))
  return { person: hex.slice(0, 32) as PersonId, record: hex.slice(32, 64) as RecordId, receipt }
}

/**
 * A correction: what the record holds of these categories is opened, changed and sealed anew, in one transaction with
 * its entry. The person's own wrap opens it: correcting is done for them, under no purpose of the provider's. Article 8.
 */
export async function correct(deps: VaultDeps, item: CollectItem): Promise<Collected> {
  const { actor, request } = item
  const { tenant } = actor
  const person = request.person
  if (!person)
    throw new Refusal('schema_violation', { field: '/person', rule: 'must be present where something is replaced' })
  const record = request.record ?? profileOf(person)
  const rules = await deps.notices.rules.of(tenant)
  const categories = [...drawersOf(rules, request.fields).keys()]
  return deps.db.transaction('vault', async (tx) => {
    await deps.persons.assertLive(tx, tenant, person)
    const held = (await drawersOfPerson(tx, tenant, person)).filter(
      (row) => row.record === record && categories.includes(row.category),
    )
    await deps.keys.load(held.flatMap((row) => (row.wrap ? [keyIdOf(row.wrap)] : [])))
    let fields = { ...request.fields }
    for (const row of held) {
      const drawerKey = row.wrap ? unwrap(deps.keys, tenant, person, row.category, selfPurpose, row.wrap) : undefined
      if (!drawerKey) throw new Refusal('key_unavailable')
      fields = { ...openDrawer(drawerKey, tenant, person, record, row.category, row.version, row.sealed), ...fields }
    }
    await clearDrawers(tx, person, record, categories)
    const [result] = await collectTogether(deps, tx, [
      { ...item, request: { ...request, fields, replace: false }, changed: Object.keys(request.fields) },
    ])
    // Refused or a replay: what was cleared comes back with the rollback.
    if (result instanceof Error) throw result
    return result!
  })
}

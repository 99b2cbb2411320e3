import { hash } from 'node:crypto'
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
  agreementOf,
  type DrawerKey,
  grantsOf,
  judgeSnapshot,
  type PublishedNotice,
  reaches,
  selfPurpose,
  untilOf,
  unwrap,
} from '#notices'
import {
  coalesce,
  type FreshDrawer,
  keyIdsOf,
  type OnceKey,
  type PurposeKey,
  type Query,
  SealBroken,
  sqlState,
  type Tx,
} from '#platform'
import type { VaultDeps } from '../deps.ts'
import { beijingDay, kinds } from '../kind-rules/index.ts'
import { type Collected, type CollectRequest, drawerSchemaVersion, profileOf } from '../model.ts'
import { drawersOf } from '../rules.ts'
import { blindToken, contentsOf, openDrawer, sealDrawer } from '../seals.ts'
import {
  type CollectRows,
  clearDrawers,
  drawersOfPerson,
  findReplays,
  type GrantVersion,
  grantVersions,
  insertCollected,
  type KnownPerson,
  ownWraps,
  statesOf,
} from '../store.ts'
import { insertCorrection } from '../store-records.ts'

export interface CollectItem {
  readonly actor: ClientActor
  readonly request: CollectRequest
  readonly once: OnceKey
  /** In a correction: what the record holds already, by category. It is sealed anew together with what changes. */
  readonly held?: ReadonlyMap<string, Record<string, string>>
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
    // A collect costs about as much as two looks: half as many of them make a crowd.
    observe: (size) => deps.observeBatch?.(2 * size),
  })
  return together
}

const scopeOf = (tenant: OrganisationId, key: string): Buffer =>
  hash('sha256', `bailee/collect/v1\n${tenant}\n${key}`, 'buffer')

export async function collectTogether(
  deps: VaultDeps,
  db: Query,
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
  const known = await knownPersons(deps, db, prepared, at)
  const unagreed = await unagreedAmong(deps, db, prepared, at)
  const ungranted = await ungrantedAmong(
    db,
    prepared.filter(({ item, person, consent }) => !consent && !known.has(`${item.actor.tenant}/${person}`)),
  )
  const ready = prepared.filter(({ item, person, drawers, consent, place }) => {
    if (consent) return true
    const own = known.get(`${item.actor.tenant}/${person}`)
    if (!own)
      results[place] = new Refusal(ungranted.get(`${item.actor.tenant}/${person}`) ?? 'person_unknown', {
        field: '/person',
      })
    else
      for (const category of drawers.keys()) {
        const drawerKey = unagreed.has(`${place}/${category}`) ? undefined : own.get(category)
        if (!drawerKey) results[place] = new Refusal('grant_missing', { missing: { category } })
        if (drawerKey instanceof Refusal) results[place] = drawerKey
      }
    return results[place] === undefined
  })
  // Whoever repeats what was done already hears what was done, even where it could not be done again today.
  const refused = [...items.keys()].filter((place) => results[place] instanceof Refusal)
  const earlier = await replaysOf(
    deps,
    db,
    refused.map((place) => items[place]!),
  )
  for (const [at, place] of refused.entries()) results[place] = earlier[at] ?? results[place]
  if (ready.length > 0) {
    try {
      const { rows, appended, commitments } = await rowsOf(deps, ready, known, at)
      const done = await insertCollected(db, rows, appended)
      const receipts = deps.ledger.promise(appended, undefined, commitments)
      for (const [index, { place, person, record }] of ready.entries())
        if (done.has(index)) results[place] = { person, record, receipt: receipts[index]! }
      const undone = ready.filter((_, index) => !done.has(index))
      const replays = await replaysOf(
        deps,
        db,
        undone.map(({ item }) => item),
      )
      for (const [at, { place, item }] of undone.entries()) results[place] = replays[at] ?? movedOn(item)
    } catch (error) {
      const why = error instanceof SealBroken ? 'key_unavailable' : refusalBySqlState[sqlState(error) ?? '']
      if (why === undefined) throw error
      // A record of the batch is taken already, or a key is damaged. One by one, each is told for itself.
      if (ready.length > 1)
        for (const { place, item } of ready) [results[place]] = await collectTogether(deps, db, [item])
      else {
        const [{ place, person, entry }] = ready as [(typeof ready)[number]]
        if (error instanceof SealBroken) deps.log.error({ entry, person }, 'the key of a purpose does not open')
        results[place] = new Refusal(why, why === 'record_exists' ? { field: '/record' } : {})
      }
    }
  }
  return results as (Collected | Error)[]
}

/** Unique violation, and a deadlock with another batch that takes the same records in another order. */
const refusalBySqlState: Readonly<Record<string, 'record_exists' | 'unavailable'>> = {
  '23505': 'record_exists',
  '40P01': 'unavailable',
}

async function prepareItem(deps: VaultDeps, item: CollectItem, at: Date): Promise<Prepared> {
  const { actor, request, once } = item
  const rules = deps.notices.rules.cached(actor.tenant) ?? (await deps.notices.rules.of(actor.tenant))
  const drawers = drawersOf(rules, request.fields, beijingDay(at))
  for (const [category, fields] of drawers) drawers.set(category, { ...item.held?.get(category), ...fields })
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

type Known = ReadonlyMap<string, ReadonlyMap<string, DrawerKey | Refusal>>

/** Why nothing is collected from people without a single grant, by tenant and person. */
async function ungrantedAmong(
  db: Query,
  ungranted: readonly Prepared[],
): Promise<ReadonlyMap<string, 'person_erased' | 'grant_missing'>> {
  const why = new Map<string, 'person_erased' | 'grant_missing'>()
  for (const [tenant, items] of Map.groupBy(ungranted, ({ item }) => item.actor.tenant)) {
    const states = await statesOf(
      db,
      tenant,
      items.map((each) => each.person),
    )
    for (const [person, state] of states)
      why.set(`${tenant}/${person}`, state === 'erased' ? 'person_erased' : 'grant_missing')
  }
  return why
}

/**
 * Drawer keys of people who are known already, by tenant and person, for the categories that still have a basis; or why
 * there is none, because the damaged wrap of one person is not the fault of those who are served with them.
 */
async function knownPersons(deps: VaultDeps, db: Query, prepared: readonly Prepared[], at: Date): Promise<Known> {
  const byTenant = new Map<OrganisationId, PersonId[]>()
  for (const { item, person, consent } of prepared) {
    if (consent) continue
    const list = byTenant.get(item.actor.tenant) ?? []
    list.push(person)
    byTenant.set(item.actor.tenant, list)
  }
  const known = new Map<string, Map<string, DrawerKey | Refusal>>()
  for (const [tenant, persons] of byTenant) {
    const rows: readonly KnownPerson[] = await ownWraps(db, tenant, persons, at)
    await deps.keys.load(keyIdsOf(rows.map((row) => row.wrap)))
    for (const row of rows) {
      const name = `${tenant}/${row.subject}`
      const own = known.get(name) ?? new Map<string, DrawerKey | Refusal>()
      known.set(name, own)
      if (row.granted) own.set(row.category, openOwnWrap(deps, tenant, row.subject as PersonId, row.category, row.wrap))
    }
  }
  return known
}

/**
 * What a newer version of the notice widened is collected only from people who agreed to it: place in the batch and
 * category of what no grant of theirs reaches. Costs a statement only where versions differ.
 */
async function unagreedAmong(
  deps: VaultDeps,
  db: Query,
  prepared: readonly (Prepared & { readonly place: number })[],
  at: Date,
): Promise<ReadonlySet<string>> {
  const unagreed = new Set<string>()
  for (const each of prepared) {
    if (each.consent) continue
    const { tenant } = each.item.actor
    const rules = await deps.notices.rules.of(tenant)
    const fields = Object.keys(each.item.request.fields)
    let grants: readonly GrantVersion[] | undefined
    for (const category of each.drawers.keys()) {
      const agreement = (purpose: string) => agreementOf(rules, category, purpose, fields)
      if ([...rules.purposesOf.get(category)!].every((purpose) => !agreement(purpose))) continue
      grants ??= await grantVersions(db, tenant, [each.person], at)
      const own = grants.filter((grant) => grant.category === category)
      if (own.length > 0 && !own.some((grant) => reaches(agreement(grant.purpose), grant.notice, grant.version)))
        unagreed.add(`${each.place}/${category}`)
    }
  }
  return unagreed
}

/** The drawer key from the person's own wrap, or why there is none. */
export function openOwnWrap(
  deps: VaultDeps,
  tenant: OrganisationId,
  person: PersonId,
  category: string,
  wrap: Buffer,
): DrawerKey | Refusal {
  try {
    return unwrap(deps.keys, tenant, person, category, selfPurpose, wrap) ?? new Refusal('key_unavailable')
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    deps.log.error({ person, category }, 'a wrap does not open')
    return new Refusal('seal_broken')
  }
}

async function rowsOf(deps: VaultDeps, ready: readonly Prepared[], known: Known, at: Date) {
  const items: Omit<CollectRows['items'][number], 'answer'>[] = []
  const drawers: CollectRows['drawers'][number][] = []
  const grants: CollectRows['grants'][number][] = []
  const tokens: CollectRows['tokens'][number][] = []
  const drafts: EntryDraft[] = []
  const { fresh, keys } = await freshDrawers(deps, ready, at)
  // Under way while the rest is made ready.
  const sealing = deps.keys.fresh(
    fresh.map(({ drawer }) => drawer),
    keys,
  )
  const tokensOf = new Map<string, Buffer[]>()
  for (const [index, { item, person, record, entry, scope, drawers: contents, consent }] of ready.entries()) {
    const { tenant } = item.actor
    const rules = deps.notices.rules.cached(tenant) ?? (await deps.notices.rules.of(tenant))
    const own = known.get(`${tenant}/${person}`)
    for (const [category, fields] of contents) {
      const drawerTokens: Buffer[] = []
      for (const [field, value] of Object.entries(fields)) {
        if (!rules.searchable.has(field)) continue
        const kind = rules.kindOf.get(field) ?? 'text'
        const token = await blindToken(deps.keys, tenant, field, kind, value)
        drawerTokens.push(token)
        tokens.push({ item: index, token, record, normaliser: kinds[kind].normaliser })
      }
      if (consent) tokensOf.set(`${index}/${category}`, drawerTokens)
      else {
        const drawerKey = own!.get(category) as DrawerKey // whoever has none was refused before
        const sealed = sealDrawer(drawerKey, tenant, person, record, category, fields)
        drawers.push({ item: index, category, record, sealed, tokens: drawerTokens })
      }
    }
    drafts.push(entryOf(item, { entry, person, record, consent }, at))
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
  const commitments = appended.entries.map(({ line }) => deps.ledger.commitment(line, 'collected'))
  for (const [place, { wraps, sealed }] of (await sealing).entries()) {
    const { item, record, drawer, terms } = fresh[place]!
    for (const [at, wrap] of wraps.entries())
      grants.push({
        item,
        category: drawer.category,
        purpose: keys[drawer.purposes[at]!]!.purpose,
        ...terms[at]!,
        wrap,
      })
    if (sealed)
      drawers.push({
        item,
        category: drawer.category,
        record,
        sealed,
        tokens: tokensOf.get(`${item}/${drawer.category}`)!,
      })
  }
  const answered = items.map((item, index) => {
    const { person, record } = ready[index]!
    const { entry } = appended.entries[index]!
    return {
      ...item,
      answer: Buffer.concat([Buffer.from(`${person}${record}${entry}`, 'hex'), commitments[index]!]),
    }
  })
  return {
    rows: { items: answered, drawers, grants, tokens, at, schemaVersion: drawerSchemaVersion } satisfies CollectRows,
    appended,
    commitments,
  }
}

interface Fresh {
  readonly item: number
  readonly record: RecordId
  readonly drawer: FreshDrawer
  /** Of each wrap, in the order of the drawer's purposes: on what it rests, and until when. */
  readonly terms: readonly { readonly basis: string; readonly until: Date | null }[]
}
/** What new people agreed to, by category: the person's own access first, then each purpose. */
async function freshDrawers(
  deps: VaultDeps,
  ready: readonly Prepared[],
  at: Date,
): Promise<{ fresh: Fresh[]; keys: PurposeKey[] }> {
  const fresh: Fresh[] = []
  const keys: PurposeKey[] = []
  const placeOf = new Map<string, number>()
  for (const [index, { item, person, record, drawers, consent }] of ready.entries()) {
    if (!consent) continue
    const { tenant } = item.actor
    const byCategory = new Map<string, { places: number[]; terms: Fresh['terms'][number][] }>()
    const add = async (category: string, purpose: string, basis: string, until: Date | null) => {
      let place = placeOf.get(`${tenant}/${purpose}`)
      if (place === undefined) {
        const { idBytes, key } = deps.keys.currentCached(tenant, purpose) ?? (await deps.keys.current(tenant, purpose))
        place = keys.push({ purpose, idBytes, key }) - 1
        placeOf.set(`${tenant}/${purpose}`, place)
      }
      byCategory.get(category)!.places.push(place)
      byCategory.get(category)!.terms.push({ basis, until })
    }
    for (const { category, purpose, basis, days } of consent.grants) {
      if (!byCategory.has(category)) {
        byCategory.set(category, { places: [], terms: [] })
        await add(category, selfPurpose, 'self', null)
      }
      await add(category, purpose, basis, untilOf(at, days, undefined))
    }
    for (const [category, { places, terms }] of byCategory) {
      const fields = drawers.get(category)
      const contents = fields && contentsOf(record, fields)
      fresh.push({
        item: index,
        record,
        terms,
        drawer: { tenant, subject: person, category, purposes: places, contents },
      })
    }
  }
  return { fresh, keys }
}

function entryOf(
  item: CollectItem,
  made: Pick<Prepared, 'entry' | 'person' | 'record' | 'consent'>,
  at: Date,
): EntryDraft {
  const { notice, id } = made.consent ?? {}
  return {
    entry: made.entry,
    subject: made.person,
    tenant: item.actor.tenant,
    kind: item.held ? 'correct' : 'collect',
    at: at.getTime(),
    fields: [
      ['actor', actorField(item.actor)],
      ['record', `rec_${made.record}`],
      ['fields', Object.keys(item.request.fields)],
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

/** Not done, and no replay: the world moved between reading and writing. */
const movedOn = (item: CollectItem): Refusal =>
  item.request.person
    ? new Refusal('person_erased', { field: '/person' })
    : new Refusal('snapshot_stale', { field: '/consent/snapshot' })

/** What was answered when these keys were used before, each in its place; undefined where a key is new. */
async function replaysOf(
  deps: VaultDeps,
  db: Parameters<typeof findReplays>[0],
  items: readonly CollectItem[],
): Promise<(Collected | Refusal | undefined)[]> {
  if (items.length === 0) return []
  const scopes = items.map((item) => scopeOf(item.actor.tenant, item.once.key))
  const earlier = new Map((await findReplays(db, scopes)).map((row) => [row.scope.toString('hex'), row]))
  return items.map((item, at) => {
    const row = earlier.get(scopes[at]!.toString('hex'))
    if (!row) return undefined
    if (!row.digest.equals(item.once.digest))
      return new Refusal('idempotency_key_reused', { field: 'Idempotency-Key', rule: 'one key, one request' })
    const hex = row.answer.toString('hex')
    const receipt = deps.ledger.promiseAgain(hex.slice(64, 96) as EntryId, row.answer.subarray(48, 80))
    return { person: hex.slice(0, 32) as PersonId, record: hex.slice(32, 64) as RecordId, receipt }
  })
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
  return deps.db.transaction('vault', async (tx) => {
    await deps.notices.holdPerson(tx, tenant, person)
    // Before anything is cleared: a replay commits, and what it cleared would be gone.
    const [earlier] = await replaysOf(deps, tx, [item])
    if (earlier instanceof Refusal) throw earlier
    if (earlier) return earlier
    await deps.persons.assertLive(tx, tenant, person)
    const categories = [...drawersOf(rules, request.fields, beijingDay(deps.clock.now())).keys()]
    const held = await openHeld(deps, tx, tenant, person, record, categories)
    await clearDrawers(tx, person, record, categories)
    const [result] = await collectTogether(deps, tx, [{ ...item, held }])
    // Refused: what was cleared comes back with the rollback.
    if (result instanceof Error) throw result
    await insertCorrection(tx, tenant, {
      subject: person,
      entry: result!.receipt.entry.replaceAll('-', ''),
      record,
      fields: Object.keys(request.fields),
      actorKind: actor.kind,
      actor: actor.id,
      at: deps.clock.now(),
    })
    return result!
  })
}

async function openHeld(
  deps: VaultDeps,
  tx: Tx,
  tenant: OrganisationId,
  person: PersonId,
  record: RecordId,
  categories: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  const rows = (await drawersOfPerson(tx, tenant, person)).filter(
    (row) => row.record === record && categories.includes(row.category),
  )
  await deps.keys.load(keyIdsOf(rows.map((row) => row.wrap)))
  const held = new Map<string, Record<string, string>>()
  for (const { category, wrap, version, sealed } of rows) {
    const drawerKey = wrap ? openOwnWrap(deps, tenant, person, category, wrap) : new Refusal('key_unavailable')
    if (drawerKey instanceof Refusal) throw drawerKey
    try {
      held.set(category, openDrawer(drawerKey, tenant, person, record, category, version, sealed))
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      deps.log.error({ person, category }, 'a drawer does not open')
      throw new Refusal('seal_broken')
    }
  }
  return held
}

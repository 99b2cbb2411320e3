import { createHash, createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { vault as wire } from '@bailee/contract'
import { actorField, type ClientActor, newId, type PersonId, type RecordId, Refusal } from '#kernel'
import type { DrawerKey } from '#notices'
import { keyIdsOf, type OnceKey, once } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { inChunks, openChunks, sealChunk } from '../file-seals.ts'
import { type Look, profileOf } from '../model.ts'
import { drawersOfPerson, ownWraps } from '../store.ts'
import { chunksOf, deleteChunks, type FileRow, findFile, insertChunk, insertFile } from '../store-files.ts'
import { openOwnWrap } from './collect.ts'
import type { LookItem } from './look.ts'

export interface FileRequest {
  readonly person: PersonId
  readonly field: string
  readonly record: RecordId | undefined
}

/**
 * Seals a file as it comes, a chunk at a time, beside a drawer of the same record and category. It exists when its row and
 * its entry do; until then its chunks belong to nothing, and they go when it is refused, or with the daily sweep. Articles 1 and 2.
 */
export async function storeFile(
  deps: VaultDeps,
  actor: ClientActor,
  request: FileRequest,
  upload: AsyncIterable<Buffer>,
  onceKey: OnceKey,
) {
  const { person, field } = request
  const { tenant } = actor
  const record = request.record ?? profileOf(person)
  deps.ledger.assertKeepsUp()
  const at = deps.clock.now()
  const db = deps.db.as('vault')
  const rules = await deps.notices.rules.of(tenant)
  const category = rules.categoryOf.get(field)
  if (category === undefined) throw new Refusal('field_not_covered', { field: '/query/field', missing: { field } })
  if (rules.kindOf.get(field) !== 'file')
    throw new Refusal('field_invalid', { field: '/query/field', rule: 'is not a file by the notice' })
  const drawerKey = await ownKey(deps, actor, person, record, category)
  const file = newId<'rec'>() as string
  const place = { tenant, subject: person, record, field, file }
  const content = createHash('sha256')
  let bytes = 0
  let chunks = 0
  try {
    for await (const chunk of inChunks(upload)) {
      bytes += chunk.bytes.length
      if (bytes > wire.fileLimit) throw new Refusal('file_too_large', { rule: `at most ${wire.fileLimit} bytes` })
      content.update(chunk.bytes)
      await insertChunk(db, person, file, chunks, sealChunk(drawerKey.key, place, chunks, chunk.last, chunk.bytes), at)
      chunks += 1
    }
    const row: FileRow = { subject: person, record, field, file, tenant, category, bytes, chunks }
    // Another content under the same key is another request.
    const digest = createHmac('sha256', onceKey.digest).update(content.digest()).digest()
    const answer = await deps.db.transaction('vault', (tx) =>
      once(tx, deps.keys, tenant, { key: onceKey.key, digest }, async () => {
        await deps.notices.holdPerson(tx, tenant, person)
        await deps.persons.assertLive(tx, tenant, person)
        if (!(await insertFile(tx, row, at))) throw new Refusal('record_exists', { field: '/query/field' })
        const appended = await deps.ledger.append(tx, [
          {
            entry: newId(),
            subject: person,
            tenant,
            kind: 'collect',
            at: at.getTime(),
            fields: [
              ['actor', actorField(actor)],
              ['record', `rec_${record}`],
              ['fields', [field]],
              ['bytes', bytes],
            ],
          },
        ])
        return { file, bytes, appended }
      }),
    )
    // A replay: the first upload stands, this one's chunks go.
    if (answer.file !== file) await deleteChunks(db, person, file)
    return { person, record, field, bytes: answer.bytes, receipt: deps.ledger.promise(answer.appended)[0]! }
  } catch (error) {
    // Refused, so nothing took effect. Of a lost connection nobody knows: the sweep looks again when it is certain.
    if (error instanceof Refusal) await deleteChunks(db, person, file)
    throw error
  } finally {
    drawerKey.bytes.fill(0)
  }
}

async function ownKey(
  deps: VaultDeps,
  { tenant }: ClientActor,
  person: PersonId,
  record: RecordId,
  category: string,
): Promise<DrawerKey> {
  const db = deps.db.as('vault')
  await deps.db.transaction('vault', (tx) => deps.persons.assertLive(tx, tenant, person))
  const own = (await ownWraps(db, tenant, [person], deps.clock.now())).find(
    (row) => row.category === category && row.granted,
  )
  if (!own) throw new Refusal('grant_missing', { missing: { category } })
  const drawers = await drawersOfPerson(db, tenant, person)
  if (!drawers.some((row) => row.record === record && row.category === category))
    throw new Refusal('record_unknown', { field: '/query/record' })
  await deps.keys.load(keyIdsOf([own.wrap]))
  const drawerKey = openOwnWrap(deps, tenant, person, category, own.wrap)
  if (drawerKey instanceof Refusal) throw drawerKey
  return drawerKey
}

/** Opens a file chunk by chunk. The look is durable before the first is opened, and its refusals are those of any look. */
export async function lookFile(
  deps: VaultDeps,
  look: (item: LookItem) => Promise<Look>,
  actor: LookItem['actor'],
  request: Omit<LookItem['request'], 'fields' | 'equals'> & { readonly field: string },
) {
  const { field, ...rest } = request
  const db = deps.db.as('vault')
  let drawerKey: DrawerKey | undefined
  const { receipt } = await look({
    actor,
    request: { ...rest, fields: [field] },
    takeKey: (key) => {
      drawerKey = key
    },
  })
  const row = await findFile(db, actor.tenant, request.person, request.record ?? profileOf(request.person), field)
  if (!row || !drawerKey) throw new Refusal('record_unknown', { field: '/field', receipt })
  const stream = Readable.from(openChunks(drawerKey.key, row, row.chunks, chunksOf(db, row)))
  return { stream, bytes: row.bytes, receipt }
}

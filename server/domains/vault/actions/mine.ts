import { actorField, instant, newId, type PersonActor, Refusal, toWire } from '#kernel'
import { selfPurpose, unwrap } from '#notices'
import { keyIdsOf } from '#platform'
import type { VaultDeps } from '../deps.ts'
import { openDrawer } from '../seals.ts'
import { drawersOfPerson } from '../store.ts'

/** What is held about me, or the drawers that I ask for, opened under my own purpose. My look is logged like anybody's. Articles 1 and 8. */
export async function mine(deps: VaultDeps, actor: PersonActor, wanted?: readonly string[]) {
  deps.ledger.assertKeepsUp()
  const at = deps.clock.now()
  const { rows, appended } = await deps.db.transaction('vault', async (tx) => {
    await deps.persons.assertLive(tx, actor.tenant, actor.id)
    const all = await drawersOfPerson(tx, actor.tenant, actor.id)
    const held = wanted === undefined ? all : all.filter((row) => wanted.includes(row.category))
    const categories = [...new Set(held.map((row) => row.category))]
    const entry = {
      entry: newId<'ent'>(),
      subject: actor.id,
      tenant: actor.tenant,
      kind: 'look',
      at: at.getTime(),
      fields: [
        ['actor', actorField(actor)],
        ['purpose', selfPurpose],
        ['categories', categories],
        ['outcome', 'opened'],
      ] as const,
    }
    return { rows: held, appended: await deps.ledger.append(tx, [entry]) }
  })
  await deps.keys.load(keyIdsOf(rows.map((row) => row.wrap)))
  const records = rows.map((row) => {
    const drawerKey = row.wrap
      ? unwrap(deps.keys, actor.tenant, actor.id, row.category, selfPurpose, row.wrap)
      : undefined
    if (!drawerKey) throw new Refusal('key_unavailable')
    return {
      record: toWire('rec', row.record),
      category: row.category,
      collectedAt: instant(row.collectedAt),
      fields: openDrawer(drawerKey, actor.tenant, actor.id, row.record, row.category, row.version, row.sealed),
    }
  })
  return { records, receipt: deps.ledger.promise(appended)[0]! }
}

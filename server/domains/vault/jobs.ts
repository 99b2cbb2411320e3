import { day, newId } from '#kernel'
import type { Rules } from '#notices'
import type { VaultDeps } from './deps.ts'
import { deleteStrayChunks } from './store-files.ts'
import { deleteOldReleases } from './store-records.ts'
import { drawersAfter, type EndedDrawer, expireDrawer, type Place } from './store-retention.ts'

const stretch = 1000

/** How long a notice keeps a category: the longest of its purposes. What no live notice states any more is kept no longer. */
export function retentionDaysOf(rules: Rules, category: string): number {
  let days = 0
  for (const { content } of rules.notices.values()) {
    const stated = content.categories.find(({ id }) => id === category)
    for (const { id, retentionDays } of content.purposes)
      if (stated?.purposes.includes(id)) days = Math.max(days, retentionDays)
  }
  return days
}

/**
 * Erases drawers that no purpose has a grant for any more, once their retention is over, unless they are held. Each person
 * gets an entry. Walks the drawers in the order of their key, a stretch at a time. PIPL article 47. Answers how many.
 */
export async function sweepRetention(deps: VaultDeps): Promise<number> {
  const db = deps.db.as('vault')
  const now = deps.clock.now()
  let expired = 0
  let after: Place | undefined
  for (;;) {
    const drawers = await drawersAfter(db, after, now, stretch)
    for (const drawer of drawers) if (drawer.ended && (await expireIfDue(deps, drawer, now))) expired += 1
    after = drawers.at(-1)
    if (drawers.length < stretch) break
  }
  await deleteOldReleases(db, now)
  await deleteStrayChunks(db, new Date(now.getTime() - day))
  return expired
}

async function expireIfDue(deps: VaultDeps, drawer: EndedDrawer, now: Date): Promise<boolean> {
  const { tenant, subject, category, record } = drawer
  const days = retentionDaysOf(await deps.notices.rules.of(tenant), category)
  if (drawer.collectedAt.getTime() + days * day > now.getTime()) return false
  return deps.db.transaction('vault', async (tx) => {
    await deps.notices.holdPerson(tx, tenant, subject)
    if (!(await expireDrawer(tx, drawer, now))) return false
    await deps.ledger.append(tx, [
      {
        entry: newId(),
        subject,
        tenant,
        kind: 'retention',
        at: now.getTime(),
        fields: [
          ['actor', { kind: 'system' }],
          ['category', category],
          ['record', `rec_${record}`],
          ['retentionDays', days],
        ],
      },
    ])
    return true
  })
}

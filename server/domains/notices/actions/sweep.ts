import { day, instant, newId, toWire } from '#kernel'
import type { EntryDraft } from '#ledger'
import type { NoticesDeps } from '../deps.ts'
import { handOverGraceDays } from '../model.ts'
import { takeExpired, takeHandOvers } from '../store-guardians.ts'

const atATime = 500
const server = { kind: 'server' } as const

/**
 * Deletes what has ended by itself and writes it to each person's chain: grants and recipients whose time ran out,
 * guardians whose day came. None of it opened anything any more; this makes it gone, and known.
 */
export async function sweepConsents(deps: NoticesDeps): Promise<{ expired: number; handedOver: number }> {
  let expired = 0
  let handedOver = 0
  for (let more = true; more; ) {
    const taken = await sweepOnce(deps)
    expired += taken.expired
    handedOver += taken.handedOver
    more = taken.expired + taken.handedOver > 0
  }
  return { expired, handedOver }
}

async function sweepOnce(deps: NoticesDeps): Promise<{ expired: number; handedOver: number }> {
  const at = deps.clock.now()
  return deps.db.transaction('notices', async (tx) => {
    const handOvers = await takeHandOvers(tx, at, atATime)
    const ended = await takeExpired(tx, at, atATime)
    const drafts: EntryDraft[] = handOvers.flatMap(({ tenant, subject, guardian, handOver }) => {
      const stands = instant(handOver.getTime() + handOverGraceDays * day)
      const entry = { tenant, kind: 'hand-over', at: at.getTime() }
      return [
        {
          ...entry,
          entry: newId<'ent'>(),
          subject,
          fields: [
            ['actor', server],
            ['guardian', toWire('per', guardian)],
            ['consentsStandUntil', stands],
          ],
        },
        {
          ...entry,
          entry: newId<'ent'>(),
          subject: guardian,
          fields: [
            ['actor', server],
            ['person', toWire('per', subject)],
          ],
        },
      ]
    })
    const people = Map.groupBy(ended, (row) => row.subject)
    for (const [subject, rows] of people) {
      const purposes = rows.filter((row) => row.recipient === '').map((row) => row.purpose)
      const recipients = rows.filter((row) => row.recipient !== '').map((row) => row.recipient)
      drafts.push({
        entry: newId<'ent'>(),
        subject,
        tenant: rows[0]!.tenant,
        kind: 'expire',
        at: at.getTime(),
        fields: [
          ['actor', server],
          ['purposes', purposes],
          ...(recipients.length > 0 ? [['recipients', recipients] as const] : []),
          ['keysDestroyed', rows.reduce((sum, row) => sum + row.keys, 0)],
        ],
      })
    }
    if (drafts.length > 0) await deps.ledger.append(tx, drafts)
    return { expired: people.size, handedOver: handOvers.length }
  })
}

import { createHash } from 'node:crypto'
import { canonicalJson } from '@bailee/proof'
import { type ClientActor, type NoticeId, newId, type StaffActor, toWire } from '#kernel'
import { type OnceKey, once } from '#platform'
import type { NoticesDeps } from '../deps.ts'
import type { NoticeContent, PublishedNotice } from '../model.ts'
import { assertCoherent } from '../rules.ts'
import { holdPublications, insertVersion, liveNoticesOf } from '../store.ts'

/** Publishes a collection rule. Its hash and its author stand in the public ledger. Article 2. */
export async function publishNotice(
  deps: NoticesDeps,
  actor: ClientActor | StaffActor,
  content: NoticeContent,
  onceKey: OnceKey | undefined,
) {
  const at = deps.clock.now()
  const answer = await deps.db.transaction('notices', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      await holdPublications(tx, actor.tenant)
      const live = await liveNoticesOf(tx, actor.tenant)
      assertCoherent(
        content,
        live.filter((notice) => notice.content.slug !== content.slug),
      )
      const hash = createHash('sha256').update(canonicalJson(content)).digest()
      const { id, version } = await insertVersion(tx, {
        id: newId<'ntc'>(),
        tenant: actor.tenant,
        slug: content.slug,
        hash,
        content,
        at,
      })
      const appended = await deps.ledger.append(tx, [
        {
          entry: newId(),
          tenant: actor.tenant,
          at: at.getTime(),
          leaf: {
            type: 'notice-published',
            v: 1,
            provider: toWire('org', actor.tenant),
            notice: toWire('ntc', id),
            version,
            hash: hash.toString('hex'),
          },
        },
      ])
      return { id, version, hash: hash.toString('hex'), at: at.getTime(), appended }
    }),
  )
  deps.rules.forget(actor.tenant)
  const notice: PublishedNotice = {
    id: answer.id as NoticeId,
    tenant: actor.tenant,
    version: answer.version,
    live: true,
    hash: Buffer.from(answer.hash, 'hex'),
    publishedAt: new Date(answer.at),
    content,
  }
  return { notice, receipt: deps.ledger.promise(answer.appended)[0]! }
}

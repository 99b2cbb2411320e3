import type { ClientActor, StaffActor } from '#kernel'
import type { NoticesDeps } from '../deps.ts'
import { diff, widens } from '../diff.ts'
import { inWords } from '../in-words.ts'
import type { NoticeContent } from '../model.ts'
import { incoherences } from '../rules.ts'
import { countGranted, liveNoticesOf } from '../store.ts'

/** What publishing this would mean, before anybody does. Nothing is kept. Article 2. */
export async function previewNotice(deps: NoticesDeps, actor: ClientActor | StaffActor, content: NoticeContent) {
  const db = deps.db.as('notices')
  const notices = await liveNoticesOf(db, actor.tenant)
  const live = notices.find((notice) => notice.content.slug === content.slug)
  const changes = live ? diff(live.content, content) : []
  const touched = new Set(changes.filter((change) => change.kind === 'widens').flatMap((change) => change.purposes))
  return {
    problems: incoherences(
      content,
      notices.filter((notice) => notice !== live),
    ),
    live,
    changes,
    widens: widens(changes),
    shown: inWords(content),
    askedAnew: live && touched.size > 0 ? await countGranted(db, actor.tenant, live.id, [...touched]) : 0,
  }
}

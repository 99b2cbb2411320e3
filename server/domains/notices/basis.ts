import { type ConsentId, instant, type NoticeId, type OrganisationId, type PersonId, toWire } from '#kernel'
import type { Query } from '#platform'
import type { NoticeContent } from './model.ts'
import { grantsOf } from './store.ts'

interface Row {
  readonly id: ConsentId
  readonly notice: NoticeId
  readonly version: number
  readonly language: 'en' | 'zh'
  readonly purposes: readonly string[]
  readonly at: Date
  readonly live: boolean
  readonly hash: Buffer
  readonly content: NoticeContent
  readonly publishedAt: Date
}

/** On what the use of a person's information rests: live grants, every consent, and each notice version as it was shown. */
export async function basisOf(db: Query, tenant: OrganisationId, subject: PersonId, at: Date) {
  const rows = await db.query<Row>({
    name: 'notices/basis-of',
    text: `select c.id, c.notice, c.version, c.language, c.purposes || c.separately || c.informed as purposes, c.given_at as at, n.live_version = c.version as live, v.hash, v.content,
        v.published_at as "publishedAt"
      from notices.consent c join notices.version v on v.notice = c.notice and v.version = c.version join notices.notice n on n.id = c.notice
      where c.subject = $1 and c.tenant = $2 order by c.id desc limit 1000`,
    values: [subject, tenant],
  })
  const notices = new Map(rows.map((row) => [`${row.notice}/${row.version}`, row]))
  return {
    grants: (await grantsOf(db, tenant, subject, at)).map((grant) => ({
      category: grant.category,
      purpose: grant.purpose,
      basis: grant.basis,
      since: instant(grant.since),
    })),
    consents: rows.map((row) => ({
      consent: toWire('cns', row.id),
      notice: toWire('ntc', row.notice),
      version: row.version,
      purposes: row.purposes,
      language: row.language,
      at: instant(row.at),
    })),
    notices: [...notices.values()].map((row) => ({
      notice: toWire('ntc', row.notice),
      version: row.version,
      live: row.live,
      publishedAt: instant(row.publishedAt),
      hash: row.hash.toString('hex'),
      content: row.content,
    })),
  }
}

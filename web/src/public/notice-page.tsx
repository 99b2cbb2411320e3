import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { Hash } from '../ui/hash.tsx'
import { Chip, Facts, Page, Section, Table, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import './notices.css'

const changeTones = { widens: 'warn', narrows: 'good', same: 'mute' } as const

/** One notice, readable by a person. */
export function NoticePage() {
  const { t, language } = useSpeech()
  const format = useFormat()
  const { notice: id } = useParams({ from: '/public/notices/$notice' })
  const notice = useQuery({
    queryKey: ['notice', id],
    queryFn: () => call('getNotice', { params: { notice: id }, query: {} }),
    retry: false,
  })
  if (!notice.data)
    return (
      <Page title={t.notices.title}>
        {notice.isError ? <Trouble error={notice.error} retry={() => void notice.refetch()} /> : <Waiting />}
        <p>
          <Link to="/public/notices">{t.notices.all}</Link>
        </p>
      </Page>
    )
  const { content, version, publishedAt, hash, live } = notice.data
  const purposeTitle = (purpose: string) =>
    content.purposes.find(({ id: one }) => one === purpose)?.title[language] ?? purpose
  return (
    <Page
      title={content.title[language]}
      eyebrow={<Link to="/public/notices">{t.notices.all}</Link>}
      lead={`${t.notices.version(version)}${t.shell.comma}${t.notices.published(format.day(publishedAt))}${t.shell.comma}${live ? t.notices.live : t.notices.replaced}`}
    >
      <Section title={t.notices.purposes}>
        <Table
          label={t.notices.purposes}
          rows={content.purposes}
          keyOf={({ id: purpose }) => purpose}
          columns={[
            { title: t.notices.purpose, cell: ({ title }) => <strong>{title[language]}</strong> },
            { title: t.notices.basis, cell: ({ basis }) => t.person.can.basis[basis] },
            { title: t.notices.kept, cell: ({ retentionDays }) => t.notices.days(retentionDays) },
            {
              title: t.provider.notices.consentEnds,
              cell: ({ consentDays, basis }) =>
                consentDays !== undefined
                  ? t.notices.days(consentDays)
                  : basis === 'consent' || basis === 'separate-consent'
                    ? t.provider.notices.never
                    : '–',
            },
          ]}
        />
      </Section>
      <Section title={t.notices.categories}>
        {content.categories.map((category) => (
          <article key={category.id} className="category">
            <div className="row">
              <h3>{category.title[language]}</h3>
              {category.sensitive && <Chip tone="warn">{t.notices.sensitive}</Chip>}
              <span className="small soft">
                {t.notices.term} <code>{category.term}</code>
              </span>
            </div>
            <ul className="fields">
              {category.fields.map(({ name, title, search }) => (
                <li key={name}>
                  {title[language]}
                  {search && <span className="small soft"> · {t.notices.searchable}</span>}
                </li>
              ))}
            </ul>
            <p className="small soft">
              {t.notices.usedFor}: {format.list(category.purposes.map(purposeTitle))}
            </p>
          </article>
        ))}
      </Section>
      <Section title={t.notices.recipients}>
        {content.recipients.length === 0 ? (
          <p>{t.notices.noRecipients}</p>
        ) : (
          <ul className="fields">
            {content.recipients.map(({ name, purpose, country, slug }) => (
              <li key={`${name.en} ${purpose}`}>
                {country === undefined ? name[language] : t.notices.in(name[language], format.country(country))}{' '}
                <span className="small soft">
                  · {purposeTitle(purpose)}
                  {slug !== undefined && <> · {t.notices.asked}</>}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title={t.notices.more}>
        <Facts
          facts={[
            ...(content.manner ? [{ term: t.notices.manner, value: content.manner[language] }] : []),
            {
              term: t.notices.abroad,
              value: content.crossBorder
                ? t.notices.abroadTo(
                    format.list(content.crossBorder.countries.map(format.country)),
                    content.crossBorder.safeguards[language],
                  )
                : t.notices.notAbroad,
            },
            ...content.purposes.flatMap(({ title, automatedDecision }) =>
              automatedDecision
                ? [{ term: t.notices.machine(title[language]), value: automatedDecision[language] }]
                : [],
            ),
            ...(content.processors?.length
              ? [
                  {
                    term: t.notices.processors,
                    value: format.list(
                      content.processors.map(({ name, country }) =>
                        country === undefined ? name[language] : t.notices.in(name[language], format.country(country)),
                      ),
                    ),
                  },
                ]
              : []),
            ...(content.minors
              ? [
                  {
                    term: t.notices.minors,
                    value: `${t.notices.guardian(content.minors.guardianBelow)} ${content.minors.rule[language]}`,
                  },
                ]
              : []),
          ]}
        />
      </Section>
      {version > 1 && <Changes notice={id} version={version} />}
      <Section title={t.notices.contact}>
        <p>{content.contact[language]}</p>
        <p className="small soft">
          {t.notices.hash}: <Hash value={hash} what={t.notices.hash} />
        </p>
        <p>
          <a href={`/v1/notices/${id}/dpv?version=${version}`} type="application/ld+json">
            {t.notices.machineReadable}
          </a>
        </p>
      </Section>
    </Page>
  )
}

/** What this version changed, so that nobody must compare two long texts. */
function Changes({ notice, version }: { notice: string; version: number }) {
  const { t, language } = useSpeech()
  const diff = useQuery({
    queryKey: ['notice-diff', notice, version],
    queryFn: () => call('diffNotice', { params: { notice }, query: { from: version - 1, to: version } }),
    retry: false,
  })
  if (diff.isPending) return null
  return (
    <Section title={t.notices.changes(version - 1)}>
      {diff.isError && <Trouble error={diff.error} />}
      {diff.data?.changes.length === 0 && <p>{t.provider.draft.noChanges}</p>}
      <ul className="fields">
        {diff.data?.changes.map((change) => (
          <li key={change.path}>
            {change[language]} <Chip tone={changeTones[change.kind]}>{t.provider.draft.kinds[change.kind]}</Chip>
          </li>
        ))}
      </ul>
    </Section>
  )
}

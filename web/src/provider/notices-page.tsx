import { lazy, Suspense, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import type { Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { useNotices } from '../ui/notice-words.ts'
import { Section, Table, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { blankDraft, type Draft } from './draft.ts'
import { ProviderFrame } from './frame.tsx'
import { OwnNotices } from './own-notices.tsx'

const DraftEditor = lazy(async () => ({ default: (await import('./draft-editor.tsx')).DraftEditor }))
type Notice = Reply<'getNotice'>

/** What this organisation says in public: its live notices, who receives what, for how long, and a draft of the next one. */
export function ProviderNoticesPage() {
  const { t } = useSpeech()
  return (
    <ProviderFrame title={t.provider.pages.notices} lead={t.provider.notices.lead}>
      {({ organisation, may }) => <Notices provider={organisation.id} mayPublish={may('publish')} />}
    </ProviderFrame>
  )
}

function Notices({ provider, mayPublish }: { provider: string; mayPublish: boolean }) {
  const { t } = useSpeech()
  const notices = useNotices(provider)
  const [draft, setDraft] = useState<Draft>()
  const w = t.provider.notices
  if (draft)
    return (
      <Suspense fallback={<Waiting />}>
        <DraftEditor start={draft} provider={provider} done={() => setDraft(undefined)} />
      </Suspense>
    )
  return (
    <>
      <Section title={w.title}>
        {notices.isPending && <Waiting />}
        {notices.isError && <Trouble error={notices.error} retry={() => void notices.refetch()} />}
        {notices.data?.length === 0 && <p>{w.none}</p>}
        <OwnNotices notices={notices.data ?? []} {...(mayPublish ? { edit: setDraft } : {})} />
        {mayPublish && (
          <div className="row">
            <Button className="button primary" onPress={() => setDraft(blankDraft)}>
              {w.write}
            </Button>
          </div>
        )}
      </Section>
      {notices.data && notices.data.length > 0 && (
        <>
          <Retention notices={notices.data} />
          <Recipients notices={notices.data} />
        </>
      )}
    </>
  )
}

function Retention({ notices }: { notices: readonly Notice[] }) {
  const { t, language } = useSpeech()
  const rows = notices.flatMap(({ id, content }) => content.purposes.map((purpose) => ({ ...purpose, notice: id })))
  const w = t.provider.notices
  return (
    <Section title={w.retention} lead={w.retentionLead}>
      <Table
        label={w.retention}
        rows={rows}
        keyOf={(row) => `${row.notice} ${row.id}`}
        columns={[
          { title: t.notices.purpose, cell: ({ title }) => title[language] },
          { title: t.notices.basis, cell: ({ basis }) => w.bases[basis] },
          { title: t.notices.kept, cell: ({ retentionDays }) => t.notices.days(retentionDays) },
          {
            title: w.consentEnds,
            cell: ({ consentDays }) => (consentDays === undefined ? w.never : t.notices.days(consentDays)),
          },
        ]}
      />
    </Section>
  )
}

function Recipients({ notices }: { notices: readonly Notice[] }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const w = t.provider.notices
  const rows = notices.flatMap(({ id, content }) => content.recipients.map((one) => ({ ...one, notice: id, content })))
  return (
    <Section title={t.notices.recipients} lead={w.recipientsLead}>
      {rows.length === 0 ? (
        <p>{t.notices.noRecipients}</p>
      ) : (
        <Table
          label={t.notices.recipients}
          rows={rows}
          keyOf={({ notice, name, purpose }) => `${notice} ${name.en} ${purpose}`}
          columns={[
            { title: w.recipient, cell: ({ name }) => name[language] },
            {
              title: t.notices.purpose,
              cell: ({ purpose, content }) =>
                content.purposes.find(({ id }) => id === purpose)?.title[language] ?? purpose,
            },
            { title: w.country, cell: ({ country }) => (country === undefined ? '–' : format.country(country)) },
            { title: w.contract, cell: ({ contract }) => contract ?? '–' },
            { title: w.asks, cell: ({ slug }) => (slug === undefined ? w.asksNot : w.asksEach) },
          ]}
        />
      )}
    </Section>
  )
}

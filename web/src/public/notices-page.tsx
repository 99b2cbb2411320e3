import { Link } from '@tanstack/react-router'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { useNotices } from '../ui/notice-words.ts'
import { Page, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import './notices.css'

export function NoticesPage() {
  const { t, language } = useSpeech()
  const format = useFormat()
  const notices = useNotices()
  return (
    <Page title={t.notices.title} lead={t.notices.lead}>
      {notices.isPending && <Waiting />}
      {notices.isError && <Trouble error={notices.error} retry={() => void notices.refetch()} />}
      {notices.data?.length === 0 && <p>{t.notices.none}</p>}
      <ul className="notice-list">
        {notices.data?.map(({ id, content, version, publishedAt }) => (
          <li key={id}>
            <h2>
              <Link to="/public/notices/$notice" params={{ notice: id }}>
                {content.title[language]}
              </Link>
            </h2>
            <p>{format.list(content.purposes.map(({ title }) => title[language]))}</p>
            <p className="small soft">
              {t.notices.version(version)}
              {t.shell.comma}
              {t.notices.published(format.day(publishedAt))}
            </p>
          </li>
        ))}
      </ul>
    </Page>
  )
}

import { Link } from '@tanstack/react-router'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { useNotices } from '../ui/notice-words.ts'
import { Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

export function OwnNoticesSection({ provider }: { provider: string }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const notices = useNotices(provider)
  return (
    <Section title={t.provider.notices.title}>
      {notices.isPending && <Waiting />}
      {notices.isError && <Trouble error={notices.error} retry={() => void notices.refetch()} />}
      {notices.data?.length === 0 && <p>{t.provider.notices.none}</p>}
      <ul className="lines">
        {notices.data?.map(({ id, content, version, publishedAt }) => (
          <li key={id} className="line">
            <div className="stack-tight">
              <h3>
                <Link to="/public/notices/$notice" params={{ notice: id }}>
                  {content.title[language]}
                </Link>
              </h3>
              <p className="small soft">
                {t.notices.version(version)}
                {t.shell.comma}
                {t.notices.published(format.day(publishedAt))}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

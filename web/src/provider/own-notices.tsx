import { Link } from '@tanstack/react-router'
import { Button } from 'react-aria-components/Button'
import type { Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import type { Draft } from './draft.ts'

/** The live notices, each with a way to a draft of its next version. */
export function OwnNotices(props: { notices: readonly Reply<'getNotice'>[]; edit?: (draft: Draft) => void }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  return (
    <ul className="lines">
      {props.notices.map(({ id, content, version, publishedAt }) => (
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
              <br />
              <code>{id}</code>
            </p>
          </div>
          {props.edit && (
            <Button
              className="button"
              aria-label={t.provider.notices.editOf(content.title[language])}
              onPress={() => props.edit?.(content)}
            >
              {t.provider.notices.edit}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}

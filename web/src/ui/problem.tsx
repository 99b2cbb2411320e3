import { Button } from 'react-aria-components/Button'
import { ApiError } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Box } from './page.tsx'

/** What went wrong in the reader's language, what they can do, and the code that never changes. */
export function Trouble({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const { t, language } = useSpeech()
  if (!(error instanceof ApiError)) throw error
  const { code, problem } = error
  const said =
    code === 'unreachable' || code === 'unreadable'
      ? t.trouble[code]
      : ((language === 'zh' ? problem?.titleZh : undefined) ?? problem?.title ?? code)
  const pointer = problem?.field?.split('/').filter(Boolean).join(' → ')
  // An older page may meet a code that it does not know.
  const advice: string | undefined = t.advice[code]
  return (
    <Box tone="bad" title={said}>
      {pointer && <p>{t.trouble.field(pointer)}</p>}
      {advice && <p>{advice}</p>}
      <p className="small soft">
        {t.shell.code}: <code>{code}</code>
        {problem?.instance && (
          <>
            {' · '}
            {t.shell.reference}: <code>{problem.instance}</code>
          </>
        )}
      </p>
      {retry && (
        <div>
          <Button className="button" onPress={retry}>
            {t.shell.retry}
          </Button>
        </div>
      )}
    </Box>
  )
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { useNoticeWords } from '../ui/notice-words.ts'
import { Box, Chip, Facts, Section } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { refreshSoon } from './entries.ts'
import type { Visit } from './visit.ts'

/** Opened on a press only: my own look is logged like anybody’s, so nothing is opened unasked. */
export function Held({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(visit.provider.id)
  const client = useQueryClient()
  const open = useMutation({
    mutationFn: () => call('mine', { body: {} }),
    onSuccess: () => refreshSoon(client),
  })
  const { data } = open
  return (
    <Section id="held" title={t.person.held.title}>
      {!data && <p>{t.person.held.lead}</p>}
      {open.isError && <Trouble error={open.error} />}
      {data && (
        <>
          <Box tone="mute">{t.person.held.logged}</Box>
          {data.records.length === 0 && <p>{t.person.held.none}</p>}
          {data.records.map(({ record, category, collectedAt, fields }) => (
            <article key={`${record}${category}`} className="stack-tight">
              <div className="row">
                <h3>{words.category(category)}</h3>
                {words.isSensitive(category) && <Chip tone="warn">{t.person.held.sensitive}</Chip>}
              </div>
              <Facts facts={Object.entries(fields).map(([name, value]) => ({ term: words.field(name), value }))} />
              <p className="small soft">
                {t.person.held.collected} <time dateTime={collectedAt}>{format.moment(collectedAt)}</time>
              </p>
            </article>
          ))}
        </>
      )}
      <div className="row">
        <Button className={data ? 'button' : 'button primary'} isPending={open.isPending} onPress={() => open.mutate()}>
          {data ? t.person.held.again : t.person.held.button}
        </Button>
        {data && (
          <Button className="button quiet" onPress={() => open.reset()}>
            {t.person.held.hide}
          </Button>
        )}
      </div>
    </Section>
  )
}

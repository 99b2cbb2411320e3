import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { type NoticeWords, useNoticeWords } from '../ui/notice-words.ts'
import { Box, Chip, Facts, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { refreshSoon } from './entries.ts'
import { useGrants } from './grants.ts'
import type { Visit } from './visit.ts'

/** Drawer by drawer, each shut until it is asked for: my own look is logged like anybody’s, so nothing is opened unasked. */
export function Held({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const words = useNoticeWords(visit.provider.id)
  const grants = useGrants(visit.person)
  const categories = [...new Set(grants.data?.map(({ category }) => category))].sort()
  return (
    <Section id="held" title={t.person.held.title} lead={t.person.held.lead}>
      {grants.isPending && <Waiting />}
      {grants.isError && <Trouble error={grants.error} retry={() => void grants.refetch()} />}
      {grants.data && categories.length === 0 && <p>{t.person.held.none}</p>}
      <ul className="drawers">
        {categories.map((category) => (
          <Drawer key={category} category={category} words={words} />
        ))}
      </ul>
    </Section>
  )
}

function Drawer({ category, words }: { category: string; words: NoticeWords }) {
  const { t } = useSpeech()
  const format = useFormat()
  const client = useQueryClient()
  const open = useMutation({
    mutationFn: () => call('mine', { body: { categories: [category] } }),
    onSuccess: () => refreshSoon(client),
  })
  const { data } = open
  const title = words.category(category)
  return (
    <li className="drawer" data-open={data !== undefined}>
      <div className="row row-apart">
        <div className="row">
          <h3>{title}</h3>
          {words.isSensitive(category) && <Chip tone="warn">{t.person.held.sensitive}</Chip>}
        </div>
        <Button
          className="button"
          aria-label={data ? t.person.held.hideOf(title) : t.person.held.showOf(title)}
          isPending={open.isPending}
          onPress={() => (data ? open.reset() : open.mutate())}
        >
          {data ? t.person.held.hide : t.person.held.show}
        </Button>
      </div>
      {!data && (
        <Facts
          facts={words.fieldsOf(category).map((name) => ({
            term: words.field(name),
            value: (
              <span className="masked">
                <span aria-hidden="true">••••••</span>
                <span className="visually-hidden">{t.person.held.shut}</span>
              </span>
            ),
          }))}
        />
      )}
      {open.isError && <Trouble error={open.error} />}
      {data?.records.length === 0 && <p>{t.person.held.empty}</p>}
      {data?.records.map(({ record, collectedAt, fields }) => (
        <div key={record} className="stack-tight">
          <Facts facts={Object.entries(fields).map(([name, value]) => ({ term: words.field(name), value }))} />
          <p className="small soft">
            {t.person.held.collected} <time dateTime={collectedAt}>{format.moment(collectedAt)}</time>
          </p>
        </div>
      ))}
      {data && <Box tone="mute">{t.person.held.logged}</Box>}
    </li>
  )
}

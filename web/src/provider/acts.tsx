import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { useNoticeWords } from '../ui/notice-words.ts'
import { Chip, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { ShowMore } from '../ui/show-more.tsx'

/** What my own staff and keys did, from the same entries that the people read. Never a value. */
export function ActsSection({ provider }: { provider: string }) {
  const { t } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(provider)
  const acts = useInfiniteQuery({
    queryKey: ['acts', provider],
    queryFn: ({ pageParam }) => call('listActs', { query: pageParam === null ? {} : { before: pageParam } }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  })
  const items = acts.data?.pages.flatMap((page) => page.items) ?? []
  const named = t.provider.acts.kinds as Readonly<Record<string, string>>
  return (
    <Section title={t.provider.acts.title} lead={t.provider.acts.lead}>
      {acts.isPending && <Waiting />}
      {acts.isError && <Trouble error={acts.error} retry={() => void acts.refetch()} />}
      {acts.isSuccess && items.length === 0 && <p>{t.provider.acts.none}</p>}
      <ul className="lines">
        {items.map(({ entry, at, kind, actor, person, fields }) => {
          const asked = Array.isArray(fields.fields) ? fields.fields.map(String) : []
          const refused = typeof fields.outcome === 'string' && fields.outcome.startsWith('refused')
          return (
            <li key={entry} className="line">
              <div className="stack-tight">
                <p>
                  <strong>{named[kind] ?? kind}</strong>
                  {asked.length > 0 && ` · ${asked.map((one) => words.field(one)).join(', ')}`}
                  {typeof fields.purpose === 'string' && ` · ${words.purpose(fields.purpose)}`}
                </p>
                <p className="small soft">
                  {format.minute(at)} · {typeof fields.case === 'string' && `${t.provider.acts.case} ${fields.case} · `}
                  <code>{actor.id.slice(0, 12)}…</code> → <code>{person.slice(0, 12)}…</code>
                </p>
              </div>
              {refused && <Chip tone="warn">{t.provider.acts.refused}</Chip>}
            </li>
          )
        })}
      </ul>
      <ShowMore list={acts} />
    </Section>
  )
}

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { daysUntil } from '../ui/demand.tsx'
import { useFormat } from '../ui/format.ts'
import { Chip, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

/** The demands that are due soonest, on the desk. */
export function DueSection({ provider }: { provider: string }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const waiting = useQuery({
    queryKey: ['demands-due', provider],
    queryFn: () => call('listDemands', { query: { which: 'waiting', limit: 5 } }),
  })
  return (
    <Section title={t.provider.due.title} lead={t.provider.due.lead}>
      {waiting.isPending && <Waiting />}
      {waiting.isError && <Trouble error={waiting.error} retry={() => void waiting.refetch()} />}
      {waiting.data?.items.length === 0 && <p>{t.provider.due.none}</p>}
      <ul className="lines">
        {waiting.data?.items.map(({ id, kind, clock, clockStarts, overdue }) => {
          const left = clock && daysUntil(clock.dueAt)
          return (
            <li key={id} className="line">
              <div className="stack-tight">
                <p>
                  <strong>{t.demands.kinds[kind].title}</strong> · {t.demands.kinds[kind].help}
                </p>
                <p className="small soft">
                  {clock ? t.demands.due(format.date(clock.lastDay)) : clockStarts?.[language]}
                </p>
              </div>
              {left !== null && (
                <Chip tone={overdue || left < 0 ? 'bad' : left < 4 ? 'warn' : 'mute'} icon="clock">
                  {left < 0 ? t.demands.daysOver(-left) : t.demands.daysLeft(left)}
                </Chip>
              )}
            </li>
          )
        })}
      </ul>
      <p>
        <Link to="/provider/demands">{t.provider.due.all}</Link>
      </p>
    </Section>
  )
}

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, type Input, newOnceKey } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { type Demand, DemandView, isSettled } from '../ui/demand.tsx'
import { Field, LongField, OneOf, Select } from '../ui/fields.tsx'
import { useNoticeWords } from '../ui/notice-words.ts'
import { Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { ShowMore } from '../ui/show-more.tsx'
import { type Desk, ProviderFrame } from './frame.tsx'

const demandsKey = ['demands']

/** What people demand, soonest due first. Every answer is an act with its own entry. */
export function ProviderDemandsPage() {
  const { t } = useSpeech()
  return (
    <ProviderFrame title={t.provider.pages.demands} lead={t.provider.demands.lead}>
      {(desk) => <Demands desk={desk} />}
    </ProviderFrame>
  )
}

function Demands({ desk }: { desk: Desk }) {
  const { t } = useSpeech()
  const words = useNoticeWords(desk.organisation.id)
  const [which, setWhich] = useState<'waiting' | 'all'>('waiting')
  const demands = useInfiniteQuery({
    queryKey: [...demandsKey, which],
    queryFn: ({ pageParam }) =>
      call('listDemands', { query: { which, ...(pageParam === null ? {} : { cursor: pageParam }) } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
  const items = demands.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Section title={which === 'waiting' ? t.provider.demands.waiting : t.provider.demands.all}>
      <div className="row">
        {(['waiting', 'all'] as const).map((one) => (
          <Button key={one} className="button" aria-pressed={which === one} onPress={() => setWhich(one)}>
            {t.provider.demands[one]}
          </Button>
        ))}
      </div>
      {demands.isPending && <Waiting />}
      {demands.isError && <Trouble error={demands.error} retry={() => void demands.refetch()} />}
      {demands.data && items.length === 0 && <p>{t.provider.due.none}</p>}
      {items.map((demand) => (
        <DemandView
          key={demand.id}
          demand={demand}
          words={words}
          whose={
            <>
              {' '}
              {t.demands.by[demand.madeBy]} · <code>{demand.person}</code>
            </>
          }
        >
          <Answering demand={demand} />
        </DemandView>
      ))}
      <ShowMore list={demands} />
    </Section>
  )
}

type Way = 'fulfil' | 'refuse' | 'extend' | 'confirm'
const ways = ['confirm', 'fulfil', 'refuse', 'extend'] as const satisfies readonly Way[]

/** Only what the server says that may be done now; the reasons for refusing are the law’s closed list. */
function Answering({ demand }: { demand: Demand }) {
  const { t, language } = useSpeech()
  const client = useQueryClient()
  const possible = ways.filter((way) => demand.can.includes(way))
  const [way, setWay] = useState<Way>()
  const [reason, setReason] = useState('')
  const [text, setText] = useState('')
  const [evidence, setEvidence] = useState('')
  const [once, setOnce] = useState(newOnceKey)
  const regimes = useQuery({
    queryKey: ['regimes'],
    queryFn: () => call('getRegimes', {}),
    enabled: way === 'refuse',
    staleTime: 60_000,
  })
  const reasons = (regimes.data?.reasons ?? []).filter((one) => one.demands.includes(demand.kind))
  const params = { demand: demand.id }
  const act = useMutation({
    mutationFn: async () => {
      if (way === 'extend') return call('extendDemand', { params, body: { text }, once })
      if (way === 'confirm') return call('confirmDemand', { params, body: { evidence }, once })
      const chosen = reasons.find(({ id }) => id === reason) ?? reasons[0]
      const body: Input<'answerDemand'>['body'] =
        way === 'refuse' && chosen
          ? { outcome: 'refused', reason: chosen.id, text }
          : { outcome: 'fulfilled', ...(text === '' ? {} : { text }) }
      return call('answerDemand', { params, body, once })
    },
    onSuccess: async () => {
      setWay(undefined)
      setText('')
      await client.invalidateQueries({ queryKey: demandsKey })
      await client.invalidateQueries({ queryKey: ['demand', demand.id] })
    },
    onSettled: () => setOnce(newOnceKey()),
  })
  if (isSettled(demand) || possible.length === 0) return null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    act.mutate()
  }
  const w = t.provider.demands
  if (!way)
    return (
      <div className="row">
        {possible.map((one) => (
          <Button key={one} className="button" onPress={() => setWay(one)}>
            {w.ways[one]}
          </Button>
        ))}
      </div>
    )
  return (
    <form className="form" onSubmit={submit}>
      {possible.length > 1 && (
        <OneOf
          label={w.whatNow}
          options={possible.map((id) => ({ id, title: w.ways[id], help: w.help[id] }))}
          value={way}
          onChange={(chosen) => setWay(ways.find((one) => one === chosen))}
        />
      )}
      {way === 'refuse' &&
        (regimes.isError ? (
          <Trouble error={regimes.error} />
        ) : (
          <Select
            label={w.reason}
            help={w.reasonHelp}
            options={reasons.map(({ id, title, law }) => ({
              id,
              title: `${title[language]} (${Object.values(law).join('; ')})`,
            }))}
            value={reason}
            onChange={setReason}
          />
        ))}
      {way === 'confirm' ? (
        <Field
          label={w.evidence}
          help={w.evidenceHelp}
          value={evidence}
          onChange={setEvidence}
          maxLength={64}
          pattern="[A-Za-z0-9._:#\/\-]{1,64}"
        />
      ) : (
        <LongField label={w.text[way]} help={w.textHelp} value={text} onChange={setText} required={way !== 'fulfil'} />
      )}
      {act.isError && <Trouble error={act.error} />}
      <div className="row">
        <Button
          className="button primary"
          type="submit"
          isPending={act.isPending}
          isDisabled={way === 'refuse' && reasons.length === 0}
        >
          {w.ways[way]}
        </Button>
        <Button className="button quiet" onPress={() => setWay(undefined)}>
          {t.shell.cancel}
        </Button>
      </div>
    </form>
  )
}

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, callForFile, type Input, newOnceKey } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { type Demand, DemandView } from '../ui/demand.tsx'
import { Choices, LongField, OneOf } from '../ui/fields.tsx'
import { useFormat } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { type NoticeWords, useNotices, useNoticeWords } from '../ui/notice-words.ts'
import { Box, Facts, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { save } from '../ui/save.ts'
import { ShowMore } from '../ui/show-more.tsx'
import { refreshSoon } from './entries.ts'
import { PersonFrame } from './frame.tsx'
import { grantsKey } from './grants.ts'
import type { Visit } from './visit.ts'

const demandsKey = ['my-demands']
const kinds = ['correct', 'stop', 'delete', 'explain', 'copy', 'see'] as const satisfies readonly Demand['kind'][]
type Kind = (typeof kinds)[number]

/** What I ask of the provider by right, each demand with its clock. */
export function DemandsPage() {
  const { t } = useSpeech()
  return (
    <PersonFrame title={t.person.pages.demands} lead={t.demands.lead}>
      {(visit) => (
        <>
          <Mine visit={visit} />
          <NewDemand visit={visit} />
        </>
      )}
    </PersonFrame>
  )
}

function Mine({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const words = useNoticeWords(visit.provider.id)
  const demands = useInfiniteQuery({
    queryKey: demandsKey,
    queryFn: ({ pageParam }) =>
      call('listDemands', { query: { which: 'all', ...(pageParam === null ? {} : { cursor: pageParam }) } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
  const items = demands.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Section id="demands" title={t.demands.mine}>
      {demands.isPending && <Waiting />}
      {demands.isError && <Trouble error={demands.error} retry={() => void demands.refetch()} />}
      {demands.data && items.length === 0 && <p>{t.demands.none}</p>}
      {items.map((demand) => (
        <DemandView key={demand.id} demand={demand} words={words}>
          <Acts demand={demand} />
        </DemandView>
      ))}
      <ShowMore list={demands} />
    </Section>
  )
}

/** Only what the server says that I may do now is offered. */
function Acts({ demand }: { demand: Demand }) {
  const { t, language } = useSpeech()
  const client = useQueryClient()
  const params = { demand: demand.id }
  const changed = async () => {
    await client.invalidateQueries({ queryKey: demandsKey })
    await client.invalidateQueries({ queryKey: ['demand', demand.id] })
    refreshSoon(client)
  }
  const fetchCopy = useMutation({
    mutationFn: async () =>
      save(await callForFile('copyDemand', { params, body: { language } }), `bailee-${demand.id}.zip`),
    onSuccess: () => refreshSoon(client),
  })
  const [isExplained, setExplained] = useState(false)
  const act = (name: 'escalateDemand' | 'withdrawDemand' | 'confirmDemand') => async (once: string) => {
    await call(name, { params, body: {}, once })
    await changed()
  }
  return (
    <>
      {fetchCopy.isError && <Trouble error={fetchCopy.error} />}
      <div className="row">
        {demand.ready && demand.kind === 'copy' && (
          <Button className="button" isPending={fetchCopy.isPending} onPress={() => fetchCopy.mutate()}>
            <Icon name="save" />
            {t.demands.fetchCopy}
          </Button>
        )}
        {demand.ready && demand.kind === 'explain' && (
          <Button className="button" aria-expanded={isExplained} onPress={() => setExplained(!isExplained)}>
            {isExplained ? t.demands.hideExplanation : t.demands.readExplanation}
          </Button>
        )}
        {demand.can.includes('confirm') && (
          <Confirm
            label={t.demands.confirm}
            tone="primary"
            title={t.demands.confirmTitle}
            body={t.demands.confirmBody}
            confirm={t.demands.confirm}
            act={act('confirmDemand')}
          />
        )}
        {demand.can.includes('escalate') && (
          <Confirm
            label={t.demands.escalate}
            tone="primary"
            title={t.demands.escalateTitle}
            body={t.demands.escalateBody}
            confirm={t.demands.escalate}
            act={act('escalateDemand')}
          />
        )}
        {demand.can.includes('withdraw') && (
          <Confirm
            label={t.demands.withdraw}
            tone="plain"
            title={t.demands.withdrawTitle}
            body={t.demands.withdrawBody}
            confirm={t.demands.withdraw}
            act={act('withdrawDemand')}
          />
        )}
      </div>
      {isExplained && <Explanation demand={demand.id} />}
    </>
  )
}

function Explanation({ demand }: { demand: string }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const explanation = useQuery({
    queryKey: ['explanation', demand],
    queryFn: () => call('explainDemand', { params: { demand } }),
  })
  if (explanation.isError) return <Trouble error={explanation.error} />
  if (!explanation.data) return <Waiting />
  const { notices, grants, entries } = explanation.data
  const all = notices.flatMap(({ content }) => content.purposes)
  const purpose = (id: string) => all.find((one) => one.id === id)?.title[language] ?? id
  const count = (which: Readonly<Record<string, number>>) => Object.entries(which).sort(([, a], [, b]) => b - a)
  return (
    <div className="stack-tight counting">
      <p>{t.demands.explained(entries.total)}</p>
      <Facts
        facts={count(entries.byPurpose).map(([id, n]) => ({
          term: id === 'self' ? t.demands.selfPurpose : purpose(id),
          value: t.demands.times(n),
        }))}
      />
      <p className="small soft">
        {t.demands.rules(format.list(notices.map(({ content, version }) => `${content.title[language]} (${version})`)))}
      </p>
      <p className="small soft">
        {t.demands.bases(format.list([...new Set(grants.map(({ basis }) => t.provider.notices.bases[basis]))]))}
      </p>
      <div className="row">
        <Button
          className="button"
          onPress={() => save(`${JSON.stringify(explanation.data, null, 2)}\n`, `bailee-${demand}.json`)}
        >
          <Icon name="save" />
          {t.demands.saveExplanation}
        </Button>
      </div>
    </div>
  )
}

function NewDemand({ visit }: { visit: Visit }) {
  const { t, language } = useSpeech()
  const words = useNoticeWords(visit.provider.id)
  const notices = useNotices(visit.provider.id)
  const client = useQueryClient()
  const [kind, setKind] = useState<Kind>('correct')
  const [purpose, setPurpose] = useState('')
  const [fields, setFields] = useState<readonly string[]>([])
  const [text, setText] = useState('')
  const [once, setOnce] = useState(newOnceKey)
  const hasFields = kind === 'correct' || kind === 'delete'
  const body: Input<'makeDemand'>['body'] = {
    kind,
    ...(kind === 'stop' && purpose !== '' ? { purpose } : {}),
    ...(hasFields && fields.length > 0 ? { fields: [...fields] } : {}),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
  }
  const make = useMutation({
    mutationFn: () => call('makeDemand', { body, once }),
    onSuccess: async () => {
      setText('')
      setFields([])
      await client.invalidateQueries({ queryKey: demandsKey })
      await client.invalidateQueries({ queryKey: grantsKey })
      refreshSoon(client)
    },
    onSettled: () => setOnce(newOnceKey()),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  const options = optionsOf(notices.data ?? [], words, language)
  return (
    <Section id="new" title={t.demands.make} lead={t.demands.makeLead}>
      <form className="form" onSubmit={submit}>
        <OneOf
          label={t.demands.whatDoYouWant}
          options={kinds.map((id) => ({ id, title: t.demands.kinds[id].title, help: t.demands.kinds[id].help }))}
          value={kind}
          onChange={(chosen) => {
            const found = kinds.find((one) => one === chosen)
            if (found) setKind(found)
          }}
        />
        {kind === 'stop' && (
          <OneOf
            label={t.demands.whichPurpose}
            options={[{ id: '', title: t.demands.allPurposes }, ...options.purposes]}
            value={purpose}
            onChange={setPurpose}
          />
        )}
        {hasFields && (
          <Choices label={t.demands.whichFields} options={options.fields} value={fields} onChange={setFields} />
        )}
        <LongField
          label={kind === 'correct' ? t.demands.rightText : t.demands.text}
          help={t.demands.textHelp}
          value={text}
          onChange={setText}
          required={kind === 'correct'}
          maxLength={2000}
        />
        {make.isError && <Trouble error={make.error} />}
        {make.isSuccess && (
          <Box tone="good">{make.data.demand.state === 'fulfilled' ? t.demands.fulfilledAtOnce : t.demands.sent}</Box>
        )}
        <div className="row">
          <Button className="button primary" type="submit" isPending={make.isPending}>
            {t.demands.send}
          </Button>
        </div>
      </form>
    </Section>
  )
}

type Notices = NonNullable<ReturnType<typeof useNotices>['data']>
function optionsOf(notices: Notices, words: NoticeWords, language: 'en' | 'zh') {
  const once = <T extends { readonly id: string }>(all: readonly T[]) => [
    ...new Map(all.map((one) => [one.id, one])).values(),
  ]
  return {
    purposes: once(
      notices.flatMap(({ content }) => content.purposes.map(({ id, title }) => ({ id, title: title[language] }))),
    ),
    fields: once(
      notices.flatMap(({ content }) =>
        content.categories.flatMap((one) => one.fields.map(({ name }) => ({ id: name, title: words.field(name) }))),
      ),
    ),
  }
}

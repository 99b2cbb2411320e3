import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import './demand.css'
import { useFormat } from './format.ts'
import type { NoticeWords } from './notice-words.ts'
import { Box, Chip, type Tone, Waiting } from './page.tsx'
import { Trouble } from './problem.tsx'

export type Demand = Reply<'getDemand'>
export type Clock = NonNullable<Demand['clock']>
const tones: Readonly<Record<Demand['state'], Tone>> = {
  pending: 'warn',
  open: 'warn',
  fulfilling: 'warn',
  fulfilled: 'good',
  refused: 'bad',
  escalated: 'bad',
  withdrawn: 'mute',
}
/** Nobody need do anything any more, for now. */
export const isSettled = ({ state }: Demand) => state === 'fulfilled' || state === 'refused' || state === 'withdrawn'

const dayLength = 86_400_000
/** Whole days until then, in 24 hours each; negative when it has passed. */
export const daysUntil = (at: string, now = Date.now()): number => Math.floor((Date.parse(at) - now) / dayLength)

/** One demand: what was asked, the clock and how it was counted, the answer and its reasons. What can be done is passed in. */
export function DemandView(props: { demand: Demand; words: NoticeWords; whose?: ReactNode; children?: ReactNode }) {
  const { demand, words } = props
  const { t, language } = useSpeech()
  const format = useFormat()
  const d = t.demands
  const { answer, clock, extension, escalated } = demand
  return (
    <article className="demand stack-tight" data-demand={demand.id} data-state={demand.state}>
      <div className="row">
        <h3>{d.kinds[demand.kind].title}</h3>
        <Chip tone={tones[demand.state]}>{d.states[demand.state]}</Chip>
        {demand.overdue && <Chip tone="bad">{d.overdue}</Chip>}
      </div>
      <p className="small soft">
        {d.made(format.moment(demand.madeAt))}
        {props.whose}
      </p>
      {demand.purpose !== null && <p>{d.forPurpose(words.purpose(demand.purpose))}</p>}
      {demand.fields.length > 0 && <p>{d.aboutFields(format.list(demand.fields.map(words.field)))}</p>}
      {demand.text !== null && <blockquote className="said-by">{demand.text}</blockquote>}
      {demand.clockStarts && (
        <Box tone="warn" announce={false}>
          {demand.clockStarts[language]}
        </Box>
      )}
      {clock && <ClockView demand={demand} clock={clock} />}
      {extension && (
        <Box tone="warn" title={d.extended(format.day(extension.at))} announce={false}>
          <p>{extension.text}</p>
        </Box>
      )}
      {answer && <AnswerView answer={answer} />}
      {escalated && (
        <Box tone="mute" announce={false}>
          {(escalated.by === 'clock' ? d.escalatedByClock : d.escalatedByPerson)(format.day(escalated.at))}
        </Box>
      )}
      {props.children}
    </article>
  )
}

function AnswerView({ answer }: { answer: NonNullable<Demand['answer']> }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const d = t.demands
  const isRefused = answer.outcome === 'refused'
  return (
    <Box
      tone={isRefused ? 'bad' : 'good'}
      title={(isRefused ? d.refusedOn : d.fulfilledOn)(format.day(answer.at))}
      announce={false}
    >
      {answer.title && <p>{d.because(answer.title[language])}</p>}
      {answer.law !== null && <p className="small">{d.byLaw(answer.law)}</p>}
      {answer.text !== null && <p>{answer.text}</p>}
      {answer.by === 'software' && <p className="small soft">{d.bySoftware}</p>}
    </Box>
  )
}

/** When the answer is due, by which law, and on demand how that day was counted. */
export function ClockView({ demand, clock }: { demand: Demand; clock: Clock }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const d = t.demands
  const [isOpen, setOpen] = useState(false)
  const whole = Date.parse(clock.dueAt) - Date.parse(clock.startedAt)
  const gone = Math.min(whole, Math.max(0, Date.now() - Date.parse(clock.startedAt)))
  const left = daysUntil(clock.dueAt)
  const panel = `clock-${demand.id}`
  return (
    <div className="clock stack-tight">
      {!isSettled(demand) && (
        <div className="progress">
          <p className="words">
            <span>{d.due(format.date(clock.lastDay))}</span>
            <span className="tabular">{left < 0 ? d.daysOver(-left) : d.daysLeft(left)}</span>
          </p>
          <progress max={whole} value={gone} aria-label={d.clockOf} />
        </div>
      )}
      <p className="small soft">
        {d.clockFrom(clock.instrument[language], clock.article)}
        {clock.extended && (
          <>
            {t.shell.comma}
            {d.longer}
          </>
        )}
        {clock.secondHand && (
          <>
            {t.shell.comma}
            {d.secondHand}
          </>
        )}
      </p>
      <div>
        <Button className="button quiet" aria-expanded={isOpen} aria-controls={panel} onPress={() => setOpen(!isOpen)}>
          {isOpen ? d.hideCount : d.showCount}
        </Button>
      </div>
      <div id={panel} hidden={!isOpen}>
        {isOpen && <Counting demand={demand.id} />}
      </div>
    </div>
  )
}

/** Day by day, as it was computed. Runs of days that count alike are drawn together. */
function Counting({ demand }: { demand: string }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const d = t.demands
  const whole = useQuery({
    queryKey: ['demand', demand],
    queryFn: () => call('getDemand', { params: { demand } }),
  })
  const clock = whole.data?.clock
  if (whole.isError) return <Trouble error={whole.error} retry={() => void whole.refetch()} />
  if (!clock) return <Waiting />
  const steps = clock.steps ?? []
  return (
    <div className="stack-tight counting">
      <p className="small">
        {d.starts(clock.event[language], format.moment(clock.startedAt))} {d.zone(clock.zone)}
      </p>
      <ol>
        {steps.map(({ date, counted, why }) => (
          <li key={date} data-counted={counted !== null}>
            <span className="tabular">{date}</span>
            <span className="tabular">{counted === null ? '–' : counted}</span>
            <span>{why[language]}</span>
          </li>
        ))}
      </ol>
      <p className="small">
        {d.lastDay(format.date(clock.lastDay))} {clock.assumed && d.assumed}
      </p>
      {clock.note && <p className="small soft">{clock.note[language]}</p>}
      <p className="small soft">{d.source(clock.source, clock.version)}</p>
    </div>
  )
}

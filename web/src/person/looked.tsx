import { useMemo, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import type { Checked } from '../ledger/check.ts'
import { useLedgerStatus, useWarmChecks } from '../ledger/queries.ts'
import { StepsView } from '../ledger/steps-view.tsx'
import { useTrust } from '../ledger/trust.ts'
import { TrustNote, TrustWarning } from '../ledger/trust-box.tsx'
import { useFormat } from '../ui/format.ts'
import { type NoticeWords, useNoticeWords } from '../ui/notice-words.ts'
import { Box, Chip, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { ShowMore } from '../ui/show-more.tsx'
import { useEntries } from './entries.ts'
import { sentenceOf } from './sentence.ts'
import type { Visit } from './visit.ts'

type Entry = Reply<'myEntries'>['items'][number]
type Proof = Reply<'myProof'>
/** What is known about the proof of one entry. */
type ProofState =
  | { readonly at: 'running' }
  | { readonly at: 'done'; readonly checked: Checked; readonly answer: Proof }
  | { readonly at: 'failed'; readonly error: unknown }

/** Everything that was done with my information, each line checkable here. */
export function Looked({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(visit.provider.id)
  const entries = useEntries()
  const status = useLedgerStatus()
  const trust = useTrust(status.data)
  useWarmChecks(status.data?.checkpoint, trust?.pin)
  const [proofs, setProofs] = useState<ReadonlyMap<string, ProofState>>(new Map())
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [run, setRun] = useState<{ done: number; all: number; bad: number; ms: number } | undefined>()

  const items = useMemo(() => entries.data?.pages.flatMap((page) => page.items) ?? [], [entries.data])
  const days = useMemo(() => groupByDay(items, format.day), [items, format])
  const policy = trust?.pin.policy

  const check = async (entry: Entry): Promise<Checked | undefined> => {
    if (policy === undefined) return undefined
    const put = (state: ProofState) => setProofs((known) => new Map(known).set(entry.entry, state))
    put({ at: 'running' })
    try {
      const [answer, { checkEntry }] = await Promise.all([
        call('myProof', { params: { entry: entry.entry } }),
        import('../ledger/check.ts'),
      ])
      const checked = checkEntry(entry, answer, policy)
      put({ at: 'done', checked, answer })
      return checked
    } catch (error) {
      put({ at: 'failed', error })
      return undefined
    }
  }
  const toggle = (entry: Entry) => {
    const isOpen = open.has(entry.entry)
    setOpen((shown) => new Set(isOpen ? [...shown].filter((id) => id !== entry.entry) : [...shown, entry.entry]))
    if (!isOpen) void check(entry)
  }
  const checkAll = async () => {
    const placed = items.filter(({ index }) => index !== null)
    let bad = 0
    let ms = 0
    setRun({ done: 0, all: placed.length, bad, ms })
    for (const [at, entry] of placed.entries()) {
      const checked = await check(entry)
      if (!checked?.ok) bad += 1
      ms += checked?.milliseconds ?? 0
      setRun({ done: at + 1, all: placed.length, bad, ms })
    }
  }
  const total = entries.data?.pages[0]?.total
  const finished = run !== undefined && run.done === run.all

  return (
    <Section
      id="looked"
      title={t.person.looked.title}
      lead={t.person.looked.lead}
      aside={
        total !== undefined && (
          <>
            <p className="tabular">{t.person.looked.total(total)}</p>
            {trust && <TrustNote trust={trust} />}
          </>
        )
      }
    >
      {status.isError && <Trouble error={status.error} retry={() => void status.refetch()} />}
      {trust && status.data && <TrustWarning trust={trust} vkeys={status.data.vkeys} policy={status.data.policy} />}
      {entries.isPending && <Waiting />}
      {entries.isError && <Trouble error={entries.error} retry={() => void entries.refetch()} />}
      {entries.data && items.length === 0 && <p>{t.person.looked.empty}</p>}
      {items.length > 0 && (
        <div className="stack-tight">
          <div className="row">
            <Button
              className="button"
              isDisabled={policy === undefined}
              isPending={run !== undefined && !finished}
              onPress={() => void checkAll()}
            >
              {t.person.looked.checkAll}
            </Button>
          </div>
          {run && !finished && (
            <div className="progress">
              <p className="words">
                <span>{t.person.looked.checking}</span>
                <span className="tabular">{t.person.looked.checkedOf(run.done, run.all)}</span>
              </p>
              <progress max={run.all} value={run.done} aria-label={t.person.looked.checking} />
            </div>
          )}
          {run && finished && (
            <Box tone={run.bad === 0 ? 'good' : 'bad'}>
              {run.bad === 0
                ? t.person.looked.allGood(run.all, format.duration(run.ms))
                : t.person.looked.someBad(run.bad, run.all)}
            </Box>
          )}
        </div>
      )}
      {days.map(({ day, entries: ofDay }) => (
        <div key={day} className="day">
          <h3>{day}</h3>
          <ol className="entries">
            {ofDay.map((entry) => (
              <EntryLine
                key={entry.entry}
                entry={entry}
                visit={visit}
                words={words}
                proof={proofs.get(entry.entry)}
                isOpen={open.has(entry.entry)}
                toggle={() => toggle(entry)}
                recheck={() => void check(entry)}
              />
            ))}
          </ol>
        </div>
      ))}
      <ShowMore list={entries} />
    </Section>
  )
}

function EntryLine(props: {
  entry: Entry
  visit: Visit
  words: NoticeWords
  proof: ProofState | undefined
  isOpen: boolean
  toggle: () => void
  recheck: () => void
}) {
  const { entry, proof, isOpen } = props
  const { t, language } = useSpeech()
  const format = useFormat()
  const { text, refused, notes } = sentenceOf(entry, {
    t,
    words: props.words,
    list: format.list,
    organisation: props.visit.provider.name[language],
  })
  const panel = `proof-${entry.entry}`
  const verdict = proof?.at === 'done' ? proof.checked : undefined
  return (
    <li className={refused ? 'entry refused' : 'entry'} data-entry={entry.entry}>
      <p className="entry-when">
        <time dateTime={entry.at}>{format.clock(entry.at)}</time>
      </p>
      <div className="entry-body">
        <p className="entry-text" id={`${panel}-text`}>
          {text}
        </p>
        {notes.map((note) => (
          <p key={note} className="small soft">
            {note}
          </p>
        ))}
        <div className="entry-foot">
          {refused && (
            <Chip tone="bad" icon="refuse">
              {t.person.looked.refused}
            </Chip>
          )}
          {entry.index === null ? (
            <Chip tone="warn" icon="clock">
              {t.person.looked.pending}
            </Chip>
          ) : (
            <>
              {verdict && (
                <Chip tone={verdict.ok ? 'good' : 'bad'}>
                  {verdict.ok ? t.person.looked.good : t.person.looked.bad}
                </Chip>
              )}
              <Button
                className="button quiet"
                aria-expanded={isOpen}
                aria-controls={panel}
                aria-describedby={`${panel}-text`}
                onPress={props.toggle}
              >
                {isOpen ? t.person.looked.hideProof : t.person.looked.checkOne}
              </Button>
            </>
          )}
        </div>
        <div id={panel} hidden={!isOpen} className="entry-proof">
          {isOpen && <ProofPanel entry={entry} proof={proof} recheck={props.recheck} />}
        </div>
      </div>
    </li>
  )
}

function ProofPanel({ entry, proof, recheck }: { entry: Entry; proof: ProofState | undefined; recheck: () => void }) {
  const { t } = useSpeech()
  return (
    <section className="stack" aria-label={t.check.title}>
      <h4>{t.check.title}</h4>
      <p className="small soft">
        {entry.n !== null && <>{t.person.looked.number(entry.n)} · </>}
        {entry.index !== null && t.person.looked.index(entry.index)}
      </p>
      <div aria-live="polite" className="stack">
        {(proof === undefined || proof.at === 'running') && <Waiting>{t.check.running}</Waiting>}
        {proof?.at === 'failed' && <Trouble error={proof.error} retry={recheck} />}
        {proof?.at === 'done' && (
          <StepsView
            checked={proof.checked}
            files={{
              proof: proof.answer.proof,
              opening: `${JSON.stringify({ leaf: proof.answer.leaf, disclosure: proof.answer.disclosure }, null, 2)}\n`,
              name: `bailee-${entry.entry}`,
            }}
          />
        )}
      </div>
      <details>
        <summary>{t.person.looked.details}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{JSON.stringify({ at: entry.at, kind: entry.kind, ...entry.fields }, null, 2)}</pre>
      </details>
    </section>
  )
}

function groupByDay(items: readonly Entry[], dayOf: (at: string) => string) {
  const days: { day: string; entries: Entry[] }[] = []
  for (const entry of items) {
    const day = dayOf(entry.at)
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}

import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Choices, Field, Select } from '../ui/fields.tsx'
import { useFormat } from '../ui/format.ts'
import { useNotices, useNoticeWords } from '../ui/notice-words.ts'
import { Box, Facts, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { type Desk, ProviderFrame } from './frame.tsx'

const casePattern = '[A-Za-z0-9._:#\\/\\-]{1,64}'
interface Reason {
  readonly purpose: string
  readonly case: string
}

/** One person at a time, by an exact key, for a purpose, with a reason. There is no list of people, and none can be had. */
export function PeoplePage() {
  const { t } = useSpeech()
  return (
    <ProviderFrame title={t.provider.pages.people} lead={t.provider.people.lead}>
      {(desk) => <People desk={desk} />}
    </ProviderFrame>
  )
}

function People({ desk }: { desk: Desk }) {
  const { t } = useSpeech()
  const provider = desk.organisation.id
  const words = useNoticeWords(provider)
  const notices = useNotices(provider)
  const [purpose, setPurpose] = useState(desk.purposes[0] ?? '')
  const [matter, setMatter] = useState('')
  const [field, setField] = useState('')
  const [value, setValue] = useState('')
  const [known, setKnown] = useState('')
  const [people, setPeople] = useState<{ readonly ids: readonly string[]; readonly reason: Reason }>()
  const w = t.provider.people
  const searchable = (notices.data ?? []).flatMap(({ content }) =>
    content.categories
      .filter(({ purposes }) => purposes.includes(purpose))
      .flatMap((category) => category.fields.filter(({ search }) => search).map(({ name }) => name)),
  )
  const names = [...new Set(searchable)]
  const key = names.includes(field) ? field : (names[0] ?? '')
  const reason = { purpose, case: matter }
  const find = useMutation({
    mutationFn: () => call('find', { body: { purpose, field: key, value, case: matter } }),
    onSuccess: ({ items }) => setPeople({ ids: items.map(({ person }) => person), reason }),
  })
  if (notices.isPending) return <Waiting />
  if (notices.isError) return <Trouble error={notices.error} retry={() => void notices.refetch()} />
  if (desk.purposes.length === 0) return <Box tone="warn">{w.noPurposes}</Box>
  const search = (event: FormEvent) => {
    event.preventDefault()
    find.mutate()
  }
  const go = (event: FormEvent) => {
    event.preventDefault()
    find.reset()
    setPeople({ ids: [known.trim()], reason })
  }
  return (
    <>
      <Section title={w.why} lead={w.whyLead}>
        <div className="form">
          <Select
            label={w.purpose}
            options={desk.purposes.map((id) => ({ id, title: words.purpose(id) }))}
            value={purpose}
            onChange={setPurpose}
          />
          <Field
            label={w.case}
            help={w.caseHelp}
            value={matter}
            onChange={setMatter}
            maxLength={64}
            pattern={casePattern}
          />
        </div>
      </Section>
      <Section title={w.whom} lead={w.whomLead}>
        {desk.may('find') &&
          (names.length === 0 ? (
            <p>{w.notSearchable}</p>
          ) : (
            <form className="form" onSubmit={search}>
              <Select
                label={w.field}
                options={names.map((id) => ({ id, title: words.field(id) }))}
                value={key}
                onChange={setField}
              />
              <Field label={w.value} help={w.valueHelp} value={value} onChange={setValue} maxLength={400} />
              {find.isError && <Trouble error={find.error} />}
              <div className="row">
                <Button className="button primary" type="submit" isPending={find.isPending} isDisabled={matter === ''}>
                  {w.find}
                </Button>
              </div>
            </form>
          ))}
        <form className="form" onSubmit={go}>
          <Field
            label={w.known}
            help={w.knownHelp}
            value={known}
            onChange={setKnown}
            maxLength={40}
            pattern="per_[0-9a-f]{32}"
          />
          <div className="row">
            <Button className="button" type="submit" isDisabled={matter === ''}>
              {w.go}
            </Button>
          </div>
        </form>
        {matter === '' && <p className="small soft">{w.caseFirst}</p>}
      </Section>
      {people && (
        <Section title={w.found(people.ids.length)} lead={find.data ? w.foundLogged : undefined}>
          {people.ids.length === 0 && <p>{w.nobody}</p>}
          {people.ids.map((person) => (
            <PersonLook key={`${person} ${people.reason.purpose}`} person={person} reason={people.reason} desk={desk} />
          ))}
        </Section>
      )}
    </>
  )
}

/** Chosen fields of one person, opened once. What was shown goes away with the page. */
function PersonLook({ person, reason, desk }: { person: string; reason: Reason; desk: Desk }) {
  const { t } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(desk.organisation.id)
  const notices = useNotices(desk.organisation.id)
  const [fields, setFields] = useState<readonly string[]>([])
  const w = t.provider.people
  const allowed = (notices.data ?? []).flatMap(({ content }) =>
    content.categories
      .filter(({ purposes }) => purposes.includes(reason.purpose))
      .flatMap((category) => category.fields.map(({ name }) => name)),
  )
  const look = useMutation({
    mutationFn: () =>
      call('look', { body: { person, purpose: reason.purpose, fields: [...fields], case: reason.case } }),
  })
  return (
    <article className="stack-tight looked-at">
      <h3>
        <code>{person}</code>
      </h3>
      <Choices
        label={w.which}
        options={[...new Set(allowed)].map((id) => ({ id, title: words.field(id) }))}
        value={fields}
        onChange={(chosen) => {
          setFields(chosen)
          look.reset()
        }}
      />
      <p className="small soft">{w.onlyNeeded}</p>
      {look.isError && <Trouble error={look.error} />}
      {look.data && (
        <>
          <Facts
            facts={Object.entries(look.data.fields).map(([name, value]) => ({ term: words.field(name), value }))}
          />
          <Box tone="mute">
            <p>{w.logged(words.purpose(reason.purpose), reason.case)}</p>
            <p className="small soft">
              {w.entry} <code>{look.data.receipt.entry}</code>
              {t.shell.comma}
              {format.moment(look.data.receipt.signedAt)}
            </p>
          </Box>
        </>
      )}
      <div className="row">
        {look.data ? (
          <Button className="button" onPress={() => look.reset()}>
            {t.person.held.hide}
          </Button>
        ) : (
          <Button
            className="button primary"
            aria-label={w.lookAt(person)}
            isPending={look.isPending}
            isDisabled={fields.length === 0}
            onPress={() => look.mutate()}
          >
            {w.look}
          </Button>
        )}
      </div>
    </article>
  )
}

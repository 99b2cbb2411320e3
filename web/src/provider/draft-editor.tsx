import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Choices, Field, LongField, Select, Tick } from '../ui/fields.tsx'
import { Icon } from '../ui/icons.tsx'
import { OfferView } from '../ui/offer.tsx'
import { Box, Chip, Section } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { save } from '../ui/save.ts'
import {
  type Both,
  blankCategory,
  blankField,
  blankPurpose,
  blankRecipient,
  both,
  type Category,
  type Draft,
  isDrawable,
  type Purpose,
  type Recipient,
  wireDraft,
} from './draft.ts'

const bases = ['consent', 'separate-consent', 'contract', 'legal-duty', 'vital-interest', 'public-task'] as const
const fieldKinds = ['text', 'name', 'resident-id', 'phone', 'email', 'bank-card', 'address', 'date', 'file'] as const
const slugPattern = '[a-z][a-z0-9\\-]{0,39}'
const signs = { widens: 'warn', narrows: 'good', same: 'mute' } as const

/** A draft, what it would change, and how people will see it, side by side with nothing hidden. Publishing is the last step. */
export function DraftEditor(props: { start: Draft; provider: string; done: () => void }) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const [draft, setDraft] = useState(props.start)
  const w = t.provider.draft
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part })
  const preview = useMutation({
    mutationFn: async () => {
      const body = wireDraft(draft)
      return { body, told: await call('previewNotice', { body }) }
    },
  })
  const publish = async (once: string) => {
    await call('publishNotice', { body: wireDraft(draft), once })
    await client.invalidateQueries({ queryKey: ['notices'] })
    props.done()
  }
  const check = (event: FormEvent) => {
    event.preventDefault()
    preview.mutate()
  }
  const { data } = preview
  const isChecked = data !== undefined && JSON.stringify(data.body) === JSON.stringify(wireDraft(draft))
  return (
    <form onSubmit={check}>
      <Section title={w.basics} lead={w.basicsLead}>
        <Files draft={draft} open={setDraft} />
        <div className="form wide-form">
          <Field
            label={w.slug}
            help={w.slugHelp}
            value={draft.slug}
            onChange={(slug) => set({ slug })}
            maxLength={40}
            pattern={slugPattern}
          />
          <BothFields label={w.title} value={draft.title} onChange={(title) => set({ title })} />
          <BothFields long label={w.contact} value={draft.contact} onChange={(contact) => set({ contact })} />
          <BothFields
            long
            label={w.manner}
            value={draft.manner ?? both}
            onChange={(manner) => set({ manner })}
            required={false}
          />
        </div>
      </Section>
      <Section title={t.notices.purposes} lead={w.purposesLead}>
        <Many
          items={draft.purposes}
          change={(purposes) => set({ purposes })}
          blank={blankPurpose}
          add={w.addPurpose}
          name={(purpose) => purpose.id}
        >
          {(purpose, change) => <PurposeFields purpose={purpose} change={change} />}
        </Many>
      </Section>
      <Section title={t.notices.categories} lead={w.categoriesLead}>
        <Many
          items={draft.categories}
          change={(categories) => set({ categories })}
          blank={blankCategory}
          add={w.addCategory}
          name={(category) => category.id}
        >
          {(category, change) => <CategoryFields category={category} change={change} purposes={draft.purposes} />}
        </Many>
      </Section>
      <Section title={t.notices.recipients} lead={w.recipientsLead}>
        <Many
          items={draft.recipients}
          change={(recipients) => set({ recipients })}
          blank={{ ...blankRecipient, purpose: draft.purposes[0]?.id ?? '' }}
          add={w.addRecipient}
          name={({ name }) => name.en}
          mayBeNone
        >
          {(recipient, change) => <RecipientFields recipient={recipient} change={change} purposes={draft.purposes} />}
        </Many>
        <AbroadAndMinors draft={draft} set={set} />
      </Section>
      <Section title={w.check} lead={w.checkLead}>
        {preview.isError && <Trouble error={preview.error} />}
        <div className="row">
          <Button className="button primary" type="submit" isPending={preview.isPending}>
            {w.checkButton}
          </Button>
          <Button className="button quiet" onPress={props.done}>
            {w.leave}
          </Button>
        </div>
        {data && !isChecked && <Box tone="warn">{w.changedSince}</Box>}
        {data && <Told told={data.told} />}
        {data && isDrawable(data.body) && (
          <>
            <h3>{w.asSeen}</h3>
            <OfferView offer={{ notice: { content: data.body } }} />
          </>
        )}
        {data && isChecked && data.told.problems.length === 0 && (
          <div className="row">
            <Confirm
              label={w.publish}
              tone="primary"
              title={w.publishTitle}
              body={w.publishBody(data.told.askedAnew)}
              confirm={w.publish}
              act={publish}
            />
          </div>
        )}
      </Section>
    </form>
  )
}

/** Contradictions, and what changes against the live version. */
function Told({ told }: { told: Awaited<ReturnType<typeof call<'previewNotice'>>> }) {
  const { t, language } = useSpeech()
  const w = t.provider.draft
  return (
    <>
      {told.problems.length > 0 && (
        <Box tone="bad" title={w.problems(told.problems.length)}>
          <ul className="plain-list">
            {told.problems.map(({ field, rule }) => (
              <li key={`${field} ${rule}`}>
                <code>{field.split('/').filter(Boolean).join(' → ')}</code> {rule}
              </li>
            ))}
          </ul>
        </Box>
      )}
      {told.live === null ? (
        <Box tone="mute">{w.first}</Box>
      ) : (
        <>
          <h3>{w.changes(told.live.version)}</h3>
          {told.changes.length === 0 && <p>{w.noChanges}</p>}
          <ul className="lines changes">
            {told.changes.map((change) => (
              <li key={change.path} className="line" data-kind={change.kind}>
                <p>{change[language]}</p>
                <Chip tone={signs[change.kind]}>{w.kinds[change.kind]}</Chip>
              </li>
            ))}
          </ul>
          {told.widens ? (
            <Box tone="warn">{w.widens(told.askedAnew)}</Box>
          ) : (
            told.changes.length > 0 && <Box tone="good">{w.narrows}</Box>
          )}
        </>
      )}
    </>
  )
}

/** A list of parts, each folded behind its name. */
function Many<T>(props: {
  items: readonly T[]
  change: (items: T[]) => void
  blank: T
  add: string
  name: (item: T) => string
  mayBeNone?: boolean
  children: (item: T, change: (part: Partial<T>) => void) => ReactNode
}) {
  const { t } = useSpeech()
  const w = t.provider.draft
  const { items, change } = props
  return (
    <div className="stack">
      {items.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no name of their own until they are given one
        <details key={at} className="part" open={props.name(item) === ''}>
          <summary>{props.name(item) || w.unnamed}</summary>
          <div className="form">
            {props.children(item, (part) =>
              change(items.map((one, place) => (place === at ? { ...one, ...part } : one))),
            )}
            {(items.length > 1 || props.mayBeNone) && (
              <div className="row">
                <Button
                  className="button quiet"
                  aria-label={w.removeOf(props.name(item) || w.unnamed)}
                  onPress={() => change(items.filter((_, place) => place !== at))}
                >
                  {w.remove}
                </Button>
              </div>
            )}
          </div>
        </details>
      ))}
      <div className="row">
        <Button className="button" onPress={() => change([...items, props.blank])}>
          {props.add}
        </Button>
      </div>
    </div>
  )
}

function BothFields(props: {
  label: string
  value: Both
  onChange: (value: Both) => void
  required?: boolean
  /** Sentences rather than a name. */
  long?: boolean
}) {
  const { t } = useSpeech()
  const { label, value, onChange } = props
  const required = props.required ?? true
  const size = { required, minLength: required ? 1 : 0, maxLength: 2000 }
  const Line = props.long ? LongField : Field
  return (
    <div className="both">
      <Line
        label={t.provider.draft.inEnglish(label)}
        value={value.en}
        onChange={(en) => onChange({ ...value, en })}
        {...size}
      />
      <Line
        label={t.provider.draft.inChinese(label)}
        value={value.zh}
        onChange={(zh) => onChange({ ...value, zh })}
        {...size}
      />
    </div>
  )
}

function Days(props: {
  label: string
  value: number | undefined
  onChange: (days: number | undefined) => void
  required: boolean
}) {
  return (
    <Field
      label={props.label}
      value={props.value ? String(props.value) : ''}
      onChange={(text) => props.onChange(/^\d{1,5}$/.test(text) ? Number(text) : undefined)}
      required={props.required}
      minLength={props.required ? 1 : 0}
      maxLength={5}
      pattern="[1-9][0-9]{0,4}"
    />
  )
}

function PurposeFields({ purpose, change }: { purpose: Purpose; change: (part: Partial<Purpose>) => void }) {
  const { t } = useSpeech()
  const w = t.provider.draft
  return (
    <>
      <Field
        label={w.id}
        help={w.idHelp}
        value={purpose.id}
        onChange={(id) => change({ id })}
        maxLength={40}
        pattern={slugPattern}
      />
      <BothFields label={w.title} value={purpose.title} onChange={(title) => change({ title })} />
      <Select
        label={t.notices.basis}
        options={bases.map((id) => ({ id, title: t.provider.notices.bases[id] }))}
        value={purpose.basis}
        onChange={(chosen) => {
          const basis = bases.find((one) => one === chosen)
          if (basis) change({ basis })
        }}
      />
      <Days
        label={w.keptDays}
        value={purpose.retentionDays}
        onChange={(days) => change({ retentionDays: days ?? 0 })}
        required
      />
      {(purpose.basis === 'consent' || purpose.basis === 'separate-consent') && (
        <Days
          label={w.consentDays}
          value={purpose.consentDays}
          // An absent member is one that is not said.
          onChange={(consentDays) => change({ consentDays } as Partial<Purpose>)}
          required={false}
        />
      )}
      <BothFields
        long
        label={w.machine}
        value={purpose.automatedDecision ?? both}
        onChange={(automatedDecision) => change({ automatedDecision })}
        required={false}
      />
    </>
  )
}

function CategoryFields(props: {
  category: Category
  change: (part: Partial<Category>) => void
  purposes: readonly Purpose[]
}) {
  const { t, language } = useSpeech()
  const w = t.provider.draft
  const { category, change } = props
  return (
    <>
      <Field
        label={w.id}
        help={w.idHelp}
        value={category.id}
        onChange={(id) => change({ id })}
        maxLength={40}
        pattern={slugPattern}
      />
      <BothFields label={w.title} value={category.title} onChange={(title) => change({ title })} />
      <Field
        label={t.notices.term}
        help={w.termHelp}
        value={category.term}
        onChange={(term) => change({ term })}
        pattern="[a-z][a-z0-9\-]*:[A-Za-z0-9\-]+"
      />
      <Tick label={w.sensitive} value={category.sensitive} onChange={(sensitive) => change({ sensitive })} />
      <Choices
        label={t.notices.usedFor}
        options={props.purposes.flatMap(({ id, title }) => (id === '' ? [] : [{ id, title: title[language] || id }]))}
        value={category.purposes}
        onChange={(purposes) => change({ purposes })}
      />
      <Many
        items={category.fields}
        change={(fields) => change({ fields })}
        blank={blankField}
        add={w.addField}
        name={({ name }) => name}
      >
        {(field, set) => (
          <>
            <Field
              label={w.fieldName}
              help={w.fieldNameHelp}
              value={field.name}
              onChange={(name) => set({ name })}
              maxLength={40}
              pattern="[a-z][A-Za-z0-9]{0,39}"
            />
            <BothFields label={w.title} value={field.title} onChange={(title) => set({ title })} />
            <Select
              label={w.kind}
              options={fieldKinds.map((id) => ({ id, title: w.fieldKinds[id] }))}
              value={field.kind ?? 'text'}
              onChange={(chosen) => {
                const kind = fieldKinds.find((one) => one === chosen)
                if (kind) set({ kind })
              }}
            />
            <Tick label={w.searchable} value={field.search ?? false} onChange={(search) => set({ search })} />
          </>
        )}
      </Many>
    </>
  )
}

function RecipientFields(props: {
  recipient: Recipient
  change: (part: Partial<Recipient>) => void
  purposes: readonly Purpose[]
}) {
  const { t, language } = useSpeech()
  const w = t.provider.draft
  const { recipient, change } = props
  const optional = { required: false, minLength: 0 }
  return (
    <>
      <BothFields label={w.title} value={recipient.name} onChange={(name) => change({ name })} />
      <Select
        label={t.notices.purpose}
        options={props.purposes.map(({ id, title }) => ({ id, title: title[language] || id }))}
        value={recipient.purpose}
        onChange={(purpose) => change({ purpose })}
      />
      <Field
        label={w.recipientSlug}
        help={w.recipientSlugHelp}
        value={recipient.slug ?? ''}
        onChange={(slug) => change({ slug })}
        maxLength={40}
        pattern={slugPattern}
        {...optional}
      />
      <Field
        label={t.provider.notices.country}
        help={w.countryHelp}
        value={recipient.country ?? ''}
        onChange={(country) => change({ country: country.toUpperCase() })}
        maxLength={2}
        pattern="[A-Z]{2}"
        {...optional}
      />
      <Field
        label={t.provider.notices.contract}
        value={recipient.contract ?? ''}
        onChange={(contract) => change({ contract })}
        maxLength={100}
        {...optional}
      />
    </>
  )
}

function AbroadAndMinors({ draft, set }: { draft: Draft; set: (part: Partial<Draft>) => void }) {
  const { t } = useSpeech()
  const w = t.provider.draft
  const abroad = draft.crossBorder
  const { minors } = draft
  return (
    <>
      <details className="part" open={abroad !== undefined}>
        <summary>{w.abroad}</summary>
        <div className="form">
          <Field
            label={w.countries}
            help={w.countriesHelp}
            value={abroad?.countries.join(' ') ?? ''}
            onChange={(text) =>
              set({
                crossBorder: {
                  safeguards: abroad?.safeguards ?? both,
                  countries: text
                    .toUpperCase()
                    .split(/[^A-Z]+/)
                    .filter(Boolean),
                },
              })
            }
            required={false}
            minLength={0}
            maxLength={150}
          />
          <BothFields
            long
            label={w.safeguards}
            value={abroad?.safeguards ?? both}
            onChange={(safeguards) => set({ crossBorder: { countries: abroad?.countries ?? [], safeguards } })}
            required={(abroad?.countries.length ?? 0) > 0}
          />
        </div>
      </details>
      <details className="part" open={minors !== undefined}>
        <summary>{w.minors}</summary>
        <div className="form">
          <Days
            label={w.guardianBelow}
            value={minors?.guardianBelow}
            onChange={(age) => set({ minors: { guardianBelow: age ?? 14, rule: minors?.rule ?? both } })}
            required={false}
          />
          <BothFields
            long
            label={w.minorsRule}
            value={minors?.rule ?? both}
            onChange={(rule) => set({ minors: { guardianBelow: minors?.guardianBelow ?? 14, rule } })}
            required={false}
          />
        </div>
      </details>
    </>
  )
}

/** A draft can be put away as a file, and a file from elsewhere taken up: it is what the API and the command line use. */
function Files({ draft: current, open }: { draft: Draft; open: (draft: Draft) => void }) {
  const { t } = useSpeech()
  const w = t.provider.draft
  const input = useRef<HTMLInputElement>(null)
  const [failed, setFailed] = useState(false)
  const [text, setText] = useState<string>()
  const read = (json: string) => {
    try {
      const value: unknown = JSON.parse(json)
      const isDraft = typeof value === 'object' && value !== null && 'purposes' in value && 'categories' in value
      setFailed(!isDraft)
      // Its shape is checked by the server with the preview; what is missing shows in the form.
      if (isDraft) {
        const draft = value as Draft
        open({ ...draft, recipients: draft.recipients ?? [] })
        setText(undefined)
      }
    } catch {
      setFailed(true)
    }
  }
  return (
    <div className="stack-tight">
      <div className="row">
        <Button
          className="button"
          onPress={() => save(`${JSON.stringify(wireDraft(current), null, 2)}\n`, `${current.slug || 'notice'}.json`)}
        >
          <Icon name="save" />
          {w.saveFile}
        </Button>
        <Button className="button" onPress={() => input.current?.click()}>
          {w.openFile}
        </Button>
        <Button
          className="button quiet"
          aria-expanded={text !== undefined}
          onPress={() => setText(text === undefined ? JSON.stringify(wireDraft(current), null, 2) : undefined)}
        >
          {w.asText}
        </Button>
        <input
          ref={input}
          type="file"
          accept="application/json,.json"
          hidden
          aria-label={w.openFile}
          onChange={(event) => void event.target.files?.[0]?.text().then(read)}
        />
      </div>
      {failed && <Box tone="bad">{w.notADraft}</Box>}
      {text !== undefined && (
        <div className="stack-tight">
          <LongField label={w.text} value={text} onChange={setText} maxLength={200_000} rows={12} />
          <div className="row">
            <Button className="button" onPress={() => read(text)}>
              {w.takeText}
            </Button>
          </div>
        </div>
      )}
    </div>
  )
}

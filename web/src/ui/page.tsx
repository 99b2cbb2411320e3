import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useSpeech } from '../i18n/index.tsx'
import { Icon, Seal } from './icons.tsx'

let lastPath: string | undefined

/** A page of the portal: sets the title, and after a change of page lets the reader start at its heading. */
export function Page(props: { title: string; lead?: ReactNode; eyebrow?: ReactNode; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // Not on arrival, and not when the same page merely has its answer.
    if (lastPath !== undefined && lastPath !== location.pathname) heading.current?.focus()
    lastPath = location.pathname
  }, [])
  useEffect(() => {
    document.title = `${props.title} · Bailee`
  }, [props.title])
  return (
    <>
      <header className="page-head">
        {props.eyebrow && <p className="eyebrow">{props.eyebrow}</p>}
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.lead && <p className="lead">{props.lead}</p>}
      </header>
      {props.children}
    </>
  )
}

export function Section(props: {
  title: string
  id?: string
  lead?: ReactNode
  aside?: ReactNode
  children: ReactNode
}) {
  const made = useId()
  const id = props.id ?? made
  return (
    <section className="section" aria-labelledby={`${id}-title`} id={id}>
      <header>
        <h2 id={`${id}-title`}>{props.title}</h2>
        {props.lead && <p>{props.lead}</p>}
        {props.aside}
      </header>
      <div>{props.children}</div>
    </section>
  )
}

export type Tone = 'good' | 'bad' | 'warn' | 'mute'
const signOf = { good: 'tick', bad: 'cross', warn: 'warn', mute: 'info' } as const

/** Something that must be noticed. `bad` and `warn` are announced at once. */
export function Box(props: { tone: Tone; title?: string; children?: ReactNode; announce?: boolean }) {
  const urgent = props.tone === 'bad' || props.tone === 'warn'
  const announced = props.announce === false ? {} : { role: urgent ? 'alert' : 'status' }
  return (
    <div className={`notice-box ${props.tone}`} {...announced}>
      <Icon name={signOf[props.tone]} />
      <div>
        {props.title && <strong>{props.title}</strong>}
        {props.children}
      </div>
    </div>
  )
}

export function Chip(props: { tone: Tone; icon?: Parameters<typeof Icon>[0]['name']; children: ReactNode }) {
  return (
    <span className={`chip ${props.tone}`}>
      <Icon name={props.icon ?? signOf[props.tone]} />
      {props.children}
    </span>
  )
}

export function Waiting({ children }: { children?: ReactNode }) {
  const { t } = useSpeech()
  return (
    <p className="waiting" role="status">
      <Seal />
      {children ?? t.shell.loading}…
    </p>
  )
}

export interface Fact {
  readonly term: ReactNode
  readonly value: ReactNode
}
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(({ term, value }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is fixed for as long as it is shown
        <div key={at}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export interface Column<T> {
  readonly title: string
  readonly cell: (row: T) => ReactNode
}
/** CSS that changes `display` takes the native roles away in some browsers, so they are named again. */
const role = {
  table: { role: 'table' },
  rowgroup: { role: 'rowgroup' },
  row: { role: 'row' },
  columnheader: { role: 'columnheader' },
  cell: { role: 'cell' },
} as const

/** A table at a desk, cards on a phone. */
export function Table<T>(props: {
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  keyOf: (row: T) => string
}) {
  return (
    <table className="table" aria-label={props.label} {...role.table}>
      <thead {...role.rowgroup}>
        <tr {...role.row}>
          {props.columns.map(({ title }) => (
            <th key={title} scope="col" {...role.columnheader}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody {...role.rowgroup}>
        {props.rows.map((row) => (
          <tr key={props.keyOf(row)} {...role.row}>
            {props.columns.map(({ title, cell }) => (
              <td key={title} data-label={title} {...role.cell}>
                <div>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

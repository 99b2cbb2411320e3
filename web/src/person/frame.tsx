import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { spendArrival, useArrival } from '../arrivals.ts'
import { useSpeech } from '../i18n/index.tsx'
import { sessionKey, useSession } from '../session.ts'
import { Box, Page, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import './person.css'
import type { Visit } from './visit.ts'

/** Every page of the person: lets in whoever came with a link, says who holds the information, and leads to the other pages. */
export function PersonFrame(props: {
  title?: string
  lead?: ReactNode
  /** Shorter ways inside this page. */
  contents?: readonly { readonly id: string; readonly title: string }[]
  children: (visit: Visit) => ReactNode
}) {
  const { t } = useSpeech()
  const token = useArrival('/person')
  const client = useQueryClient()
  const enter = useMutation({
    mutationFn: (arrived: string) => call('openPersonSession', { body: { token: arrived } }),
    onSettled: () => spendArrival(),
    onSuccess: () => client.resetQueries(),
  })
  const { mutate } = enter
  useEffect(() => {
    if (token !== undefined) mutate(token)
  }, [token, mutate])
  const session = useSession(token === undefined && !enter.isPending)

  if (token !== undefined || enter.isPending)
    return (
      <Page title={t.person.title}>
        <Waiting>{t.person.entering}</Waiting>
      </Page>
    )
  if (enter.isError)
    return (
      <Page title={t.person.title}>
        <Trouble error={enter.error} />
        <NoSession />
      </Page>
    )
  if (session.isError)
    return (
      <Page title={t.person.title}>
        <Trouble error={session.error} retry={() => void session.refetch()} />
      </Page>
    )
  if (!session.data)
    return (
      <Page title={t.person.title}>
        <Waiting />
      </Page>
    )
  const { kind, id, organisation } = session.data
  if (kind !== 'person' || id === null || organisation === null)
    return (
      <Page title={t.person.title} lead={t.person.noSession}>
        {kind === 'staff' && <Box tone="mute">{t.person.staffHere}</Box>}
        <NoSession />
      </Page>
    )
  return <VisitPage visit={{ person: id, provider: organisation }} {...props} />
}

function NoSession() {
  const { t } = useSpeech()
  return (
    <Section title={t.person.howTitle}>
      <ol className="how">
        {t.person.how.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </Section>
  )
}

function VisitPage({
  visit,
  title,
  lead,
  contents = [],
  children,
}: Parameters<typeof PersonFrame>[0] & { visit: Visit }) {
  const { t, language } = useSpeech()
  const client = useQueryClient()
  const [left, setLeft] = useState(false)
  const leave = useMutation({
    mutationFn: () => call('signOut', { body: {} }),
    onSuccess: () => {
      setLeft(true)
      client.clear()
      void client.invalidateQueries({ queryKey: sessionKey })
    },
  })
  if (left)
    return (
      <Page title={t.person.title}>
        <Box tone="good">{t.person.left}</Box>
      </Page>
    )
  const heldBy = t.person.heldBy(visit.provider.name[language])
  return (
    <Page title={title ?? t.person.title} eyebrow={title ? heldBy : undefined} lead={lead ?? heldBy}>
      <nav className="pages" aria-label={t.person.pages.title}>
        <ul>
          <li>
            <Link to="/person" activeOptions={{ exact: true }}>
              {t.person.pages.known}
            </Link>
          </li>
          <li>
            <Link to="/person/permissions">{t.person.pages.permissions}</Link>
          </li>
          <li>
            <Link to="/person/demands">{t.person.pages.demands}</Link>
          </li>
          <li>
            <Link to="/person/leave">{t.person.pages.leave}</Link>
          </li>
        </ul>
        <Button className="button quiet" onPress={() => leave.mutate()}>
          {t.person.leave}
        </Button>
      </nav>
      {leave.isError && <Trouble error={leave.error} />}
      {contents.length > 1 && (
        <nav className="contents" aria-label={t.person.contents}>
          <ul>
            {contents.map(({ id, title: name }) => (
              <li key={id}>
                <a href={`#${id}`}>{name}</a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {children(visit)}
    </Page>
  )
}

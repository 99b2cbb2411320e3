import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { spendArrival, useArrival } from '../arrivals.ts'
import { useSpeech } from '../i18n/index.tsx'
import { sessionKey, useSession } from '../session.ts'
import { Box, Page, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { Can } from './can.tsx'
import { Held } from './held.tsx'
import { Looked } from './looked.tsx'
import './person.css'
import type { Visit } from './visit.ts'
import { Whole } from './whole.tsx'

/** What is known about me, who looked, why, what can I do now. */
export function PersonPage() {
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
  return <VisitPage visit={{ person: id, provider: organisation }} />
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

function VisitPage({ visit }: { visit: Visit }) {
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
  return (
    <Page title={t.person.title} lead={t.person.heldBy(visit.provider.name[language])}>
      <nav className="contents" aria-label={t.person.contents}>
        <ul>
          <li>
            <a href="#held">{t.person.held.title}</a>
          </li>
          <li>
            <a href="#looked">{t.person.looked.title}</a>
          </li>
          <li>
            <a href="#can">{t.person.can.title}</a>
          </li>
          <li>
            <a href="#whole">{t.person.whole.title}</a>
          </li>
        </ul>
        <Button className="button quiet" onPress={() => leave.mutate()}>
          {t.person.leave}
        </Button>
      </nav>
      {leave.isError && <Trouble error={leave.error} />}
      <Held visit={visit} />
      <Looked visit={visit} />
      <Can visit={visit} />
      <Whole />
    </Page>
  )
}

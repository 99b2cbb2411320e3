import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { sessionKey, useSession } from '../session.ts'
import { Box, Page, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { signIn } from './passkeys.ts'
import './provider.css'
import { PasskeysMissing, PasskeyTrouble } from './trouble.tsx'

type Ability = Reply<'whoAmI'>['abilities'][number]
/** Who works here, and what they may do. */
export interface Desk extends Reply<'whoAmI'> {
  readonly organisation: NonNullable<Reply<'whoAmI'>['organisation']>
  may(ability: Ability): boolean
}
const pages = [
  { to: '/provider', words: 'desk' },
  { to: '/provider/demands', words: 'demands', ability: 'consent' },
  { to: '/provider/people', words: 'people', ability: 'look' },
  { to: '/provider/notices', words: 'notices' },
  { to: '/provider/team', words: 'team', ability: 'administer' },
  { to: '/provider/keys', words: 'keys', ability: 'administer' },
] as const

/** Every page of the provider: lets staff in with a passkey, and leads to the pages that they may use. */
export function ProviderFrame(props: { title?: string; lead?: ReactNode; children: (desk: Desk) => ReactNode }) {
  const { t, language } = useSpeech()
  const client = useQueryClient()
  const session = useSession()
  const leave = useMutation({
    mutationFn: () => call('signOut', { body: {} }),
    onSuccess: async () => {
      // The session first, so that the desk is gone before anything on it is asked for again.
      await client.resetQueries({ queryKey: sessionKey })
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] })
    },
  })
  if (session.isPending)
    return (
      <Page title={t.provider.title}>
        <Waiting />
      </Page>
    )
  if (session.isError)
    return (
      <Page title={t.provider.title}>
        <Trouble error={session.error} retry={() => void session.refetch()} />
      </Page>
    )
  const { data } = session
  if (data.kind !== 'staff' || data.organisation === null) return <SignIn session={data} />
  const may = (ability: Ability) => data.abilities.includes(ability)
  const desk: Desk = { ...data, organisation: data.organisation, may }
  const name = desk.organisation.name[language]
  return (
    <Page title={props.title ?? name} eyebrow={props.title ? name : t.provider.title} lead={props.lead}>
      <nav className="pages" aria-label={t.provider.pages.title}>
        <ul>
          {pages
            .filter((page) => !('ability' in page) || may(page.ability))
            .map(({ to, words }) => (
              <li key={to}>
                <Link to={to} activeOptions={{ exact: true }}>
                  {t.provider.pages[words]}
                </Link>
              </li>
            ))}
        </ul>
        <Button className="button quiet" onPress={() => leave.mutate()}>
          {t.provider.signOut}
        </Button>
      </nav>
      {leave.isError && <Trouble error={leave.error} />}
      {props.children(desk)}
    </Page>
  )
}

function SignIn({ session }: { session: Reply<'whoAmI'> }) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const enter = useMutation({ mutationFn: signIn, onSuccess: () => client.resetQueries() })
  return (
    <Page title={t.provider.title} lead={t.provider.signInLead}>
      {session.setupNeeded && <Box tone="warn">{t.provider.setupHint}</Box>}
      {session.kind === 'person' && <Box tone="mute">{t.provider.personHere}</Box>}
      <Section title={t.provider.signInTitle}>
        <PasskeysMissing />
        {enter.isError && <PasskeyTrouble error={enter.error} />}
        <div className="row">
          <Button className="button primary" isPending={enter.isPending} onPress={() => enter.mutate()}>
            {t.provider.signIn}
          </Button>
        </div>
      </Section>
    </Page>
  )
}

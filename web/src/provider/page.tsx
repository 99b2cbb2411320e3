import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'react-aria-components/Button'
import { call, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { sessionKey, useSession } from '../session.ts'
import { useNoticeWords } from '../ui/notice-words.ts'
import { Box, Facts, Page, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { ApprovalsSection } from './approvals.tsx'
import { ClientsSection } from './clients.tsx'
import { InviteSection } from './invite.tsx'
import { OwnNoticesSection } from './own-notices.tsx'
import { signIn } from './passkeys.ts'
import './provider.css'
import { PasskeysMissing, PasskeyTrouble } from './trouble.tsx'

type Desk = Reply<'whoAmI'>

export function ProviderPage() {
  const { t, language } = useSpeech()
  const client = useQueryClient()
  const session = useSession()
  const words = useNoticeWords(session.data?.organisation?.id)
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
  const desk = session.data
  if (desk.kind !== 'staff') return <SignIn desk={desk} />
  const may = (ability: Desk['abilities'][number]) => desk.abilities.includes(ability)
  const none = t.provider.desk.none
  return (
    <Page title={desk.organisation?.name[language] ?? t.provider.title} eyebrow={t.provider.title}>
      <Section title={t.provider.desk.who}>
        <Facts
          facts={[
            { term: t.provider.desk.who, value: desk.displayName ?? desk.id },
            {
              term: t.provider.desk.abilities,
              value: desk.abilities.map((one) => t.provider.abilities[one]).join(' · ') || none,
            },
            { term: t.provider.desk.purposes, value: desk.purposes.map(words.purpose).join(' · ') || none },
          ]}
        />
        <div className="row">
          <Button className="button" onPress={() => leave.mutate()}>
            {t.provider.signOut}
          </Button>
        </div>
        {leave.isError && <Trouble error={leave.error} />}
      </Section>
      {may('approve') && <ApprovalsSection me={desk.id} />}
      {desk.organisation && <OwnNoticesSection provider={desk.organisation.id} />}
      {may('administer') && desk.organisation && <ClientsSection provider={desk.organisation.id} />}
      {may('administer') && desk.organisation && <InviteSection provider={desk.organisation.id} />}
    </Page>
  )
}

function SignIn({ desk }: { desk: Desk }) {
  const { t } = useSpeech()
  const client = useQueryClient()
  const enter = useMutation({ mutationFn: signIn, onSuccess: () => client.resetQueries() })
  return (
    <Page title={t.provider.title} lead={t.provider.signInLead}>
      {desk.setupNeeded && <Box tone="warn">{t.provider.setupHint}</Box>}
      {desk.kind === 'person' && <Box tone="mute">{t.provider.personHere}</Box>}
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

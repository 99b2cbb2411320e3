import { useSpeech } from '../i18n/index.tsx'
import { useNoticeWords } from '../ui/notice-words.ts'
import { Facts, Section } from '../ui/page.tsx'
import { ApprovalsSection } from './approvals.tsx'
import { DueSection } from './due.tsx'
import { type Desk, ProviderFrame } from './frame.tsx'

/** Today’s work: what is due, what waits for a second person, and who I am here. */
export function ProviderPage() {
  return (
    <ProviderFrame>
      {(desk) => (
        <>
          {desk.may('consent') && <DueSection provider={desk.organisation.id} />}
          {desk.may('approve') && <ApprovalsSection me={desk.id} />}
          <WhoSection desk={desk} />
        </>
      )}
    </ProviderFrame>
  )
}

function WhoSection({ desk }: { desk: Desk }) {
  const { t } = useSpeech()
  const words = useNoticeWords(desk.organisation.id)
  const none = t.provider.desk.none
  return (
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
    </Section>
  )
}

import { useSpeech } from '../i18n/index.tsx'
import { ActsSection } from './acts.tsx'
import { ClientsSection } from './clients.tsx'
import { ProviderFrame } from './frame.tsx'
import { InviteSection } from './invite.tsx'

/** Machine keys, colleagues, and what they did. */
export function TeamPage() {
  const { t } = useSpeech()
  return (
    <ProviderFrame title={t.provider.pages.team}>
      {({ organisation, may }) =>
        may('administer') && (
          <>
            <ClientsSection provider={organisation.id} />
            <InviteSection provider={organisation.id} />
            <ActsSection provider={organisation.id} />
          </>
        )
      }
    </ProviderFrame>
  )
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'react-aria-components/Button'
import { spendArrival, useArrival } from '../arrivals.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Box, Page } from '../ui/page.tsx'
import { join } from './passkeys.ts'
import { PasskeysMissing, PasskeyTrouble } from './trouble.tsx'

/** An invited colleague makes their passkey. */
export function JoinPage() {
  const { t } = useSpeech()
  const invitation = useArrival('/provider/join')
  const navigate = useNavigate()
  const client = useQueryClient()
  const enter = useMutation({
    mutationFn: () => join(invitation ?? ''),
    onSuccess: async () => {
      spendArrival()
      await client.resetQueries()
      await navigate({ to: '/provider' })
    },
  })
  return (
    <Page title={t.provider.join.title} lead={t.provider.join.lead}>
      {invitation === undefined ? (
        <Box tone="mute">{t.provider.join.noToken}</Box>
      ) : (
        <div className="stack">
          <PasskeysMissing />
          {enter.isError && <PasskeyTrouble error={enter.error} />}
          <div className="row">
            <Button className="button primary" isPending={enter.isPending} onPress={() => enter.mutate()}>
              {t.provider.join.submit}
            </Button>
          </div>
        </div>
      )}
    </Page>
  )
}

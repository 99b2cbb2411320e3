import { useSpeech } from '../i18n/index.tsx'
import { Box } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { PasskeyCancelled } from './passkeys.ts'

/** As elsewhere, but a passkey dialog that was closed is no error of the server. */
export function PasskeyTrouble({ error }: { error: unknown }) {
  const { t } = useSpeech()
  if (error instanceof PasskeyCancelled) return <Box tone="warn">{t.provider.cancelled}</Box>
  return <Trouble error={error} />
}

export function PasskeysMissing() {
  const { t } = useSpeech()
  return 'PublicKeyCredential' in globalThis ? null : <Box tone="warn">{t.provider.noPasskeys}</Box>
}

import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { useFormat } from '../ui/format.ts'
import { Box } from '../ui/page.tsx'
import type { Trust } from './trust.ts'

/** Loud when the server names other keys than before, silent otherwise. */
export function TrustWarning({ trust, vkeys, policy }: { trust: Trust; vkeys: readonly string[]; policy: string }) {
  const { t } = useSpeech()
  if (trust.changes.length === 0) return null
  const grave = trust.changes.some((change) => change !== 'witnesses')
  const onlyWitnesses = !grave
  return (
    <Box tone={grave ? 'bad' : 'warn'} title={t.trust.changedTitle}>
      {trust.changes.includes('origin') && <p>{t.trust.changedOrigin}</p>}
      {trust.changes.includes('keys') && <p>{t.trust.changedKeys}</p>}
      {onlyWitnesses && <p>{t.trust.changedWitnesses}</p>}
      <p>{t.trust.whatToDo}</p>
      <p className="small">{t.trust.old}</p>
      <Policy text={onlyWitnesses ? trust.pin.policy : trust.pin.vkeys.map(shortKey).join('\n')} />
      <p className="small">{t.trust.now}</p>
      <Policy text={onlyWitnesses ? policy : vkeys.map(shortKey).join('\n')} />
      <div>
        <Confirm
          label={t.trust.accept}
          title={t.trust.acceptTitle}
          body={t.trust.acceptBody}
          confirm={t.trust.accept}
          act={async () => trust.accept()}
        />
      </div>
    </Box>
  )
}

/** The first use of “trust on first use”, said plainly. */
export function TrustNote({ trust }: { trust: Trust }) {
  const { t } = useSpeech()
  const format = useFormat()
  return (
    <details className="small">
      <summary>{t.trust.title}</summary>
      <div className="stack">
        <p>{trust.lasting ? t.trust.first(format.day(trust.pin.pinnedAt)) : t.trust.volatile}</p>
        <Policy text={trust.pin.vkeys.map(shortKey).join('\n')} />
        <details>
          <summary>{t.trust.policy}</summary>
          <Policy text={trust.pin.policy} />
        </details>
      </div>
    </details>
  )
}

function Policy({ text }: { text: string }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  return <pre tabIndex={0}>{text}</pre>
}

/** name+hash+key, the key shortened: an ML-DSA key has 1750 letters. */
function shortKey(vkey: string): string {
  return vkey.length > 120 ? `${vkey.slice(0, 72)}…${vkey.slice(-16)}` : vkey
}

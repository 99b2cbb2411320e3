import { useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { useSpeech } from '../i18n/index.tsx'
import { Icon } from './icons.tsx'

/** Base64 or hex, shortened in the middle; the whole is a press away. `what` says what is copied. */
export function Hash({ value, what, keep = 10 }: { value: string; what: string; keep?: number }) {
  const short = value.length > 2 * keep + 3 ? `${value.slice(0, keep)}…${value.slice(-keep)}` : value
  return (
    <span className="hash">
      <code>{short}</code>
      <Copy text={value} what={what} />
    </span>
  )
}

/** Where the browser refuses (no https), the whole text is shown so that it can be taken by hand. */
export function Copy({ text, what }: { text: string; what: string }) {
  const { t } = useSpeech()
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setState('copied')
      setTimeout(() => setState('idle'), 2000)
    } catch {
      setState('failed')
    }
  }
  return (
    <>
      <Button className="copy" aria-label={t.shell.copy(what)} onPress={() => void copy()}>
        <Icon name={state === 'copied' ? 'tick' : 'copy'} />
      </Button>
      <span className="visually-hidden" role="status">
        {state === 'copied' ? t.shell.copied : ''}
      </span>
      {state === 'failed' && (
        <span className="small" role="alert">
          {t.shell.copyFailed} <code>{text}</code>
        </span>
      )}
    </>
  )
}

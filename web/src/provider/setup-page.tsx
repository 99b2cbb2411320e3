import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { spendArrival, useArrival } from '../arrivals.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Field } from '../ui/fields.tsx'
import { Box, Page } from '../ui/page.tsx'
import { setUp } from './passkeys.ts'
import { PasskeysMissing, PasskeyTrouble } from './trouble.tsx'

/** The first organisation and its first administrator, from the one-time link. */
export function SetupPage() {
  const { t } = useSpeech()
  const token = useArrival('/provider/setup')
  const navigate = useNavigate()
  const client = useQueryClient()
  const [en, setEn] = useState('')
  const [zh, setZh] = useState('')
  const [name, setName] = useState('')
  const finish = useMutation({
    mutationFn: () => setUp(token ?? '', { en, zh }, name),
    onSuccess: async () => {
      spendArrival()
      await client.resetQueries()
      await navigate({ to: '/provider' })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    finish.mutate()
  }
  return (
    <Page title={t.provider.setup.title} lead={t.provider.setup.lead}>
      {token === undefined ? (
        <Box tone="mute">{t.provider.setup.noToken}</Box>
      ) : (
        <form className="form" onSubmit={submit}>
          <PasskeysMissing />
          <Field label={t.provider.setup.nameEn} value={en} onChange={setEn} maxLength={200} />
          <Field label={t.provider.setup.nameZh} value={zh} onChange={setZh} maxLength={200} />
          <Field
            label={t.provider.setup.yourName}
            help={t.provider.setup.yourNameHelp}
            value={name}
            onChange={setName}
            autoComplete="name"
          />
          {finish.isError && <PasskeyTrouble error={finish.error} />}
          <div className="row">
            <Button className="button primary" type="submit" isPending={finish.isPending}>
              {t.provider.setup.submit}
            </Button>
          </div>
        </form>
      )}
    </Page>
  )
}

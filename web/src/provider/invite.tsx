import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, newOnceKey } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Field } from '../ui/fields.tsx'
import { useFormat } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { noPowers, PowersFields } from './powers.tsx'
import { ShownOnce } from './shown-once.tsx'

export function InviteSection({ provider }: { provider: string }) {
  const { t } = useSpeech()
  const format = useFormat()
  const [name, setName] = useState('')
  const [powers, setPowers] = useState(noPowers)
  const [approval, setApproval] = useState('')
  const [once, setOnce] = useState(newOnceKey)
  const invite = useMutation({
    mutationFn: () =>
      call('inviteStaff', {
        body: {
          displayName: name,
          abilities: [...powers.abilities],
          purposes: [...powers.purposes],
          ...(approval === '' ? {} : { approval }),
        },
        once,
      }),
    onSuccess: () => {
      setName('')
      setPowers(noPowers)
      setApproval('')
    },
    onSettled: () => setOnce(newOnceKey()),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    invite.mutate()
  }
  const { data } = invite
  return (
    <Section title={t.provider.staff.title} lead={t.provider.staff.lead}>
      {data ? (
        <ShownOnce
          title={t.provider.staff.linkTitle}
          help={t.provider.staff.linkHelp(format.moment(data.expiresAt))}
          value={`${location.origin}/provider/join#token=${data.invitation}`}
          what={t.provider.staff.link}
          stored={t.provider.staff.stored}
          done={() => invite.reset()}
        />
      ) : (
        <form className="form" onSubmit={submit}>
          <Field label={t.provider.staff.name} value={name} onChange={setName} />
          <PowersFields
            provider={provider}
            abilitiesLabel={t.provider.staff.abilities}
            purposesLabel={t.provider.staff.purposes}
            value={powers}
            onChange={setPowers}
          />
          <Field
            label={t.provider.staff.approval}
            help={t.provider.staff.approvalHelp}
            value={approval}
            onChange={setApproval}
            required={false}
            minLength={0}
            pattern="apr_[0-9a-f]{32}"
          />
          {invite.isError && <Trouble error={invite.error} />}
          <div className="row">
            <Button className="button primary" type="submit" isPending={invite.isPending}>
              {t.provider.staff.submit}
            </Button>
          </div>
        </form>
      )}
    </Section>
  )
}

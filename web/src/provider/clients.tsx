import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, newOnceKey } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Field } from '../ui/fields.tsx'
import { useFormat } from '../ui/format.ts'
import { Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { noPowers, PowersFields } from './powers.tsx'
import { ShownOnce } from './shown-once.tsx'

const clientsKey = ['clients']

/** Machine keys: made, shown once, revoked. */
export function ClientsSection({ provider }: { provider: string }) {
  const { t } = useSpeech()
  const format = useFormat()
  const queries = useQueryClient()
  const clients = useQuery({ queryKey: clientsKey, queryFn: () => call('listClients', {}) })
  const revoke = async (client: string, once: string) => {
    await call('revokeClient', { body: { client }, once })
    await queries.invalidateQueries({ queryKey: clientsKey })
  }
  return (
    <Section title={t.provider.clients.title} lead={t.provider.clients.lead}>
      {clients.isPending && <Waiting />}
      {clients.isError && <Trouble error={clients.error} retry={() => void clients.refetch()} />}
      {clients.data?.items.length === 0 && <p>{t.provider.clients.none}</p>}
      <ul className="lines">
        {clients.data?.items.map(({ id, name, abilities, purposes, createdAt, revokedAt }) => (
          <li key={id} className="line">
            <div className="stack-tight">
              <h3>{name}</h3>
              <p className="small">
                {abilities.map((one) => t.provider.abilities[one]).join(' · ')}
                {purposes.length > 0 && <span className="soft"> ({purposes.join(', ')})</span>}
              </p>
              <p className="small soft">
                <code>{id}</code>{' '}
                {revokedAt === null
                  ? t.provider.clients.made(format.day(createdAt))
                  : t.provider.clients.revoked(format.day(revokedAt))}
              </p>
            </div>
            {revokedAt === null && (
              <Confirm
                label={t.provider.clients.revoke}
                accessibleLabel={t.provider.clients.revokeFor(name)}
                title={t.provider.clients.revokeTitle(name)}
                body={t.provider.clients.revokeBody}
                confirm={t.provider.clients.revoke}
                act={(once) => revoke(id, once)}
              />
            )}
          </li>
        ))}
      </ul>
      <details>
        <summary>{t.provider.clients.create}</summary>
        <NewClient provider={provider} />
      </details>
    </Section>
  )
}

function NewClient({ provider }: { provider: string }) {
  const { t } = useSpeech()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [powers, setPowers] = useState(noPowers)
  const [once, setOnce] = useState(newOnceKey)
  const make = useMutation({
    mutationFn: () =>
      call('createClient', {
        body: { name, abilities: [...powers.abilities], purposes: [...powers.purposes] },
        once,
      }),
    onSuccess: async () => {
      setName('')
      setPowers(noPowers)
      await queries.invalidateQueries({ queryKey: clientsKey })
    },
    // A changed form is another act; the same form sent again is the same one.
    onSettled: () => setOnce(newOnceKey()),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  if (make.data)
    return (
      <ShownOnce
        title={t.provider.clients.keyTitle}
        help={t.provider.clients.keyHelp}
        value={make.data.key}
        what={t.provider.key}
        stored={t.provider.clients.stored}
        done={() => make.reset()}
      />
    )
  return (
    <form className="form" onSubmit={submit}>
      <Field label={t.provider.clients.name} value={name} onChange={setName} />
      <PowersFields
        provider={provider}
        abilitiesLabel={t.provider.clients.abilities}
        purposesLabel={t.provider.clients.purposes}
        value={powers}
        onChange={setPowers}
      />
      {make.isError && <Trouble error={make.error} />}
      <div className="row">
        <Button className="button primary" type="submit" isPending={make.isPending}>
          {t.provider.clients.submit}
        </Button>
      </div>
    </form>
  )
}

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { useFormat } from '../ui/format.ts'
import { useNoticeWords } from '../ui/notice-words.ts'
import { Box, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { refreshSoon } from './entries.ts'
import type { Visit } from './visit.ts'

const grantsKey = ['my-grants']
type Grant = Reply<'listGrants'>['items'][number]

/** The live purposes, each with its way out, and the way out of everything. */
export function Can({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(visit.provider.id)
  const client = useQueryClient()
  const { person } = visit
  const grants = useQuery({ queryKey: grantsKey, queryFn: () => call('listGrants', { body: { person } }) })
  const [done, setDone] = useState<string>()
  const [erased, setErased] = useState<Reply<'erase'>>()

  const withdraw = async (purpose: string, once: string) => {
    const { destroyed } = await call('withdrawConsent', { body: { person, purpose }, once })
    setDone(t.person.can.withdrawn(words.purpose(purpose), destroyed))
    await client.invalidateQueries({ queryKey: grantsKey })
    refreshSoon(client)
  }
  const erase = async (once: string) => {
    setErased(await call('erase', { body: { person }, once }))
    setDone(undefined)
    await client.invalidateQueries({ queryKey: grantsKey })
    refreshSoon(client)
  }
  // The person’s own access is a grant as well; it is not for sale and cannot be withdrawn from oneself.
  const purposes = byPurpose((grants.data?.items ?? []).filter(({ purpose }) => purpose !== 'self'))
  return (
    <Section id="can" title={t.person.can.title} lead={t.person.can.lead}>
      {done && <Box tone="good">{done}</Box>}
      {grants.isPending && <Waiting />}
      {grants.isError && !erased && <Trouble error={grants.error} retry={() => void grants.refetch()} />}
      {grants.data && purposes.length === 0 && !erased && <p>{t.person.can.none}</p>}
      {!erased && (
        <ul className="purposes">
          {purposes.map(({ purpose, basis, since, categories }) => (
            <li key={purpose} className="purpose">
              <div className="stack-tight">
                <h3>{words.purpose(purpose)}</h3>
                <p className="small soft">
                  {t.person.can.basis[basis]}
                  {t.shell.comma}
                  {t.person.can.since(format.day(since))}
                  <br />
                  {t.person.can.covers(format.list(categories.map(words.category)))}
                </p>
              </div>
              {/* Only consent is given, so only consent is taken back; a contract or a duty ends otherwise. */}
              {basis === 'consent' && (
                <Confirm
                  label={t.person.can.withdraw}
                  accessibleLabel={t.person.can.withdrawFor(words.purpose(purpose))}
                  title={t.person.can.confirmTitle(words.purpose(purpose))}
                  body={t.person.can.confirmBody}
                  confirm={t.person.can.confirm}
                  act={(once) => withdraw(purpose, once)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="erase">
        <div className="stack-tight">
          <h3>{t.person.can.eraseTitle}</h3>
          {erased ? (
            <Box tone="good">
              <p>{t.person.can.erased(erased.drawers, erased.keys)}</p>
              <p>{t.person.can.erasedUntil(format.day(erased.unrecoverableAfter.at))}</p>
            </Box>
          ) : (
            <p className="small soft">{t.person.can.eraseLead}</p>
          )}
        </div>
        {!erased && (
          <Confirm
            label={t.person.can.erase}
            title={t.person.can.eraseConfirmTitle}
            body={t.person.can.eraseConfirmBody}
            confirm={t.person.can.eraseConfirm}
            act={erase}
          />
        )}
      </div>
    </Section>
  )
}

function byPurpose(items: readonly Grant[]) {
  const purposes = new Map<string, { purpose: string; basis: Grant['basis']; since: string; categories: string[] }>()
  for (const { purpose, basis, since, category } of items) {
    const known = purposes.get(purpose)
    if (!known) purposes.set(purpose, { purpose, basis, since, categories: [category] })
    else {
      known.categories.push(category)
      if (since < known.since) known.since = since
    }
  }
  return [...purposes.values()]
}

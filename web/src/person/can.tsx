import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { useFormat } from '../ui/format.ts'
import { useNoticeWords } from '../ui/notice-words.ts'
import { Box, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { consentsKey } from './consents.ts'
import { refreshSoon } from './entries.ts'
import { grantsKey, useGrants } from './grants.ts'
import type { Visit } from './visit.ts'

type Grant = Reply<'listGrants'>['items'][number]

/** The live purposes, each with its way out. */
export function Can({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(visit.provider.id)
  const client = useQueryClient()
  const { person } = visit
  const grants = useGrants(person)
  const [done, setDone] = useState<string>()

  const withdraw = async (purpose: string, once: string) => {
    const { destroyed } = await call('withdrawConsent', { body: { person, purpose }, once })
    setDone(t.person.can.withdrawn(words.purpose(purpose), destroyed))
    await client.invalidateQueries({ queryKey: grantsKey })
    await client.invalidateQueries({ queryKey: consentsKey })
    refreshSoon(client)
  }
  // The person’s own access is a grant as well; it is not for sale and cannot be withdrawn from oneself.
  const purposes = byPurpose((grants.data ?? []).filter(({ purpose }) => purpose !== 'self'))
  return (
    <Section id="can" title={t.person.can.title} lead={t.person.can.lead}>
      {done && <Box tone="good">{done}</Box>}
      {grants.isPending && <Waiting />}
      {grants.isError && <Trouble error={grants.error} retry={() => void grants.refetch()} />}
      {grants.data && purposes.length === 0 && <p>{t.person.can.none}</p>}
      <ul className="purposes">
        {purposes.map(({ purpose, basis, since, until, categories }) => (
          <li key={purpose} className="purpose">
            <div className="stack-tight">
              <h3>{words.purpose(purpose)}</h3>
              <p className="small soft">
                {t.person.can.basis[basis]}
                {t.shell.comma}
                {t.person.can.since(format.day(since))}
                {until !== undefined && (
                  <>
                    {t.shell.comma}
                    {t.person.can.until(format.day(until))}
                  </>
                )}
                <br />
                {t.person.can.covers(format.list(categories.map(words.category)))}
              </p>
            </div>
            {/* Only consent is given, so only consent is taken back; a contract or a duty ends otherwise. */}
            {isConsent(basis) ? (
              <Confirm
                label={t.person.can.withdraw}
                accessibleLabel={t.person.can.withdrawFor(words.purpose(purpose))}
                title={t.person.can.confirmTitle(words.purpose(purpose))}
                body={t.person.can.confirmBody}
                confirm={t.person.can.confirm}
                act={(once) => withdraw(purpose, once)}
              />
            ) : (
              <p className="small soft">{t.person.can.notConsent}</p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}

export const isConsent = (basis: Grant['basis']) => basis === 'consent' || basis === 'separate-consent'

function byPurpose(items: readonly Grant[]) {
  const purposes = new Map<
    string,
    { purpose: string; basis: Grant['basis']; since: string; until: string | undefined; categories: string[] }
  >()
  for (const { purpose, basis, since, until, category } of items) {
    const known = purposes.get(purpose)
    if (!known) purposes.set(purpose, { purpose, basis, since, until, categories: [category] })
    else {
      known.categories.push(category)
      if (since < known.since) known.since = since
      // The first that ends is what the person should know of.
      if (until !== undefined && (known.until === undefined || until < known.until)) known.until = until
    }
  }
  return [...purposes.values()]
}

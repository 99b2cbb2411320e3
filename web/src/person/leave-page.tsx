import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, callForFile, newOnceKey, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { useFormat } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Box, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { save } from '../ui/save.ts'
import { refreshSoon } from './entries.ts'
import { PersonFrame } from './frame.tsx'
import { grantsKey } from './grants.ts'
import type { Visit } from './visit.ts'

/** Taking everything away, and having everything deleted. */
export function LeavePage() {
  const { t } = useSpeech()
  return (
    <PersonFrame title={t.person.pages.leave} lead={t.person.leaving.lead}>
      {(visit) => (
        <>
          <CopySection />
          <EraseSection visit={visit} />
        </>
      )}
    </PersonFrame>
  )
}

/** A copy is a demand like any other; this one software fulfils at once, so it is made and fetched in one press. */
function CopySection() {
  const { t, language } = useSpeech()
  const client = useQueryClient()
  const [once, setOnce] = useState(newOnceKey)
  const copy = useMutation({
    mutationFn: async () => {
      const { demand } = await call('makeDemand', { body: { kind: 'copy' }, once })
      const zip = await callForFile('copyDemand', { params: { demand: demand.id }, body: { language } })
      save(zip, `bailee-copy-${new Date().toISOString().slice(0, 10)}.zip`)
      return zip.size
    },
    onSuccess: () => {
      setOnce(newOnceKey())
      refreshSoon(client)
      void client.invalidateQueries({ queryKey: ['my-demands'] })
    },
  })
  return (
    <Section id="copy" title={t.person.copy.title} lead={t.person.copy.lead}>
      <p>{t.person.copy.what}</p>
      {copy.isError && <Trouble error={copy.error} />}
      {copy.isPending && <Waiting>{t.person.copy.packing}</Waiting>}
      {copy.isSuccess && <Box tone="good">{t.person.copy.done(Math.max(1, Math.round(copy.data / 1024)))}</Box>}
      <div className="row">
        <Button className="button primary" isPending={copy.isPending} onPress={() => copy.mutate()}>
          <Icon name="save" />
          {t.person.copy.button}
        </Button>
      </div>
    </Section>
  )
}

function EraseSection({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const format = useFormat()
  const client = useQueryClient()
  const { person } = visit
  const holds = useQuery({
    queryKey: ['my-holds'],
    queryFn: async () => (await call('holds', { body: { person } })).items,
  })
  const [erased, setErased] = useState<Reply<'erase'>>()
  const erase = async (once: string) => {
    setErased(await call('erase', { body: { person }, once }))
    await client.invalidateQueries({ queryKey: grantsKey })
    refreshSoon(client)
  }
  return (
    <Section id="erase" title={t.person.can.eraseTitle} lead={t.person.can.eraseLead}>
      {erased ? (
        <>
          <Box tone="good">
            <p>{t.person.can.erased(erased.drawers, erased.keys)}</p>
            <p>{t.person.can.erasedUntil(format.day(erased.unrecoverableAfter.at))}</p>
          </Box>
          <p>{t.person.can.certificateLead}</p>
          <div className="row">
            <Button
              className="button primary"
              onPress={() => save(`${JSON.stringify(erased, null, 2)}\n`, `bailee-erasure-${person}.json`)}
            >
              <Icon name="save" />
              {t.person.can.certificate}
            </Button>
          </div>
        </>
      ) : (
        <>
          {holds.data?.map(({ case: matter, reason, until }) => (
            <Box key={matter} tone="warn" title={t.person.holds.title} announce={false}>
              {t.person.holds.body(t.person.holds.reasons[reason], matter, format.day(until))}
            </Box>
          ))}
          <p>{t.person.can.eraseBefore}</p>
          <div className="row">
            <Confirm
              label={t.person.can.erase}
              title={t.person.can.eraseConfirmTitle}
              body={t.person.can.eraseConfirmBody}
              confirm={t.person.can.eraseConfirm}
              act={erase}
            />
          </div>
        </>
      )}
    </Section>
  )
}

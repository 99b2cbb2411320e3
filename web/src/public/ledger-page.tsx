import { useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { useSpeech } from '../i18n/index.tsx'
import { useLedgerStatus } from '../ledger/queries.ts'
import { useTrust } from '../ledger/trust.ts'
import { TrustNote, TrustWarning } from '../ledger/trust-box.tsx'
import { useFormat } from '../ui/format.ts'
import { Box, Facts, Page, Section, Table, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { CheckpointSection } from './checkpoint.tsx'
import { EpochsSection } from './epochs.tsx'
import { GrownSection } from './grown.tsx'
import './ledger.css'
import { LookupSection } from './lookup.tsx'

const refreshMs = 5000

/** The ledger as everybody may see it, checked here and not asserted. */
export function LedgerPage() {
  const { t } = useSpeech()
  const format = useFormat()
  const [live, setLive] = useState(true)
  const status = useLedgerStatus(live ? refreshMs : false)
  const trust = useTrust(status.data)
  const { data } = status
  return (
    <Page title={t.ledger.title} lead={t.ledger.lead}>
      <div className="pulse">
        <Button className="button" onPress={() => setLive(!live)}>
          {live ? t.ledger.pause : t.ledger.resume}
        </Button>
        <p className="small soft">
          {live ? t.ledger.refreshing : t.ledger.paused}
          {status.dataUpdatedAt > 0 && <> · {t.ledger.updated(format.clock(status.dataUpdatedAt))}</>}
        </p>
      </div>
      {status.isPending && <Waiting />}
      {status.isError && <Trouble error={status.error} retry={() => void status.refetch()} />}
      {data && trust && (
        <>
          <TrustWarning trust={trust} vkeys={data.vkeys} policy={data.policy} />
          {data.behind && <Box tone="warn">{t.ledger.behind}</Box>}
          <div className="headline">
            <p className="big-number">
              <span className="tabular" data-testid="size">
                {data.size.toLocaleString()}
              </span>
              <span>{t.ledger.size}</span>
            </p>
            <Facts
              facts={[
                { term: t.ledger.origin, value: <code>{data.origin}</code> },
                {
                  term: t.ledger.lag,
                  value:
                    data.backlog === 0
                      ? `0 · ${t.ledger.onTime}`
                      : `${data.backlog} · ${format.duration(data.lagSeconds * 1000)}`,
                },
                {
                  term: t.ledger.epoch,
                  value: `${data.epoch} · ${t.ledger.epochEnds(format.moment(data.epochEndsAt))}`,
                },
              ]}
            />
          </div>
          <GrownSection status={data} pin={trust.pin} />
          <CheckpointSection status={data} pin={trust.pin} aside={<TrustNote trust={trust} />} />
          <Section title={t.ledger.witnesses.title} lead={t.ledger.witnesses.lead}>
            {data.witnesses.length === 0 ? (
              <p>{t.ledger.witnesses.none}</p>
            ) : (
              <Table
                label={t.ledger.witnesses.title}
                rows={data.witnesses}
                keyOf={({ name }) => name}
                columns={[
                  { title: t.ledger.witnesses.name, cell: ({ name }) => <code>{name}</code> },
                  {
                    title: t.ledger.witnesses.size,
                    cell: ({ size }) => (size === null ? t.ledger.witnesses.never : size.toLocaleString()),
                  },
                  {
                    title: t.ledger.witnesses.time,
                    cell: ({ seenAt }) =>
                      seenAt === null ? (
                        t.ledger.witnesses.never
                      ) : (
                        <time dateTime={seenAt}>{format.moment(seenAt)}</time>
                      ),
                  },
                  {
                    title: t.ledger.witnesses.state,
                    cell: ({ reachable }) =>
                      reachable ? t.ledger.witnesses.reachable : t.ledger.witnesses.unreachable,
                  },
                ]}
              />
            )}
          </Section>
          <LookupSection size={data.size} policy={trust.pin.policy} />
          <EpochsSection />
        </>
      )}
    </Page>
  )
}

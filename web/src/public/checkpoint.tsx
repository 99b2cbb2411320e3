import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import type { SignatureLine } from '../ledger/check-growth.ts'
import type { Pin } from '../ledger/trust.ts'
import { useFormat } from '../ui/format.ts'
import { Box, Chip, Section, Table, Waiting } from '../ui/page.tsx'

/** The signed words of the ledger, and each signature checked here. */
export function CheckpointSection(props: { status: Reply<'ledgerStatus'>; pin: Pin; aside: ReactNode }) {
  const { t } = useSpeech()
  const format = useFormat()
  const { checkpoint } = props.status
  const { origin, policy } = props.pin
  const { data } = useQuery({
    queryKey: ['checked-checkpoint', checkpoint, policy],
    queryFn: async () => (await import('../ledger/check-growth.ts')).checkCheckpoint(checkpoint, origin, policy),
    placeholderData: (previous) => previous,
  })
  return (
    <Section title={t.ledger.checkpoint.title} lead={t.ledger.checkpoint.lead} aside={props.aside}>
      {!data && <Waiting>{t.check.running}</Waiting>}
      {data?.problem && (
        <Box tone="bad">
          {data.problem === 'unreadable' ? t.ledger.checkpoint.unreadable : t.ledger.checkpoint.otherOrigin}
        </Box>
      )}
      {data && !data.problem && (
        <>
          <div className="row">
            <Chip tone={data.quorum === 'reached' ? 'good' : data.quorum === 'missed' ? 'bad' : 'warn'}>
              {
                t.ledger.checkpoint[
                  data.quorum === 'reached' ? 'quorumYes' : data.quorum === 'missed' ? 'quorumNo' : 'quorumNone'
                ]
              }
            </Chip>
            <span className="small soft">{t.ledger.checkpoint.ms(format.duration(data.milliseconds))}</span>
          </div>
          <Table
            label={t.ledger.checkpoint.signatures}
            rows={data.lines}
            keyOf={({ name, keyId }) => `${name} ${keyId}`}
            columns={[
              {
                title: t.ledger.checkpoint.signatures,
                cell: (line) => (
                  <>
                    <Role line={line} />
                    <br />
                    <code className="soft">
                      {line.name} {line.keyId}
                    </code>
                  </>
                ),
              },
              {
                title: t.check.values.seen,
                cell: ({ time }) => (time === undefined ? '–' : format.moment(time * 1000)),
              },
              {
                title: t.ledger.witnesses.state,
                cell: ({ state }) => (
                  <span data-signature={state}>
                    <Chip tone={state === 'valid' ? 'good' : state === 'invalid' ? 'bad' : 'mute'}>
                      {t.ledger.checkpoint[state]}
                    </Chip>
                  </span>
                ),
              },
            ]}
          />
        </>
      )}
      <details>
        <summary>{t.ledger.checkpoint.text}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{checkpoint}</pre>
      </details>
    </Section>
  )
}

function Role({ line: { role } }: { line: SignatureLine }) {
  const { t } = useSpeech()
  switch (role) {
    case 'log':
      return t.ledger.checkpoint.log
    case 'log-pq':
      return t.ledger.checkpoint.logPq
    case 'witness':
      return t.ledger.checkpoint.witness
    case 'unknown':
      return t.ledger.checkpoint.unknownKey
  }
}

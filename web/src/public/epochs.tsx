import { useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { Hash } from '../ui/hash.tsx'
import { Section, Table, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

export function EpochsSection() {
  const { t } = useSpeech()
  const format = useFormat()
  const epochs = useQuery({ queryKey: ['epochs'], queryFn: () => call('listEpochs', {}), staleTime: 60_000 })
  return (
    <Section title={t.ledger.epochs.title} lead={t.ledger.epochs.lead}>
      {epochs.isPending && <Waiting />}
      {epochs.isError && <Trouble error={epochs.error} retry={() => void epochs.refetch()} />}
      {epochs.data?.items.length === 0 && <p>{t.ledger.epochs.none}</p>}
      {epochs.data && epochs.data.items.length > 0 && (
        <Table
          label={t.ledger.epochs.title}
          rows={epochs.data.items}
          keyOf={({ epoch }) => String(epoch)}
          columns={[
            { title: t.ledger.epochs.number, cell: ({ epoch }) => epoch },
            {
              title: t.ledger.epochs.entries,
              cell: ({ firstIndex, endIndex }) => `${firstIndex.toLocaleString()} – ${(endIndex - 1).toLocaleString()}`,
            },
            { title: t.ledger.epochs.marks, cell: ({ tags }) => tags.toLocaleString() },
            {
              title: t.ledger.epochs.root,
              cell: ({ root }) => <Hash value={root} what={t.ledger.epochs.root} keep={6} />,
            },
            { title: t.ledger.epochs.leaf, cell: ({ leafIndex }) => leafIndex?.toLocaleString() ?? '–' },
            {
              title: t.ledger.epochs.closed,
              cell: ({ closedAt }) => <time dateTime={closedAt}>{format.moment(closedAt)}</time>,
            },
          ]}
        />
      )}
    </Section>
  )
}

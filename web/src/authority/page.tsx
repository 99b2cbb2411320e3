import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useLedgerStatus } from '../ledger/queries.ts'
import { useFormat } from '../ui/format.ts'
import { Box, Facts, Page, Section, Table, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

/** What exists in this version, and nothing that does not. */
export function AuthorityPage() {
  const { t, language } = useSpeech()
  const format = useFormat()
  const status = useLedgerStatus(15_000)
  const organisations = useQuery({
    queryKey: ['organisations'],
    queryFn: async () => {
      const items = []
      let cursor: string | undefined
      do {
        const page = await call('listOrganisations', { query: cursor === undefined ? {} : { cursor } })
        items.push(...page.items)
        cursor = page.next ?? undefined
      } while (cursor !== undefined && items.length < 1000)
      return items
    },
  })
  return (
    <Page title={t.authority.title} lead={t.authority.lead}>
      <Section title={t.authority.honestTitle}>
        <p>{t.authority.honest}</p>
        <p className="soft">{t.authority.noAccess}</p>
      </Section>
      <Section title={t.authority.ledgerTitle}>
        {status.isPending && <Waiting />}
        {status.isError && <Trouble error={status.error} retry={() => void status.refetch()} />}
        {status.data && (
          <>
            {status.data.behind && <Box tone="warn">{t.ledger.behind}</Box>}
            <Facts
              facts={[
                { term: t.ledger.size, value: status.data.size.toLocaleString() },
                { term: t.ledger.origin, value: <code>{status.data.origin}</code> },
                { term: t.ledger.lag, value: status.data.backlog.toLocaleString() },
                { term: t.ledger.witnesses.title, value: status.data.witnesses.length.toLocaleString() },
              ]}
            />
          </>
        )}
        <p>
          <Link to="/public/ledger">{t.landing.liveLink}</Link>
        </p>
      </Section>
      <Section title={t.authority.organisationsTitle}>
        {organisations.isPending && <Waiting />}
        {organisations.isError && <Trouble error={organisations.error} retry={() => void organisations.refetch()} />}
        {organisations.data?.length === 0 && <p>{t.authority.none}</p>}
        {organisations.data && organisations.data.length > 0 && (
          <Table
            label={t.authority.organisationsTitle}
            rows={organisations.data}
            keyOf={({ id }) => id}
            columns={[
              { title: t.authority.name, cell: ({ name }) => <strong>{name[language]}</strong> },
              {
                title: t.authority.kind,
                cell: ({ kind, level }) =>
                  level === null
                    ? t.authority.kinds[kind]
                    : `${t.authority.kinds[kind]} · ${t.authority.levels[level]}`,
              },
              { title: t.authority.area, cell: ({ area }) => area ?? '–' },
              { title: t.authority.since, cell: ({ createdAt }) => format.day(createdAt) },
            ]}
          />
        )}
      </Section>
    </Page>
  )
}

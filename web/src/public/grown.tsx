import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, type Reply } from '../api.ts'
import { type Dictionary, useSpeech } from '../i18n/index.tsx'
import type { SeenCheckpoint } from '../ledger/check-growth.ts'
import type { Pin } from '../ledger/trust.ts'
import { recallJson, remember } from '../memory.ts'
import { useFormat } from '../ui/format.ts'
import { Hash } from '../ui/hash.tsx'
import { Box, Facts, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

const isSeen = (value: unknown): value is SeenCheckpoint =>
  typeof value === 'object' &&
  value !== null &&
  'origin' in value &&
  typeof value.origin === 'string' &&
  'size' in value &&
  typeof value.size === 'number' &&
  'root' in value &&
  typeof value.root === 'string' &&
  'seenAt' in value &&
  typeof value.seenAt === 'number'

interface Comparison {
  readonly verdict: 'first' | 'same' | 'grew' | 'shrank' | 'forked' | 'broken' | 'unsigned'
  /** What was remembered when this page was opened, or the last one that held since. */
  readonly before: SeenCheckpoint | undefined
  readonly now: { readonly size: number; readonly root: string }
  readonly hashes: number
}

/** What this browser saw last time is what today’s ledger is held against. Only what holds is remembered. */
async function compare(
  status: Reply<'ledgerStatus'>,
  pin: Pin,
  opened: SeenCheckpoint | undefined,
): Promise<Comparison> {
  const { checkCheckpoint, checkGrowth } = await import('../ledger/check-growth.ts')
  const { signed, size, root } = checkCheckpoint(status.checkpoint, pin.origin, pin.policy)
  const now = { size, root }
  const said = (verdict: Comparison['verdict'], hashes = 0): Comparison => ({ verdict, before: opened, now, hashes })
  if (!signed) return said('unsigned')
  const keep = () => remember('checkpoint', JSON.stringify({ origin: pin.origin, size, root, seenAt: Date.now() }))
  if (!opened || opened.origin !== pin.origin || opened.size === 0) {
    keep()
    return said('first')
  }
  if (size < opened.size) return said('shrank')
  if (size === opened.size) return said(root === opened.root ? 'same' : 'forked')
  const { proof } = await call('proveConsistency', { query: { from: opened.size, to: size } })
  const growth = checkGrowth(opened, now, proof)
  if (growth.verdict === 'broken') return said('broken')
  keep()
  return said('grew', growth.hashes)
}

export function GrownSection({ status, pin }: { status: Reply<'ledgerStatus'>; pin: Pin }) {
  const { t } = useSpeech()
  const format = useFormat()
  const client = useQueryClient()
  // Held against what was remembered when the page was opened, so that the answer does not shrink to the last five seconds.
  const [opened, setOpened] = useState(() => recallJson('checkpoint', isSeen))
  const { data, error, refetch } = useQuery({
    queryKey: ['grown', status.checkpoint, pin.policy, opened?.size, opened?.root],
    queryFn: () => compare(status, pin, opened ?? recallJson('checkpoint', isSeen)),
    placeholderData: (previous) => previous,
  })
  const holds = data && (data.verdict === 'grew' || data.verdict === 'same' || data.verdict === 'first')
  return (
    <Section title={t.ledger.grown.title} lead={t.ledger.grown.lead}>
      {!data && !error && <Waiting>{t.check.running}</Waiting>}
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {data && (
        <div data-verdict={data.verdict} className="stack">
          <Box
            tone={data.verdict === 'first' ? 'mute' : holds ? 'good' : 'bad'}
            {...(data.verdict === 'first' ? {} : { title: holds ? t.ledger.grown.holds : t.ledger.grown.fails })}
          >
            <p>{wordsOf(data, t)}</p>
            {data.before && <p className="small">{t.ledger.grown.since(format.moment(data.before.seenAt))}</p>}
          </Box>
          <Facts
            facts={[
              ...(data.before
                ? [{ term: t.ledger.grown.remembered, value: <Root {...data.before} what={t.check.values.root} /> }]
                : []),
              { term: t.ledger.grown.now, value: <Root {...data.now} what={t.check.values.root} /> },
            ]}
          />
        </div>
      )}
      {opened && (
        <div>
          <Button
            className="button quiet"
            onPress={() => {
              remember('checkpoint', '')
              setOpened(undefined)
              void client.resetQueries({ queryKey: ['grown'] })
            }}
          >
            {t.ledger.grown.forget}
          </Button>
        </div>
      )}
    </Section>
  )
}

function Root({ size, root, what }: { size: number; root: string; what: string }) {
  return (
    <span className="row">
      <span className="tabular">{size.toLocaleString()}</span>
      <Hash value={root} what={what} keep={8} />
    </span>
  )
}

function wordsOf({ verdict, before, now, hashes }: Comparison, t: Dictionary): string {
  const from = before?.size ?? 0
  switch (verdict) {
    case 'first':
      return t.ledger.grown.first(now.size)
    case 'same':
      return t.ledger.grown.same(now.size)
    case 'grew':
      return t.ledger.grown.grew(from, now.size, hashes)
    case 'shrank':
      return t.ledger.grown.shrank(from, now.size)
    case 'forked':
      return t.ledger.grown.forked(now.size)
    case 'broken':
      return t.ledger.grown.broken(from, now.size)
    case 'unsigned':
      return t.ledger.grown.unsigned
  }
}

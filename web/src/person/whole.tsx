import { useMutation } from '@tanstack/react-query'
import { Button } from 'react-aria-components/Button'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import type { AbsenceChecked, Epoch } from '../ledger/check-absence.ts'
import { useLedgerStatus } from '../ledger/queries.ts'
import { useTrust } from '../ledger/trust.ts'
import { useFormat } from '../ui/format.ts'
import { Hash } from '../ui/hash.tsx'
import { Box, Chip, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

const epochsChecked = 6
interface Outcome {
  readonly listed: number
  readonly chain: number
  readonly epochs: readonly { readonly epoch: Epoch; readonly checked: AbsenceChecked }[]
}

/** That my next tag was never used: nothing more was logged about me than I was shown. */
export function Whole() {
  const { t } = useSpeech()
  const format = useFormat()
  const status = useLedgerStatus()
  const policy = useTrust(status.data)?.pin.policy
  const check = useMutation({ mutationFn: () => checkWhole(policy ?? '') })
  const { data } = check
  const allGood =
    data !== undefined && data.listed === data.chain && data.epochs.every(({ checked }) => checked.verdict === 'absent')
  return (
    <Section id="whole" title={t.person.whole.title} lead={t.person.whole.privacy}>
      <p>{t.person.whole.lead}</p>
      <div className="row">
        <Button
          className="button"
          isDisabled={policy === undefined}
          isPending={check.isPending}
          onPress={() => check.mutate()}
        >
          {data ? t.person.whole.again : t.person.whole.button}
        </Button>
      </div>
      {check.isPending && <Waiting>{t.check.running}</Waiting>}
      {check.isError && <Trouble error={check.error} />}
      {data && (
        <>
          {data.epochs.length > 0 && (
            <Box tone={allGood ? 'good' : 'bad'} title={allGood ? t.person.whole.ok : t.person.whole.notOk} />
          )}
          <Box tone={data.listed === data.chain ? 'mute' : 'warn'} announce={false}>
            {data.listed === data.chain
              ? t.person.whole.countGood(data.chain)
              : t.person.whole.countBad(data.listed, data.chain)}
          </Box>
          {data.epochs.length === 0 && <p>{t.person.whole.noEpochs}</p>}
          {data.epochs.map(({ epoch, checked }) => (
            <article key={epoch.epoch} className="epoch" data-verdict={checked.verdict}>
              <div className="row">
                <h3>{t.person.whole.epoch(epoch.epoch)}</h3>
                <Chip tone={checked.verdict === 'absent' ? 'good' : 'bad'}>
                  {checked.verdict === 'absent' ? t.check.passed : t.check.failed}
                </Chip>
                <span className="small soft">{t.person.whole.closed(format.moment(epoch.closedAt))}</span>
              </div>
              <p>{t.person.whole[checked.verdict]}</p>
              <details>
                <summary>{t.check.title}</summary>
                <ol className="stack">
                  <li>
                    {t.person.whole.tagStep}: <Hash value={checked.tag} what={t.person.whole.tagStep} />
                  </li>
                  <li>
                    {checked.size === 0 ? (
                      t.person.whole.emptyList
                    ) : (
                      <>
                        {t.person.whole.betweenStep(checked.size)}: <Edge tag={checked.before} />
                        {' · '}
                        <Edge tag={checked.after} />
                      </>
                    )}
                  </li>
                  <li>
                    {t.person.whole.rootStep}: <Hash value={checked.root} what={t.person.whole.rootStep} />
                  </li>
                  <li>
                    {epoch.leafIndex === null ? t.person.whole.noLeaf : t.person.whole.leafStep(epoch.leafIndex)}{' '}
                    <Chip tone={checked.leaf === 'held' ? 'good' : checked.leaf === 'fails' ? 'bad' : 'warn'}>
                      {checked.leaf === 'held' ? t.check.passed : t.check.failed}
                    </Chip>
                  </li>
                </ol>
              </details>
            </article>
          ))}
        </>
      )}
    </Section>
  )
}

function Edge({ tag }: { tag: string | undefined }) {
  const { t } = useSpeech()
  return tag === undefined ? t.person.whole.edge : <Hash value={tag} what={t.ledger.lookup.tag} />
}

async function checkWhole(policy: string): Promise<Outcome> {
  const [monitor, entries, epochs, { checkAbsence, nextTag, prefixOf }] = await Promise.all([
    call('myMonitor', { body: {} }),
    call('myEntries', { query: {} }),
    call('listEpochs', {}),
    import('../ledger/check-absence.ts'),
  ])
  const tag = nextTag(monitor.key)
  const newest = epochs.items.toSorted((a, b) => b.epoch - a.epoch).slice(0, epochsChecked)
  const checked = await Promise.all(
    newest.map(async (epoch) => {
      const [bucket, leaf] = await Promise.all([
        call('epochBucket', { params: { epoch: epoch.epoch, prefix: prefixOf(tag, epoch.tags) } }),
        epoch.leafIndex === null ? undefined : call('proveIndex', { params: { index: epoch.leafIndex } }),
      ])
      return { epoch, checked: checkAbsence(tag, epoch, bucket, leaf, policy) }
    }),
  )
  return { listed: entries.total, chain: monitor.n, epochs: checked }
}

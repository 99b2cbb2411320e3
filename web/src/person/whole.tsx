import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, newOnceKey, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import type { ChainChecked } from '../ledger/chain-key.ts'
import type { AbsenceChecked, Epoch } from '../ledger/check-absence.ts'
import type { OpenChecked } from '../ledger/check-open.ts'
import { useLedgerStatus } from '../ledger/queries.ts'
import { useTrust } from '../ledger/trust.ts'
import { useFormat } from '../ui/format.ts'
import { Hash } from '../ui/hash.tsx'
import { Icon } from '../ui/icons.tsx'
import { Box, Chip, Section } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { save } from '../ui/save.ts'
import { refreshSoon } from './entries.ts'
import type { Visit } from './visit.ts'

/** Leaves of the present period that are fetched without asking. */
const openWithoutAsking = 50_000
const bytesOfLeaf = 116
/** Each costs two requests; older ones ended long before what is listed now. */
const mostEpochs = 24
/** What the server lists at most. */
const pageOfEpochs = 100

interface Outcome {
  readonly monitor: Reply<'myMonitor'>
  readonly listed: number
  readonly epochs: readonly { readonly epoch: Epoch; readonly checked: AbsenceChecked }[]
  /** Closed periods that were not looked at. */
  readonly older: number
  readonly isWhole: boolean
  readonly open: OpenChecked | { readonly verdict: 'empty' | 'large'; readonly from: number; readonly to: number }
}
type Told = (done: number, all: number) => void

/**
 * That nothing was logged about me but what I was shown, up to the latest checkpoint: in closed periods by their published
 * lists of tags, in the present one by reading all of it. What the browser cannot know by itself is said.
 */
export function Whole({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const format = useFormat()
  const status = useLedgerStatus()
  const trust = useTrust(status.data)
  const policy = trust?.pin.policy
  const [at, setAt] = useState<{ done: number; all: number }>()
  const check = useMutation({
    mutationFn: (isLargeFine: boolean) =>
      checkWhole(policy ?? '', isLargeFine, (done, all) => setAt({ done, all })).finally(() => setAt(undefined)),
  })
  const { data } = check
  const w = t.person.whole
  const counts = data && data.listed === data.monitor.n
  const closedGood = data?.isWhole && data.epochs.every(({ checked }) => checked.verdict === 'absent')
  const openGood = data && (data.open.verdict === 'absent' || data.open.verdict === 'empty')
  return (
    <Section id="whole" title={w.title} lead={w.privacy}>
      <p>{w.lead}</p>
      <div className="row">
        <Button
          className="button"
          isDisabled={policy === undefined}
          isPending={check.isPending}
          onPress={() => check.mutate(false)}
        >
          {data ? w.again : w.button}
        </Button>
      </div>
      {check.isPending && (
        <div className="progress">
          <p className="words">
            <span role="status">{t.check.running}</span>
            {at && <span className="tabular">{w.read(at.done, at.all)}</span>}
          </p>
          <progress max={at?.all ?? 1} value={at?.done ?? 0} aria-label={t.check.running} />
        </div>
      )}
      {check.isError && <Trouble error={check.error} />}
      {data && (
        <>
          {counts && closedGood && openGood ? (
            <Box tone="good" title={w.ok(data.open.to)}>
              <p className="small">{w.okMeans}</p>
            </Box>
          ) : counts && closedGood && data.open.verdict === 'large' ? (
            <Box tone="warn" title={w.okClosed(data.open.from)} />
          ) : (
            <Box tone="bad" title={w.notOk} />
          )}
          <Box tone={counts ? 'mute' : 'warn'} announce={false}>
            {counts ? w.countGood(data.monitor.n) : w.countBad(data.listed, data.monitor.n)}
          </Box>
          <OpenPeriod open={data.open} readAll={() => check.mutate(true)} />
          {!data.isWhole && <Box tone="bad">{w.gap}</Box>}
          {data.epochs.length === 0 && <p>{w.noEpochs}</p>}
          {data.older > 0 && <p className="small soft">{w.onlyLatest(data.epochs.length)}</p>}
          {data.epochs.map(({ epoch, checked }) => (
            <article key={epoch.epoch} className="epoch" data-verdict={checked.verdict}>
              <div className="row">
                <h3>{w.epoch(epoch.epoch)}</h3>
                <Chip tone={checked.verdict === 'absent' ? 'good' : 'bad'}>
                  {checked.verdict === 'absent' ? t.check.passed : t.check.failed}
                </Chip>
                <span className="small soft">{w.closed(format.moment(epoch.closedAt))}</span>
              </div>
              <p>{w[checked.verdict]}</p>
              <EpochSteps epoch={epoch} checked={checked} />
            </article>
          ))}
          {trust && <OwnKey visit={visit} origin={trust.pin.origin} chain={data.monitor} />}
        </>
      )}
    </Section>
  )
}

function OpenPeriod({ open, readAll }: { open: Outcome['open']; readAll: () => void }) {
  const { t } = useSpeech()
  const format = useFormat()
  const w = t.person.whole
  const isGood = open.verdict === 'absent' || open.verdict === 'empty'
  const size = open.to - open.from
  return (
    <article className="epoch" data-open={open.verdict}>
      <div className="row">
        <h3>{w.openTitle}</h3>
        <Chip tone={isGood ? 'good' : open.verdict === 'large' ? 'warn' : 'bad'}>
          {isGood ? t.check.passed : open.verdict === 'large' ? w.notRead : t.check.failed}
        </Chip>
      </div>
      {open.verdict === 'empty' && <p>{w.openEmpty}</p>}
      {open.verdict === 'large' && (
        <>
          <p>{w.openLarge(size, Math.ceil((size * bytesOfLeaf) / 1e6))}</p>
          <div className="row">
            <Button className="button" onPress={readAll}>
              {w.readAll}
            </Button>
          </div>
        </>
      )}
      {open.verdict === 'absent' && 'mine' in open && (
        <>
          <p>{w.openAbsent(size, open.mine)}</p>
          <p className="small soft">{w.openHow(open.from, open.to, format.duration(open.milliseconds))}</p>
        </>
      )}
      {open.verdict === 'present' && <p>{w.present}</p>}
      {open.verdict === 'unproven' && <p>{w.openUnproven}</p>}
    </article>
  )
}

function EpochSteps({ epoch, checked }: { epoch: Epoch; checked: AbsenceChecked }) {
  const { t } = useSpeech()
  const w = t.person.whole
  return (
    <details>
      <summary>{t.check.title}</summary>
      <ol className="stack">
        <li>
          {w.tagStep}: <Hash value={checked.tag} what={w.tagStep} />
        </li>
        <li>
          {checked.size === 0 ? (
            w.emptyList
          ) : (
            <>
              {w.betweenStep(checked.size)}: <Edge tag={checked.before} />
              {' · '}
              <Edge tag={checked.after} />
            </>
          )}
        </li>
        <li>
          {w.rootStep}: <Hash value={checked.root} what={w.rootStep} />
        </li>
        <li>
          {epoch.leafIndex === null ? w.noLeaf : w.leafStep(epoch.leafIndex)}{' '}
          <Chip tone={checked.leaf === 'held' ? 'good' : checked.leaf === 'fails' ? 'bad' : 'warn'}>
            {checked.leaf === 'held' ? t.check.passed : t.check.failed}
          </Chip>
        </li>
      </ol>
    </details>
  )
}

function Edge({ tag }: { tag: string | undefined }) {
  const { t } = useSpeech()
  return tag === undefined ? t.person.whole.edge : <Hash value={tag} what={t.ledger.lookup.tag} />
}

/** Which mark is the next one is the server’s word, unless the person kept a key from an earlier visit. */
function OwnKey({ visit, origin, chain }: { visit: Visit; origin: string; chain: Reply<'myMonitor'> }) {
  const { t } = useSpeech()
  const w = t.person.whole
  const client = useQueryClient()
  const [checked, setChecked] = useState<ChainChecked>()
  const input = useRef<HTMLInputElement>(null)
  const read = async (file: File | undefined) => {
    if (!file) return
    const { checkChain } = await import('../ledger/chain-key.ts')
    setChecked(checkChain(await file.text(), origin, visit.person, chain))
  }
  const keep = useMutation({
    mutationFn: async () => {
      const start = await call('chainStart', { body: {}, once: newOnceKey() })
      // Whose it is, so that a mix-up is told from a broken chain.
      save(`${JSON.stringify({ ...start, person: visit.person }, null, 2)}\n`, 'bailee-chain.json')
    },
    onSuccess: () => refreshSoon(client),
  })
  return (
    <article className="epoch">
      <h3>{w.keyTitle}</h3>
      <p>{w.keyLead}</p>
      <div className="row">
        <Button className="button" isPending={keep.isPending} onPress={() => keep.mutate()}>
          <Icon name="save" />
          {w.saveKey}
        </Button>
        <Button className="button" onPress={() => input.current?.click()}>
          {w.openKey}
        </Button>
        <input
          ref={input}
          type="file"
          accept="application/json,.json"
          hidden
          aria-label={w.openKey}
          onChange={(event) => void read(event.target.files?.[0])}
        />
      </div>
      {keep.isError && <Trouble error={keep.error} />}
      <p className="small soft">{w.keySecret}</p>
      {checked && (
        <Box tone={checked.verdict === 'follows' ? 'good' : checked.verdict === 'broken' ? 'bad' : 'warn'}>
          {checked.verdict === 'follows'
            ? w.keyFollows(checked.since, checked.matched)
            : w.keyVerdicts[checked.verdict]}
        </Box>
      )}
    </article>
  )
}

async function checkWhole(policy: string, isLargeFine: boolean, told: Told): Promise<Outcome> {
  const [monitor, entries, epochs, { checkAbsence, nextTag, prefixOf }] = await Promise.all([
    call('myMonitor', { body: {} }),
    call('myEntries', { query: {} }),
    call('listEpochs', {}),
    import('../ledger/check-absence.ts'),
  ])
  const tag = nextTag(monitor.key)
  const all = epochs.items.toSorted((a, b) => b.epoch - a.epoch)
  const newest = all.slice(0, mostEpochs)
  const isWhole = joinUp(all)
  const checked = await Promise.all(
    newest.map(async (epoch) => {
      const [bucket, leaf] = await Promise.all([
        call('epochBucket', { params: { epoch: epoch.epoch, prefix: prefixOf(tag, epoch.tags) } }),
        epoch.leafIndex === null ? undefined : call('proveIndex', { params: { index: epoch.leafIndex } }),
      ])
      return { epoch, checked: checkAbsence(tag, epoch, bucket, leaf, policy) }
    }),
  )
  const open = await checkPresent(tag, newest[0]?.endIndex ?? 0, monitor.tags, policy, isLargeFine, told)
  return { monitor, listed: entries.total, epochs: checked, older: all.length - newest.length, isWhole, open }
}

/** Each list begins where the one before it ended, the first of all at the beginning: no entry is covered by none. */
function joinUp(newestFirst: readonly Epoch[]): boolean {
  const isFirst = newestFirst.length < pageOfEpochs
  return newestFirst.every(
    ({ firstIndex }, at) => firstIndex === (newestFirst[at + 1]?.endIndex ?? (isFirst ? 0 : firstIndex)),
  )
}

async function checkPresent(
  tag: Uint8Array,
  from: number,
  known: Reply<'myMonitor'>['tags'],
  policy: string,
  isLargeFine: boolean,
  told: Told,
): Promise<Outcome['open']> {
  const { size } = await call('ledgerStatus', {})
  if (size <= from) return { verdict: 'empty', from, to: size }
  if (size - from > openWithoutAsking && !isLargeFine) return { verdict: 'large', from, to: size }
  const [first, { checkOpen }] = await Promise.all([
    call('proveIndex', { params: { index: from } }),
    import('../ledger/check-open.ts'),
  ])
  const fetchBundle = async (path: string) => {
    const response = await fetch(`/ledger/${path}`)
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined
  }
  return checkOpen(tag, first, known, policy, fetchBundle, told)
}

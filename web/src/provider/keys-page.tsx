import { useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { Box, Chip, Facts, Section, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { ProviderFrame } from './frame.tsx'

/** How far the destruction of old keys has come. It is started at the machine, with “bailee keys rotate”. */
export function KeysPage() {
  const { t } = useSpeech()
  return (
    <ProviderFrame title={t.provider.pages.keys} lead={t.provider.keys.lead}>
      {({ may }) => may('administer') && <KeysSection />}
    </ProviderFrame>
  )
}

function KeysSection() {
  const { t } = useSpeech()
  const format = useFormat()
  const w = t.provider.keys
  const status = useQuery({
    queryKey: ['keys-status'],
    queryFn: () => call('keysStatus', {}),
    refetchInterval: ({ state }) => (state.data?.running ? 2000 : 15_000),
    retry: false,
  })
  const { data } = status
  const rotation = data?.rotation
  return (
    <>
      <Section title={w.epochs}>
        {status.isPending && <Waiting />}
        {status.isError && <Trouble error={status.error} retry={() => void status.refetch()} />}
        {data && (
          <>
            {data.oldKeys > 0 && data.dueAt !== null ? (
              <Box tone={Date.parse(data.dueAt) < Date.now() ? 'bad' : 'warn'}>
                {w.old(data.oldKeys, format.day(data.dueAt))}
              </Box>
            ) : (
              <Box tone="good">{w.noneOld}</Box>
            )}
            <Facts
              facts={[
                { term: w.epoch, value: `${data.epoch}${t.shell.comma}${w.ends(format.day(data.epochEndsAt))}` },
                { term: w.backups, value: t.notices.days(data.backupDays) },
              ]}
            />
          </>
        )}
      </Section>
      {rotation && (
        <Section title={w.rotation} lead={w.rotationLead}>
          <div className="row">
            <Chip
              tone={rotation.state === 'finished' ? 'good' : 'warn'}
              icon={rotation.state === 'finished' ? 'tick' : 'clock'}
            >
              {w.states[rotation.state]}
            </Chip>
          </div>
          {rotation.state !== 'finished' && (
            <div className="progress">
              <p className="words">
                <span>{w.rewrapped}</span>
                <span className="tabular">{w.of(rotation.seen, Math.max(rotation.expected, rotation.seen))}</span>
              </p>
              <progress
                max={Math.max(1, rotation.expected, rotation.seen)}
                value={rotation.seen}
                aria-label={w.rewrapped}
              />
            </div>
          )}
          {rotation.damaged > 0 && <Box tone="bad">{w.damaged(rotation.damaged)}</Box>}
          <Facts
            facts={[
              { term: w.started, value: format.moment(rotation.startedAt) },
              { term: w.moved, value: format.moment(rotation.movedAt) },
              { term: w.destroyed, value: rotation.destroyed },
              ...(rotation.finishedAt === null
                ? []
                : [{ term: w.finished, value: format.moment(rotation.finishedAt) }]),
            ]}
          />
        </Section>
      )}
    </>
  )
}

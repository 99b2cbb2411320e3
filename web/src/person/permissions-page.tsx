import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import type { Answer } from '../../embed/consent.ts'
import { call, newOnceKey } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { useFormat } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { useNotices, useNoticeWords } from '../ui/notice-words.ts'
import { Box, Chip, Section, type Tone, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'
import { save } from '../ui/save.ts'
import { ShowMore } from '../ui/show-more.tsx'
import { Can, isConsent } from './can.tsx'
import { type Consent, type Consents, consentsKey, useConsents } from './consents.ts'
import { refreshSoon } from './entries.ts'
import { PersonFrame } from './frame.tsx'
import { grantsKey } from './grants.ts'
import type { Visit } from './visit.ts'

const OfferView = lazy(async () => ({ default: (await import('../ui/offer.tsx')).OfferView }))
type State = Consent['purposes'][number]['state']
const tones: Readonly<Record<State, Tone>> = {
  given: 'good',
  renewed: 'good',
  withdrawn: 'mute',
  expired: 'warn',
  superseded: 'mute',
}
const stands = (state: State) => state === 'given' || state === 'renewed'

/** What may be opened for what, what I agreed to and refused, and who acts for me. */
export function PermissionsPage() {
  const { t } = useSpeech()
  return (
    <PersonFrame title={t.person.pages.permissions} lead={t.person.permissionsLead}>
      {(visit) => (
        <>
          <Can visit={visit} />
          <Agreed visit={visit} />
          <Released visit={visit} />
        </>
      )}
    </PersonFrame>
  )
}

function Agreed({ visit }: { visit: Visit }) {
  const { t } = useSpeech()
  const consents = useConsents()
  const [first] = consents.data?.pages ?? []
  const items = consents.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <Section id="agreed" title={t.person.agreed.title} lead={t.person.agreed.lead}>
        {consents.isPending && <Waiting />}
        {consents.isError && <Trouble error={consents.error} retry={() => void consents.refetch()} />}
        {consents.data && items.length === 0 && <p>{t.person.agreed.none}</p>}
        {items.map((consent) => (
          <ConsentCard key={consent.consent} consent={consent} visit={visit} />
        ))}
        <ShowMore list={consents} />
      </Section>
      {first && first.refusals.length > 0 && <Refused refusals={first.refusals} visit={visit} />}
      {first && first.guardians.length + first.wards.length > 0 && <Guardians consents={first} />}
    </>
  )
}

function ConsentCard({ consent, visit }: { consent: Consent; visit: Visit }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const client = useQueryClient()
  const { person } = visit
  const [done, setDone] = useState<string>()
  const live = consent.purposes.filter(({ state, basis }) => stands(state) && isConsent(basis))
  const runsOut = live.some(({ until }) => until !== undefined)
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: consentsKey })
    await client.invalidateQueries({ queryKey: grantsKey })
    refreshSoon(client)
  }
  const stopPassing = async (purpose: string, recipient: string, name: string, once: string) => {
    await call('withdrawConsent', { body: { person, purpose, recipient }, once })
    setDone(t.person.agreed.stopped(name))
    await refresh()
  }
  return (
    <article className="consent stack-tight">
      <h3>{consent.title[language]}</h3>
      <p className="small soft">
        {t.person.agreed.given(format.day(consent.givenAt))}
        {t.shell.comma}
        {t.notices.version(consent.version)}
        {consent.guardian !== undefined && (
          <>
            {t.shell.comma}
            {t.person.agreed.byGuardian}
          </>
        )}
        {consent.asGuardian && (
          <>
            {t.shell.comma}
            {t.person.agreed.asGuardian}
          </>
        )}
      </p>
      {done && <Box tone="good">{done}</Box>}
      <ul className="purposes">
        {consent.purposes.map(({ purpose, title, state, until, endedAt, basis }) => (
          <li key={purpose} className="purpose">
            <div className="stack-tight">
              <p>
                <strong>{title[language]}</strong>
              </p>
              <p className="small soft">
                {t.person.can.basis[basis]}
                <When state={state} until={until} endedAt={endedAt} />
              </p>
            </div>
            <Chip tone={tones[state]}>{t.person.agreed.states[state]}</Chip>
          </li>
        ))}
        {consent.recipients.map(({ recipient, name, purpose, state, until, endedAt }) => (
          <li key={`${recipient} ${purpose}`} className="purpose">
            <div className="stack-tight">
              <p>
                <strong>{t.person.agreed.passedTo(name[language])}</strong>
              </p>
              <p className="small soft">
                {consent.purposes.find((one) => one.purpose === purpose)?.title[language] ?? purpose}
                <When state={state} until={until} endedAt={endedAt} />
              </p>
            </div>
            {stands(state) ? (
              <Confirm
                label={t.person.can.withdraw}
                accessibleLabel={t.person.can.withdrawFor(t.person.agreed.passedTo(name[language]))}
                title={t.person.agreed.stopTitle(name[language])}
                body={t.person.agreed.stopBody}
                confirm={t.person.can.confirm}
                act={(once) => stopPassing(purpose, recipient, name[language], once)}
              />
            ) : (
              <Chip tone={tones[state]}>{t.person.agreed.states[state]}</Chip>
            )}
          </li>
        ))}
      </ul>
      {consent.asksAnew.length > 0 && (
        <Box tone="warn" title={t.person.agreed.widened} announce={false}>
          <ul className="plain-list">
            {consent.asksAnew.map((change) => (
              <li key={change.path}>{change[language]}</li>
            ))}
          </ul>
        </Box>
      )}
      {(runsOut || (consent.asksAnew.length > 0 && live.length > 0)) && (
        <Renew
          key={language}
          consent={consent}
          person={person}
          purposes={live.map(({ purpose }) => purpose)}
          renewed={async (answer) => {
            setDone(answer.decision === 'agreed' ? t.person.agreed.renewed : t.person.agreed.notRenewed)
            await refresh()
          }}
        />
      )}
      <div className="row">
        <Button
          className="button"
          aria-label={t.person.agreed.receiptOf(consent.title[language], format.day(consent.givenAt))}
          onPress={() =>
            save(`${JSON.stringify(consent.consentReceipt, null, 2)}\n`, `bailee-${consent.consent}.receipt.json`)
          }
        >
          <Icon name="save" />
          {t.person.agreed.receipt}
        </Button>
      </div>
    </article>
  )
}

function When({ state, until, endedAt }: { state: State; until?: string | undefined; endedAt?: string | undefined }) {
  const { t } = useSpeech()
  const format = useFormat()
  const said = endedAt
    ? t.person.agreed.ended(format.day(endedAt))
    : until && stands(state)
      ? t.person.can.until(format.day(until))
      : undefined
  return said ? (
    <>
      {t.shell.comma}
      {said}
    </>
  ) : null
}

/** Renewing is consent again, to the notice as it stands now, shown as it was the first time. */
function Renew(props: {
  consent: Consent
  person: string
  purposes: readonly string[]
  renewed: (answer: Answer) => Promise<void>
}) {
  const { t, language } = useSpeech()
  const { consent, person } = props
  const purposes = [...props.purposes]
  const [once] = useState(newOnceKey)
  const offer = useMutation({
    mutationFn: () => call('takeSnapshot', { body: { notice: consent.notice, language, person, purposes } }),
  })
  const answer = useMutation({
    mutationFn: async (given: Answer) => {
      const { snapshot, refused } = given
      if (given.decision === 'refused')
        await call('refuseConsent', { body: { person, snapshot, purposes: [...refused.purposes] }, once: `${once}-no` })
      else {
        const body = {
          person,
          snapshot,
          purposes: [...given.purposes],
          separately: [...given.separately],
          recipients: [...given.recipients],
          informed: [...given.informed],
          ...(given.ageBand === undefined ? {} : { ageBand: given.ageBand }),
        }
        // What has been widened is a new consent; what merely runs out begins anew.
        await call(consent.asksAnew.length > 0 ? 'giveConsent' : 'renewConsent', { body, once })
      }
      return given
    },
    onSuccess: async (given) => {
      offer.reset()
      await props.renewed(given)
    },
  })
  if (offer.data)
    return (
      <div className="stack-tight">
        <Suspense fallback={<Waiting />}>
          <OfferView offer={offer.data} answered={(given) => answer.mutate(given)} />
        </Suspense>
        {answer.isError && (
          <Trouble error={answer.error} retry={() => answer.variables && answer.mutate(answer.variables)} />
        )}
        <div>
          <Button className="button quiet" onPress={() => offer.reset()}>
            {t.shell.cancel}
          </Button>
        </div>
      </div>
    )
  return (
    <>
      {offer.isError && <Trouble error={offer.error} />}
      <div className="row">
        {/* Not as pending: what React Aria announces then outlives the button, which goes when the notice comes. */}
        <Button className="button" isDisabled={offer.isPending} onPress={() => offer.mutate()}>
          {consent.asksAnew.length > 0 ? t.person.agreed.readAnew : t.person.agreed.renew}
        </Button>
      </div>
    </>
  )
}

function Released({ visit }: { visit: Visit }) {
  const { t, language } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(visit.provider.id)
  const notices = useNotices(visit.provider.id)
  const { person } = visit
  const releases = useInfiniteQuery({
    queryKey: ['my-releases'],
    queryFn: ({ pageParam }) =>
      call('releases', { body: { person, ...(pageParam === null ? {} : { cursor: pageParam }) } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
  const items = releases.data?.pages.flatMap((page) => page.items) ?? []
  const named = (slug: string) =>
    notices.data?.flatMap(({ content }) => content.recipients).find((one) => one.slug === slug)?.name[language] ?? slug
  const w = t.person.released
  return (
    <Section id="released" title={w.title} lead={w.lead}>
      {releases.isPending && <Waiting />}
      {releases.isError && <Trouble error={releases.error} retry={() => void releases.refetch()} />}
      {releases.data && items.length === 0 && <p>{w.none}</p>}
      <ul className="purposes">
        {items.map(({ entry, recipient, purpose, contract, fields, at }) => (
          <li key={entry} className="purpose">
            <div className="stack-tight">
              <p>
                <strong>{w.to(named(recipient))}</strong>
              </p>
              <p className="small soft">
                {format.list(fields.map(words.field))} · {words.purpose(purpose)}
                {contract !== null && <> · {w.contract(contract)}</>}
                <br />
                <time dateTime={at}>{format.moment(at)}</time>
              </p>
            </div>
          </li>
        ))}
      </ul>
      <ShowMore list={releases} />
    </Section>
  )
}

function Refused({ refusals, visit }: { refusals: Consents['refusals']; visit: Visit }) {
  const { t } = useSpeech()
  const format = useFormat()
  const words = useNoticeWords(visit.provider.id)
  return (
    <Section title={t.person.refused.title} lead={t.person.refused.lead}>
      <ul className="purposes">
        {refusals.map(({ purpose, recipient, refusedAt, askAgainAt }) => (
          <li key={`${purpose} ${recipient ?? ''} ${refusedAt}`} className="purpose">
            <div className="stack-tight">
              <p>
                <strong>{words.purpose(purpose)}</strong>
                {recipient !== undefined && <> · {recipient}</>}
              </p>
              <p className="small soft">
                {t.person.refused.on(format.day(refusedAt))}
                {t.shell.comma}
                {t.person.refused.until(format.day(askAgainAt))}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Guardians({ consents: { guardians, wards } }: { consents: Consents }) {
  const { t } = useSpeech()
  const format = useFormat()
  return (
    <Section title={t.person.guardians.title} lead={t.person.guardians.lead}>
      <ul className="purposes">
        {guardians.map(({ person, relation, handOver, ended }) => (
          <li key={person} className="purpose">
            <div className="stack-tight">
              <p>
                <strong>{t.person.guardians.mine(t.person.guardians.relations[relation])}</strong>
              </p>
              <p className="small soft">
                <code>{person}</code>
                {t.shell.comma}
                {(ended ? t.person.guardians.handedOver : t.person.guardians.handsOver)(format.day(handOver))}
              </p>
            </div>
          </li>
        ))}
        {wards.map(({ person, relation, handOver }) => (
          <li key={person} className="purpose">
            <div className="stack-tight">
              <p>
                <strong>{t.person.guardians.ward(t.person.guardians.relations[relation])}</strong>
              </p>
              <p className="small soft">
                <code>{person}</code>
                {t.shell.comma}
                {t.person.guardians.handsOver(format.day(handOver))}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

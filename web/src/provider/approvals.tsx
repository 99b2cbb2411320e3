import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { call, newOnceKey, type Reply } from '../api.ts'
import { useSpeech } from '../i18n/index.tsx'
import { Field } from '../ui/fields.tsx'
import { useFormat } from '../ui/format.ts'
import { Box, Chip, Section, type Tone, Waiting } from '../ui/page.tsx'
import { Trouble } from '../ui/problem.tsx'

const approvalsKey = ['approvals']
type Approval = Reply<'listApprovals'>['items'][number]
const tones: Readonly<Record<Approval['state'], Tone>> = {
  waiting: 'warn',
  approved: 'good',
  declined: 'bad',
  used: 'mute',
  expired: 'mute',
}

/** Dangerous acts need two: one asks here, another decides here. */
export function ApprovalsSection({ me }: { me: string | null }) {
  const { t } = useSpeech()
  const approvals = useQuery({
    queryKey: approvalsKey,
    queryFn: () => call('listApprovals', {}),
    refetchInterval: 15_000,
  })
  return (
    <Section title={t.provider.approvals.title} lead={t.provider.approvals.lead}>
      {approvals.isPending && <Waiting />}
      {approvals.isError && <Trouble error={approvals.error} retry={() => void approvals.refetch()} />}
      {approvals.data?.items.length === 0 && <p>{t.provider.approvals.none}</p>}
      <ul className="lines">
        {approvals.data?.items.map((approval) => (
          <ApprovalLine key={approval.id} approval={approval} isMine={approval.requestedBy === me} />
        ))}
      </ul>
      <details>
        <summary>{t.provider.approvals.submit}</summary>
        <NewApproval />
      </details>
    </Section>
  )
}

function ApprovalLine({ approval, isMine }: { approval: Approval; isMine: boolean }) {
  const { t } = useSpeech()
  const format = useFormat()
  const client = useQueryClient()
  const [once] = useState(newOnceKey)
  const { id, act, subject, reason, state, requestedBy, decidedBy, expiresAt } = approval
  const decide = useMutation({
    mutationFn: (decision: 'approve' | 'decline') =>
      call('decideApproval', { body: { approval: id, decision }, once: `${once}-${decision}` }),
    onSuccess: () => client.invalidateQueries({ queryKey: approvalsKey }),
  })
  return (
    <li className="line">
      <div className="stack-tight">
        <div className="row">
          <h3>{act}</h3>
          <Chip tone={tones[state]}>{t.provider.approvals.states[state]}</Chip>
        </div>
        <p>{reason}</p>
        <p className="small soft">
          <code>{subject}</code> · {t.provider.approvals.by(requestedBy)}
          {decidedBy !== null && <> · {t.provider.approvals.decidedBy(decidedBy)}</>} ·{' '}
          {t.provider.approvals.expires(format.moment(expiresAt))}
          <br />
          <code>{id}</code>
        </p>
        {decide.isError && <Trouble error={decide.error} />}
      </div>
      {state === 'waiting' &&
        (isMine ? (
          <p className="small soft">{t.provider.approvals.mine}</p>
        ) : (
          <div className="row">
            <Button
              className="button primary"
              aria-label={t.provider.approvals.approveFor(act)}
              isPending={decide.isPending}
              onPress={() => decide.mutate('approve')}
            >
              {t.provider.approvals.approve}
            </Button>
            <Button
              className="button"
              aria-label={t.provider.approvals.declineFor(act)}
              isPending={decide.isPending}
              onPress={() => decide.mutate('decline')}
            >
              {t.provider.approvals.decline}
            </Button>
          </div>
        ))}
    </li>
  )
}

function NewApproval() {
  const { t } = useSpeech()
  const client = useQueryClient()
  const [act, setAct] = useState('')
  const [subject, setSubject] = useState('')
  const [reason, setReason] = useState('')
  const [once, setOnce] = useState(newOnceKey)
  const ask = useMutation({
    mutationFn: () => call('requestApproval', { body: { act, subject, reason }, once }),
    onSuccess: async () => {
      setAct('')
      setSubject('')
      setReason('')
      await client.invalidateQueries({ queryKey: approvalsKey })
    },
    onSettled: () => setOnce(newOnceKey()),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    ask.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <Field
        label={t.provider.approvals.act}
        help={t.provider.approvals.actHelp}
        value={act}
        onChange={setAct}
        maxLength={40}
        pattern="[a-z][a-z0-9\-]{0,39}"
      />
      <Field
        label={t.provider.approvals.subject}
        help={t.provider.approvals.subjectHelp}
        value={subject}
        onChange={setSubject}
        maxLength={200}
      />
      <Field label={t.provider.approvals.reason} value={reason} onChange={setReason} minLength={3} maxLength={500} />
      {ask.isError && <Trouble error={ask.error} />}
      {ask.isSuccess && <Box tone="good">{t.provider.approvals.requested}</Box>}
      <div className="row">
        <Button className="button primary" type="submit" isPending={ask.isPending}>
          {t.provider.approvals.submit}
        </Button>
      </div>
    </form>
  )
}

import type { demands as wire } from '@bailee/contract'
import { refusalReasonOf } from '@bailee/law'
import { type Actor, instant, toWire } from '#kernel'
import type { ReplyOf } from '#platform'
import { extendClock, shownClock } from './clock.ts'
import type { DemandsDeps } from './deps.ts'
import type { Demand } from './model.ts'
import { isOverdue, possibleActs } from './rules.ts'
import { openWords } from './words.ts'

/** A demand as whoever asks may see it: with its clock, and the steps of the count where one demand is asked for. */
export async function onWire(
  deps: Pick<DemandsDeps, 'keys' | 'clock'>,
  demand: Demand,
  actor: Pick<Actor, 'kind'>,
  withSteps: boolean,
): Promise<ReplyOf<typeof wire.getDemand>> {
  const words = await openWords(deps.keys, demand)
  const now = deps.clock.now()
  const extensible = demand.state === 'open' && extendClock(demand) !== undefined
  return {
    id: toWire('dem', demand.id),
    provider: toWire('org', demand.tenant),
    person: toWire('per', demand.subject),
    kind: demand.kind,
    state: demand.state,
    identity: demand.startedAt === null ? 'pending' : 'proven',
    purpose: demand.purpose,
    fields: [...demand.fields],
    text: words.demand ?? null,
    madeAt: instant(demand.madeAt),
    madeBy: demand.madeBy,
    clock: shownClock(demand, withSteps),
    clockStarts: demand.state === 'pending' ? waiting : null,
    overdue: isOverdue(demand, now),
    extension: demand.extendedAt === null ? null : { text: words.extension ?? '', at: instant(demand.extendedAt) },
    answer: answerOf(demand, words.answer),
    escalated:
      demand.escalatedAt === null || demand.escalatedBy === null
        ? null
        : { at: instant(demand.escalatedAt), by: demand.escalatedBy },
    ready: isReady(demand),
    can: possibleActs(demand, actor, extensible, now),
  }
}
const waiting = {
  en: 'The clock starts when it is established who asks: the person signs in, or the provider says how it checked.',
  zh: '核实请求人身份后开始计时：本人登录，或由提供者说明核验方式。',
} as const
/** Something to fetch: a copy for `see` and `copy`, an explanation for `explain`. */
export const isReady = (demand: Demand): boolean =>
  demand.state === 'fulfilled' && (demand.kind === 'see' || demand.kind === 'copy' || demand.kind === 'explain')

function answerOf(demand: Demand, text: string | undefined): ReplyOf<typeof wire.getDemand>['answer'] {
  if (demand.outcome === null || demand.answeredAt === null) return null
  const reason = demand.outcome === 'refused' && demand.reason !== null ? refusalReasonOf(demand.reason) : undefined
  const regime = demand.regimes?.[0]?.regime ?? 'cn'
  const byProvider = demand.answeredBy?.kind === 'client' || demand.answeredBy?.kind === 'staff'
  return {
    outcome: demand.outcome,
    reason: demand.outcome === 'refused' ? demand.reason : null,
    title: reason ? { ...reason.title } : null,
    law: reason ? (reason.law[regime] ?? Object.values(reason.law)[0] ?? null) : null,
    text: text ?? null,
    at: instant(demand.answeredAt),
    by: byProvider ? 'provider' : 'software',
  }
}

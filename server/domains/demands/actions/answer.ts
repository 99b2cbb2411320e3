import { refusalReasonOf, refusalReasons } from '@bailee/law'
import { type ClientActor, type DemandId, Refusal, type StaffActor } from '#kernel'
import type { OnceKey } from '#platform'
import { actedBy, actOn, type Change } from '../acting.ts'
import type { DemandsDeps } from '../deps.ts'
import { type Demand, kinds, type RefusalReason } from '../model.ts'
import { assertMayBecome } from '../rules.ts'
import { digestOf } from '../words.ts'
import { finish } from './finish.ts'

export interface AnswerRequest {
  readonly outcome: 'fulfilled' | 'refused'
  readonly reason: RefusalReason | undefined
  readonly text: string | undefined
}
/** The provider's answer: done, or refused with a reason that the law knows, in words for the person. PIPL 50; GDPR 12(3) and (4). */
export async function answerDemand(
  deps: DemandsDeps,
  actor: ClientActor | StaffActor,
  id: DemandId,
  request: AnswerRequest,
  onceKey: OnceKey | undefined,
) {
  const receipt = await actOn(deps, actor, id, onceKey, (demand, at) =>
    request.outcome === 'fulfilled' ? fulfil(demand, actor, request, at) : refuse(demand, actor, request, at),
  )
  await finish(deps, actor.tenant, id)
  return receipt
}

function fulfil(demand: Demand, actor: ClientActor | StaffActor, { reason, text }: AnswerRequest, at: Date): Change {
  if (demand.state === 'pending') throw new Refusal('identity_pending')
  assertMayBecome(demand, 'fulfil')
  if (reason !== undefined)
    throw new Refusal('schema_violation', { field: '/reason', rule: 'goes with a refusal alone' })
  if (demand.kind === 'delete' && !actor.abilities.has('erase'))
    throw new Refusal('ability_missing', { missing: { ability: 'erase' } })
  const { acts } = kinds[demand.kind]
  return {
    to: {
      ...demand,
      state: acts ? 'fulfilling' : 'fulfilled',
      cameFrom: acts ? demand.state : null,
      outcome: 'fulfilled',
      reason: null,
      answeredAt: at,
      answeredBy: actedBy(actor),
    },
    act: 'fulfil',
    ...said(text),
  }
}
function refuse(demand: Demand, actor: ClientActor | StaffActor, { reason, text }: AnswerRequest, at: Date): Change {
  const state = assertMayBecome(demand, 'refuse')
  if (reason === undefined) throw new Refusal('schema_violation', { field: '/reason', rule: 'must be present' })
  if (text === undefined || text.trim() === '')
    throw new Refusal('schema_violation', { field: '/text', rule: 'must be present' })
  if (!refusalReasonOf(reason)?.demands.includes(demand.kind))
    throw new Refusal('refusal_reason_unfit', {
      field: '/reason',
      missing: { reasons: refusalReasons.filter((one) => one.demands.includes(demand.kind)).map((one) => one.id) },
    })
  const { fields = [], words } = said(text)
  return {
    to: { ...demand, state, outcome: 'refused', reason, answeredAt: at, answeredBy: actedBy(actor) },
    act: 'refuse',
    fields: [['reason', reason], ...fields],
    ...(words ? { words } : {}),
  }
}
const said = (text: string | undefined): Pick<Change, 'fields' | 'words'> =>
  text === undefined ? {} : { fields: [['said', digestOf(text)]], words: { answer: text } }

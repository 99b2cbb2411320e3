import { type DemandId, newId, type PersonId, Refusal } from '#kernel'
import { type OnceKey, once } from '#platform'
import { type Asker, actedBy } from '../acting.ts'
import { defaultRegimes, startClock } from '../clock.ts'
import type { DemandsDeps } from '../deps.ts'
import { demandEntry } from '../entries.ts'
import { type Demand, type DemandKind, kinds } from '../model.ts'
import { insertDemand, regimesOf } from '../store.ts'
import { digestOf, sealWords } from '../words.ts'
import { finish } from './finish.ts'

export interface DemandRequest {
  readonly person: PersonId | undefined
  readonly kind: DemandKind
  readonly purpose: string | undefined
  readonly fields: readonly string[]
  readonly text: string | undefined
  readonly evidence: string | undefined
}

/**
 * Makes a demand. A person's own session proves who asks; for somebody at a counter the provider says how it checked, and until
 * it does the clock waits. What software can answer, it answers at once. Article 8; PIPL 44 to 50.
 */
export async function makeDemand(
  deps: DemandsDeps,
  actor: Asker,
  request: DemandRequest,
  onceKey: OnceKey | undefined,
) {
  const person = subjectOf(actor, request.person)
  if (request.kind === 'stop' && request.purpose === undefined)
    throw new Refusal('schema_violation', { field: '/purpose', rule: 'must be present: stop what?' })
  const at = deps.clock.now()
  const made = await deps.db.transaction('demands', (tx) =>
    once(tx, deps.keys, actor.tenant, onceKey, async () => {
      await deps.persons.assertLive(tx, actor.tenant, person)
      const id = newId<'dem'>()
      const proven = actor.kind === 'person' || request.evidence !== undefined
      const under = proven ? ((await regimesOf(tx, actor.tenant)) ?? defaultRegimes) : undefined
      const started = under && startClock(request.kind, at, under)
      const { text } = request
      const demand: Demand = {
        tenant: actor.tenant,
        id,
        subject: person,
        kind: request.kind,
        state: proven ? 'open' : 'pending',
        purpose: request.purpose ?? null,
        fields: request.fields,
        words: text === undefined ? null : await sealWords(deps.keys, actor.tenant, id, { demand: text }),
        madeAt: at,
        madeBy: actor.kind,
        evidence: request.evidence ?? null,
        regimes: started?.regimes ?? null,
        startedAt: started?.startedAt ?? null,
        clock: started?.clock ?? null,
        dueAt: started?.dueAt ?? null,
        assumed: started?.assumed ?? false,
        extendedAt: null,
        answeredAt: null,
        answeredBy: null,
        outcome: null,
        reason: null,
        cameFrom: null,
        escalatedAt: null,
        escalatedBy: null,
      }
      const said = text === undefined ? [] : [['said', digestOf(text)] as const]
      const entries = [demandEntry(demand, actor, 'made', at, said)]
      const answered = answeredBySoftware(demand, actor, at)
      if (answered) entries.push(demandEntry(answered, { kind: 'software' }, 'fulfil', at))
      await insertDemand(tx, answered ?? demand)
      return { id, appended: await deps.ledger.append(tx, entries) }
    }),
  )
  await finish(deps, actor.tenant, made.id as DemandId)
  return { id: made.id as DemandId, receipt: deps.ledger.promise(made.appended)[0]! }
}

function subjectOf(actor: Asker, person: PersonId | undefined): PersonId {
  if (actor.kind === 'person') {
    if (person !== undefined && person !== actor.id) throw new Refusal('person_unknown', { field: '/person' })
    return actor.id
  }
  if (person === undefined) throw new Refusal('schema_violation', { field: '/person', rule: 'must be present' })
  return person
}

/** The demand as answered, where nobody needs to decide anything; `stop` still has something to be done. */
export function answeredBySoftware(demand: Demand, actor: Asker, at: Date): Demand | undefined {
  const { bySoftware, acts } = kinds[demand.kind]
  if (demand.state !== 'open' || !bySoftware) return undefined
  return {
    ...demand,
    state: acts ? 'fulfilling' : 'fulfilled',
    cameFrom: acts ? 'open' : null,
    outcome: 'fulfilled',
    answeredAt: at,
    // Who asked is who acts: to withdraw one's consent is one's own act, and what another did for a person is theirs.
    answeredBy: acts ? actedBy(actor) : { kind: 'software' },
  }
}

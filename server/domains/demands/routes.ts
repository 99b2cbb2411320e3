import { demands as wire } from '@bailee/contract'
import { refusalReasons } from '@bailee/law'
import { type ClientActor, type DemandId, fromWire, type PersonActor, Refusal, type StaffActor } from '#kernel'
import { FileAnswer, type HttpServer, type ReplyOf } from '#platform'
import { type Asker, assertOwn } from './acting.ts'
import { answerDemand } from './actions/answer.ts'
import { confirmDemand } from './actions/confirm.ts'
import { escalateDemand } from './actions/escalate.ts'
import { extendDemand } from './actions/extend.ts'
import { makeDemand } from './actions/make-demand.ts'
import { stateRegimes } from './actions/state-regimes.ts'
import { withdrawDemand } from './actions/withdraw.ts'
import { defaultRegimes } from './clock.ts'
import { copyOf } from './copy.ts'
import type { DemandsDeps } from './deps.ts'
import { explanationOf } from './explanation.ts'
import * as store from './store.ts'
import { mountTracker } from './tracker.ts'
import { isReady, onWire } from './wire.ts'

type Provider = ClientActor | StaffActor

export function mountDemandsRoutes(http: HttpServer, deps: DemandsDeps): void {
  const db = deps.db.as('demands')
  async function ownDemand(actor: Asker, id: DemandId) {
    const demand = await store.findDemand(db, actor.tenant, id)
    assertOwn(demand, actor)
    return demand
  }
  const done = async (actor: Asker, id: DemandId, receipt: ReplyOf<typeof wire.makeDemand>['receipt']) => ({
    demand: await onWire(deps, await ownDemand(actor, id), actor, true),
    receipt,
  })
  /** One that has been fulfilled and left something to fetch. */
  async function readyDemand(actor: Asker, id: DemandId, kinds: readonly string[]) {
    const demand = await ownDemand(actor, id)
    if (!isReady(demand) || !kinds.includes(demand.kind))
      throw new Refusal('demand_state', { missing: { state: demand.state, kind: demand.kind } })
    return demand
  }

  http.mount(wire.makeDemand, async ({ actor, body, once }) => {
    const asker = actor as Asker
    const { id, receipt } = await makeDemand(
      deps,
      asker,
      {
        person: body.person === undefined ? undefined : fromWire('per', body.person),
        kind: body.kind,
        purpose: body.purpose,
        fields: body.fields ?? [],
        text: body.text,
        evidence: body.evidence,
      },
      once,
    )
    return done(asker, id, receipt)
  })
  http.mount(wire.getDemand, async ({ actor, params }) => {
    const asker = actor as Asker
    return onWire(deps, await ownDemand(asker, fromWire('dem', params.demand)), asker, true)
  })
  http.mount(wire.listDemands, async ({ actor, query }) => {
    const asker = actor as Asker
    const limit = query.limit ?? 20
    const byClock = asker.kind !== 'person' && query.which !== 'all'
    const rows = await (byClock
      ? store.demandsByClock(db, asker.tenant, clockCursor(query.cursor), limit + 1)
      : asker.kind === 'person'
        ? store.demandsOfPerson(db, asker.tenant, asker.id, idCursor(query.cursor), limit + 1)
        : store.demandsOfTenant(db, asker.tenant, idCursor(query.cursor), limit + 1))
    // Those whose asker is not yet known have no clock: they stand before all others, on the first page.
    const pending = byClock && query.cursor === undefined ? await store.pendingDemands(db, asker.tenant, 100) : []
    const last = rows.length > limit ? rows[limit - 1] : undefined
    const next = last && (byClock ? `${last.dueAt!.getTime()}-${last.id}` : last.id)
    return {
      items: await Promise.all([...pending, ...rows.slice(0, limit)].map((row) => onWire(deps, row, asker, false))),
      next: next ?? null,
    }
  })
  http.mount(wire.answerDemand, async ({ actor, params, body, once }) => {
    const id = fromWire('dem', params.demand)
    const request = { outcome: body.outcome, reason: body.reason, text: body.text }
    return done(actor as Asker, id, await answerDemand(deps, actor as Provider, id, request, once))
  })
  http.mount(wire.extendDemand, async ({ actor, params, body, once }) => {
    const id = fromWire('dem', params.demand)
    return done(actor as Asker, id, await extendDemand(deps, actor as Provider, id, body.text, once))
  })
  http.mount(wire.escalateDemand, async ({ actor, params, once }) => {
    const id = fromWire('dem', params.demand)
    return done(actor as Asker, id, await escalateDemand(deps, actor as PersonActor, id, once))
  })
  http.mount(wire.withdrawDemand, async ({ actor, params, once }) => {
    const id = fromWire('dem', params.demand)
    return done(actor as Asker, id, await withdrawDemand(deps, actor as PersonActor, id, once))
  })
  http.mount(wire.confirmDemand, async ({ actor, params, body, once }) => {
    const id = fromWire('dem', params.demand)
    return done(actor as Asker, id, await confirmDemand(deps, actor as Asker, id, body.evidence, once))
  })
  http.mount(wire.copyDemand, async ({ actor, params, body }) => {
    const demand = await readyDemand(actor as Asker, fromWire('dem', params.demand), ['see', 'copy'])
    const content = await copyOf(deps, actor as PersonActor, demand, body.language ?? 'en')
    return new FileAnswer('application/zip', 'my-information.zip', content) as unknown as string // sent as it is, never as JSON
  })
  http.mount(wire.explainDemand, async ({ actor, params }) => {
    await readyDemand(actor as Asker, fromWire('dem', params.demand), ['explain'])
    return explanationOf(deps, actor as PersonActor)
  })
  http.mount(wire.stateRegimes, async ({ actor, body, once }) =>
    stateRegimes(deps, actor as Provider, body.regimes, once),
  )
  http.mount(wire.getRegimes, async ({ actor }) => ({
    regimes: [...((await store.regimesOf(db, (actor as Asker).tenant)) ?? defaultRegimes)] as ReplyOf<
      typeof wire.getRegimes
    >['regimes'],
    reasons: refusalReasons.map(({ id, title, demands, law }) => ({
      id: id as ReplyOf<typeof wire.getRegimes>['reasons'][number]['id'],
      title,
      demands: [...demands],
      law: law as Record<string, string>,
    })),
  }))
  mountTracker(http, deps)
}

function idCursor(cursor: string | undefined): DemandId | null {
  if (cursor === undefined) return null
  if (!/^[0-9a-f]{32}$/.test(cursor)) throw new Refusal('cursor_malformed')
  return cursor as DemandId
}
function clockCursor(cursor: string | undefined): { dueAt: Date; id: DemandId } | null {
  if (cursor === undefined) return null
  const match = /^(\d{1,15})-([0-9a-f]{32})$/.exec(cursor)
  if (!match) throw new Refusal('cursor_malformed')
  return { dueAt: new Date(Number(match[1])), id: match[2] as DemandId }
}

import { createHmac } from 'node:crypto'
import { vault as wire } from '@bailee/contract'
import { type ClientActor, fromWire, type PersonActor, problemOf, Refusal, type StaffActor, toWire } from '#kernel'
import type { HttpServer, OnceKey } from '#platform'
import { type CollectItem, collectTogether, correct, createCollect } from './actions/collect.ts'
import { erase } from './actions/erase.ts'
import { FindQuota, find } from './actions/find.ts'
import { createLook, lookTogether } from './actions/look.ts'
import { mine } from './actions/mine.ts'
import type { VaultDeps } from './deps.ts'
import type { Collected, CollectRequest, Look, LookRequest } from './model.ts'

interface LookWire {
  readonly person: string
  readonly purpose: string
  readonly fields: readonly string[]
  readonly record?: string
  readonly onBehalfOf?: string
  readonly case?: string
}
interface CollectWire {
  readonly person?: string
  readonly consent?: { readonly snapshot: string; readonly purposes: readonly string[] }
  readonly record?: string
  readonly replace?: boolean
  readonly fields: Readonly<Record<string, string>>
}

const lookRequest = (body: LookWire): LookRequest => ({
  person: fromWire('per', body.person),
  purpose: body.purpose,
  fields: body.fields,
  record: body.record === undefined ? undefined : fromWire('rec', body.record),
  onBehalfOf: body.onBehalfOf,
  case: body.case,
})
const collectRequest = (body: CollectWire): CollectRequest => ({
  person: body.person === undefined ? undefined : fromWire('per', body.person),
  consent: body.consent,
  record: body.record === undefined ? undefined : fromWire('rec', body.record),
  replace: body.replace ?? false,
  fields: body.fields,
})
const onWire = <Made extends Look | Collected>(made: Made) => ({
  ...made,
  person: toWire('per', made.person),
  record: toWire('rec', made.record),
})
/** A refused item of a batch is a result like any other; what is no refusal fails the batch. */
const perItem = <Made extends Look | Collected>(results: readonly (Made | Error)[]) => ({
  items: results.map((result) => {
    if (result instanceof Refusal) return { problem: problemOf(result) }
    if (result instanceof Error) throw result
    return onWire(result)
  }),
})
const partOf = (once: OnceKey, index: number, item: unknown): OnceKey => ({
  key: `${once.key}/${index}`,
  // Under the digest of the whole batch, which is keyed: the same key with another batch is another request.
  digest: createHmac('sha256', once.digest).update(JSON.stringify(item)).digest(),
})

export function mountVaultRoutes(http: HttpServer, deps: VaultDeps): void {
  const db = deps.db.as('vault')
  const look = createLook(deps)
  const collect = createCollect(deps)
  const quota = new FindQuota(deps.findsPerMinute)
  http.mount(wire.look, async ({ actor, body }) =>
    onWire(await look({ actor: actor as ClientActor | StaffActor, request: lookRequest(body) })),
  )
  http.mount(wire.lookBatch, async ({ actor, body }) =>
    perItem(
      await lookTogether(
        deps,
        db,
        body.items.map((item) => ({ actor: actor as ClientActor | StaffActor, request: lookRequest(item) })),
      ),
    ),
  )
  http.mount(wire.collect, async ({ actor, body, once }) => {
    const item: CollectItem = { actor: actor as ClientActor, request: collectRequest(body), once: once! }
    return onWire(await (item.request.replace ? correct(deps, item) : collect(item)))
  })
  http.mount(wire.collectBatch, async ({ actor, body, once }) => {
    const items = body.items.map(
      (item, index): CollectItem => ({
        actor: actor as ClientActor,
        request: collectRequest(item),
        once: partOf(once!, index, item),
      }),
    )
    const results: (Collected | Error)[] = []
    for (let from = 0; from < items.length; from += 100) {
      const slice = items.slice(from, from + 100)
      const plain = slice.filter((item) => !item.request.replace)
      const done = new Map((await collectTogether(deps, db, plain)).map((result, index) => [plain[index]!, result]))
      for (const item of slice)
        results.push(done.get(item) ?? (await correct(deps, item).catch((error: Error) => error)))
    }
    return perItem(results)
  })
  http.mount(wire.find, async ({ actor, body }) => {
    const hits = await find(deps, quota, actor as ClientActor | StaffActor, {
      purpose: body.purpose,
      field: body.field,
      value: body.value,
      onBehalfOf: body.onBehalfOf,
      case: body.case,
    })
    return {
      items: hits.map((hit) => ({
        person: toWire('per', hit.person),
        record: toWire('rec', hit.record),
        receipt: hit.receipt,
      })),
    }
  })
  http.mount(wire.erase, async ({ actor, body, once }) => {
    const done = await erase(deps, actor as ClientActor | PersonActor, fromWire('per', body.person), once)
    return { ...done, person: toWire('per', done.person) }
  })
  http.mount(wire.mine, async ({ actor, body }) => mine(deps, actor as PersonActor, body.categories))
}

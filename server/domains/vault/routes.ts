import { createHmac } from 'node:crypto'
import { vault as wire } from '@bailee/contract'
import {
  type ClientActor,
  fromWire,
  instant,
  type PersonActor,
  type PersonId,
  problemOf,
  Refusal,
  type StaffActor,
  toWire,
} from '#kernel'
import { type HttpServer, type OnceKey, Streamed } from '#platform'
import { type CollectItem, collectTogether, correct, createCollect } from './actions/collect.ts'
import { erase } from './actions/erase.ts'
import { lookFile, storeFile } from './actions/files.ts'
import { createFind } from './actions/find.ts'
import { endHold, hold } from './actions/hold.ts'
import { createLook, lookTogether } from './actions/look.ts'
import { mine } from './actions/mine.ts'
import { history, holds, releases } from './actions/records.ts'
import { release } from './actions/release.ts'
import { makeToken, type ResolveRequest, resolveToken, type TokenRequest } from './actions/tokens.ts'
import type { VaultDeps } from './deps.ts'
import { suspect } from './events.ts'
import type { Collected, CollectRequest, Look, LookRequest, TokenForm } from './model.ts'
import { FindQuota } from './quota.ts'

interface LookWire {
  readonly person: string
  readonly purpose: string
  readonly fields: readonly string[]
  readonly equals?: Readonly<Record<string, string>>
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

interface TokenWire {
  readonly person: string
  readonly field: string
  readonly form: TokenForm
  readonly record?: string
}
interface ResolveWire {
  readonly token: string
  readonly purpose: string
  readonly as?: string
  readonly person?: string
  readonly onBehalfOf?: string
  readonly case?: string
}

const lookRequest = (body: LookWire): LookRequest => ({
  person: fromWire('per', body.person),
  purpose: body.purpose,
  fields: body.fields,
  equals: body.equals,
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
const onPersonWire = <Made extends { readonly person: PersonId }>(made: Made) => ({
  ...made,
  person: toWire('per', made.person),
})
const onTokenWire = (made: Awaited<ReturnType<typeof makeToken>>) => onPersonWire(made)
/** What is no refusal fails the batch. */
const problemItem = (error: unknown) => {
  if (error instanceof Refusal) return { problem: problemOf(error) }
  throw error
}
const tokenRequest = (body: TokenWire): TokenRequest => ({
  person: fromWire('per', body.person),
  field: body.field,
  form: body.form,
  record: body.record === undefined ? undefined : fromWire('rec', body.record),
})
const resolveRequest = (body: ResolveWire): ResolveRequest => ({
  token: body.token,
  purpose: body.purpose,
  as: body.as,
  person: body.person === undefined ? undefined : fromWire('per', body.person),
  onBehalfOf: body.onBehalfOf,
  case: body.case,
})
const partOf = (once: OnceKey, index: number, item: unknown): OnceKey => ({
  key: `${once.key}/${index}`,
  // Under the digest of the whole batch, which is keyed: the same key with another batch is another request.
  digest: createHmac('sha256', once.digest).update(JSON.stringify(item)).digest(),
})

export function mountVaultRoutes(http: HttpServer, deps: VaultDeps): void {
  const db = deps.db.as('vault')
  const quota = new FindQuota(deps.findsPerMinute, suspect(deps))
  const look = createLook(deps, quota)
  const collect = createCollect(deps)
  const find = createFind(deps, quota)
  http.mount(wire.look, async ({ actor, body }) =>
    onWire(await look({ actor: actor as ClientActor | StaffActor, request: lookRequest(body) })),
  )
  http.mount(wire.lookBatch, async ({ actor, body }) =>
    perItem(
      await lookTogether(
        deps,
        quota,
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
    const { purpose, field, value, onBehalfOf } = body
    const request = { purpose, field, value, onBehalfOf, case: body.case }
    const hits = await find({ actor: actor as ClientActor | StaffActor, request })
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
  http.mount(wire.makeToken, async ({ actor, body, once }) =>
    onTokenWire(await makeToken(deps, actor as ClientActor, tokenRequest(body), once)),
  )
  http.mount(wire.makeTokens, async ({ actor, body, once }) => {
    const items: (ReturnType<typeof onTokenWire> | { problem: ReturnType<typeof problemOf> })[] = []
    // One after another: each is a transaction of its own, and many of one person would only wait for each other.
    for (const [index, item] of body.items.entries())
      items.push(
        await makeToken(deps, actor as ClientActor, tokenRequest(item), partOf(once!, index, item)).then(
          onTokenWire,
          problemItem,
        ),
      )
    return { items }
  })
  http.mount(wire.resolveToken, async ({ actor, body }) =>
    onPersonWire(await resolveToken(deps, look, actor as ClientActor | StaffActor, resolveRequest(body))),
  )
  http.mount(wire.resolveTokens, async ({ actor, body }) => ({
    items: await Promise.all(
      body.items.map((item) =>
        resolveToken(deps, look, actor as ClientActor | StaffActor, resolveRequest(item)).then(
          onPersonWire,
          problemItem,
        ),
      ),
    ),
  }))
  http.mount(wire.storeFile, async ({ actor, query, upload, once }) => {
    const request = {
      person: fromWire('per', query.person),
      field: query.field,
      record: query.record === undefined ? undefined : fromWire('rec', query.record),
    }
    const made = await storeFile(deps, actor as ClientActor, request, upload!, once!)
    return { ...made, person: toWire('per', made.person), record: toWire('rec', made.record) }
  })
  http.mount(wire.lookFile, async ({ actor, body }) => {
    const { stream, bytes, receipt } = await lookFile(deps, look, actor as ClientActor | StaffActor, {
      person: fromWire('per', body.person),
      purpose: body.purpose,
      field: body.field,
      record: body.record === undefined ? undefined : fromWire('rec', body.record),
      onBehalfOf: body.onBehalfOf,
      case: body.case,
    })
    return new Streamed(stream, bytes, { 'bailee-receipt': Buffer.from(JSON.stringify(receipt)).toString('base64') })
  })
  http.mount(wire.release, async ({ actor, body }) =>
    onWire(
      await release(deps, quota, actor as ClientActor, {
        ...body,
        person: fromWire('per', body.person),
        record: body.record === undefined ? undefined : fromWire('rec', body.record),
        contract: body.contract,
        case: body.case,
      }),
    ),
  )
  http.mount(wire.releases, async ({ actor, body }) => {
    const { items, next } = await releases(deps, actor as ClientActor, fromWire('per', body.person), body.cursor)
    return {
      items: items.map(({ subject, entry, at, keptUntil, ...row }) => ({
        ...row,
        fields: [...row.fields],
        person: toWire('per', subject),
        entry: `ent_${entry}`,
        at: instant(at),
        keptUntil: instant(keptUntil),
      })),
      next,
    }
  })
  http.mount(wire.history, async ({ actor, body }) => {
    const { items, next } = await history(deps, actor as ClientActor, fromWire('per', body.person), body.cursor)
    return {
      items: items.map((row) => ({
        record: toWire('rec', row.record),
        fields: [...row.fields],
        by: { kind: row.actorKind, id: `${row.actorKind === 'client' ? 'cli' : 'stf'}_${row.actor}` },
        entry: `ent_${row.entry}`,
        at: instant(row.at),
      })),
      next,
    }
  })
  http.mount(wire.hold, async ({ actor, body, once }) => {
    const request = {
      ...body,
      person: fromWire('per', body.person),
      until: new Date(body.until),
      approval: body.approval,
    }
    const made = await hold(deps, actor as ClientActor | StaffActor, request, once)
    return { ...made, hold: onPersonWire(made.hold) }
  })
  http.mount(wire.endHold, async ({ actor, body, once }) => {
    const request = { person: fromWire('per', body.person), case: body.case, approval: body.approval }
    return onPersonWire(await endHold(deps, actor as ClientActor | StaffActor, request, once))
  })
  http.mount(wire.holds, async ({ actor, body }) => ({
    items: (await holds(deps, actor as ClientActor, fromWire('per', body.person))).map((row) => ({
      person: toWire('per', row.subject),
      reason: row.reason,
      case: row.case,
      since: instant(row.since),
      until: instant(row.until),
    })),
  }))
  http.mount(wire.mine, async ({ actor, body }) => mine(deps, actor as PersonActor, body.categories))
}

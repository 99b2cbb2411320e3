import { demands as wire } from '@bailee/contract'
import { actorField, fromWire, instant, newId, type OrganisationId, type PersonId, Refusal, toWire } from '#kernel'
import type { OpenedEntry } from '#ledger'
import type { HttpServer } from '#platform'
import type { Asker } from './acting.ts'
import type { DemandsDeps } from './deps.ts'
import { beginning, organisationNames } from './store.ts'

/**
 * Estonia's Data Tracker, usage service 2.1.0 (e-gov/AJ, MIT): the same three calls, so that a portal which asks registers asks
 * this one too, with a proof beside each usage. A person asks for themselves; a representative's portal asks with a machine key and
 * names the viewer in `X-Road-UserId`, and the person sees that somebody looked on their behalf.
 */
export function mountTracker(http: HttpServer, deps: DemandsDeps): void {
  const db = deps.db.as('demands')
  http.mount(wire.findUsage, async ({ actor, query, header }) => {
    const asker = actor as Asker
    const person = fromWire('per', query.userCode)
    const viewer = header('x-road-userid')
    if (viewer !== undefined && !/^[A-Za-z0-9._:/-]{1,64}$/.test(viewer))
      throw new Refusal('schema_violation', { field: 'X-Road-UserId', rule: 'must match ^[A-Za-z0-9._:/-]{1,64}$' })
    const since = timeOf(query.periodStart)
    const until = timeOf(query.periodEnd)
    if (since !== undefined && until !== undefined && until < since)
      throw new Refusal('period_invalid', { field: '/query/periodEnd' })
    await assertMaySee(asker, person, viewer)
    const { total, items } = await deps.ledger.reader.usagesOf(person, {
      since,
      until,
      offset: query.offset ?? 0,
      limit: query.limit ?? 1000,
      // A provider's key sees what that provider did; who else asked in vain is for the person alone.
      maker: asker.kind === 'person' ? undefined : asker.tenant,
    })
    const names = await organisationNames(db, [...new Set(items.map((item) => item.tenant))])
    return {
      totalUsages: total,
      usages: items.map((item) => ({
        logtime: item.at,
        action: actionOf(item),
        receiverCode: toWire('org', item.tenant as OrganisationId),
        receiverName: names.get(item.tenant)?.en ?? '',
        receiverSystem: systemOf(item),
        proof: {
          entry: item.entry,
          n: item.n,
          index: item.index,
          href: `/v1/ledger/me/entries/${item.entry}/proof`,
        },
      })),
    }
  })
  http.mount(wire.usagePeriod, async () => ({ periodStart: instant(await beginning(db)) }))
  http.mount(wire.heartbeat, () =>
    deps.ledger.behind()
      ? { status: 'FAIL' as const, message: 'the ledger is behind its deadline' }
      : { status: 'OK' as const, message: 'the ledger keeps up' },
  )

  /** One's own, or on somebody's behalf: then it is logged before anything is shown, with the viewer's own code. */
  async function assertMaySee(asker: Asker, person: PersonId, viewer: string | undefined): Promise<void> {
    if (asker.kind === 'person') {
      if (asker.id !== person) throw new Refusal('person_unknown', { field: '/query/userCode' })
      return
    }
    if (viewer === undefined) throw new Refusal('viewer_needed', { field: 'X-Road-UserId' })
    const at = deps.clock.now().getTime()
    await deps.db.transaction('demands', async (tx) => {
      await deps.persons.assertLive(tx, asker.tenant, person)
      await deps.ledger.append(tx, [
        {
          entry: newId<'ent'>(),
          subject: person,
          tenant: asker.tenant,
          kind: 'tracker',
          at,
          fields: [
            ['actor', actorField(asker) as { kind: string }],
            ['viewer', viewer],
            ['outcome', 'shown'],
          ],
        },
      ])
    })
  }
}

const timeOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new Refusal('schema_violation', { field: '/query', rule: 'must be a date and time' })
  return at
}
/** "look for delivery: address, name (opened)": words that were logged, never values. */
function actionOf({ kind, fields }: OpenedEntry): string {
  const list = [fields.fields, fields.categories].find(Array.isArray)
  return [
    kind,
    typeof fields.purpose === 'string' ? ` for ${fields.purpose}` : '',
    list && list.length > 0 ? `: ${list.join(', ')}` : '',
    typeof fields.outcome === 'string' ? ` (${fields.outcome})` : '',
  ].join('')
}
function systemOf({ fields }: OpenedEntry): string {
  const { actor } = fields
  if (typeof actor !== 'object' || actor === null || Array.isArray(actor)) return 'unknown'
  const { kind, id } = actor as { kind?: unknown; id?: unknown }
  return typeof id === 'string' ? id : typeof kind === 'string' ? kind : 'unknown'
}

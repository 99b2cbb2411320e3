import { ledger } from '@bailee/contract'
import { parseTilePath } from '@bailee/proof'
import { fromWire, instant, Refusal, toWire } from '#kernel'
import type { HttpServer } from '#platform'
import type { LedgerRoom } from './room.ts'
import type { TileStore } from './tile-store.ts'

export function mountLedgerRoutes(http: HttpServer, room: LedgerRoom, tiles: TileStore): void {
  http.mount(ledger.ledgerStatus, () => {
    const state = room.state()
    if (!state) throw new Refusal('unavailable')
    const silence = room.silenceSeconds()
    return {
      origin: room.origin,
      vkeys: [...room.vkeys],
      policy: room.policy,
      serverKey: room.serverKey,
      size: state.size,
      root: state.root,
      checkpoint: state.witnessedNote ?? state.note,
      checkpointAt: instant(state.signedAt),
      backlog: state.backlog,
      lagSeconds: Math.max(state.oldestSeconds, silence > 5 ? silence : 0),
      behind: room.behind(),
      witnesses: state.witnesses.map((witness) => ({
        name: witness.name,
        vkeys: [...witness.vkeys],
        url: witness.url,
        size: witness.size,
        seenAt: witness.seenAt === null ? null : instant(witness.seenAt),
        reachable: witness.reachable,
      })),
      epoch: state.epoch,
      epochEndsAt: instant(state.epochEndsAt),
    }
  })
  http.mount(ledger.proveIndex, ({ params }) => room.reader.proveIndex(params.index))
  http.mount(ledger.proveConsistency, ({ query }) => room.reader.proveConsistency(query.from, query.to))
  http.mount(ledger.listEpochs, async () => ({ items: await room.reader.epochs() }))
  http.mount(ledger.epochBucket, ({ params }) => room.reader.bucket(params.epoch, params.prefix))
  http.mount(ledger.myEntries, ({ actor, query }) => room.reader.entriesOf(personOf(actor), query.cursor))
  http.mount(ledger.listActs, async ({ actor, query }) => {
    if (actor.kind !== 'client' && actor.kind !== 'staff') throw new Refusal('ability_missing')
    const { items, next } = await room.reader.actsOf(actor.tenant, query.actor, query.before)
    return {
      items: items.map(({ entry, index, at, kind, person, actor: by, fields }) => {
        const { actor: _actor, ...rest } = fields
        return { entry, index, at, kind, person: toWire('per', person), actor: by, fields: rest }
      }),
      next,
    }
  })
  http.mount(ledger.myProof, ({ actor, params }) =>
    room.reader.proveEntry(personOf(actor), fromWire('ent', params.entry), undefined),
  )
  http.mount(ledger.myMonitor, async ({ actor }) => {
    const { n, key, tags } = await room.reader.monitorOf(personOf(actor))
    return { n, key, tags }
  })
  http.mount(ledger.chainStart, async ({ actor, once }) => {
    if (actor.kind !== 'person') throw new Refusal('ability_missing')
    return room.chainStart(actor, once)
  })
  http.mount(ledger.proveEntry, ({ actor, body }) => {
    if (actor.kind !== 'client') throw new Refusal('ability_missing')
    return room.reader.proveEntry(fromWire('per', body.person), fromWire('ent', body.entry), actor.tenant)
  })

  // c2sp.org/tlog-tiles: static, immutable, cacheable for ever; only the checkpoint changes.
  http.raw.get('/ledger/checkpoint', async (_request, reply) => {
    const note = await tiles.get('checkpoint')
    if (!note) throw new Refusal('unavailable')
    return reply
      .header('content-type', 'text/plain; charset=utf-8')
      .header('cache-control', 'no-cache')
      .header('access-control-allow-origin', '*')
      .send(note)
  })
  http.raw.get('/ledger/tile/*', async (request, reply) => {
    const path = `tile/${(request.params as { '*': string })['*']}`
    try {
      parseTilePath(path)
    } catch {
      throw new Refusal('tile_unknown')
    }
    // A partial tile may have been tidied away once the full one exists (tlog-tiles); clients fall back to the full one.
    const bytes = await tiles.get(path)
    if (!bytes) throw new Refusal('tile_unknown')
    return reply
      .header('content-type', 'application/octet-stream')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('access-control-allow-origin', '*')
      .send(bytes)
  })
}

function personOf(actor: { kind: string }): import('#kernel').PersonId {
  if (actor.kind !== 'person') throw new Refusal('ability_missing')
  return (actor as import('#kernel').PersonActor).id
}

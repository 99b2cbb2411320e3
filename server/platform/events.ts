import { newId } from '#kernel'
import type { Database, Tx } from './db/database.ts'
import type { Log } from './log.ts'

/**
 * Upward speech. A lower room says what happened, in the transaction of the act; rooms above are told afterwards, in
 * order, at least once. A listener that fails is told again, and those after it wait: it must bear hearing an event twice,
 * and must not fail for ever.
 */
export interface Event {
  readonly id: string
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
}
export async function emit(tx: Tx, type: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
  await tx.query({
    name: 'events/emit',
    text: 'insert into platform.event (id, type, payload) values ($1, $2, $3)',
    values: [newId(), type, JSON.stringify(payload)],
  })
}

export interface Events {
  on(type: string, listener: (event: Event) => Promise<void>): void
  start(): void
  stop(): Promise<void>
}
const batch = 100
const pollMilliseconds = 250

export function createEvents(deps: { db: Database; log: Log }): Events {
  const { db, log } = deps
  const listeners = new Map<string, ((event: Event) => Promise<void>)[]>()
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  /** One server delivers at a time; the rows go when every listener has heard them. */
  const deliver = () =>
    db.transaction('platform', async (tx) => {
      // One server delivers at a time, so that events are heard in the order in which they happened.
      const [office] = await tx.query<{ held: boolean }>({
        name: 'events/office',
        text: "select pg_try_advisory_xact_lock(hashtext('bailee/events')) as held",
      })
      if (!office?.held) return 0
      const events = await tx.query<Event>({
        name: 'events/take',
        text: 'select id, type, payload from platform.event order by id limit $1',
        values: [batch],
      })
      for (const event of events) {
        for (const listener of listeners.get(event.type) ?? []) await listener(event)
        await tx.query({ name: 'events/done', text: 'delete from platform.event where id = $1', values: [event.id] })
      }
      return events.length
    })
  async function round(): Promise<void> {
    try {
      while (!stopped && (await deliver()) === batch);
    } catch (error) {
      log.warn({ err: error }, 'an event was not delivered and will be again')
    }
    if (!stopped)
      timer = setTimeout(() => {
        running = round()
      }, pollMilliseconds)
  }
  return {
    on(type, listener) {
      listeners.set(type, [...(listeners.get(type) ?? []), listener])
    },
    start() {
      running = round()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

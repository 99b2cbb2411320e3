import { type Clock, newId } from '#kernel'
import type { Database, Tx } from './db/database.ts'
import type { Log } from './log.ts'

/**
 * Work that waits. A job is enqueued in the transaction of the act that needs it, so it exists exactly when the act does;
 * it is taken by one worker at a time, and tried again with growing pauses until it has failed twenty times.
 * A worker that dies loses its lease and the job is taken again: handlers must bear being run twice.
 */
export interface Jobs {
  handle(queue: string, work: (payload: unknown) => Promise<void>): void
  /** Runs now and then on one server of the installation: at least `everySeconds` apart. */
  every(name: string, everySeconds: number, work: () => Promise<void>): void
  start(): void
  stop(): Promise<void>
}

/** `uniqueKey`: at most one waiting job of this queue and key. */
export async function enqueue(
  tx: Tx,
  queue: string,
  payload: object,
  options: { dueAt?: Date; uniqueKey?: string } = {},
): Promise<void> {
  await tx.query({
    name: 'jobs/enqueue',
    text: 'insert into platform.job (id, queue, payload, due_at, unique_key) values ($1, $2, $3, coalesce($4, now()), $5) on conflict do nothing',
    values: [newId(), queue, JSON.stringify(payload), options.dueAt ?? null, options.uniqueKey ?? null],
  })
}

const leaseSeconds = 300
const pollMilliseconds = 1_000

export function createJobs(deps: { db: Database; log: Log; clock: Clock }): Jobs {
  const { db, log } = deps
  const handlers = new Map<string, (payload: unknown) => Promise<void>>()
  const periodic = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  async function takeOne(): Promise<boolean> {
    const [job] = await db.query<{ id: string; queue: string; payload: unknown; attempts: number }>({
      name: 'jobs/take',
      text: `update platform.job set attempts = attempts + 1, locked_until = now() + make_interval(secs => $2)
        where id = (select id from platform.job where queue = any($1) and due_at <= now() and attempts < 20 and (locked_until is null or locked_until < now())
          order by due_at limit 1 for update skip locked)
        returning id, queue, payload, attempts`,
      values: [[...handlers.keys()], leaseSeconds],
    })
    if (!job) return false
    try {
      await handlers.get(job.queue)!(job.payload)
      const every = periodic.get(job.queue)
      if (every === undefined)
        await db.query({ name: 'jobs/done', text: 'delete from platform.job where id = $1', values: [job.id] })
      else
        await db.query({
          name: 'jobs/again',
          text: 'update platform.job set attempts = 0, locked_until = null, last_error = null, due_at = now() + make_interval(secs => $2) where id = $1',
          values: [job.id, every],
        })
    } catch (error) {
      log.error({ err: error, queue: job.queue, attempts: job.attempts }, 'a job failed')
      await db.query({
        name: 'jobs/failed',
        text: `update platform.job set locked_until = null, last_error = $2, due_at = now() + make_interval(secs => least(3600, power(2, attempts))),
          attempts = case when $3 then least(attempts, 12) else attempts end where id = $1`,
        // The name only: messages may quote what the job was about.
        // Periodic work is never given up: it only waits longer, an hour at most.
        values: [job.id, error instanceof Error ? error.name : 'unknown', periodic.has(job.queue)],
      })
    }
    return true
  }
  async function round(): Promise<void> {
    try {
      while (!stopped && (await takeOne()));
    } catch (error) {
      log.warn({ err: error }, 'the job queue cannot be read')
    }
    if (!stopped)
      timer = setTimeout(() => {
        running = round()
      }, pollMilliseconds)
  }
  return {
    handle(queue, work) {
      handlers.set(queue, work)
    },
    every(name, everySeconds, work) {
      handlers.set(name, work)
      periodic.set(name, everySeconds)
    },
    start() {
      running = (async () => {
        for (const name of periodic.keys())
          await db.transaction('platform', (tx) => enqueue(tx, name, {}, { uniqueKey: 'periodic' }))
        await round()
      })().catch((error) => log.error({ err: error }, 'the job queue did not start'))
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

/**
 * Turns many single requests into few batches without a timer: whatever arrives while a batch is in flight forms the
 * next one, so that a lone request waits for nobody and a crowd shares one statement and one commit.
 * Measured 2026-11 on two cores: one lane halves p99 against two at the same rate, because batches are larger.
 */
export interface CoalesceOptions {
  readonly maxBatch: number
  readonly lanes: number
  /** Waiting items beyond which new ones are refused. */
  readonly maxWaiting?: number
  /** Told the size of each batch: large ones are the mark of a crowd. */
  readonly observe?: (size: number) => void
}
export class CoalesceOverflow extends Error {
  override readonly name = 'CoalesceOverflow'
}

export function coalesce<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>,
  options: CoalesceOptions,
): (item: Item) => Promise<Result> {
  interface Waiter {
    readonly item: Item
    readonly resolve: (result: Result) => void
    readonly reject: (error: unknown) => void
  }
  let waiting: Waiter[] = []
  let busy = 0
  let scheduled = false

  const pump = () => {
    scheduled = false
    while (busy < options.lanes && waiting.length > 0) {
      const batch = waiting.length <= options.maxBatch ? waiting : waiting.slice(0, options.maxBatch)
      waiting = waiting.length <= options.maxBatch ? [] : waiting.slice(options.maxBatch)
      busy += 1
      options.observe?.(batch.length)
      Promise.try(
        run,
        batch.map((waiter) => waiter.item),
      )
        .then(
          (results) => {
            for (const [index, waiter] of batch.entries()) {
              const result = results[index]
              if (result instanceof Error) waiter.reject(result)
              else waiter.resolve(result as Result)
            }
          },
          (error) => {
            for (const waiter of batch) waiter.reject(error)
          },
        )
        .finally(() => {
          busy -= 1
          pump()
        })
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= (options.maxWaiting ?? 10_000))
        return reject(new CoalesceOverflow('too many requests are waiting'))
      waiting.push({ item, resolve, reject })
      if (!scheduled && busy < options.lanes) {
        // After the current turn of the event loop: requests that were read together travel together.
        scheduled = true
        setImmediate(pump)
      }
    })
}

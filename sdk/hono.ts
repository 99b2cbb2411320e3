import { type Bound, bind, problemReply } from './adapters.ts'
import type { Bailee } from './bailee.ts'
import type { NoticeDraft } from './notice.ts'

interface Context {
  set(name: 'bailee', value: unknown): void
}

/** `app.use(before)`, then `context.get('bailee')`; `app.onError(errors)`. Types as of Hono 4; the real ones fit. */
export function baileeForHono<N extends NoticeDraft>(bailee: Bailee<N>) {
  const bound = bind(bailee)
  return {
    async before(context: Context, next: () => Promise<void>): Promise<void> {
      context.set('bailee', bound)
      await next()
    },
    errors(error: unknown): Response {
      const problem = problemReply(error)
      if (problem === undefined) throw error
      return new Response(JSON.stringify(problem.body), {
        status: problem.status,
        headers: { 'content-type': 'application/problem+json' },
      })
    },
  }
}
export type { Bound }

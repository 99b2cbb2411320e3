import { type Bound, bind, problemReply } from './adapters.ts'
import type { Bailee } from './bailee.ts'
import type { NoticeDraft } from './notice.ts'

interface Response {
  readonly headersSent: boolean
  status(code: number): Response
  type(type: string): Response
  send(body: string): unknown
}
type Next = (error?: unknown) => void

/** `app.use(before)` first, `app.use(errors)` last. Types as of Express 5; the real ones fit. */
export function baileeForExpress<N extends NoticeDraft>(bailee: Bailee<N>) {
  const bound = bind(bailee)
  return {
    before(request: object, _response: unknown, next: Next): void {
      Object.defineProperty(request, 'bailee', { value: bound, enumerable: false })
      next()
    },
    // Express knows a handler of errors by its four parameters.
    errors(error: unknown, _request: unknown, response: Response, next: Next): void {
      const problem = problemReply(error)
      if (problem === undefined || response.headersSent) next(error)
      else response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem.body))
    },
  }
}
export type { Bound }

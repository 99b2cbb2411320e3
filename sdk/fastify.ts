import { type Bound, bind, problemReply } from './adapters.ts'
import type { Bailee } from './bailee.ts'
import type { NoticeDraft } from './notice.ts'

/** As much of Fastify 5 as is needed; the real one fits. */
interface Reply {
  code(status: number): Reply
  type(type: string): Reply
  send(body: unknown): unknown
}
interface Instance {
  decorateRequest(name: string, getter: { getter: () => unknown }): unknown
  // biome-ignore lint/suspicious/noExplicitAny: Fastify's own handler has type parameters of its own; only these parts are used
  setErrorHandler(handler: (error: any, request: any, reply: any) => unknown): unknown
}

/**
 * Gives every request `request.bailee`, and turns Bailee's refusals into problem documents. Declare the type once:
 * `declare module 'fastify' { interface FastifyRequest { readonly bailee: Bound<typeof notice> } }`
 */
export function baileeForFastify<N extends NoticeDraft>(app: Instance, bailee: Bailee<N>): void {
  const bound = bind(bailee)
  app.decorateRequest('bailee', { getter: () => bound })
  app.setErrorHandler((error: unknown, _request: unknown, reply: Reply) => {
    const problem = problemReply(error)
    if (problem === undefined) throw error
    return reply.code(problem.status).type('application/problem+json').send(problem.body)
  })
}
export type { Bound }

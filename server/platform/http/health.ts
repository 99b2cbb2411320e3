import type { Metrics } from '../metrics.ts'
import type { HttpServer } from './server.ts'

/** `/healthz`: the process answers. `/readyz`: everything it needs answers too; else 503 and what is missing, by name. */
export function mountHealth(
  http: HttpServer,
  metrics: Metrics,
  checks: Readonly<Record<string, () => Promise<boolean> | boolean>>,
): void {
  http.raw.get('/healthz', async (_request, reply) => reply.header('cache-control', 'no-store').send({ ok: true }))
  http.raw.get('/readyz', async (_request, reply) => {
    const entries = await Promise.all(
      Object.entries(checks).map(
        async ([name, check]) =>
          [
            name,
            await Promise.resolve()
              .then(check)
              .catch(() => false),
          ] as const,
      ),
    )
    const ok = entries.every(([, good]) => good)
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok, ...Object.fromEntries(entries) })
  })
  http.raw.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.contentType).send(await metrics.text()),
  )
}

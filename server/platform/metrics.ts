import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  request(method: string, route: string, status: number, seconds: number): void
  /** A figure that is read when somebody asks for it. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void
  counter(name: string, help: string): (by?: number) => void
  text(): Promise<string>
  readonly contentType: string
}

/** Prometheus metrics: counts and durations by route pattern. No ids, no labels that name anybody. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'bailee_http_request_seconds',
    help: 'Duration of requests by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  })
  // Resolving labels costs more than observing; the few combinations that exist are kept.
  const known = new Map<string, { observe(seconds: number): void }>()
  return {
    request(method, route, status, seconds) {
      const key = `${method} ${route} ${status}`
      let child = known.get(key)
      if (!child) {
        child = durations.labels(method, route, String(status))
        known.set(key, child)
      }
      child.observe(seconds)
    },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read())
        },
      })
    },
    counter(name, help) {
      const counter = new Counter({ name, help, registers: [registry] })
      return (by = 1) => counter.inc(by)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

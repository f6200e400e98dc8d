import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** This process's metrics. A domain declares its own beside what it measures, on this registry. */
export const registry = new Registry()
collectDefaultMetrics({ register: registry, prefix: 'wharf_' })

export const httpSeconds = new Histogram({
  name: 'wharf_http_request_duration_seconds',
  help: 'Time to answer a request, by route and status class.',
  labelNames: ['route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [registry],
})

import { Counter, Histogram } from 'prom-client'
import type { Score } from '#agents/score.ts'
import { registry } from '../metrics.ts'
import type { Found } from './found.ts'

const sightings = new Counter({
  name: 'wharf_abuse_sightings_total',
  help: 'Findings of agents about abuse, by our own verdict.',
  labelNames: ['verdict'],
  registers: [registry],
})

const stopSeconds = new Histogram({
  name: 'wharf_abuse_stop_seconds',
  help: 'Time from the start of a container that was proven an offender to its stop on the host.',
  buckets: [5, 10, 20, 30, 60, 120, 300, 900, 3_600],
  registers: [registry],
})

/** Counts a finding that was judged for the first time. */
export const countSighting = ({ verdict, action }: Pick<Score, 'verdict' | 'action'>, found: Found): void => {
  sightings.inc({ verdict })
  if (action !== 'stop' || found.actedAt === null || found.abuse.action !== 'stopped') return
  stopSeconds.observe(Math.max(0, (found.actedAt.getTime() - found.startedAt.getTime()) / 1000))
}

import type { QuotaAction, QuotaMeter } from './quota.ts'

/** Quotas in words, for notices and mails. */

const METER: Record<QuotaMeter, string> = {
  memory: 'Memory',
  disk: 'Disk',
  logs: 'Log size',
  egress: 'Egress this month',
  containers: 'Running containers',
}
const ADVICE: Record<QuotaMeter, string> = {
  memory: 'Stop what is not needed, lower the memory limits of the containers, or ask for a higher limit.',
  disk: 'Remove files, volumes and stopped containers that are not needed, or ask for a higher limit.',
  logs: 'Log less, or let the engine rotate the log (log options max-size and max-file).',
  egress: 'Find the app that sends most on the usage page. Egress is counted, not priced.',
  containers: 'Stop containers that are not needed, or ask for a higher limit.',
}
const ACTION: Record<Exclude<QuotaAction, 'notice'>, string> = {
  throttle: 'the largest containers are throttled to a fifth of a core',
  stop: 'containers are stopped, the largest first, until the limit holds',
  truncate_log: 'the log is truncated',
}

const binary = (mib: bigint): string => {
  if (mib < 1024n) return `${mib} MiB`
  const tenths = (mib * 10n) / 1024n
  return tenths < 10_240n
    ? `${tenths / 10n}.${tenths % 10n} GiB`
    : `${tenths / 10_240n}.${(tenths % 10_240n) / 1024n} TiB`
}

/** An amount with its unit. */
export const amount = (meter: QuotaMeter, value: bigint): string => {
  if (meter === 'containers') return String(value)
  return binary(meter === 'egress' ? value / 1_048_576n : value)
}

export type Crossing = {
  meter: QuotaMeter
  /** `saltmarsh`, `saltmarsh/web` or a container's name. */
  subject: string
  used: bigint
  soft: bigint | null
  hard: bigint | null
  action: QuotaAction
  level: 'soft' | 'hard'
  actsAt: Date | null
}

const clock = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** What the owner is told: the fact, what follows, what to do. */
export const crossingWords = (c: Crossing): { title: string; body: string } => {
  const limit = c.level === 'hard' ? c.hard : c.soft
  const title = `${METER[c.meter]} of ${c.subject} is over the ${c.level} limit: ${amount(c.meter, c.used)} of ${amount(c.meter, limit ?? 0n)}`
  const follows =
    c.level === 'hard' && c.actsAt !== null && c.action !== 'notice'
      ? `If it still is at ${clock(c.actsAt)}, ${ACTION[c.action]}.`
      : c.hard !== null && c.level === 'soft' && c.action !== 'notice'
        ? `Over ${amount(c.meter, c.hard)}, ${ACTION[c.action]} after a grace period.`
        : 'Nothing is stopped because of it.'
  return { title, body: `${follows} ${ADVICE[c.meter]}` }
}

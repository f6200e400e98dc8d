import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DomainError } from '../../errors.ts'

export type Severity = 'info' | 'warning' | 'critical'

/** An alert as it comes in, cleaned: nothing in it is longer than a screen takes. */
export type IncomingAlert = {
  fingerprint: string
  /** Null where the sender does not say: it began when it was first heard of. */
  startsAt: Date | null
  /** Null while it fires. */
  endsAt: Date | null
  severity: Severity
  title: string
  labels: Record<string, string>
  annotations: Record<string, string>
  link: string | null
  /** Alerts of one group page once. */
  groupKey: string
}

/** More than this in one body is refused, so that it can be sent in parts. */
export const MOST_ALERTS = 500
const MOST_LABELS = 64
const MOST_CHARS = 1_000

/** Without what cannot be shown or stored, on one line, cut at whole characters. */
const clean = (text: string, most = MOST_CHARS): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, most)
    .toWellFormed()

const words = z.union([z.string(), z.number(), z.boolean()]).transform((value) => clean(String(value)))
const labelSet = z
  .record(z.string(), words)
  .refine((set) => Object.keys(set).length <= MOST_LABELS, `at most ${MOST_LABELS} labels`)
  .transform((set) => Object.fromEntries(Object.entries(set).map(([name, value]) => [clean(name, 128), value])))

const FROM = Date.UTC(1970, 0, 1)
const UNTIL = Date.UTC(2200, 0, 1)
/** A time of RFC 3339; Go's zero time, of the year 1, says that there is none. */
const time = z
  .string()
  .max(64)
  .transform((text, context) => {
    const ms = Date.parse(text)
    if (text.startsWith('0001-')) return null
    if (ms >= FROM && ms < UNTIL) return new Date(ms)
    context.addIssue({ code: 'custom', message: 'a time such as 2026-11-21T03:12:40Z' })
    return z.NEVER
  })
const fingerprint = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .transform((text) => clean(text, 200))

const alertmanager = z.object({
  version: z.literal('4', { error: 'version 4 of the webhook is understood' }),
  groupKey: z.string().max(4_000).default(''),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: labelSet.default({}),
        annotations: labelSet.default({}),
        startsAt: time,
        endsAt: time.nullish(),
        generatorURL: z.string().max(4_000).optional(),
        fingerprint,
      }),
    )
    .max(MOST_ALERTS, `at most ${MOST_ALERTS} alerts at once`),
})

const generic = z.object({
  title: z.string().trim().min(1, 'say what is wrong').max(4_000),
  /** Names the trouble: the same in what says it goes on and in what says it is over. */
  key: fingerprint.optional(),
  status: z.enum(['firing', 'resolved']).default('firing'),
  severity: z.enum(['info', 'warning', 'critical']).optional(),
  group: z.string().max(4_000).optional(),
  labels: labelSet.default({}),
  annotations: labelSet.default({}),
  startsAt: time.nullish(),
  endsAt: time.nullish(),
  link: z.string().max(4_000).optional(),
})

const CRITICAL = new Set(['critical', 'page', 'fatal', 'emergency', 'disaster', 'high', 'error', 'p1', 'sev1', 'sev2'])
const INFO = new Set(['info', 'information', 'none', 'notice', 'debug', 'ok', 'low'])

/** How bad, by the label `severity`. What does not say is critical: somebody looks rather than nobody. */
export const severityOf = (labels: Readonly<Record<string, string>>): Severity => {
  const said = (Object.hasOwn(labels, 'severity') ? (labels['severity'] ?? '') : '').toLowerCase()
  if (said === '' || CRITICAL.has(said)) return 'critical'
  return INFO.has(said) ? 'info' : 'warning'
}

/** A link that a browser may be sent to; undefined becomes null. */
const linkOf = (text: string | undefined): string | null => {
  const url = text === undefined ? null : URL.parse(text)
  return url && /^https?:$/.test(url.protocol) && url.href.length <= 2_000 ? url.href : null
}

const own = (set: Record<string, string>, name: string) => (Object.hasOwn(set, name) ? set[name] : undefined)
const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** What Alertmanager 0.2x posts (webhook version 4, prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
export const parseAlertmanager = (body: Buffer, now: Date): IncomingAlert[] => {
  const { alerts, groupKey } = read(alertmanager, body)
  return alerts.map(({ status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint: print }) => ({
    fingerprint: print,
    startsAt,
    endsAt: status === 'resolved' ? (endsAt ?? now) : null,
    severity: severityOf(labels),
    title: own(annotations, 'summary') || own(labels, 'alertname') || 'An alert without a name',
    labels,
    annotations,
    link: linkOf(own(annotations, 'runbook_url') ?? generatorURL),
    groupKey: groupKey === '' ? print : digest(groupKey),
  }))
}

/** The simple form that anything can send: one alert, or `{"alerts": [...]}`. */
export const parseGeneric = (body: Buffer, now: Date): IncomingAlert[] => {
  const many = z.object({ alerts: z.array(generic).max(MOST_ALERTS, `at most ${MOST_ALERTS} alerts at once`) })
  const json = jsonOf(body)
  const isMany = typeof json === 'object' && json !== null && 'alerts' in json
  const alerts = isMany ? checked(many, json).alerts : [checked(generic, json)]
  return alerts.map(({ title, key, status, severity, group, labels, annotations, startsAt, endsAt, link }) => {
    const print = key ?? digest(JSON.stringify([title, Object.entries(labels).toSorted()]))
    return {
      fingerprint: print,
      startsAt: startsAt ?? null,
      endsAt: status === 'resolved' ? (endsAt ?? now) : null,
      severity: severity ?? severityOf(labels),
      title: clean(title, 500),
      labels: { ...labels, ...(severity ? { severity } : {}) },
      annotations,
      link: linkOf(link),
      groupKey: group === undefined || group === '' ? print : digest(group),
    }
  })
}

const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw new DomainError('BAD_REQUEST', 'the body is no JSON')
  }
}

const checked = <T>(schema: z.ZodType<T>, json: unknown): T => {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new DomainError('BAD_REQUEST', issue?.message ?? 'not what is understood here', {
    path: issue?.path.join('.') ?? '',
  })
}

const read = <T>(schema: z.ZodType<T>, body: Buffer): T => checked(schema, jsonOf(body))

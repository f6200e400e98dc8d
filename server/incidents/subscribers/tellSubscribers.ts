import type { Context } from '../../context.ts'
import { addJob } from '../../jobs.ts'
import { announce } from '../../live.ts'
import { log } from '../../log.ts'
import type { SubscriberKind } from './address.ts'
import { closePool, mailOne } from './mailSubscribers.ts'
import { tellSlack, tellWebhook } from './postSubscribers.ts'
import { recordFor, type Told } from './recordForSubscribers.ts'
import { nextFor, sortOut, takeFor, type TakenForOne } from './takeForSubscribers.ts'

/** Longer than this one run does not last; the next job goes on. */
const LONGEST_MS = 60_000
/** How many webhooks, and channels of Slack, are told at a time: some answer only when their time is over. */
const RUNNERS = { webhook: 16, slack: 6 } as const
/** Mails are taken as many at a time as go out within about a second. */
const BATCH = { first: 32, least: 8, most: 400 }
/** So long nobody goes to a mail server that does not answer. */
const SERVER_DOWN_MS = 15_000

/**
 * Job `incidents.tell_subscribers`: mails, posts and webhooks to subscribers, and mails to customers, that are due, each kind
 * beside the others, so that what answers slowly holds up nobody else. Any number may run at once.
 */
export const tellSubscribers = async (ctx: Context): Promise<void> => {
  const began = performance.now()
  const now = () => new Date(ctx.now.getTime() + (performance.now() - began))
  await sortOut(ctx.sql, now())
  const run: Run = { ctx, now, isLate: () => now().getTime() - ctx.now.getTime() > LONGEST_MS, announced: new Map() }
  const [isMailing] = await Promise.all([
    mailAll(run),
    ...(['webhook', 'slack'] as const).flatMap((kind) =>
      Array.from({ length: RUNNERS[kind] }, () => tellAll(run, kind)),
    ),
  ])
  for (const id of run.announced.keys()) await announce(ctx.sql, `incident:${id}`)
  const next = await nextFor(ctx.sql)
  if (!next) return
  const earliest = now().getTime() + (isMailing ? 0 : SERVER_DOWN_MS)
  await addJob(
    ctx.sql,
    'incidents.tell_subscribers',
    {},
    { key: 'incidents.tell_subscribers:next', runAt: new Date(Math.max(earliest, next.getTime())) },
  )
}

type Run = { ctx: Context; now: () => Date; isLate: () => boolean; announced: Map<bigint, number> }

/** Hands over mails until none is due. False where the mail server takes none. */
const mailAll = async (run: Run): Promise<boolean> => {
  const { ctx, now } = run
  const { SMTP_URL: url } = ctx.env
  if (url === undefined) return true
  let size = BATCH.first
  try {
    while (!run.isLate()) {
      const taken = await takeFor(ctx.sql, 'email', now(), size)
      if (taken.length === 0) return true
      const startedAt = performance.now()
      const env = { ...ctx.env, SMTP_URL: url }
      const mailed = await Promise.all(
        taken.map(async (one) => {
          const at = performance.now()
          const of = await mailOne(env, one)
          return { ...of, taken: one, tookMs: Math.round(performance.now() - at) }
        }),
      )
      await keep(run, 'email', mailed)
      if (mailed.every(({ isServer }) => isServer)) {
        log.warn({ reason: reasonOf(mailed[0]), mails: taken.length }, 'the mail server takes no mails; they wait')
        return false
      }
      const tookMs = performance.now() - startedAt
      size = tookMs < 700 ? Math.min(BATCH.most, size * 2) : tookMs > 3_000 ? Math.max(BATCH.least, size >> 1) : size
    }
    return true
  } finally {
    closePool(url)
  }
}

const reasonOf = (told: Told | undefined) =>
  told && told.outcome.kind !== 'delivered' ? told.outcome.reason : undefined

const tellAll = async (run: Run, kind: 'webhook' | 'slack'): Promise<void> => {
  const tell = kind === 'webhook' ? tellWebhook : tellSlack
  while (!run.isLate()) {
    const [taken] = await takeFor(run.ctx.sql, kind, run.now(), 1)
    if (!taken) return
    const at = performance.now()
    const told = await tell({ ...run.ctx, now: run.now() }, taken).catch((error: unknown) => unreadable(taken, error))
    await keep(run, kind, [{ ...told, taken, tookMs: Math.round(performance.now() - at) }])
  }
}

const unreadable = (taken: TakenForOne, error: unknown): Omit<Told, 'taken' | 'tookMs'> => {
  log.error({ err: error, subscriberId: String(taken.subscriberId) }, 'a subscriber could not be told')
  return { outcome: { kind: 'permanent', reason: 'its secret or settings cannot be read; enter them anew' } }
}

const ANNOUNCE_EVERY_MS = 1_000

/** Records tries; whoever looks at the incident hears of it about once a second. */
const keep = async ({ ctx, now, announced }: Run, kind: SubscriberKind, tries: readonly Told[]): Promise<void> => {
  const at = now()
  await ctx.sql.begin(async (tx) => {
    await recordFor(tx, kind, tries, at)
    for (const id of new Set(tries.map(({ taken }) => taken.incidentId))) {
      if (at.getTime() - (announced.get(id) ?? 0) < ANNOUNCE_EVERY_MS) continue
      announced.set(id, at.getTime())
      await announce(tx, `incident:${id}`)
    }
  })
}

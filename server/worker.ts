import type { Pool } from '#db/client.ts'
import { Logger, parseCronItems, type CronItem, type TaskList } from 'graphile-worker'
import { Counter } from 'prom-client'
import { publish } from './abuse/bundle.ts'
import { judge } from './abuse/judge.ts'
import { noteSignUp } from './abuse/noteIdentity.ts'
import { suspend } from './abuse/suspend.ts'
import { tick } from './abuse/tick.ts'
import { tidy } from './accounts/tidy.ts'
import { admitAccounts } from './billing/admitAccounts.ts'
import { settleClosed } from './billing/cancelSubscription.ts'
import { endTrials } from './billing/endTrial.ts'
import { moveCustomers, tellMove } from './billing/moveCustomers.ts'
import { closePeriods } from './billing/closePeriods.ts'
import { collectDue } from './billing/collect.ts'
import { collectBy } from './billing/drivers.ts'
import { creditAbuse } from './billing/creditAbuse.ts'
import { creditOutage } from './billing/creditOutage.ts'
import { expireCredits } from './billing/expireCredits.ts'
import { finalizeDrafts } from './billing/finalizeDrafts.ts'
import { settle } from './billing/settle.ts'
import { settleCredit } from './billing/settleCredit.ts'
import { settleLate } from './billing/settleLate.ts'
import { makeQueued } from './billing/stripe/calls.ts'
import { compare } from './billing/stripe/compare.ts'
import { followEvent } from './billing/stripe/followEvent.ts'
import { poll } from './billing/stripe/poll.ts'
import { syncSubscription } from './billing/stripe/syncSubscription.ts'
import { followCap, watchSpend } from './billing/watchSpend.ts'
import { holdWindows } from './billing/holdWindows.ts'
import { pinEvidence } from './billing/pinEvidence.ts'
import { systemContext, type Context } from './context.ts'
import type { Env } from './env.ts'
import { expireCommands } from './hosts/expireCommands.ts'
import { enforceHolds, followHolds } from './hosts/followHolds.ts'
import { watchSilence } from './hosts/watchSilence.ts'
import { JOBS, priorityOf, type JobName, type JobPayload } from './jobs.ts'
import { keepWorking } from './keepWorking.ts'
import { log } from './log.ts'
import { registry } from './metrics.ts'
import { deliver } from './incidents/deliver.ts'
import { watch } from './incidents/alerts/watch.ts'
import { keepMaintenances } from './incidents/maintenance.ts'
import { escalate } from './incidents/onCall/escalate.ts'
import { pageFor } from './incidents/onCall/openPage.ts'
import { pagePromises } from './incidents/promises.ts'
import { renderFrom } from './incidents/renderStatus.ts'
import { settleIncident } from './incidents/settle.ts'
import { uploadStatus } from './incidents/uploadStatus.ts'
import { askSubscriber } from './incidents/subscribers/askSubscriber.ts'
import { tellAlone } from './incidents/subscribers/tellAlone.ts'
import { tidySubscribers } from './incidents/subscribers/tidySubscribers.ts'
import { deliverWebhook } from './notices/deliverWebhook.ts'
import { holdChanged } from './notices/holdChanged.ts'
import { sendMail } from './notices/sendMail.ts'
import { postMail, tell } from './notices/tell.ts'
import { followMove, forgetPath } from './registry/followMove.ts'
import { purgeRepositories } from './registry/purgeRepositories.ts'
import { reconcileNightly } from './registry/reconcile.ts'
import { reportUse } from './registry/reportUse.ts'
import { tidyRegistry } from './registry/tidy.ts'
import { watchLimits } from './registry/watchLimits.ts'
import { judgeQuotas } from './usage/judge.ts'
import { keepPartitions } from './usage/partitions.ts'
import { reattribute } from './usage/reattribute.ts'
import { rollDue } from './usage/roll.ts'
import { runawayLog } from './usage/runawayLog.ts'

type Handlers = { [N in JobName]: (ctx: Context, payload: JobPayload<N>) => Promise<void> }

/** Jobs that the clock starts; the pattern is cron's, in UTC. */
export const CRON: { match: string; task: JobName }[] = [
  { match: '* * * * *', task: 'hosts.watch_silence' },
  { match: '* * * * *', task: 'hosts.expire_commands' },
  { match: '* * * * *', task: 'hosts.enforce_holds' },
  { match: '* * * * *', task: 'usage.roll' },
  { match: '* * * * *', task: 'usage.judge_quotas' },
  { match: '41 * * * *', task: 'accounts.tidy' },
  { match: '3 * * * *', task: 'billing.hold_evidence' },
  { match: '7 * * * *', task: 'usage.partitions' },
  { match: '23 * * * *', task: 'usage.attribute' },
  { match: '* * * * *', task: 'abuse.tick' },
  { match: '* * * * *', task: 'incidents.deliver' },
  { match: '* * * * *', task: 'incidents.tell_subscribers' },
  { match: '19 * * * *', task: 'incidents.tidy_subscribers' },
  { match: '* * * * *', task: 'incidents.maintenance' },
  { match: '* * * * *', task: 'incidents.promises' },
  { match: '* * * * *', task: 'incidents.watch' },
  { match: '* * * * *', task: 'incidents.escalate' },
  { match: '*/5 * * * *', task: 'incidents.render_status' },
  { match: '13 * * * *', task: 'registry.purge' },
  { match: '*/5 * * * *', task: 'registry.watch_limits' },
  { match: '* * * * *', task: 'registry.report' },
  { match: '37 2 * * *', task: 'registry.reconcile' },
  { match: '43 * * * *', task: 'registry.tidy' },
  { match: '*/5 * * * *', task: 'billing.admit' },
  { match: '* * * * *', task: 'billing.end_trials' },
  { match: '* * * * *', task: 'billing.close_periods' },
  { match: '* * * * *', task: 'billing.finalize_drafts' },
  { match: '17 * * * *', task: 'billing.dun' },
  { match: '29 4 * * *', task: 'billing.settle_late' },
  { match: '47 * * * *', task: 'billing.expire_credits' },
  { match: '* * * * *', task: 'billing.watch_spend' },
  { match: '*/5 * * * *', task: 'billing.stripe_poll' },
  { match: '11 3 * * *', task: 'billing.stripe_compare' },
]

const jobsTotal = new Counter({
  name: 'wharf_jobs_total',
  help: 'Jobs ended in this process, by outcome.',
  labelNames: ['job', 'outcome'],
  registers: [registry],
})

/** Every job's handler: what the worker runs, and what a simulation runs by its own clock. */
export const handlers: Handlers = {
  'accounts.tidy': (ctx) => tidy(ctx),
  'notices.mail': postMail,
  'notices.send_mail': sendMail,
  'notices.tell': tell,
  'notices.hold_changed': holdChanged,
  'notices.webhook': (ctx, payload) => deliverWebhook(ctx, payload),
  'hosts.follow_holds': followHolds,
  'hosts.enforce_holds': (ctx) => enforceHolds(ctx),
  'hosts.expire_commands': async (ctx) => void (await expireCommands(ctx)),
  'hosts.watch_silence': (ctx) => watchSilence(ctx),
  'usage.roll': rollDue,
  'usage.partitions': keepPartitions,
  'usage.judge_quotas': judgeQuotas,
  'usage.runaway_log': runawayLog,
  'usage.attribute': reattribute,
  'abuse.judge': judge,
  'abuse.note_sign_up': noteSignUp,
  'abuse.publish': publish,
  'abuse.suspend': suspend,
  'abuse.tick': tick,
  'incidents.deliver': (ctx) => deliver(ctx),
  'incidents.tell_subscribers': tellAlone,
  'incidents.ask_subscriber': askSubscriber,
  'incidents.tidy_subscribers': tidySubscribers,
  'incidents.render_status': renderFrom,
  'incidents.upload_status': uploadStatus,
  'incidents.settle': settleIncident,
  'incidents.maintenance': keepMaintenances,
  'incidents.promises': pagePromises,
  'incidents.page': pageFor,
  'incidents.escalate': escalate,
  'incidents.watch': (ctx) => watch(ctx),
  'registry.move': followMove,
  'registry.forget_path': forgetPath,
  'registry.purge': (ctx) => purgeRepositories(ctx),
  'registry.watch_limits': (ctx) => watchLimits(ctx),
  'registry.report': (ctx) => reportUse(ctx),
  'registry.reconcile': (ctx) => reconcileNightly(ctx),
  'registry.tidy': (ctx) => tidyRegistry(ctx),
  'billing.admit': admitAccounts,
  'billing.close_periods': async (ctx) => void (await closePeriods(ctx)),
  'billing.finalize_drafts': async (ctx) => void (await finalizeDrafts(ctx)),
  'billing.settle_late': async (ctx) => {
    await settleLate(ctx)
    await settleCredit(ctx)
  },
  'billing.dun': async (ctx) => void (await collectDue(ctx)),
  'billing.expire_credits': async (ctx) => void (await expireCredits(ctx)),
  'billing.credit_outage': creditOutage,
  'billing.credit_abuse': creditAbuse,
  'billing.collect': collectBy,
  'billing.settled': (ctx, { accountId, invoiceId }) =>
    settle(ctx, { accountId: BigInt(accountId), invoiceId: BigInt(invoiceId) }),
  'billing.end_trials': (ctx) => endTrials(ctx),
  'billing.settle_closed': settleClosed,
  'billing.tell_move': tellMove,
  'billing.move_customers': moveCustomers,
  'billing.stripe_sync': syncSubscription,
  'billing.stripe_call': makeQueued,
  'billing.stripe_event': followEvent,
  'billing.stripe_poll': (ctx) => poll(ctx),
  'billing.stripe_compare': async (ctx) => void (await compare(ctx)),
  'billing.watch_spend': watchSpend,
  'billing.follow_cap': followCap,
  'billing.hold_evidence': holdWindows,
  'billing.pin_evidence': (ctx, { accountId, invoiceId }) =>
    pinEvidence(ctx, { accountId: BigInt(accountId), invoiceId: BigInt(invoiceId) }),
}

// graphile-worker's own words: only what is wrong is news here.
const logger = new Logger(() => (level, message) => {
  if (level === 'error' || level === 'warning') log.warn({ source: 'graphile-worker' }, message)
})

/** Jobs that reach the registry, or read its storage. */
const AT_THE_REGISTRY: ReadonlySet<JobName> = new Set([
  'registry.move',
  'registry.forget_path',
  'registry.purge',
  'registry.reconcile',
  'registry.tidy',
])

/**
 * The jobs a process does. A registry elsewhere is reached by every worker; the one that is started here is the process's
 * with the role web, whose storage and restarts are its own, so the registry's jobs are done there whatever its roles.
 */
export const jobsOf = ({ WHARF_ROLES: roles, REGISTRY_URL: elsewhere }: Pick<Env, 'WHARF_ROLES' | 'REGISTRY_URL'>) => {
  const works = roles.includes('worker')
  const reaches = elsewhere === undefined ? roles.includes('web') : works
  return (Object.keys(JOBS) as JobName[]).filter((name) => (AT_THE_REGISTRY.has(name) ? reaches : works))
}

const taskList = (sql: Pool, env: Env): TaskList => {
  const entries = jobsOf(env).map((name) => {
    const task = async (payload: unknown, { job }: { job: { id: string } }) => {
      const ctx: Context = { ...systemContext(sql, env, `job ${name}`), requestId: `job-${job.id}` }
      try {
        // The name picks both the schema and the handler, which the compiler cannot see through.
        const handle = handlers[name] as (ctx: Context, payload: unknown) => Promise<void>
        await handle(ctx, JOBS[name].parse(payload))
        jobsTotal.inc({ job: name, outcome: 'done' })
      } catch (error) {
        jobsTotal.inc({ job: name, outcome: 'failed' })
        log.warn({ err: error, jobId: job.id, job: name }, 'job failed; it is tried again')
        throw error
      }
    }
    return [name, task] as const
  })
  return Object.fromEntries(entries) as TaskList
}

const cronItems = (): CronItem[] =>
  CRON.map(({ match, task }) => ({
    match,
    task,
    options: { backfillPeriod: 0, maxAttempts: 1, priority: priorityOf(task) },
  }))

/** Runs this process's jobs until stopped; a stop lets the running ones end. Waits out a database that is away. */
export const startWorker = async (sql: Pool, env: Env, databaseUrl: string): Promise<{ stop(): Promise<void> }> => {
  const works = env.WHARF_ROLES.includes('worker')
  if (jobsOf(env).length === 0) return { stop: async () => {} }
  if (works) await keepPartitions(systemContext(sql, env, 'start'))
  return keepWorking(
    sql,
    databaseUrl,
    {
      concurrency: 6,
      pollInterval: 2_000,
      noHandleSignals: true,
      logger,
      taskList: taskList(sql, env),
      parsedCronItems: works ? parseCronItems(cronItems()) : [],
    },
    works && env.DATABASE_URL === undefined,
  )
}

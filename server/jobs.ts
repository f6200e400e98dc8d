import type { Sql } from '#db/client.ts'
import { z } from 'zod'

/**
 * Every job's name and payload. A domain reaches one below it by adding a job in its own
 * transaction; `worker.ts` binds the handlers. Handlers may run twice: they must be harmless to repeat.
 */
export const JOBS = {
  /** Deletes ended sessions, spent links and forgotten wrong passwords. */
  'accounts.tidy': z.object({}),
  /** Puts a mail into the outbox and sends it. `text` is paragraphs; `key` states the fact, so that it is sent once. */
  'notices.mail': z.object({ to: z.string(), subject: z.string(), text: z.string(), key: z.string() }),
  /** Sends one row of `mail`. */
  'notices.send_mail': z.object({ mailId: z.string() }),
  /** Tells an account's members that a hold was placed on it or lifted. */
  'notices.hold_changed': z.object({ holdId: z.string(), lifted: z.boolean() }),
  /** Tells the members of an account, or all operators, about a notice by mail. */
  'notices.tell': z.object({ noticeId: z.string() }),
  /** Posts one event to one of an account's webhooks. */
  'notices.webhook': z.object({ deliveryId: z.string() }),
  /** Stops or releases an account's containers after its holds changed. */
  'hosts.follow_holds': z.object({ accountId: z.string() }),
  /** Stops what was started on held accounts since their holds were placed. */
  'hosts.enforce_holds': z.object({}),
  /** Marks commands past their expiry. */
  'hosts.expire_commands': z.object({}),
  /** Notices hosts that missed three reports, and those that came back. */
  'hosts.watch_silence': z.object({}),
  /** Rolls due hours from minutes. */
  'usage.roll': z.object({}),
  /** Makes partitions ahead and drops those past retention. */
  'usage.partitions': z.object({}),
  /** Judges all quotas against present usage. */
  'usage.judge_quotas': z.object({}),
  /** Acts on a runaway log that an agent found. */
  'usage.runaway_log': z.object({ hostId: z.number(), findingId: z.string() }),
  /** Judges what an agent found of abuse, and acts. */
  'abuse.judge': z.object({ hostId: z.number(), findingId: z.string() }),
  /** Gives hosts the rules and policy that hold now. */
  'abuse.publish': z.object({}),
  /** Keeps from where the owners of an account that was just made signed up. */
  'abuse.note_sign_up': z.object({ accountId: z.string() }),
  /** Suspends the account of a case. */
  'abuse.suspend': z.object({ caseId: z.string(), why: z.enum(['deletions', 'strikes', 'admin']) }),
  /** Arms rules whose dry-run is over, decides disputes, wipes what was kept of deleted apps, holds suspended labels, closes quiet cases. */
  'abuse.tick': z.object({}),
  /** Applies label rules to what they newly match. */
  'usage.attribute': z.object({ ruleId: z.string().optional() }),
  /** Sends what is due of incidents' updates. */
  'incidents.deliver': z.object({}),
  /** Mails, posts and webhooks to subscribers that are due. */
  'incidents.tell_subscribers': z.object({}),
  /** Asks somebody at their own address whether they want to be told. */
  'incidents.ask_subscriber': z.object({ subscriberId: z.string() }),
  /** Forgets who never confirmed. */
  'incidents.tidy_subscribers': z.object({}),
  /** Writes the status page anew where it does not show what is; from `at` on, which is awaited. */
  'incidents.render_status': z.object({ at: z.string().optional() }),
  /** Copies what changed of the status page to its object store. */
  'incidents.upload_status': z.object({}),
  /** Has an incident's outage credited, or its credit corrected, as its record stands once undoing is over. */
  'incidents.settle': z.object({ incidentId: z.string() }),
  /** Starts, reminds of and ends maintenances that are due. */
  'incidents.maintenance': z.object({}),
  /** Tells operators of updates that were promised and did not come. */
  'incidents.promises': z.object({}),
  /** Wakes whoever is on call. `key` states the fact, so that they are woken once for it. */
  'incidents.page': z.object({
    key: z.string(),
    title: z.string(),
    body: z.string().optional(),
    incidentId: z.string().optional(),
    isDrill: z.boolean().optional(),
  }),
  /** Takes the next step of pages that nobody acknowledged, and sends their messages. */
  'incidents.escalate': z.object({}),
  /** Makes alerts of what Wharfinger itself sees, and of signs of life that did not come. */
  'incidents.watch': z.object({}),
  /** Brings a repository's images under its new name, then changes the name. */
  'registry.move': z.object({ moveId: z.string() }),
  /** Takes images away under a name that a repository no longer has. */
  'registry.forget_path': z.object({ path: z.string(), digests: z.array(z.string()) }),
  /** Deletes repositories whose days to be kept after all are over. */
  'registry.purge': z.object({}),
  /** Tells accounts of limits of their plans that they meet in the registry. */
  'registry.watch_limits': z.object({}),
  /** Reports what accounts store in the registry and move through it, as an agent does. */
  'registry.report': z.object({}),
  /** Compares the registry's storage with the record of it, and puts the record right. */
  'registry.reconcile': z.object({}),
  /** Forgets old notifications, and gives tokens a new key each month. */
  'registry.tidy': z.object({}),
  /** Makes the drafts of periods that ended, and begins the next ones. */
  'billing.close_periods': z.object({}),
  /** Finalizes drafts whose hosts have reported past their end. */
  'billing.finalize_drafts': z.object({}),
  /** Bills or gives back what came late for accounts without a plan, and credit that is left where nothing is charged any more. */
  'billing.settle_late': z.object({}),
  /** Takes the next step of collection on invoices that are past due. */
  'billing.dun': z.object({}),
  /** Ends credit whose time is over. */
  'billing.expire_credits': z.object({}),
  /**
   * Credits an app's downtime (of the account's plan as a whole, without one) once it is over or its times were corrected;
   * with an empty `incident` what is known of the window's months is settled again.
   */
  'billing.credit_outage': z.object({
    accountId: z.string(),
    app: z.string().nullable(),
    incident: z.string(),
    start: z.string(),
    end: z.string(),
  }),
  /** Proposes to credit what a container stopped as abuse used on a hijacked account, in hours since 1970. */
  'billing.credit_abuse': z.object({
    accountId: z.string(),
    caseId: z.string(),
    hostId: z.number(),
    epochs: z.array(z.string()).min(1),
    fromHour: z.number(),
    untilHour: z.number(),
  }),
  /** Has an invoice's driver do what follows from what became of it. */
  'billing.collect': z.object({
    accountId: z.string(),
    invoiceId: z.string(),
    event: z.enum(['drafted', 'finalized', 'void', 'uncollectible', 'credit_note']),
    creditNoteId: z.string().optional(),
  }),
  /** Nothing is open of an invoice any more: what was held for it is lifted. */
  'billing.settled': z.object({ accountId: z.string(), invoiceId: z.string() }),
  /** Puts an account just made, or all that have no plan, on Free. */
  'billing.admit': z.object({ accountId: z.string().optional() }),
  /** Ends trials that are due, and tells of those that soon are. */
  'billing.end_trials': z.object({}),
  /** Bills what is left of a closed account's plan. */
  'billing.settle_closed': z.object({ accountId: z.string() }),
  /** Tells who will be moved to a plan version, and moves them. */
  'billing.tell_move': z.object({ versionId: z.string(), at: z.string() }),
  'billing.move_customers': z.object({ versionId: z.string(), at: z.string() }),
  /** Computes what accounts with a budget or cap have spent, and acts: the named ones, or those whose time it is. */
  'billing.watch_spend': z.object({ accountIds: z.array(z.string()).optional() }),
  /** Undoes what spend caps did to an account's containers where none holds now. */
  'billing.follow_cap': z.object({ accountId: z.string() }),
  /** Keeps reports of what is not billed and proven yet from being dropped. */
  'billing.hold_evidence': z.object({}),
  /** Finds and keeps which signed reports prove a finalized invoice. */
  'billing.pin_evidence': z.object({ accountId: z.string(), invoiceId: z.string() }),
  /** Brings Stripe's customer and subscription into line with an account's. */
  'billing.stripe_sync': z.object({ accountId: z.string() }),
  /** Makes a call to Stripe that waits in the outbox. */
  'billing.stripe_call': z.object({ callId: z.string() }),
  /** Acts on a webhook of Stripe's by what its object says now. */
  'billing.stripe_event': z.object({ eventId: z.string() }),
  /** Looks for what webhooks did not tell: drafts, open invoices, events. */
  'billing.stripe_poll': z.object({}),
  /** Compares subscriptions, invoices and payments with Stripe's, both ways. */
  'billing.stripe_compare': z.object({}),
} as const
export type JobName = keyof typeof JOBS
export type JobPayload<N extends JobName> = z.infer<(typeof JOBS)[N]>

/** Jobs that somebody waits for at three in the morning: they go before all that is due. */
const URGENT: ReadonlySet<JobName> = new Set([
  'abuse.judge',
  'hosts.watch_silence',
  'incidents.deliver',
  'incidents.escalate',
  'incidents.page',
  'incidents.render_status',
  'incidents.watch',
])

/** Smaller goes first. */
export const priorityOf = (name: JobName): number => (URGENT.has(name) ? -1 : 0)

/**
 * Adds a job in the caller's transaction. With `key`, a job of that key that has not started yet is
 * replaced, so a fact stated twice makes one job.
 */
export const addJob = async <N extends JobName>(
  tx: Sql,
  name: N,
  payload: JobPayload<N>,
  options: { key?: string; runAt?: Date; maxAttempts?: number } = {},
): Promise<void> => {
  await tx`select graphile_worker.add_job(${name}, ${JSON.stringify(payload)}::text::json,
    run_at => ${options.runAt ?? null}::timestamptz, max_attempts => ${options.maxAttempts ?? 25},
    job_key => ${options.key ?? null}::text, priority => ${priorityOf(name)}::int)`
}

/** Adds many jobs in one statement, as `addJob` does one; none of them has a key. */
export const addJobs = async <N extends JobName>(
  tx: Sql,
  jobs: readonly { name: N; payload: JobPayload<N> }[],
): Promise<void> => {
  if (jobs.length === 0) return
  await tx`select count(*) from graphile_worker.add_jobs(array(
    select (j.name, j.payload, null, null, 25, null, null, null)::graphile_worker.job_spec
    from json_to_recordset(${JSON.stringify(jobs)}::text::json) as j (name text, payload json)))`
}

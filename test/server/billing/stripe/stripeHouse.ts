import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'
import { digestOf } from '#server/billing/canonical.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { collectDue } from '#server/billing/collect.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { followCheckout } from '#server/billing/stripe/followCheckout.ts'
import { openCheckout } from '#server/billing/stripe/openCheckout.ts'
import { poll, queueSyncs } from '#server/billing/stripe/poll.ts'
import { webhookRoute } from '#server/billing/stripe/receiveEvent.ts'
import { terms } from '#server/billing/terms.ts'
import { runRoute } from '#server/http.ts'
import { JOBS, type JobName } from '#server/jobs.ts'
import { handlers } from '#server/worker.ts'
import type { Controls } from '../../../stripe/control.ts'
import { startStandIn } from '../../../stripe/standIn.ts'
import type { Card } from '../../../stripe/world.ts'
import { billingHouse, utc } from '../house.ts'

export const WEBHOOK_SECRET = 'whsec_standin_of_the_tests'

/**
 * Billing beside a stand-in for Stripe, each reaching the other over HTTP, both at the time a test says. Jobs are done when
 * the test says so; a job that fails stays and is tried again at the next `work`.
 */
export const stripeHouse = async (since: string, variables: Record<string, string> = {}) => {
  const standIn = await startStandIn({ standing: utc(since) })
  const house = await billingHouse({
    STRIPE_SECRET_KEY: 'sk_test_standin',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: standIn.url,
    ...variables,
  })
  const { sql, env, ctx } = house
  const route = webhookRoute({ sql, env })
  const receiver = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://127.0.0.1')
    if (url.pathname !== route.path) return void res.writeHead(404).end()
    void runRoute(route, { req, res, url, requestId: crypto.randomUUID(), ip: '127.0.0.1' })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${route.path}`
  afterAll(async () => {
    receiver.closeAllConnections()
    receiver.close()
    await standIn.close()
  })

  /** Asks the stand-in itself for something. */
  const control = async <N extends keyof Controls>(name: N, given: Controls[N]): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${standIn.url}/_control/${name}`, { method: 'POST', body: JSON.stringify(given) })
    const body = (await answer.json()) as Record<string, unknown>
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(body)}`)
    return body
  }
  await control('endpoint', { url: webhookUrl, secret: WEBHOOK_SECRET })
  // Webhooks go out when a test says so: nothing depends on when a timer fires.
  await control('webhooks', { byHand: true })

  let now = utc(since)
  const failures: string[] = []

  type Job = { id: bigint; name: JobName; payload: unknown }
  const waiting = async () =>
    await sql<Job[]>`select j.id, t.identifier as name, j.payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier like 'billing.%' and t.identifier <> 'billing.pin_evidence' order by j.id`

  /** Does the jobs of billing that wait, and those they add, each once. */
  const work = async (): Promise<void> => {
    const tried = new Set<bigint>()
    for (;;) {
      const job = (await waiting()).find(({ id }) => !tried.has(id))
      if (!job) return
      tried.add(job.id)
      const handle = handlers[job.name] as (context: unknown, payload: unknown) => Promise<void>
      try {
        await handle({ ...ctx(now), requestId: `job-${job.id}` }, JOBS[job.name].parse(job.payload))
        await sql`delete from graphile_worker._private_jobs where id = ${job.id}`
      } catch (error) {
        failures.push(`${job.name}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }

  /** Sends waiting webhooks and does what follows, until nothing more happens. */
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 8; round++) {
      await work()
      await control('clock', { to: now.toISOString() })
      const { statuses } = (await control('deliver', {})) as { statuses: number[] }
      if (statuses.length === 0 && (await waiting()).length === 0) return
    }
  }

  /** Moves both clocks and does what falls due, as the worker's clock would. */
  const at = async (time: string | Date, options: { settle?: boolean } = {}): Promise<void> => {
    now = typeof time === 'string' ? utc(time) : time
    await control('clock', { to: now.toISOString() })
    await closePeriods(ctx(now))
    await finalizeDrafts(ctx(now))
    await queueSyncs(ctx(now))
    if (options.settle !== false) await settle()
  }
  const dun = async () => {
    await collectDue(ctx(now))
    await settle()
  }

  /** A plan with everything in one, by the month and the year: a base fee, repositories by number, CPU by use. */
  for (const [interval, amount, each] of [
    ['month', '49.00', '2.00'],
    ['year', '490.00', '20.00'],
  ] as const) {
    const said = terms.parse({
      prices: [
        { key: 'base', name: 'Base fee', model: 'flat', amount },
        {
          key: 'repositories',
          name: 'Repositories',
          model: 'licensed',
          unitAmount: each,
          included: 5,
          unit: 'repository',
        },
        { key: 'cpu', name: 'CPU', model: 'per_unit', meter: 'cpu', unitAmount: '0.0180' },
      ],
      minimum: null,
      entitlements: {},
      promise: [],
    })
    await sql`insert into plan (key, name, position) values ('pro', 'Pro', 9) on conflict do nothing`
    await sql`insert into plan_version (plan_id, currency, interval, version, terms, created_by, created_at, published_at, digest)
      select id, 'EUR', ${interval}, 1, ${JSON.stringify(said)}::text::jsonb, 'test', now(), now(), ${digestOf(said)}
      from plan where key = 'pro'`
  }

  /** A customer gives a card, with a plan to begin or alone. */
  const giveCard = async (
    name: string,
    accountId: bigint,
    card: Card,
    plan?: string,
    more: { quantities?: Record<string, number>; interval?: 'month' | 'year'; coupon?: string } = {},
  ) => {
    const { interval, ...wish } = more
    const version = plan ? await house.version(plan, interval ?? 'month') : undefined
    const opened = await openCheckout(
      ctx(now),
      { id: accountId, name },
      version && { planVersionId: version.id, ...wish },
    )
    const session = opened.url.split('/').at(-1)!
    await control('complete', { session, card })
    return { ...opened, session }
  }

  const invoices = async (accountId: bigint) =>
    await sql<
      {
        id: bigint
        kind: string
        state: string
        number: string | null
        subtotalMinor: bigint
        taxMinor: bigint
        totalMinor: bigint
        prepaidMinor: bigint
        paidMinor: bigint
        stripeInvoiceId: string | null
        stripeState: string | null
      }[]
    >`select id, split_part(key, ':', 1) as kind, state, number, subtotal_minor, tax_minor, total_minor, prepaid_minor,
      paid_minor, stripe_invoice_id, stripe_state from invoice where account_id = ${accountId} order by id`
  const theirs = () => standIn.world.all('invoice')
  const customerOf = async (accountId: bigint): Promise<string> => {
    const [row] = await sql<{ id: string }[]>`select stripe_customer_id as id from billing_profile
      where account_id = ${accountId}`
    return row!.id
  }
  const drifts = async () =>
    await sql<{ kind: string; objectId: string; ours: string | null; theirs: string | null }[]>`
      select kind, object_id, ours, theirs from stripe_drift where resolved_at is null order by id`

  return {
    ...house,
    standIn,
    control,
    webhookUrl,
    work,
    settle,
    at,
    dun,
    giveCard,
    invoices,
    theirs,
    customerOf,
    drifts,
    failures,
    now: () => ctx(now),
    poll: () => poll(ctx(now)),
    followCheckout: (session: string) => followCheckout(ctx(now), session),
  }
}

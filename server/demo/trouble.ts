import type { Context } from '../context.ts'
import { notify } from '../notices/notify.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts'
import { judgeQuotas, resolve } from '../usage/judge.ts'
import { egressOfMonth, holdings } from '../usage/present.ts'
import { setQuota, type NewQuota } from '../usage/quotas.ts'
import { open, record } from '../usage/violationLog.ts'
import type { People } from './people.ts'

const at = (ctx: Context, msAgo: number): Context => ({ ...ctx, now: new Date(ctx.now.getTime() - msAgo) })

/** A moment about so long ago at which egress is judged: it is in the first minute of ten. */
const whenEgressIsJudged = (ctx: Context, msAgo: number) => {
  const then = ctx.now.getTime() - msAgo
  return ctx.now.getTime() - Math.floor(then / (10 * MINUTE_MS)) * 10 * MINUTE_MS
}
/** The same, at which it is not. */
const otherwise = (ctx: Context, msAgo: number) => whenEgressIsJudged(ctx, msAgo) - 4 * MINUTE_MS

const share = (used: bigint, percent: bigint) => (used * percent) / 100n

/** What the demo's accounts hold too much of, judged in the past by the code that judges always. */
export const seedTrouble = async (ctx: Context, { accounts }: People): Promise<void> => {
  const held = await holdings(ctx.sql)
  const sent = await egressOfMonth(ctx.sql, ctx.now)
  const of = (account: string, app: string, meter: 'memory' | 'disk' | 'logs') =>
    held.filter((h) => h.accountId === accounts.get(account) && h.app === app).reduce((sum, h) => sum + h[meter], 0n)
  const sentBy = (account: string, app: string) =>
    sent.find((e) => e.accountId === accounts.get(account) && e.app === app)?.bytes ?? 0n
  const running = held.filter((h) => h.accountId === accounts.get('tidepool') && h.epoch !== null).length

  await seedPast(at(ctx, 2 * DAY_MS), accounts)

  const steps: { msAgo: number; quota: NewQuota }[] = [
    {
      msAgo: otherwise(ctx, 5 * HOUR_MS),
      quota: {
        owner: { account: 'lowlight', app: 'db-main' },
        scope: 'app',
        meter: 'disk',
        soft: share(of('lowlight', 'db-main', 'disk'), 77n),
        hard: null,
        graceSeconds: 86_400,
        action: 'notice',
      },
    },
    {
      msAgo: whenEgressIsJudged(ctx, 2 * HOUR_MS),
      quota: {
        owner: { account: 'greyheron', app: 'api' },
        scope: 'app',
        meter: 'egress',
        soft: share(sentBy('greyheron', 'api'), 72n),
        hard: null,
        graceSeconds: 86_400,
        action: 'notice',
      },
    },
    {
      msAgo: otherwise(ctx, 51 * MINUTE_MS),
      quota: {
        owner: { account: 'tidepool' },
        scope: 'account',
        meter: 'containers',
        soft: BigInt(Math.max(1, running - 3)),
        hard: null,
        graceSeconds: 86_400,
        action: 'notice',
      },
    },
    {
      msAgo: otherwise(ctx, 24 * MINUTE_MS),
      quota: {
        owner: { account: 'saltmarsh', app: 'batch-2' },
        scope: 'app',
        meter: 'memory',
        soft: share(of('saltmarsh', 'batch-2', 'memory'), 52n),
        hard: share(of('saltmarsh', 'batch-2', 'memory'), 67n),
        graceSeconds: 7_200,
        action: 'throttle',
      },
    },
    {
      msAgo: otherwise(ctx, 9 * MINUTE_MS),
      quota: {
        owner: { account: 'oxbow', app: 'crawl' },
        scope: 'app',
        meter: 'logs',
        soft: share(of('oxbow', 'crawl', 'logs'), 87n),
        hard: null,
        graceSeconds: 600,
        action: 'notice',
      },
    },
  ]
  for (const { msAgo, quota } of steps) {
    if (quota.soft === 0n) continue
    await setQuota(at(ctx, msAgo + MINUTE_MS), quota)
    await judgeQuotas({ ...at(ctx, msAgo), actor: { kind: 'system', label: 'job usage.judge_quotas' } })
  }
  await ctx.sql.begin(async (tx) => {
    const [one] = await tx<{ id: bigint }[]>`update violation set state = 'acknowledged'
      where account_id = ${accounts.get('lowlight')!} and meter = 'disk' and state = 'open' returning id`
    if (one) await record(tx, at(ctx, 4 * HOUR_MS), one.id, 'acknowledged', { note: 'Luc moves the archive this week' })
    await notify(tx, at(ctx, 26 * HOUR_MS), {
      audience: 'operators',
      severity: 'info',
      kind: 'demo',
      title: 'This fleet is simulated',
      body: 'Its hosts, containers and people are made up. What you do to them happens to the simulation.',
      href: '/ops',
      key: 'demo',
    })
  })
}

/** What was and is over: a log that ran away, and a container limit, both resolved. */
const seedPast = async (ctx: Context, accounts: Map<string, bigint>) =>
  await ctx.sql.begin(async (tx) => {
    const [log] = await tx<{ hostId: number; epoch: bigint; containerId: string; app: string; name: string }[]>`
      select e.host_id, e.epoch, e.container_id, t.app, e.name from attribution t
      join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.kind = 'container' and e.ended_at is null
      where t.account_id = ${accounts.get('quietfern')!} order by e.opened_at, e.host_id, e.epoch limit 1`
    const system: Context = { ...ctx, actor: { kind: 'system', label: 'job usage.runaway_log' } }
    const minutesLater = (minutes: number) => at(system, -minutes * MINUTE_MS)
    const common = { accountId: accounts.get('quietfern')!, quotaId: null, hardSince: null }
    if (log) {
      const { id } = await open(tx, system, {
        ...common,
        subject: `runaway_log:${log.hostId}:${log.containerId}`,
        kind: 'runaway_log',
        app: log.app,
        hostId: log.hostId,
        epoch: Number(log.epoch),
        meter: 'logs',
        level: 'hard',
        used: 1_180n,
        limit: null,
      })
      await record(tx, minutesLater(0), id, 'told', {
        who: 'members of quietfern',
        title: `The log of ${log.name} runs away`,
      })
      await record(tx, minutesLater(1), id, 'acted', {
        action: 'truncate_log',
        container: log.name,
        hostId: log.hostId,
      })
      await resolve(tx, minutesLater(17), id, 'the log grows no faster than usual')
    }
    const { id } = await open(tx, system, {
      ...common,
      accountId: accounts.get('dunlin')!,
      subject: `quota:memory:${accounts.get('dunlin')!}:site`,
      kind: 'quota',
      app: 'site',
      hostId: null,
      epoch: null,
      meter: 'memory',
      level: 'soft',
      used: 4_410n,
      limit: 4_096n,
    })
    await record(tx, minutesLater(0), id, 'told', {
      who: 'members of dunlin',
      title: 'Memory of dunlin/site is over the soft limit',
    })
    await resolve(tx, minutesLater(212), id, 'within its limit again')
  })

import { z } from 'zod'
import { METERS } from '#agents/protocol.ts'
import { DomainError } from '../errors.ts'
import { HOUR_MS, hourOf, type Window } from '../time.ts'
import { admin, inAccount, operator, router, signedIn } from '../trpc.ts'
import { commandViolations } from './commandViolations.ts'
import { containersOf } from './containerSql.ts'
import { exportUse } from './exportUse.ts'
import { addLabelRule, removeLabelRule } from './labelRules.ts'
import { appsWithPresent, overview } from './overview.ts'
import { protectApp } from './protect.ts'
import { QUOTA_ACTIONS, QUOTA_METERS, QUOTA_SCOPES } from './quota.ts'
import { removeQuota, setQuota } from './quotas.ts'
import { reachOf } from './reach.ts'
import { find } from './search.ts'
import { useCharts, useSeries } from './series.ts'
import { acknowledge, resolveByHand } from './settle.ts'
import { signLabels } from './signLabels.ts'
import { appsOf, appTotals, meteredTo } from './sql.ts'
import {
  countViolations,
  listLabelRules,
  listQuotas,
  listViolations,
  topContainers,
  topOwners,
} from './violationSql.ts'
import { unattributed, unattributedContainers, violationById, violationEvents } from './violationSql.ts'
import { aligned, periodBefore } from './window.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'an id is a number')
  .transform(BigInt)
const ids = z.array(id).min(1).max(200)
const wholeAmount = z
  .string()
  .regex(/^\d{1,18}$/, 'a whole number')
  .transform(BigInt)
  .nullable()
const time = z.iso.datetime().transform((text) => new Date(text))
const YEAR_MS = 400 * 86_400_000
const window = z
  .object({ from: time, to: time })
  .refine(({ from, to }) => from < to, { message: 'the window ends after it starts', path: ['to'] })
  .refine(({ from, to }) => to.getTime() - from.getTime() <= YEAR_MS, { message: 'at most 400 days', path: ['from'] })
  .transform(({ from, to }): Window => ({ start: from, end: to }))
const meter = z.enum(METERS)
const app = z.string().min(1).max(200)
const hostId = z.number().int().positive().max(2_147_483_647)
const containerId = z.string().regex(/^[\w.-]{1,128}$/, 'a container id')
const note = z.string().trim().max(500)
const labelText = z.string().trim().min(1).max(300)

const accountSide = {
  /** What runs now, this month beside the last, apps, violations, how far it is metered. */
  overview: inAccount().query(({ ctx }) => overview(ctx.sql, ctx.account.id, ctx.now)),

  /** One meter over a window, by app or container or in all, beside the period before. */
  series: inAccount()
    .input(
      z.object({
        window,
        meter,
        by: z.enum(['total', 'app', 'container']).default('app'),
        app: app.optional(),
        container: z.object({ hostId, containerId }).optional(),
      }),
    )
    .query(({ ctx, input }) => {
      if (input.by === 'container' && input.app === undefined) {
        throw new DomainError('BAD_REQUEST', 'name the app whose containers are meant', { path: 'app' })
      }
      return useSeries(ctx.sql, ctx.env, ctx.now, { ...input, accountId: ctx.account.id })
    }),

  /** Several charts of one window, as `series` gives them. */
  charts: inAccount()
    .input(
      z.object({
        window,
        of: z
          .array(z.object({ meter, by: z.enum(['total', 'app', 'container']) }))
          .min(1)
          .max(12),
        app: app.optional(),
        container: z.object({ hostId, containerId }).optional(),
      }),
    )
    .query(({ ctx, input: { of, ...input } }) => {
      if (input.app === undefined && of.some(({ by }) => by === 'container')) {
        throw new DomainError('BAD_REQUEST', 'name the app whose containers are meant', { path: 'app' })
      }
      return useCharts(ctx.sql, ctx.env, ctx.now, { ...input, charts: of, accountId: ctx.account.id })
    }),

  /** All meters an app in a window, beside the period before. Windows of whole hours. */
  totals: inAccount()
    .input(z.object({ window, app: app.optional() }))
    .query(async ({ ctx, input }) => {
      const wanted = aligned(input.window, 'hour')
      const passed = {
        start: wanted.start,
        end: new Date(Math.min(wanted.end.getTime(), Math.max(ctx.now.getTime(), wanted.start.getTime() + HOUR_MS))),
      }
      const compared = aligned(periodBefore(aligned(passed, 'hour')), 'hour')
      const [used, before, metered] = await Promise.all([
        appTotals(ctx.sql, ctx.account.id, wanted, input.app),
        appTotals(ctx.sql, ctx.account.id, compared, input.app),
        meteredTo(ctx.sql, ctx.account.id, ctx.now),
      ])
      return { window: wanted, compared, used, before, metered }
    }),

  /** Apps, or one, with what runs now. */
  apps: inAccount()
    .input(z.object({ app: app.optional() }))
    .query(({ ctx, input }) => appsWithPresent(ctx.sql, ctx.account.id, input.app)),

  appNames: inAccount().query(async ({ ctx }) => (await appsOf(ctx.sql, ctx.account.id)).map(({ name }) => name)),

  /** Containers that run or were used in the window, and how many there are in all. */
  containers: inAccount()
    .input(
      z.object({
        window: window.optional(),
        app: app.optional(),
        text: z.string().trim().max(100).optional(),
        /** Those that used most of this in the window come first. */
        by: meter.optional(),
        runningFirst: z.boolean().default(true),
        limit: z.number().int().min(1).max(2000).default(500),
      }),
    )
    .query(({ ctx, input: { window: wanted, ...of } }) => containersOf(ctx.sql, ctx.account.id, wanted ?? null, of)),

  /** One container: what it is, holds and used in the window. */
  container: inAccount()
    .input(z.object({ window, app, hostId, containerId }))
    .query(async ({ ctx, input }) => {
      const { window: wanted, ...of } = input
      const everywhere: Window = { start: new Date(0), end: wanted.end }
      const [{ rows: ever }, { rows: inWindow }, metered] = await Promise.all([
        containersOf(ctx.sql, ctx.account.id, everywhere, { ...of, limit: 1 }),
        containersOf(ctx.sql, ctx.account.id, wanted, { ...of, limit: 1 }),
        meteredTo(ctx.sql, ctx.account.id, ctx.now),
      ])
      const [row] = ever
      if (!row) {
        throw new DomainError('NOT_FOUND', `no container ${input.containerId} in ${ctx.account.name}/${input.app}`)
      }
      return { ...row, used: inWindow[0]?.used ?? null, ever: row.used, metered }
    }),

  metered: inAccount().query(({ ctx }) => meteredTo(ctx.sql, ctx.account.id, ctx.now)),

  /** Limits that were crossed by the account's apps and containers. */
  ownViolations: inAccount()
    .input(
      z.object({
        state: z.enum(['open', 'acknowledged', 'resolved', 'unresolved']).optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input }) => listViolations(ctx.sql, { ...input, accountId: ctx.account.id })),

  /** Everything of a window, to keep: CSV or JSON in the smallest units. */
  export: inAccount()
    .input(
      z.object({
        window,
        resolution: z.enum(['hour', 'day']).default('hour'),
        by: z.enum(['app', 'container']).default('app'),
        app: app.optional(),
        format: z.enum(['csv', 'json']).default('csv'),
      }),
    )
    .query(({ ctx, input }) => exportUse(ctx.sql, ctx.account, input)),

  /** Protects an app from every command, or lifts it; for admins. */
  protectApp: admin
    .input(z.object({ accountId: id, app, isProtected: z.boolean() }))
    .mutation(async ({ ctx, input }) => {
      await protectApp(ctx, input.accountId, input.app, input.isProtected)
      return { app: input.app }
    }),
}

const violations = router({
  list: operator
    .input(
      z.object({
        state: z.enum(['open', 'acknowledged', 'resolved', 'unresolved']).optional(),
        meter: z.enum(QUOTA_METERS).optional(),
        level: z.enum(['soft', 'hard']).optional(),
        kind: z.enum(['quota', 'runaway_log']).optional(),
        account: z.string().max(64).optional(),
        text: z.string().max(100).optional(),
        cursor: id.optional(),
        limit: z.number().int().min(1).max(200).default(100),
      }),
    )
    .query(async ({ ctx, input }) => {
      const rows = await listViolations(ctx.sql, { ...input, limit: input.limit + 1 })
      const shown = rows.slice(0, input.limit)
      return { rows: shown, nextCursor: rows.length > shown.length ? String(shown.at(-1)?.id) : null }
    }),
  counts: operator.query(({ ctx }) => countViolations(ctx.sql)),
  get: operator.input(z.object({ id })).query(async ({ ctx, input }) => {
    const violation = await violationById(ctx.sql, input.id)
    if (!violation) throw new DomainError('NOT_FOUND', `no violation ${input.id}`)
    return { ...violation, events: await violationEvents(ctx.sql, input.id) }
  }),
  acknowledge: operator
    .input(z.object({ ids, note: note.default('') }))
    .mutation(({ ctx, input }) => acknowledge(ctx, input.ids, input.note || null)),
  resolve: operator
    .input(z.object({ ids, why: note.min(3, 'say why, in a few words') }))
    .mutation(({ ctx, input }) => resolveByHand(ctx, input.ids, input.why)),
  command: operator
    .input(
      z.object({
        ids,
        kind: z.enum(['stop', 'restart', 'throttle', 'unthrottle', 'truncate_log']),
        reason: note.min(3, 'say why, in a few words'),
        key: z.uuid().optional(),
      }),
    )
    .mutation(({ ctx, input }) =>
      commandViolations(ctx, input.ids, input.kind, input.reason, input.key ?? ctx.requestId),
    ),
})

const quotas = router({
  list: operator.query(({ ctx }) => listQuotas(ctx.sql)),
  set: admin
    .input(
      z.object({
        owner: z.union([
          z.object({ plan: z.string().min(1).max(40) }).strict(),
          z.object({ account: z.string().min(1).max(64), app: app.optional() }).strict(),
        ]),
        scope: z.enum(QUOTA_SCOPES),
        meter: z.enum(QUOTA_METERS),
        soft: wholeAmount,
        hard: wholeAmount,
        graceSeconds: z.number().int(),
        action: z.enum(QUOTA_ACTIONS),
      }),
    )
    .mutation(({ ctx, input }) => setQuota(ctx, input)),
  remove: admin.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeQuota(ctx, input.id)
    return { id: input.id }
  }),
})

const labelRules = router({
  list: operator.query(({ ctx }) => listLabelRules(ctx.sql)),
  add: admin
    .input(
      z.object({
        labelKey: labelText,
        labelValue: labelText,
        account: z.string().min(1).max(64),
        app: app.nullable().default(null),
        clusterId: id.nullable().default(null),
        priority: z.number().int().min(0).max(10_000).default(100),
      }),
    )
    .mutation(({ ctx, input }) => addLabelRule(ctx, input)),
  remove: admin.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeLabelRule(ctx, input.id)
    return { id: input.id }
  }),
})

/** Up to here the hours of all accounts are added up while somebody waits; longer windows are of whole UTC days. */
const TOP_BY_HOUR_MS = 6 * HOUR_MS

const operatorSide = {
  /** Who used most of a meter, in whole hours, or in whole UTC days over 6 h. By container: in the window's last hour. */
  top: operator
    .input(
      z.object({
        meter,
        window,
        by: z.enum(['account', 'app', 'container']).default('account'),
        limit: z.number().int().min(1).max(100).default(10),
      }),
    )
    .query(async ({ ctx, input }) => {
      const { by, limit } = input
      if (by !== 'container') {
        const unit = input.window.end.getTime() - input.window.start.getTime() > TOP_BY_HOUR_MS ? 'day' : 'hour'
        const wanted = aligned(input.window, unit)
        return { window: wanted, rows: await topOwners(ctx.sql, input.meter, wanted, unit, by, limit) }
      }
      const hour = hourOf(Math.min(input.window.end.getTime(), ctx.now.getTime() + 1) - 1)
      const last = { start: new Date(hour * HOUR_MS), end: new Date((hour + 1) * HOUR_MS) }
      return { window: last, rows: await topContainers(ctx.sql, input.meter, hour, limit) }
    }),

  /** Containers that nobody owns, grouped by what a rule could go by. */
  unattributed: operator.query(({ ctx }) => unattributed(ctx.sql, ctx.env.WHARF_LABEL_ACCOUNT, ctx.now)),
  unattributedContainers: operator
    .input(
      z.object({ labelKey: labelText, labelValue: labelText, limit: z.number().int().min(1).max(200).default(50) }),
    )
    .query(({ ctx, input }) => unattributedContainers(ctx.sql, input.labelKey, input.labelValue, input.limit)),

  /** Labels for a container in a cluster that believes only signed ones. */
  signLabels: operator
    .input(
      z.object({
        account: z.string().min(1).max(64),
        app: z.string().max(200).default(''),
        container: z.string().min(1).max(200),
      }),
    )
    .mutation(async ({ ctx, input }) => ({ labels: await signLabels(ctx, input) })),
}

/** Usage for its owners, quotas and the unattributed for operators. */
export const usageRouter = router({ ...accountSide, ...operatorSide, violations, quotas, labelRules })

/** What the palette looks things up with. */
export const searchRouter = router({
  find: signedIn
    .input(z.object({ text: z.string().max(100) }))
    .query(async ({ ctx, input }) => ({ items: await find(ctx.sql, reachOf(ctx.actor), input.text) })),
})

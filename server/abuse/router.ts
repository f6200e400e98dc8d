import { z } from 'zod'
import { CATEGORIES, GAME_POLICIES, type Rule } from '#agents/rules.ts'
import { labelOf } from '../context.ts'
import { DomainError } from '../errors.ts'
import { admin, inAccount, operator, router } from '../trpc.ts'
import { listsOf, newestRules, ruleStates } from './bundle.ts'
import { caseView, ownersView } from './caseView.ts'
import { armRule, diffRules, DRY_RUN_HOURS, saveList, saveRules } from './changeRules.ts'
import { openDispute } from './dispute.ts'
import { exportCase } from './exportCase.ts'
import { liftLabel } from './holdLabel.ts'
import { assign, DECISIONS, overrule } from './overrule.ts'
import { preview } from './preview.ts'
import { restoreApp } from './restoreApp.ts'
import { abuseSettings, changeSettings } from './settings.ts'
import { countOpen, listCases } from './sql.ts'
import { statistics } from './statistics.ts'

const id = z
  .string()
  .regex(/^(?:AB-)?\d{1,18}$/i, 'a case is named like AB-31')
  .transform((text) => BigInt(text.replace(/^AB-/i, '')))
const reason = z.string().trim().min(3, 'say why, in a few words').max(1_000)
const page = { cursor: id.optional(), limit: z.number().int().min(1).max(200).default(50) }
const DAY_MS = 86_400_000

/** Cases, and what an admin decides about them. */
const caseSide = {
  cases: operator
    .input(
      z.object({
        open: z.boolean().default(true),
        category: z.enum(CATEGORIES).optional(),
        owner: z.string().max(200).optional(),
        ...page,
      }),
    )
    .query(async ({ ctx, input }) => {
      const rows = await listCases(ctx.sql, ctx.now, { ...input, limit: input.limit + 1 })
      const cases = rows.slice(0, input.limit)
      return { cases, nextCursor: rows.length > input.limit ? String(cases.at(-1)?.id) : null }
    }),
  counts: operator.query(({ ctx }) => countOpen(ctx.sql)),
  case: operator.input(z.object({ id })).query(({ ctx, input }) => caseView(ctx.sql, ctx.now, input.id)),
  /** The case as one JSON document with its digest. */
  export: operator.input(z.object({ id })).query(({ ctx, input }) => exportCase(ctx.sql, ctx.now, input.id)),
  statistics: operator
    .input(z.object({ days: z.number().int().min(1).max(366).default(30) }))
    .query(({ ctx, input }) => statistics(ctx.sql, new Date(ctx.now.getTime() - (input.days - 1) * DAY_MS), ctx.now)),
  /** Takes a case, or gives it back. */
  assign: operator
    .input(z.object({ id, mine: z.boolean() }))
    .mutation(({ ctx, input }) => assign(ctx, input.id, input.mine ? labelOf(ctx.actor) : null)),
  overrule: admin
    .input(z.object({ id, decision: z.enum(DECISIONS), reason }))
    .mutation(({ ctx, input }) => overrule(ctx, input.id, input.decision, input.reason)),
  /** Gives a deleted app back while what was kept of it is there. */
  restore: admin
    .input(z.object({ deletion: id, reason }))
    .mutation(async ({ ctx, input }) => ({ containers: await restoreApp(ctx, input.deletion, input.reason) })),
}

/** Rules, lists and settings. */
const ruleSide = {
  rules: operator.query(async ({ ctx }) => {
    const newest = await newestRules(ctx.sql)
    const versions = await ctx.sql<{ version: number; note: string; createdBy: string; createdAt: Date }[]>`
      select version, note, created_by, created_at from abuse_rules order by version desc limit 50`
    return {
      version: newest?.version ?? 0,
      rules: newest?.rules ?? [],
      states: await ruleStates(ctx.sql),
      versions: [...versions],
      lists: await listsOf(ctx.sql),
      dryRunHours: DRY_RUN_HOURS,
    }
  }),
  /** What changed from the version before it. */
  ruleDiff: operator.input(z.object({ version: z.number().int().min(1) })).query(async ({ ctx, input }) => {
    const rows = await ctx.sql<{ version: number; rules: Rule[] }[]>`select version, rules from abuse_rules
      where version in (${input.version}, ${input.version - 1}) order by version`
    const [before, after] = rows
    if (!before || !after) throw new DomainError('NOT_FOUND', `no version ${input.version} of the rules`)
    return diffRules(before.rules, after.rules)
  }),
  /** Changes nothing; asked as a change is, since the rules are too long for an address. */
  preview: operator
    .input(z.object({ rules: z.array(z.unknown()).max(500) }))
    .mutation(({ ctx, input }) => preview(ctx.sql, input.rules, ctx.now)),
  saveRules: admin
    .input(z.object({ rules: z.array(z.unknown()).max(500), basedOn: z.number().int().min(0), note: reason }))
    .mutation(({ ctx, input }) => saveRules(ctx, input)),
  armRule: admin
    .input(z.object({ rule: z.string().max(64), armed: z.boolean(), reason }))
    .mutation(({ ctx, input }) => armRule(ctx, input)),
  saveList: admin
    .input(
      z.object({
        name: z.string().max(64),
        source: z.string().trim().min(3).max(300),
        entries: z.array(z.string().max(300)).max(20_000),
      }),
    )
    .mutation(({ ctx, input }) => saveList(ctx, input)),
  settings: operator.query(async ({ ctx }) => {
    const settings = await abuseSettings(ctx.sql)
    const clusters = await ctx.sql<{ name: string; kind: string }[]>`select name, kind from cluster order by name`
    const apps = await ctx.sql<{ account: string; app: string; at: Date }[]>`select a.name as account, p.name as app,
      p.protected_at as at from app p join account a on a.id = p.account_id where p.protected_at is not null order by 1, 2`
    return {
      ...settings,
      clusters: clusters.map(({ name, kind }) => ({
        name,
        kind,
        gameServers: settings.gamePolicy[name] ?? 'forbidden',
      })),
      protectedApps: [...apps],
      breaker: { accounts: ctx.env.WHARF_ABUSE_BREAKER_ACCOUNTS, share: ctx.env.WHARF_ABUSE_BREAKER_SHARE },
    }
  }),
  /** Stops acting on abuse everywhere, or goes on. */
  holdFire: admin
    .input(z.object({ on: z.boolean(), reason }))
    .mutation(({ ctx, input }) => changeSettings(ctx, { holdFire: input.on }, input.reason)),
  changeSettings: admin
    .input(
      z.object({
        protectedAccounts: z.array(z.string().trim().min(1).max(200)).max(1_000).optional(),
        gamePolicy: z.record(z.string().max(100), z.enum(GAME_POLICIES)).optional(),
        reason,
      }),
    )
    .mutation(({ ctx, input }) => {
      const { protectedAccounts, gamePolicy, reason } = input
      const change = { ...(protectedAccounts && { protectedAccounts }), ...(gamePolicy && { gamePolicy }) }
      return changeSettings(ctx, change, reason)
    }),
  /** Lets containers run again under a label that was suspended and no account has. */
  liftLabel: admin
    .input(z.object({ label: z.string().max(300), reason }))
    .mutation(({ ctx, input }) => liftLabel(ctx, input.label, input.reason)),
}

/** What an owner sees, and the dispute. */
const ownerSide = {
  mine: inAccount().query(async ({ ctx }) => {
    const [open, closed] = await Promise.all(
      [true, false].map((open) => listCases(ctx.sql, ctx.now, { open, owner: ctx.account.name, limit: 100 })),
    )
    const shown = [...(open ?? []), ...(closed ?? [])]
    return shown.map(({ id, app, category, state, openedAt, lastSeenAt, strikes, outcome, disputed }) => ({
      id,
      app,
      category,
      state,
      openedAt,
      lastSeenAt,
      strikes,
      outcome,
      disputed,
    }))
  }),
  mineCase: inAccount()
    .input(z.object({ id }))
    .query(({ ctx, input }) => ownersView(ctx.sql, ctx.now, ctx.account.name, input.id)),
  /** Runs the app for a day, slowed and looked at, and lets that decide about its last strike. */
  dispute: inAccount(['owner', 'admin'], { whileHeld: true })
    .input(z.object({ id, words: z.string().trim().max(1_000).default('') }))
    .mutation(({ ctx, input }) => openDispute(ctx, ctx.account, input.id, input.words)),
}

export const abuseRouter = router({ ...caseSide, ...ruleSide, ...ownerSide })

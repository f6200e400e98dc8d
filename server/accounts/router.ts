import { z } from 'zod'
import { SCOPES, userIdOf } from '../context.ts'
import { admin, hasRole, inAccount, open, operator, router, signedIn } from '../trpc.ts'
import { auditRouter } from './auditRouter.ts'
import { changePlan, closeAccount, renameAccount } from './changeAccount.ts'
import { createOrganization, createOrganizationFor, nameIsFree } from './createOrganization.ts'
import { convertAccount, previewConversion } from './convertAccount.ts'
import { completeFirstRun, firstRunState } from './firstRun.ts'
import { HOLD_KINDS, liftHold, placeHold } from './hold.ts'
import { issueToken, revokeToken } from './issueToken.ts'
import { describe, existing } from './me.ts'
import { nameFault } from './name.ts'
import { membersRouter, invitationsRouter, teamsRouter } from './peopleRouter.ts'
import { grantableScopes } from './scope.ts'
import { accountTotals, holdHistory, listAccounts, listTokens } from './sql.ts'
import { usersRouter } from './usersRouter.ts'
import { id, mail, password, personName } from './input.ts'

const accountName = z
  .string()
  .min(2)
  .max(64)
  .superRefine((name, ctx) => {
    const fault = nameFault(name)
    if (fault) ctx.addIssue({ code: 'custom', message: fault })
  })
const displayName = z.string().trim().min(1).max(80)
const reason = z.string().trim().min(3, 'say why in a few words').max(500)
const newToken = z.object({
  name: z.string().trim().min(1).max(80),
  scopes: z.array(z.enum(SCOPES)).min(1),
  expiresInDays: z.number().int().min(1).max(730).nullable(),
})

const tokensRouter = router({
  /** My own, for all accounts, and which scopes I can give. */
  mine: signedIn.query(async ({ ctx }) => {
    const userId = userIdOf(ctx.actor)
    const rows = await listTokens(ctx.sql, userId === null ? 'robots' : { userId }, ctx.now)
    return { rows, scopes: grantableScopes(ctx.actor, false) }
  }),
  create: signedIn.input(newToken).mutation(({ ctx, input }) => issueToken(ctx, input)),
  revoke: signedIn.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    const userId = userIdOf(ctx.actor)
    await revokeToken(ctx, input.id, userId === null && hasRole(ctx.actor, 'admin') ? 'any' : { userId })
  }),
  ofAccount: inAccount().query(async ({ ctx }) => listTokens(ctx.sql, { accountId: ctx.account.id }, ctx.now)),
  createForAccount: inAccount(['owner', 'admin', 'member'])
    .input(newToken)
    .mutation(({ ctx, input }) => issueToken(ctx, input, ctx.account)),
  revokeOfAccount: inAccount(['owner', 'admin'], { whileHeld: true })
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => revokeToken(ctx, input.id, { accountId: ctx.account.id })),
  /** Tokens of the platform itself, without a user. */
  robots: admin.query(({ ctx }) => listTokens(ctx.sql, 'robots', ctx.now)),
  revokeAny: admin.input(z.object({ id })).mutation(({ ctx, input }) => revokeToken(ctx, input.id, 'any')),
})

const holdsRouter = router({
  /** Members read who did it as a role; operators read the person. */
  history: inAccount().query(async ({ ctx }) => {
    const rows = await holdHistory(ctx.sql, ctx.account.id)
    if (hasRole(ctx.actor, 'operator')) return rows
    return rows.map((row) => ({ ...row, placedBy: 'an operator', liftedBy: row.liftedBy && 'an operator' }))
  }),
  place: admin
    .input(z.object({ account: z.string().max(64), kind: z.enum(HOLD_KINDS), reason }))
    .mutation(async ({ ctx, input }) => placeHold(ctx, await existing(ctx, input.account), input)),
  lift: admin
    .input(z.object({ account: z.string().max(64), holdId: id, note: reason }))
    .mutation(async ({ ctx, input }) => liftHold(ctx, await existing(ctx, input.account), input)),
})

export const accountsRouter = router({
  /** How one can sign in here. */
  signInOptions: open.query(({ ctx }) => ({
    github: Boolean(ctx.env.GITHUB_CLIENT_ID && ctx.env.GITHUB_CLIENT_SECRET),
    oidc: Boolean(ctx.env.OIDC_ISSUER && ctx.env.OIDC_CLIENT_ID && ctx.env.OIDC_CLIENT_SECRET),
    openSignUp: ctx.env.WHARF_OPEN_SIGN_UP,
    demo: ctx.env.WHARF_DEMO,
  })),
  /** Who I am; null without a session. */
  whoami: open.query(async ({ ctx }) => {
    const { actor } = ctx
    if (actor.kind !== 'user' && actor.kind !== 'token') return null
    return describe(ctx, actor)
  }),
  /** Who I am, what I am on the platform, my accounts with my role and their holds. */
  me: signedIn.query(({ ctx }) => describe(ctx, ctx.actor)),
  firstRunState: open
    .input(z.object({ token: z.string().max(200) }))
    .query(({ ctx, input }) => firstRunState(ctx.sql, input.token, ctx.now)),
  completeFirstRun: open
    .input(z.object({ token: z.string().max(200), name: personName, email: mail, password }))
    .mutation(({ ctx, input }) => completeFirstRun(ctx, input)),

  /** Open accounts, by name, for operators. */
  list: operator
    .input(
      z
        .object({
          search: z.string().trim().max(100).optional(),
          held: z.boolean().optional(),
          plan: z.string().max(40).optional(),
          kind: z.enum(['user', 'organization']).optional(),
          cursor: z.string().max(64).optional(),
          limit: z.number().int().min(1).max(200).default(50),
        })
        .default({ limit: 50 }),
    )
    .query(async ({ ctx, input }) => {
      const { cursor, limit, ...filter } = input
      const found = await listAccounts(
        ctx.sql,
        { ...filter, held: filter.held ?? false },
        { after: cursor, limit: limit + 1 },
      )
      const rows = found.slice(0, limit)
      return { rows, nextCursor: found.length > limit ? rows.at(-1)?.name : undefined }
    }),
  totals: operator.query(({ ctx }) => accountTotals(ctx.sql)),
  /** One account: name, plan, my role, active holds, and the label that containers carry for it. */
  view: inAccount().query(({ ctx }) => ({
    ...ctx.account,
    label: `${ctx.env.WHARF_LABEL_ACCOUNT}=${ctx.account.name}`,
  })),
  nameIsFree: signedIn
    .input(z.object({ name: z.string().max(64) }))
    .query(({ ctx, input }) => nameIsFree(ctx.sql, input.name)),
  create: signedIn
    .input(z.object({ name: accountName, displayName }))
    .mutation(({ ctx, input }) => createOrganization(ctx, input)),
  createFor: admin
    .input(z.object({ name: accountName, displayName, ownerEmail: mail }))
    .mutation(({ ctx, input }) => createOrganizationFor(ctx, input)),
  rename: inAccount(['owner', 'admin'])
    .input(z.object({ displayName }))
    .mutation(({ ctx, input }) => renameAccount(ctx, ctx.account, input.displayName)),
  close: inAccount(['owner'])
    .input(z.object({ typedName: z.string() }))
    .mutation(({ ctx, input }) => closeAccount(ctx, ctx.account, input.typedName)),
  /** What making a personal account an organization would do; changes nothing. */
  previewConversion: inAccount().query(({ ctx }) => previewConversion(ctx, ctx.account)),
  convert: inAccount(['owner'])
    .input(z.object({ typedName: z.string(), personalName: z.string().max(64), seen: z.string().max(64) }))
    .mutation(({ ctx, input }) => convertAccount(ctx, ctx.account, input)),
  /** Names the plan that quotas follow, until the account's next change of plan; what is billed stays. */
  changePlan: admin
    .input(z.object({ account: z.string().max(64), plan: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/) }))
    .mutation(async ({ ctx, input }) => changePlan(ctx, await existing(ctx, input.account), input.plan)),

  members: membersRouter,
  invitations: invitationsRouter,
  teams: teamsRouter,
  tokens: tokensRouter,
  holds: holdsRouter,
  users: usersRouter,
  audit: auditRouter,
})

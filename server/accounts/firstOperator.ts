import type { Sql, Tx } from '#db/client.ts'
import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { insertUser, userByEmail } from './createUser.ts'
import { actorOfToken } from './identify.ts'
import { hashOf, hintOf, makeLinkSecret, makeToken } from './token.ts'

const LINK_MS = 86_400_000
/** What the identifier of a kept first-run link starts with, in auth_verification. */
export const FIRST_RUN = 'first-run:'
// Several processes may start at once; one of them makes the first operator.
const LOCK = 7_244_982

/**
 * Sees to it that somebody can sign in: makes the operator that the environment names where nobody has a platform
 * role, else returns a one-time link (a day, replaced at each start). Also keeps the robot's token in
 * `WHARF_DATA/operator-token`. Harmless to repeat.
 */
export const ensureFirstOperator = async (ctx: Context): Promise<{ link?: string }> => {
  const link = await ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`
    if (await anybodyHasRole(tx)) return undefined
    const { WHARF_ADMIN_EMAIL: email, WHARF_ADMIN_PASSWORD: password } = ctx.env
    if (email === undefined || password === undefined) return firstRunLink(tx, ctx)
    const known = await userByEmail(tx, email)
    const userId = known?.id ?? (await insertUser(tx, ctx, { email, name: email.split('@')[0] ?? email, password }))
    await grantAll(tx, ctx, userId)
    return undefined
  })
  await keepOperatorToken(ctx)
  return link === undefined ? {} : { link }
}

/** True once an operator or admin exists; from then on the first-run page is closed. */
export const anybodyHasRole = async (sql: Sql): Promise<boolean> => {
  const [row] = await sql`select 1 from platform_role limit 1`
  return row !== undefined
}

/** Makes a user operator and admin. */
export const grantAll = async (tx: Tx, ctx: Context, userId: string): Promise<void> => {
  await tx`insert into platform_role (user_id, role) values (${userId}, 'operator'), (${userId}, 'admin')
    on conflict do nothing`
  await audit(tx, ctx, {
    action: 'accounts.platform_role.grant',
    subject: { kind: 'user', id: userId },
    before: { roles: [] },
    after: { roles: ['admin', 'operator'] },
  })
}

const firstRunLink = async (tx: Sql, ctx: Context): Promise<string> => {
  const secret = makeLinkSecret()
  await tx`delete from auth_verification where identifier like ${`${FIRST_RUN}%`}`
  await tx`insert into auth_verification (id, identifier, value, expires_at)
    values (${randomUUID()}, ${FIRST_RUN + hashOf(secret).toString('hex')}, 'first operator',
      ${new Date(ctx.now.getTime() + LINK_MS)})`
  return `${ctx.env.publicUrl}/first-run?token=${secret}`
}

/** Keeps `WHARF_DATA/operator-token` (mode 600): a robot's token of all scopes, made anew where it is not valid. */
const keepOperatorToken = async (ctx: Context): Promise<void> => {
  const file = join(ctx.env.dataDir, 'operator-token')
  const kept = await readFile(file, 'utf8').catch(() => '')
  if ((await actorOfToken(ctx.sql, kept.trim(), ctx.now)).kind === 'token') return
  const token = makeToken()
  const scopes = ['read', 'write', 'operate', 'admin']
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ id: bigint }[]>`insert into api_token (name, hash, hint, scopes)
      values ('operator-token file', ${hashOf(token)}, ${hintOf(token)}, ${scopes}) returning id`
    await audit(tx, ctx, {
      action: 'accounts.token.create',
      subject: { kind: 'token', id: row?.id ?? '' },
      after: { name: 'operator-token file', scopes },
    })
    // Within the transaction: a token that could not be kept is not left valid.
    const draft = `${file}.${process.pid}`
    await writeFile(draft, `${token}\n`, { mode: 0o600 })
    await rename(draft, file)
  })
}

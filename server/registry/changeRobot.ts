import type { Tx } from '#db/client.ts'
import { hashOf } from '../accounts/token.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { makeRobotSecret, robotHint, robotLogin } from './robot.ts'

const MOST_ROBOTS = 100
/** After a rotation the old secret works for a day, so that nothing stops meanwhile. */
const OLD_SECRET_MS = 86_400_000

type Account = { id: bigint; name: string }
export type RobotReach =
  | { every: 'read' | 'write' }
  /** Repositories of the account by name. */
  | { repositories: { name: string; permission: 'read' | 'write' }[] }

/** Makes a robot; its secret is told here and never again. @throws CONFLICT, LIMITED beyond 100, NOT_FOUND */
export const createRobot = async (
  ctx: Context,
  account: Account,
  input: { name: string; description: string; reach: RobotReach; expiresInDays: number | null },
): Promise<{ id: bigint; login: string; secret: string }> => {
  const { name, description, reach, expiresInDays } = input
  const secret = makeRobotSecret()
  const expiresAt = expiresInDays === null ? null : new Date(ctx.now.getTime() + expiresInDays * 86_400_000)
  const id = await ctx.sql.begin(async (tx) => {
    await tx`select 1 from account where id = ${account.id} for no key update`
    const [there] = await tx<{ count: number }[]>`select count(*)::int as count from robot
      where account_id = ${account.id} and revoked_at is null`
    if ((there?.count ?? 0) >= MOST_ROBOTS)
      throw new DomainError('LIMITED', `an account has ${MOST_ROBOTS} robots at most; revoke one`)
    const [row] = await tx<{ id: bigint }[]>`
      insert into robot (account_id, name, description, hash, hint, every_permission, created_by, created_at, expires_at)
      values (${account.id}, ${name}, ${description}, ${hashOf(secret)}, ${robotHint(secret)},
        ${'every' in reach ? reach.every : null}, ${labelOf(ctx.actor)}, ${ctx.now}, ${expiresAt})
      on conflict (account_id, name) where revoked_at is null do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `${account.name} has a robot ${name} already`, { path: 'name' })
    if ('repositories' in reach) await giveRepositories(tx, account, row.id, reach.repositories)
    await record(tx, ctx, account, row.id, 'create', { name, reach, expiresAt, hint: robotHint(secret) })
    return row.id
  })
  return { id, login: robotLogin(account.name, name), secret }
}

const giveRepositories = async (
  tx: Tx,
  account: Account,
  robotId: bigint,
  given: readonly { name: string; permission: 'read' | 'write' }[],
): Promise<void> => {
  for (const { name, permission } of given) {
    const [row] = await tx`insert into robot_repository (robot_id, repository_id, permission)
      select ${robotId}, id, ${permission} from repository where account_id = ${account.id} and name = ${name}
      on conflict (robot_id, repository_id) do update set permission = excluded.permission returning 1`
    if (!row) throw new DomainError('NOT_FOUND', `${account.name} has no repository ${name}`, { path: 'repositories' })
  }
}

/** Gives a robot a new secret; the old one works for a day more. @throws NOT_FOUND */
export const rotateRobot = async (
  ctx: Context,
  account: Account,
  robotId: bigint,
): Promise<{ login: string; secret: string; oldUntil: Date }> => {
  const secret = makeRobotSecret()
  const oldUntil = new Date(ctx.now.getTime() + OLD_SECRET_MS)
  return ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ name: string }[]>`
      update robot set previous_hash = hash, previous_until = ${oldUntil}, hash = ${hashOf(secret)},
        hint = ${robotHint(secret)}, rotated_at = ${ctx.now}
      where id = ${robotId} and account_id = ${account.id} and revoked_at is null returning name`
    if (!row) throw new DomainError('NOT_FOUND', `no such robot in ${account.name}; it may have been revoked`)
    await record(tx, ctx, account, robotId, 'rotate', { oldUntil, hint: robotHint(secret) })
    return { login: robotLogin(account.name, row.name), secret, oldUntil }
  })
}

/** Ends a robot: it gets no more tokens, and those it has end within minutes. @throws NOT_FOUND */
export const revokeRobot = async (ctx: Context, account: Account, robotId: bigint): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ name: string }[]>`update robot set revoked_at = ${ctx.now}
      where id = ${robotId} and account_id = ${account.id} and revoked_at is null returning name`
    if (!row) throw new DomainError('NOT_FOUND', `no such robot in ${account.name}; it may have been revoked`)
    await record(tx, ctx, account, robotId, 'revoke', { name: row.name })
  })
}

const record = (tx: Tx, ctx: Context, account: Account, robotId: bigint, verb: string, after: unknown) =>
  audit(tx, ctx, {
    action: `registry.robot.${verb}`,
    subject: { kind: 'robot', id: robotId },
    accountId: account.id,
    after,
  })

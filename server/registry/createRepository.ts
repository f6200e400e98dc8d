import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { hasRoom, limitsOf, noRoomText } from './limits.ts'
import { OFFICIAL, repositoryNameFault } from './path.ts'
import type { Visibility } from './permission.ts'

type Owner = { id: bigint; name: string }

/** Makes a repository. @throws CONFLICT where the name is taken, FORBIDDEN where the plan has no more private ones */
export const createRepository = (
  ctx: Context,
  account: Owner,
  input: { name: string; visibility: Visibility; description?: string },
): Promise<{ id: bigint; path: string }> => ctx.sql.begin((tx) => insertRepository(tx, ctx, account, input))

/** The same in the caller's transaction. */
export const insertRepository = async (
  tx: Tx,
  ctx: Context,
  account: Owner,
  input: { name: string; visibility: Visibility; description?: string },
): Promise<{ id: bigint; path: string }> => {
  const { name, visibility, description = '' } = input
  const fault = repositoryNameFault(name)
  if (fault) throw new DomainError('BAD_REQUEST', fault, { path: 'name' })
  const path = `${account.name}/${name}`
  if (visibility === 'private') await needRoom(tx, ctx, account)
  const [moving] = await tx`select 1 from repository_move where to_path = ${path} and state = 'running'`
  const [row] = moving
    ? []
    : await tx<{ id: bigint }[]>`
        insert into repository (account_id, name, path, visibility, description, official, created_by, created_at)
        values (${account.id}, ${name}, ${path}, ${visibility}, ${description}, ${account.name === OFFICIAL},
          ${makerOf(ctx)}, ${ctx.now})
        on conflict (path) do nothing returning id`
  if (!row) throw new DomainError('CONFLICT', `${path} is there already; choose another name`, { path: 'name' })
  // Who takes an old name takes it for good: it leads to the new repository from now on.
  await tx`delete from repository_redirect where path = ${path}`
  await audit(tx, ctx, {
    action: 'registry.repository.create',
    subject: { kind: 'repository', id: row.id },
    accountId: account.id,
    after: { path, visibility, description },
  })
  await announce(tx, `account:${account.id}`)
  return { id: row.id, path }
}

const makerOf = ({ actor }: Context): string =>
  actor.kind === 'user' ? actor.email : actor.kind === 'anonymous' ? 'anonymous' : actor.label

/** Takes a lock on the account's private repositories, so that of two pushes for the last place one comes second. */
export const needRoom = async (tx: Sql, ctx: Pick<Context, 'env'>, account: Owner): Promise<void> => {
  if (account.name === OFFICIAL) return
  await tx`select 1 from account where id = ${account.id} for no key update`
  const rows = await tx<{ key: string; value: bigint | null }[]>`
    select key, value from entitlement where account_id = ${account.id}`
  const [held] = await tx<{ count: bigint }[]>`select count(*) from repository
    where account_id = ${account.id} and visibility = 'private' and delete_at is null`
  const limits = limitsOf(rows)
  if (hasRoom(limits, { privateRepositories: held?.count ?? 0n, storageBytes: 0n, pullsToday: 0n })) return
  throw new DomainError('FORBIDDEN', noRoomText(account.name, limits, `${ctx.env.publicUrl}/${account.name}/plan`))
}

/**
 * Makes the repository of a first push that `allowed` granted with `creates`; the one that another push just made is as
 * good. @throws FORBIDDEN where a push at the same time took the last private repository of the plan
 */
export const createByPush = async (
  ctx: Context,
  input: { accountId: bigint; path: string; visibility: Visibility },
): Promise<{ id: bigint }> => {
  const { accountId, path, visibility } = input
  const [account = '', name = ''] = path.split('/')
  try {
    return await createRepository(ctx, { id: accountId, name: account }, { name, visibility })
  } catch (error) {
    const [made] = await ctx.sql<{ id: bigint }[]>`
      select id from repository where path = ${path} and account_id = ${accountId} and delete_at is null`
    if (made) return made
    throw error
  }
}

import { holdsOn } from '../accounts/hold.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context, type MemberRole } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import { needRoom } from './createRepository.ts'
import type { Met } from './meet.ts'
import { needSettled, whoAsks } from './meet.ts'
import { OFFICIAL, repositoryNameFault } from './path.ts'
import { roleGives } from './permission.ts'

/**
 * Begins to rename a repository, or to give it to another account. The registry cannot rename, so a job mounts its blobs
 * under the new path, puts its manifests there and then changes the names; until then nobody pushes to it, and all pull it
 * under the old name. Who gives it away has to be owner or admin where it goes. @throws CONFLICT where the name is taken
 */
export const moveRepository = async (
  ctx: Context,
  met: Met,
  to: { account: string; name: string },
): Promise<{ moveId: bigint; path: string }> => {
  needSettled(met)
  const fault = repositoryNameFault(to.name)
  if (fault) throw new DomainError('BAD_REQUEST', fault, { path: 'name' })
  const target = await targetFor(ctx, met, to.account)
  const path = `${target.name}/${to.name}`
  if (target.name === OFFICIAL && met.visibility === 'private')
    throw new DomainError('UNPROCESSABLE', 'official images are public; show it to everybody first', {
      path: 'account',
    })
  if (path === met.path) throw new DomainError('BAD_REQUEST', `${path} is its name already`, { path: 'name' })
  const moveId = await ctx.sql.begin(async (tx) => {
    if (target.id !== met.accountId && met.visibility === 'private') await needRoom(tx, ctx, target)
    const [taken] = await tx`select 1 from repository where path = ${path}`
    const [row] = taken
      ? []
      : await tx<{ id: bigint }[]>`
          insert into repository_move (repository_id, from_path, to_path, to_account_id, asked, created_by, created_at)
          values (${met.id}, ${met.path}, ${path}, ${target.id}, ${JSON.stringify({ requestId: ctx.requestId })}::text::jsonb,
            ${labelOf(ctx.actor)}, ${ctx.now})
          on conflict do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `${path} is there already; choose another name`, { path: 'name' })
    await audit(tx, ctx, {
      action: 'registry.repository.move',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { path: met.path },
      after: { path },
    })
    await addJob(tx, 'registry.move', { moveId: row.id.toString() }, { key: `registry.move:${row.id}` })
    await announce(tx, `account:${met.accountId}`)
    return row.id
  })
  return { moveId, path }
}

const targetFor = async (ctx: Context, met: Met, name: string): Promise<{ id: bigint; name: string }> => {
  if (name === met.account) return { id: met.accountId, name }
  const { userId, administers, onlyAccountId } = await whoAsks(ctx)
  const [account] = await ctx.sql<{ id: bigint; role: MemberRole | null }[]>`
    select a.id, m.role from account a left join account_member m on m.account_id = a.id and m.user_id = ${userId}
    where a.name = ${name} and a.closed_at is null`
  const inReach = onlyAccountId === null || onlyAccountId === account?.id
  const may = administers || (account && inReach && roleGives(account.role) !== undefined)
  if (!account || !may)
    throw new DomainError('FORBIDDEN', `you are neither owner nor admin of an account ${name}`, { path: 'account' })
  if (name === OFFICIAL && !administers)
    throw new DomainError('FORBIDDEN', 'official images are made by admins of the platform', { path: 'account' })
  if ((await holdsOn(ctx.sql, account.id)).length > 0)
    throw new DomainError('FORBIDDEN', `${name} is suspended`, { path: 'account' })
  return { id: account.id, name }
}

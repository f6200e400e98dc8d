import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { needRoom } from './createRepository.ts'
import type { Met } from './meet.ts'
import { needSettled } from './meet.ts'
import { OFFICIAL } from './path.ts'
import type { Visibility } from './permission.ts'

/** Changes what is said about a repository; what is not given stays. */
export const editRepository = async (
  ctx: Context,
  met: Met,
  said: { description?: string | undefined; readme?: string | undefined },
): Promise<void> => {
  needSettled(met)
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ description: string; readme: string }[]>`
      select description, readme from repository where id = ${met.id} for update`
    if (!before) throw new DomainError('NOT_FOUND', `${met.path} is gone`)
    const { description = before.description, readme = before.readme } = said
    if (description === before.description && readme === before.readme) return
    await tx`update repository set description = ${description}, readme = ${readme} where id = ${met.id}`
    await audit(tx, ctx, {
      action: 'registry.repository.edit',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { description: before.description, readmeLength: before.readme.length },
      after: { description, readmeLength: readme.length },
    })
    await announce(tx, `account:${met.accountId}`)
  })
}

/** Shows a repository to everybody, or to nobody but who has a permission. @throws FORBIDDEN beyond the plan's private ones */
export const setVisibility = async (ctx: Context, met: Met, visibility: Visibility): Promise<void> => {
  needSettled(met)
  if (met.account === OFFICIAL && visibility === 'private')
    throw new DomainError('UNPROCESSABLE', 'official images are public')
  await ctx.sql.begin(async (tx) => {
    if (visibility === 'private') await needRoom(tx, ctx, { id: met.accountId, name: met.account })
    const [row] = await tx`update repository set visibility = ${visibility}
      where id = ${met.id} and visibility <> ${visibility} and delete_at is null returning id`
    if (!row) throw new DomainError('CONFLICT', `${met.path} is ${visibility} already`)
    await audit(tx, ctx, {
      action: 'registry.repository.set_visibility',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { visibility: met.visibility },
      after: { visibility },
    })
    await announce(tx, `account:${met.accountId}`)
  })
}

/** What a new repository of an account is, where a first push makes it. */
export const setDefaultVisibility = async (
  ctx: Context,
  account: { id: bigint; name: string },
  visibility: Visibility,
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ defaultVisibility: Visibility }[]>`
      select default_visibility from registry_account where account_id = ${account.id} for update`
    await tx`insert into registry_account (account_id, default_visibility, updated_at)
      values (${account.id}, ${visibility}, ${ctx.now})
      on conflict (account_id) do update set default_visibility = excluded.default_visibility`
    await audit(tx, ctx, {
      action: 'registry.account.set_default_visibility',
      subject: { kind: 'account', id: account.name },
      accountId: account.id,
      before: { visibility: before?.defaultVisibility ?? 'private' },
      after: { visibility },
    })
  })
}

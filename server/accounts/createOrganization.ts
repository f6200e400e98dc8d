import type { Pool, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { userIdOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { inviteInto } from './inviteMember.ts'
import { emailKey, userByEmail } from './createUser.ts'
import { nameFault } from './name.ts'
import { personalHolds } from './sql.ts'

/** Makes an organization that the asking user owns. @throws FORBIDDEN while that user's own account is held */
export const createOrganization = async (
  ctx: Context,
  input: { name: string; displayName: string },
): Promise<{ name: string }> => {
  const userId = userIdOf(ctx.actor)
  if (userId === null) throw new DomainError('FORBIDDEN', 'a robot cannot own an organization; name its owner by mail')
  const [hold] = await personalHolds(ctx.sql, userId)
  if (hold) throw new DomainError('FORBIDDEN', `your account is suspended (${hold.kind}: ${hold.reason})`)
  await ctx.sql.begin(async (tx) => {
    const id = await insertOrganization(tx, ctx, input)
    await tx`insert into account_member (account_id, user_id, role) values (${id}, ${userId}, 'owner')`
  })
  return { name: input.name }
}

/** Makes an organization for somebody else: its owner if they have a user, else an invitation to be it. */
export const createOrganizationFor = async (
  ctx: Context,
  input: { name: string; displayName: string; ownerEmail: string },
): Promise<{ name: string; invited: boolean }> =>
  ctx.sql.begin(async (tx) => {
    const { invited } = await organizationFor(tx, ctx, input)
    return { name: input.name, invited }
  })

/** The same in the caller's transaction. */
export const organizationFor = async (
  tx: Tx,
  ctx: Context,
  input: { name: string; displayName: string; ownerEmail: string },
): Promise<{ id: bigint; invited: boolean }> => {
  const id = await insertOrganization(tx, ctx, input)
  const owner = await userByEmail(tx, input.ownerEmail)
  if (owner) {
    await tx`insert into account_member (account_id, user_id, role) values (${id}, ${owner.id}, 'owner')`
    return { id, invited: false }
  }
  await inviteInto(tx, ctx, { id, name: input.name }, { email: emailKey(input.ownerEmail), role: 'owner' })
  return { id, invited: true }
}

const insertOrganization = async (
  tx: Tx,
  ctx: Context,
  input: { name: string; displayName: string },
): Promise<bigint> => {
  const { name, displayName } = input
  const fault = nameFault(name)
  if (fault) throw new DomainError('BAD_REQUEST', fault, { path: 'name' })
  const [row] = await tx<{ id: bigint }[]>`insert into account (name, kind, display_name, created_at)
    values (${name}, 'organization', ${displayName}, ${ctx.now}) on conflict (name) do nothing returning id`
  if (!row) throw new DomainError('CONFLICT', `the name ${name} is taken; choose another`, { path: 'name' })
  await audit(tx, ctx, {
    action: 'accounts.account.create',
    subject: { kind: 'account', id: name },
    accountId: row.id,
    after: { name, kind: 'organization', displayName },
  })
  await addJob(tx, 'billing.admit', { accountId: row.id.toString() })
  await addJob(tx, 'abuse.note_sign_up', { accountId: row.id.toString() })
  return row.id
}

/** Whether an organization could have that name now. The unique key decides when it is made. */
export const nameIsFree = async (sql: Pool, name: string): Promise<boolean> => {
  const [taken] = await sql`select 1 from account where name = ${name}`
  return !taken && nameFault(name) === undefined
}

import { createHash } from 'node:crypto'
import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import { userIdOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { heldByAccount, heldByPerson, type Counted } from './conversionSql.ts'
import { nameFault } from './name.ts'
import { makePersonalAccount } from './personalAccount.ts'
import type { AccountView } from './sql.ts'

/** What becoming an organization would do, in full; `digest` names what was shown. */
export type Conversion = {
  account: string
  /** Stays under this name, now the organization's. */
  stays: Counted[]
  /** Stays the person's. */
  yours: Counted[]
  changes: string[]
  lost: string[]
  digest: string
}

/** Shows what converting a person's account into an organization moves and ends. Changes nothing. */
export const previewConversion = async (ctx: Context, account: AccountView): Promise<Conversion> => {
  const userId = convertible(ctx, account)
  return shown(ctx.sql, account, userId)
}

const convertible = (ctx: Context, account: AccountView): string => {
  const userId = userIdOf(ctx.actor)
  if (account.kind !== 'user') throw new DomainError('UNPROCESSABLE', `${account.name} is an organization already`)
  if (userId === null || account.role !== 'owner')
    throw new DomainError('FORBIDDEN', 'only the person whose account it is can make it an organization')
  return userId
}

const shown = async (sql: Sql, account: AccountView, userId: string): Promise<Conversion> => {
  const stays = await heldByAccount(sql, account.id)
  const yours = await heldByPerson(sql, userId, account.id)
  const { name } = account
  const changes = [
    `${name} becomes an organization. You are its owner, and can invite members and make teams.`,
    'You get a new personal account, empty and on the plan Free.',
    `Its plan, its card and what it owes stay with ${name}: its owners and its billing members pay.`,
  ]
  const lost = [
    `You no longer sign in to the registry as "${name}": use your mail address, the new name or a token.`,
    `${name} no longer closes with your user, and other owners can take you out of it.`,
    'It cannot be made a personal account again.',
  ]
  const digest = createHash('sha256')
    .update(JSON.stringify([stays, yours, changes, lost]))
    .digest('hex')
    .slice(0, 32)
  return { account: name, stays, yours, changes, lost, digest }
}

/**
 * Makes a person's account an organization that they own, and gives them a new personal account, in one transaction.
 * Everything of the account is kept by its id, so nothing is copied.
 * @throws CONFLICT where it would do something else than `seen`, the digest of what was shown, or the new name is taken
 */
export const convertAccount = async (
  ctx: Context,
  account: AccountView,
  input: { typedName: string; personalName: string; seen: string },
): Promise<{ account: string; personalAccount: string }> => {
  const userId = convertible(ctx, account)
  const { typedName, personalName, seen } = input
  if (typedName !== account.name)
    throw new DomainError('BAD_REQUEST', `type ${account.name} to make it an organization`, { path: 'typedName' })
  const fault = nameFault(personalName)
  if (fault) throw new DomainError('BAD_REQUEST', fault, { path: 'personalName' })
  return ctx.sql.begin(async (tx) => {
    const [row] = await tx`update account set kind = 'organization'
      where id = ${account.id} and kind = 'user' and closed_at is null returning id`
    if (!row) throw new DomainError('CONFLICT', `${account.name} is an organization already`)
    if ((await shown(tx, account, userId)).digest !== seen)
      throw new DomainError('CONFLICT', 'something changed since you looked; look again before you go on')
    const made = await makePersonalAccount(tx, userId, personalName)
    if (made === undefined) throw new DomainError('CONFLICT', 'you have another personal account already')
    await audit(tx, ctx, {
      action: 'accounts.account.convert',
      subject: { kind: 'account', id: account.name },
      accountId: account.id,
      before: { kind: 'user' },
      after: { kind: 'organization', owner: userId, personalAccount: personalName },
    })
    await announce(tx, `account:${account.id}`)
    return { account: account.name, personalAccount: personalName }
  })
}

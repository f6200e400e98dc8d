import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { insertUser, userByEmail } from './createUser.ts'
import { anybodyHasRole, FIRST_RUN, grantAll } from './firstOperator.ts'
import { hashOf } from './token.ts'

const identifierOf = (token: string) => FIRST_RUN + hashOf(token).toString('hex')

/** What the first-run page may do: open with the link of this start, else closed or a wrong link. */
export const firstRunState = async (sql: Sql, token: string, now: Date): Promise<'open' | 'done' | 'wrong'> => {
  if (await anybodyHasRole(sql)) return 'done'
  const [row] =
    await sql`select 1 from auth_verification where identifier = ${identifierOf(token)} and expires_at > ${now}`
  return row ? 'open' : 'wrong'
}

/** Makes the first operator with the link of this start, which is spent. @throws CONFLICT, FORBIDDEN */
export const completeFirstRun = async (
  ctx: Context,
  input: { token: string; name: string; email: string; password: string },
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    // The link's row is the lock: it is there for one.
    const [spent] = await tx`delete from auth_verification
      where identifier = ${identifierOf(input.token)} and expires_at > ${ctx.now} returning id`
    if (await anybodyHasRole(tx)) throw new DomainError('CONFLICT', 'there is an operator already: sign in')
    if (!spent)
      throw new DomainError('FORBIDDEN', 'this link is used or too old; the server prints a new one when it starts')
    if (await userByEmail(tx, input.email))
      throw new DomainError('CONFLICT', 'that address has a user already', { path: 'email' })
    const userId = await insertUser(tx, ctx, input)
    await grantAll(tx, { ...ctx, actor: { kind: 'system', label: 'first run' } }, userId)
  })
}

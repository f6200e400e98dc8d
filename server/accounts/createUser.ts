import type { Sql, Tx } from '#db/client.ts'
import { hashPassword } from 'better-auth/crypto'
import { randomBytes } from 'node:crypto'
import type { Context } from '../context.ts'
import { actAs } from './origin.ts'
import { makePersonalAccount } from './personalAccount.ts'

export const emailKey = (email: string) => email.trim().toLowerCase()

export const userByEmail = async (
  sql: Sql,
  email: string,
): Promise<{ id: string; name: string; email: string } | undefined> => {
  const [row] = await sql<{ id: string; name: string; email: string }[]>`
    select id, name, email from auth_user where email = ${emailKey(email)}`
  return row
}

/**
 * Makes a user whose address is known to be right, with a password and an account of their own, and returns the id.
 * @throws a unique violation where the address has a user already; callers look first.
 */
export const insertUser = async (
  tx: Tx,
  ctx: Context,
  user: { email: string; name: string; password: string },
): Promise<string> => {
  const hash = await hashPassword(user.password)
  const id = await insertUserWithoutPassword(tx, ctx, user)
  await tx`insert into auth_account (id, account_id, provider_id, user_id, password)
    values (${randomBytes(24).toString('base64url')}, ${id}, 'credential', ${id}, ${hash})`
  return id
}

/** The same for somebody who sets the password by a link, or never has one. */
export const insertUserWithoutPassword = async (
  tx: Tx,
  ctx: Context,
  user: { email: string; name: string },
): Promise<string> => {
  // Nobody is signed in on the first-run and invitation pages: the person acts for themselves.
  await actAs(tx, ctx)
  const id = randomBytes(24).toString('base64url')
  await tx`insert into auth_user (id, name, email, email_verified)
    values (${id}, ${user.name.trim()}, ${emailKey(user.email)}, true)`
  await makePersonalAccount(tx, id)
  return id
}

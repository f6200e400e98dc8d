import { randomBytes, randomUUID } from 'node:crypto'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { emailKey, insertUserWithoutPassword, userByEmail } from './createUser.ts'

const LINK_MS = 3 * 86_400_000

/** Makes a user on an operator's word and mails them the link that sets their password; good for three days. */
export const inviteUser = async (ctx: Context, input: { email: string; name: string }): Promise<{ userId: string }> =>
  ctx.sql.begin(async (tx) => {
    const email = emailKey(input.email)
    if (await userByEmail(tx, email))
      throw new DomainError('CONFLICT', `${email} has a user already`, { path: 'email' })
    const userId = await insertUserWithoutPassword(tx, ctx, { email, name: input.name })
    // better-auth's own form of a reset link, so that its route spends it.
    const token = randomBytes(18).toString('base64url')
    await tx`insert into auth_verification (id, identifier, value, expires_at)
      values (${randomUUID()}, ${`reset-password:${token}`}, ${userId}, ${new Date(ctx.now.getTime() + LINK_MS)})`
    await addJob(tx, 'notices.mail', {
      to: email,
      subject: 'Your user on Wharfinger',
      text: [
        'A user was made for you. Set your password within three days:',
        `${ctx.env.publicUrl}/reset?token=${token}&new=1`,
      ].join('\n\n'),
      key: `user:${userId}`,
    })
    return { userId }
  })

import type { Sql } from '#db/client.ts'
import { randomUUID } from 'node:crypto'
import type { Env } from '../env.ts'
import { addJob } from '../jobs.ts'

/** Mails the link that sets a new password; good for an hour, once. */
export const sendResetLink = async (sql: Sql, env: Env, email: string, token: string): Promise<void> => {
  await addJob(sql, 'notices.mail', {
    to: email,
    subject: 'Set a new password for Wharfinger',
    text: [
      'Somebody, probably you, asked to set a new password. This link does it once, within an hour:',
      `${env.publicUrl}/reset?token=${encodeURIComponent(token)}`,
      'It ends all your sessions. If it was not you, do nothing: your password stays as it is.',
    ].join('\n\n'),
    key: `reset:${randomUUID()}`,
  })
}

/** Mails the link that proves an address after open sign-up. */
export const sendVerifyLink = async (sql: Sql, email: string, url: string): Promise<void> => {
  await addJob(sql, 'notices.mail', {
    to: email,
    subject: 'Confirm your address for Wharfinger',
    text: [
      'This link confirms that the address is yours and signs you in:',
      url,
      'If you did not sign up, do nothing.',
    ].join('\n\n'),
    key: `verify:${randomUUID()}`,
  })
}

import { isIPv6, SocketAddress } from 'node:net'
import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { keepMarks } from './links.ts'

/**
 * What stands for an address: itself, of IPv6 the network (/64), since one household has as many as it likes. Null for this
 * machine's own, and for what is none.
 */
export const networkOf = (address: string): string | null => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (plain.startsWith('127.') || plain === '::1') return null
  if (!isIPv6(plain)) return /^[\d.]+$/.test(plain) ? plain : null
  const [left = '', right] = new SocketAddress({ address: plain, family: 'ipv6' }).address.split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right ? right.split(':') : []
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length
  return `${[...head, ...Array.from({ length: zeros }, () => '0'), ...tail].slice(0, 4).join(':')}::/64`
}

/**
 * Job `abuse.note_sign_up`: keeps, hashed, from where the owners of an account signed up. Users whom an operator made have
 * no such address: the operator's says nothing of them.
 */
export const noteSignUp = async (ctx: Context, { accountId }: JobPayload<'abuse.note_sign_up'>): Promise<void> => {
  const rows = await ctx.sql<{ name: string; ip: string }[]>`
    select a.name, e.ip from account a
    join account_member m on m.account_id = a.id and m.role = 'owner'
    join audit_event e on e.subject_kind = 'user' and e.subject_id = m.user_id and e.actor_id = m.user_id
      and e.action = 'accounts.user.create' and e.ip is not null
    where a.id = ${accountId}`
  for (const { name, ip } of rows) {
    const value = networkOf(ip)
    if (value) await keepMarks(ctx.sql, ctx.env, name, [{ kind: 'address', value }], ctx.now, false)
  }
}

/** Keeps, hashed, by which card or bank account an account pays. `fingerprint` is the payment provider's own. */
export const notePayment = async (tx: Sql, ctx: Context, accountId: bigint, fingerprint: string): Promise<void> => {
  const [account] = await tx<{ name: string }[]>`select name from account where id = ${accountId}`
  if (account) {
    await keepMarks(tx, ctx.env, account.name, [{ kind: 'payment', value: fingerprint }], ctx.now, false)
  }
}

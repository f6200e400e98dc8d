import { verifyPassword } from 'better-auth/crypto'
import type { Pool } from '#db/client.ts'
import { clearFailures, countTry } from '../accounts/countTry.ts'
import { actorOfToken } from '../accounts/identify.ts'
import { lockedMessage } from '../accounts/lockout.ts'
import { hashOf, isToken } from '../accounts/token.ts'
import type { Actor } from '../context.ts'
import type { Subject } from './allow.ts'

/** Who a registry client is: for `allowed`, for the token's `sub`, and for the audit log. */
export type Client = { subject: Subject; sub: string; actor: Actor }
/** Why a client could not sign in, for it to show. */
export type NotIn = { refused: string; isLocked?: boolean }

export const ANYBODY: Client = { subject: { anonymous: true }, sub: '', actor: { kind: 'anonymous' } }

const WRONG = 'wrong name or password; use an API token (wharf_…) or a robot as the password'

/**
 * Who a name and password are: an API token as the password (whatever the name), a robot (`account+name` and its secret),
 * or an account's or person's sign-in name with the password. Wrong passwords count towards the same lock as sign-in.
 */
export const signIn = async (
  sql: Pool,
  given: { name: string; password: string; ip: string },
  now: Date,
): Promise<Client | NotIn> => {
  const { name, password } = given
  if (password.length > 400 || name.length > 320) return { refused: WRONG }
  if (name.includes('+') && !name.includes('@')) return asRobot(sql, name, password, now)
  if (isToken(password)) return asToken(sql, password, now)
  if (password.startsWith('wharf_')) return { refused: 'this is not a complete API token; copy it again' }
  return asPerson(sql, given, now)
}

/** Who holds this secret alone, as a refresh token: an API token or a robot's secret. */
export const bySecret = async (sql: Pool, secret: string, now: Date): Promise<Client | NotIn> => {
  if (secret.length > 400) return { refused: WRONG }
  const robot = await robotBy(sql, secret, now)
  return robot ? clientOf(robot) : asToken(sql, secret, now)
}

const asToken = async (sql: Pool, text: string, now: Date): Promise<Client | NotIn> => {
  const actor = await actorOfToken(sql, text, now)
  if (actor.kind !== 'token') return { refused: (actor.kind === 'anonymous' && actor.reason) || WRONG }
  return { subject: { tokenId: actor.tokenId }, sub: `token:${actor.tokenId}`, actor }
}

type RobotRow = { id: bigint; name: string; account: string; isOver: boolean }

const robotBy = async (sql: Pool, secret: string, now: Date): Promise<RobotRow | undefined> => {
  const hash = hashOf(secret)
  const [row] = await sql<RobotRow[]>`
    update robot r set last_used_at = ${now} from account a
    where a.id = r.account_id and (r.hash = ${hash} or (r.previous_hash = ${hash} and r.previous_until > ${now}))
      and r.revoked_at is null
    returning r.id, r.name, a.name as account, coalesce(r.expires_at <= ${now}, false) as is_over`
  return row
}

const clientOf = (robot: RobotRow): Client | NotIn =>
  robot.isOver
    ? { refused: `the robot ${robot.account}+${robot.name} has expired; an admin of ${robot.account} can renew it` }
    : {
        subject: { robotId: robot.id },
        sub: `robot:${robot.id}`,
        actor: { kind: 'system', label: `robot ${robot.account}+${robot.name}` },
      }

const asRobot = async (sql: Pool, name: string, secret: string, now: Date): Promise<Client | NotIn> => {
  const robot = await robotBy(sql, secret, now)
  if (robot && `${robot.account}+${robot.name}` === name) return clientOf(robot)
  return { refused: `no robot ${name.slice(0, 80)} with this secret; it may have been revoked or given another` }
}

type PersonRow = {
  id: string
  email: string
  name: string
  password: string | null
  emailVerified: boolean
  twoFactorEnabled: boolean
}

const personNamed = async (sql: Pool, name: string): Promise<PersonRow | undefined> => {
  const [row] = await sql<PersonRow[]>`
    select u.id, u.email, u.name, u.email_verified, u.two_factor_enabled, p.password
    from auth_user u left join auth_account p on p.user_id = u.id and p.provider_id = 'credential'
    where u.email = ${name.toLowerCase()} or u.id = (select m.user_id from account a
      join account_member m on m.account_id = a.id and m.role = 'owner'
      where a.name = ${name} and a.kind = 'user' and a.closed_at is null limit 1)
    order by u.email = ${name.toLowerCase()} desc limit 1`
  return row
}

/** Of a password nobody has, so that an unknown name takes as long as a known one. */
const NOBODYS =
  '00000000000000000000000000000000:' +
  '0000000000000000000000000000000000000000000000000000000000000000' +
  '0000000000000000000000000000000000000000000000000000000000000000'

const asPerson = async (
  sql: Pool,
  { name, password, ip }: { name: string; password: string; ip: string },
  now: Date,
): Promise<Client | NotIn> => {
  const person = await personNamed(sql, name)
  const remaining = await countTry(sql, person?.email ?? name, now, ip)
  if (remaining > 0) return { refused: lockedMessage(remaining), isLocked: true }
  const fits = await verifyPassword({ hash: person?.password ?? NOBODYS, password })
  if (!person?.password || !fits) return { refused: WRONG }
  await clearFailures(sql, person.email)
  if (!person.emailVerified) return { refused: 'confirm your e-mail address first; the link is in your mail' }
  if (person.twoFactorEnabled)
    return { refused: 'your account asks for a second factor: use an API token (wharf_…) as the password' }
  const { id: userId, email } = person
  return {
    subject: { userId },
    sub: `user:${userId}`,
    actor: { kind: 'user', userId, email, name: person.name, sessionId: '', roles: [] },
  }
}

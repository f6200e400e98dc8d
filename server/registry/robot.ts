import { randomBytes } from 'node:crypto'

const PREFIX = 'whrb_'
const SHAPE = /^whrb_[A-Za-z0-9_-]{40}$/

/** A robot's secret: `whrb_` and 30 random bytes. Only its SHA-256 is kept. */
export const makeRobotSecret = (bytes: (count: number) => Uint8Array = randomBytes): string =>
  PREFIX + Buffer.from(bytes(30)).toString('base64url')

export const isRobotSecret = (text: string): boolean => SHAPE.test(text)

/** What people tell secrets apart by. */
export const robotHint = (secret: string): string => `${secret.slice(0, PREFIX.length + 3)}…${secret.slice(-4)}`

/** The name a robot signs in with: `acme+ci`. */
export const robotLogin = (account: string, name: string): string => `${account}+${name}`

/** Account and robot of a sign-in name; undefined where it is no robot's. */
export const readRobotLogin = (login: string): { account: string; name: string } | undefined => {
  const at = login.indexOf('+')
  if (at < 1 || login.length > 140) return undefined
  return { account: login.slice(0, at), name: login.slice(at + 1) }
}

import { randomBytes } from 'node:crypto'

const PREFIX = 'whrb_'

/** A robot's secret: `whrb_` and 30 random bytes. Only its SHA-256 is kept. */
export const makeRobotSecret = (bytes: (count: number) => Uint8Array = randomBytes): string =>
  PREFIX + Buffer.from(bytes(30)).toString('base64url')

/** What people tell secrets apart by. */
export const robotHint = (secret: string): string => `${secret.slice(0, PREFIX.length + 3)}…${secret.slice(-4)}`

/** The name a robot signs in with: `acme+ci`. */
export const robotLogin = (account: string, name: string): string => `${account}+${name}`

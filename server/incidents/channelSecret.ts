import { seal, unseal } from '../seal.ts'

const PURPOSE = 'channel'

/** A channel's secrets as they are kept. */
export const sealChannelSecret = (key: string, secret: unknown): string =>
  seal(key, PURPOSE, Buffer.from(JSON.stringify(secret))).toString('base64')

/** @throws where WHARF_SECRET is not the one it was sealed with */
export const openChannelSecret = (key: string, sealed: string): unknown =>
  JSON.parse(unseal(key, PURPOSE, Buffer.from(sealed, 'base64')).toString('utf8'))

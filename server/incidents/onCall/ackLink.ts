import { timingSafeEqual } from 'node:crypto'
import { linkSignature } from '../../seal.ts'

const PURPOSE = 'page-acknowledge'

/** What stands in the link of one message of a page: it is good for reading that page and acknowledging it. */
export const ackToken = (secret: string, messageId: bigint): string =>
  `${messageId}.${linkSignature(secret, PURPOSE, String(messageId))}`

/** The message a link is of; undefined for one that we did not make. */
export const readAckToken = (secret: string, token: string): bigint | undefined => {
  const [, id = '', signature = ''] = /^(\d{1,18})\.([\w-]{43})$/.exec(token) ?? []
  if (id === '') return undefined
  const [given, right] = [Buffer.from(signature), Buffer.from(linkSignature(secret, PURPOSE, id))]
  return given.length === right.length && timingSafeEqual(given, right) ? BigInt(id) : undefined
}

/** The page's address: shows what is wrong, with one button that acknowledges. */
export const ackUrl = ({ secret, publicUrl }: { secret: string; publicUrl: string }, messageId: bigint): string =>
  `${publicUrl}/ack/${ackToken(secret, messageId)}`

import { z } from 'zod'

/** A bigint id as it goes over the wire. */
export const id = z.string().regex(/^\d{1,18}$/)
export const mail = z.email('an e-mail address, such as name@example.com').max(320)
export const personName = z.string().trim().min(1).max(80)
/** As sign-in itself checks it. */
export const password = z.string().min(10, 'at least 10 characters').max(200)
/** A page of a list: at most 200 rows, below or after the last one's cursor. */
export const page = { cursor: id.optional(), limit: z.number().int().min(1).max(200).default(50) }

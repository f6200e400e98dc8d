import { z } from 'zod'

/** Fields of a settings form: what browsers send is text. */
export const line = z.string().trim().min(1, 'is needed').max(500)
/** A base URL without its last slash. */
export const baseUrl = (fallback?: string) => {
  const url = z
    .url({ protocol: /^https?$/, error: 'a URL that begins with https://' })
    .transform((text) => text.replace(/\/+$/u, ''))
  return fallback === undefined ? url : z.preprocess((text) => (text === '' ? undefined : text), url.default(fallback))
}
/** `yes` or `no`. */
export const yesOrNo = (fallback: boolean) =>
  z.preprocess(
    (said) => (said === 'yes' ? true : said === 'no' ? false : said === '' ? undefined : said),
    z.boolean({ error: 'yes or no' }).default(fallback),
  )

import { z } from 'zod'

const HOST_NAME = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+$/

/** What an operator says of the status page; everything may be left out. */
export const settingsSchema = z.object({
  /** Whose status it is: `Halyard Cloud`. */
  name: z.string().trim().max(60).default(''),
  /** An image that browsers fetch: `https://…`. */
  logoUrl: z
    .string()
    .trim()
    .max(500)
    .refine((url) => url === '' || URL.parse(url)?.protocol === 'https:', 'an address that begins with https://')
    .default(''),
  /** The page's own host name, where its files are served there: `status.halyard.example`. */
  domain: z
    .string()
    .trim()
    .toLowerCase()
    .refine((name) => name === '' || HOST_NAME.test(name), 'a host name such as status.example.com')
    .default(''),
})
export type StatusSettings = z.infer<typeof settingsSchema>
